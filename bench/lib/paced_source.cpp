// SPDX-License-Identifier: Apache-2.0
#include "lib/paced_source.h"

#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace strowger::bench {

namespace {

constexpr std::size_t kTagsAt = 12;
constexpr std::size_t kSourceAt = 34;
constexpr std::size_t kNumberAt = 50;
constexpr std::uint32_t kSourceBase = 0x0A00'0000;
// A source that was held up catches up, but not with a burst that no device would see on a wire.
constexpr double kBehindMax = 4'096;

std::uint64_t tags_of(std::uint32_t circuit) {
    const Tags tags = arriving_tags(circuit);
    return rte_cpu_to_be_64(
        std::uint64_t{0x88A8} << 48U | std::uint64_t{tags.s_vid} << 32U |
        std::uint64_t{0x8100} << 16U | tags.c_vid
    );
}

} // namespace

Result<PacedSource> PacedSource::create(Terms terms) {
    PacedSource source{std::move(terms)};
    const Terms& own = source.terms_;
    const std::uint32_t circuits = 1 + *std::max_element(own.order.begin(), own.order.end());
    for (std::uint32_t circuit = 0; circuit < circuits; ++circuit) {
        source.tags_.push_back(tags_of(circuit));
    }
    source.sent_.resize(circuits);
    source.seen_.resize(circuits);
    source.refused_.reserve(kRefusedMax);
    source.frame_ = frame_of(0, own.frame_bytes);
    for (std::uint32_t i = 0; i < own.frames; ++i) {
        if (!source.restock()) {
            return Error{
                .code = ErrorCode::Unavailable,
                .message = "no frame buffers for a source",
                .problems = {}};
        }
    }
    return source;
}

/// One more frame from the pool: at the start, and for each that was dropped on its way.
bool PacedSource::restock() {
    rte_mbuf* const frame = rte_pktmbuf_alloc(terms_.pool);
    if (frame == nullptr) {
        return false;
    }
    const auto size = static_cast<std::uint16_t>(frame_.size());
    std::memcpy(rte_pktmbuf_append(frame, size), frame_.data(), size);
    stock_.push_back(frame);
    return true;
}

void PacedSource::set_rate(double frames_per_s, double tsc_hz) {
    per_tick_ = frames_per_s / tsc_hz;
    due_ = 0;
    last_tick_ = rte_rdtsc();
}

void PacedSource::step() {
    offer_due();
    (void)collect();
}

void PacedSource::offer_due() {
    const std::uint64_t now = rte_rdtsc();
    due_ = std::min(due_ + static_cast<double>(now - last_tick_) * per_tick_, kBehindMax);
    last_tick_ = now;
    const auto count = static_cast<unsigned>(std::min<double>(due_, kBurst));
    if (count != 0) {
        due_ -= count;
        offer(count);
    }
}

void PacedSource::offer(unsigned count) {
    while (stock_.size() < count && restock()) {
    }
    const auto able = static_cast<unsigned>(std::min<std::size_t>(count, stock_.size()));
    withheld_ += count - able;
    std::array<rte_mbuf*, kBurst> burst;
    std::array<std::uint8_t, kBurst> groups;
    for (unsigned i = 0; i < able; ++i) {
        const std::uint32_t circuit = terms_.order[at_];
        at_ = at_ + 1 == terms_.order.size() ? 0 : at_ + 1;
        rte_mbuf* const frame = stock_[stock_.size() - 1 - i];
        auto* const bytes = rte_pktmbuf_mtod(frame, std::uint8_t*);
        const std::uint32_t source = rte_cpu_to_be_32(kSourceBase + circuit);
        std::memcpy(bytes + kTagsAt, &tags_[circuit], sizeof(std::uint64_t));
        std::memcpy(bytes + kSourceAt, &source, sizeof(source));
        const std::uint32_t number = ++sent_[circuit];
        std::memcpy(bytes + kNumberAt, &number, sizeof(number));
        burst[i] = frame;
        groups[i] = terms_.group[circuit];
        ++tallies_[groups[i]].offered;
    }
    const unsigned taken = rte_ring_sp_enqueue_burst(
        terms_.into, reinterpret_cast<void* const*>(burst.data()), able, nullptr
    );
    // Those behind `taken` are lost; their buffers stay in stock.
    stock_.resize(stock_.size() - able);
    for (unsigned i = taken; i < able; ++i) {
        stock_.push_back(burst[i]);
        note_refused(groups[i]);
    }
}

/// Into memory that is there already: growing it would hold the source up.
void PacedSource::note_refused(std::size_t group) {
    if (!refused_.empty() && refused_.back().tsc == last_tick_ && refused_.back().group == group) {
        ++refused_.back().frames;
    } else if (refused_.size() < kRefusedMax) {
        refused_.push_back({.tsc = last_tick_, .group = group, .frames = 1});
    }
}

bool PacedSource::collect() {
    std::array<rte_mbuf*, kBurst> burst;
    const unsigned count = rte_ring_sc_dequeue_burst(
        terms_.from, reinterpret_cast<void**>(burst.data()), kBurst, nullptr
    );
    for (unsigned i = 0; i < count; ++i) {
        rte_prefetch0(rte_pktmbuf_mtod(burst[i], const void*));
    }
    for (unsigned i = 0; i < count; ++i) {
        const auto* const bytes = rte_pktmbuf_mtod(burst[i], const std::uint8_t*);
        std::uint32_t source = 0;
        std::uint32_t number = 0;
        std::memcpy(&source, bytes + kSourceAt, sizeof(source));
        std::memcpy(&number, bytes + kNumberAt, sizeof(number));
        const std::uint32_t circuit = rte_be_to_cpu_32(source) - kSourceBase;
        Tally& tally = tallies_[terms_.group[circuit]];
        ++tally.received;
        tally.reordered += number < seen_[circuit] ? 1 : 0;
        seen_[circuit] = std::max(seen_[circuit], number);
        stock_.push_back(burst[i]);
    }
    return count != 0;
}

std::uint64_t PacedSource::offered() const {
    std::uint64_t sum = 0;
    for (const Tally& tally : tallies_) {
        sum += tally.offered;
    }
    return sum;
}

std::uint64_t PacedSource::received() const {
    std::uint64_t sum = 0;
    for (const Tally& tally : tallies_) {
        sum += tally.received;
    }
    return sum;
}

} // namespace strowger::bench
