// SPDX-License-Identifier: Apache-2.0
#include "pktgen/receiver.h"

#include "strowger/base/check.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>

namespace strowger::pktgen {

Receiver::Receiver(const Setup& setup) : setup_(setup), layout_(setup.plan->spec().received) {
    const bool follows = setup.scrutiny >= Scrutiny::Follow;
    STROWGER_CHECK(!follows || setup.ledger != nullptr);
    if (setup.scrutiny == Scrutiny::Tags) {
        expected_.resize(setup.plan->spec().circuits);
        for (std::uint32_t circuit = 0; circuit < expected_.size(); ++circuit) {
            expected_[circuit] = key_of(setup.plan->received(circuit));
        }
    }
}

void Receiver::begin(std::uint32_t trial) {
    trial_ = trial;
    received_.reset();
    bytes_ = 0;
    foreign_ = 0;
    misdelivered_ = 0;
    damaged_ = 0;
    polls_ = 0;
    empty_ = 0;
    full_ = 0;
    sampled_.clear();
    if (setup_.ledger != nullptr) {
        setup_.ledger->clear();
    }
}

const LatencyHistogram& Receiver::latency() const noexcept {
    return setup_.scrutiny >= Scrutiny::Follow ? setup_.ledger->latency() : sampled_;
}

std::uint16_t Receiver::turn() noexcept {
    const std::uint16_t count = rte_eth_rx_burst(setup_.port, queue_, frames_.data(), kBurst);
    queue_ = static_cast<std::uint16_t>(queue_ + 1 == setup_.queues ? 0 : queue_ + 1);
    ++polls_;
    if (count == 0) {
        ++empty_;
        return 0;
    }
    full_ += count == kBurst ? 1 : 0;
    const std::uint32_t now = time_of(rte_rdtsc());
    for (std::uint16_t i = 0; i < count; ++i) {
        bytes_ += frames_[i]->pkt_len + kFcsBytes;
    }
    if (setup_.scrutiny == Scrutiny::Count) {
        sample(now);
        received_.add(count);
    } else {
        read_burst(count, now);
    }
    rte_pktmbuf_free_bulk(frames_.data(), count);
    return count;
}

Reading Receiver::read(const rte_mbuf* frame) const noexcept {
    const std::span head{rte_pktmbuf_mtod(frame, const std::uint8_t*), frame->data_len};
    Reading reading = read_frame(head, frame->pkt_len, layout_, trial_);
    if (reading.circuit >= setup_.plan->spec().circuits) {
        reading.kind = Reading::Kind::Foreign;
    }
    return reading;
}

void Receiver::sample(std::uint32_t now) noexcept {
    const Reading reading = read(frames_[0]);
    if (reading.kind == Reading::Kind::Ours) {
        sampled_.record(now - reading.time);
    }
}

void Receiver::read_burst(std::uint16_t count, std::uint32_t now) noexcept {
    constexpr std::uint16_t kAhead = 8;
    for (std::uint16_t i = 0; i < std::min(count, kAhead); ++i) {
        __builtin_prefetch(rte_pktmbuf_mtod(frames_[i], const void*));
    }
    for (std::uint16_t i = 0; i < count; ++i) {
        if (i + kAhead < count) {
            __builtin_prefetch(rte_pktmbuf_mtod(frames_[i + kAhead], const void*));
        }
        readings_[i] = read(frames_[i]);
        if (setup_.ledger != nullptr) {
            setup_.ledger->prefetch(readings_[i]);
        }
    }
    std::uint16_t ours = 0;
    for (std::uint16_t i = 0; i < count; ++i) {
        if (readings_[i].kind == Reading::Kind::Foreign) {
            ++foreign_;
            continue;
        }
        ++ours;
        take(readings_[i], frames_[i], now);
    }
    received_.add(ours);
}

void Receiver::take(const Reading& reading, rte_mbuf* frame, std::uint32_t now) noexcept {
    // With other tags than expected the frame is misdelivered, and its filling is elsewhere.
    const bool compares = setup_.scrutiny == Scrutiny::Whole && reading.layout_holds;
    const bool whole =
        reading.kind == Reading::Kind::Ours && (!compares || filling_holds_of(frame));
    if (!whole) {
        ++damaged_;
        if (setup_.ledger != nullptr) {
            setup_.ledger->take_damaged(reading);
        }
        return;
    }
    if (setup_.ledger != nullptr) {
        setup_.ledger->take(reading, now);
        return;
    }
    misdelivered_ += !reading.layout_holds || reading.vids != expected_[reading.circuit] ? 1 : 0;
    sampled_.record(now - reading.time);
}

bool Receiver::filling_holds_of(const rte_mbuf* frame) const noexcept {
    const std::uint8_t sent_tags = setup_.plan->spec().sent.count;
    // Where the signature ends as received, and how far the filling has moved by pushed or popped
    // tags.
    const std::uint8_t tags = layout_.count;
    std::size_t skip = signature_offset(tags) + kSignatureBytes;
    std::size_t at = signature_offset(sent_tags) + kSignatureBytes;
    const auto* const l3 = rte_pktmbuf_mtod(frame, const std::uint8_t*) + l3_offset(tags);
    const std::size_t end = l3_offset(tags) + wire::be16(wire::get<std::uint16_t>(l3 + 2));
    std::size_t from = 0;
    for (const rte_mbuf* segment = frame; segment != nullptr; segment = segment->next) {
        const std::span bytes{rte_pktmbuf_mtod(segment, const std::uint8_t*), segment->data_len};
        const std::size_t last = std::min(bytes.size(), end - std::min(end, from));
        const std::size_t first = std::min(last, skip - std::min(skip, from));
        if (!filling_holds(bytes.subspan(first, last - first), at)) {
            return false;
        }
        at += last - first;
        from += bytes.size();
        skip = std::max(skip, from);
    }
    return true;
}

} // namespace strowger::pktgen
