// SPDX-License-Identifier: Apache-2.0
#include "pktgen/sender.h"

#include "strowger/base/check.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <algorithm>
#include <limits>

namespace strowger::pktgen {

namespace {

std::uint8_t* buffer_of(rte_mbuf* frame) noexcept {
    return static_cast<std::uint8_t*>(frame->buf_addr) + RTE_PKTMBUF_HEADROOM;
}

/// What another owner may have changed. Reference count and segments hold for every free buffer.
[[gnu::always_inline]] inline void reset(rte_mbuf* frame, std::uint16_t length) noexcept {
    frame->data_off = RTE_PKTMBUF_HEADROOM;
    frame->ol_flags = 0;
    frame->pkt_len = length;
    frame->data_len = length;
}

} // namespace

void prepare_buffers(rte_mempool* pool) {
    const auto fill = [](rte_mempool*, void*, void* object, unsigned) {
        auto* const frame = static_cast<rte_mbuf*>(object);
        const std::size_t room = frame->buf_len - std::size_t{RTE_PKTMBUF_HEADROOM};
        for (std::size_t i = 0; i < room; ++i) {
            buffer_of(frame)[i] = fill_byte(i);
        }
    };
    (void)rte_mempool_obj_iter(pool, fill, nullptr);
}

Sender::Sender(const Setup& setup)
    : setup_(setup),
      numbers_(setup.numbered ? setup.order->size() : 0),
      walk_(setup.sizes->pattern.size(), static_cast<std::uint32_t>(setup.order->size())),
      pacer_(0.0, setup.tsc_hz, setup.burst) {
    STROWGER_CHECK(!setup.order->empty() && setup.burst >= 1 && setup.burst <= kBurstMax);
    for (const std::uint16_t bytes : setup.sizes->pattern) {
        templates_.push_back(make_template(setup.layout, bytes, setup.addresses));
    }
}

Sender::~Sender() {
    end();
}

void Sender::begin(std::uint32_t trial, double pps, std::uint64_t frames_max, std::uint64_t now) {
    STROWGER_CHECK(pending_ == 0);
    trial_ = trial;
    left_ = frames_max == 0 ? std::numeric_limits<std::uint64_t>::max() : frames_max;
    std::ranges::fill(numbers_, 0);
    number_ = 0;
    sent_.reset();
    bursts_ = 0;
    refused_ = 0;
    no_buffer_ = 0;
    pacer_ = Pacer{pps, setup_.tsc_hz, setup_.burst};
    pacer_.start(now);
}

void Sender::turn(std::uint64_t now) noexcept {
    if (pending_ == 0) {
        const std::uint32_t due = pacer_.due(now);
        const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(due, left_));
        if (count == 0) {
            return;
        }
        build(count, now);
        if (pending_ == 0) {
            return;
        }
    }
    const std::uint16_t taken = rte_eth_tx_burst(
        setup_.port, 0, frames_.data() + head_, static_cast<std::uint16_t>(pending_)
    );
    ++bursts_;
    sent_.add(taken);
    head_ += taken;
    pending_ -= taken;
    refused_ += pending_ == 0 ? 0 : 1;
}

void Sender::build(std::uint32_t count, std::uint64_t now) noexcept {
    if (rte_mempool_get_bulk(setup_.pool, reinterpret_cast<void**>(frames_.data()), count) != 0) {
        ++no_buffer_;
        return;
    }
    head_ = 0;
    pending_ = count;
    left_ -= count;
    pacer_.take(count);
    const std::uint32_t time = time_of(now);
    const bool one_size = templates_.size() == 1;
    if (setup_.numbered) {
        one_size ? stamp<true, true>(count, time) : stamp<true, false>(count, time);
    } else {
        one_size ? stamp<false, true>(count, time) : stamp<false, false>(count, time);
    }
}

inline const CircuitEntry& Sender::next_circuit() noexcept {
    const std::vector<CircuitEntry>& order = *setup_.order;
    const CircuitEntry& entry = order[position_];
    if (++position_ == order.size()) [[unlikely]] {
        position_ = 0;
        walk_.turn();
    }
    return entry;
}

template <bool kNumbered, bool kOneSize>
void Sender::stamp(std::uint32_t count, std::uint32_t time) noexcept {
    constexpr std::uint32_t kAhead = 4;
    constexpr std::uint32_t kCircuitsAhead = 16;
    const std::vector<CircuitEntry>& order = *setup_.order;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (i + kAhead < count) {
            __builtin_prefetch(buffer_of(frames_[i + kAhead]), 1);
        }
        if (kNumbered && position_ + kCircuitsAhead < order.size()) {
            __builtin_prefetch(&numbers_[order[position_ + kCircuitsAhead].circuit], 1);
        }
        const FrameTemplate& model = templates_[kOneSize ? 0 : walk_.next()];
        const CircuitEntry& entry = next_circuit();
        std::uint64_t& number = kNumbered ? numbers_[entry.circuit] : number_;
        const Signature signature{
            .sequence = static_cast<std::uint32_t>(number++), .time = time, .trial = trial_};
        circuits_[i] = entry.circuit;
        reset(frames_[i], model.length);
        stamp_frame(buffer_of(frames_[i]), model, entry, signature);
    }
}

void Sender::end() noexcept {
    for (std::uint32_t i = 0; i < pending_; ++i) {
        if (setup_.numbered) {
            --numbers_[circuits_[head_ + i]];
        }
    }
    if (pending_ > 0) {
        rte_pktmbuf_free_bulk(frames_.data() + head_, pending_);
        pending_ = 0;
    }
}

} // namespace strowger::pktgen
