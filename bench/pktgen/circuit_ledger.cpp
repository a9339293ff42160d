// SPDX-License-Identifier: Apache-2.0
#include "pktgen/circuit_ledger.h"

#include "strowger/base/check.h"

#include <algorithm>
#include <tuple>

namespace strowger::pktgen {

namespace {

auto badness(const CircuitFates& circuit) {
    const Fates& fates = circuit.fates;
    return std::tuple{
        fates.misdelivered + fates.damaged,
        fates.lost,
        fates.reordered + fates.duplicates + fates.late,
        circuit.latency_most};
}

} // namespace

CircuitLedger::CircuitLedger(const TagPlan& plan, std::span<const std::uint32_t> watched)
    : states_(plan.spec().circuits),
      watched_(watched.begin(), watched.end()),
      watched_latency_(watched.size()) {
    STROWGER_CHECK(watched.size() < kNotWatched);
    for (std::uint32_t circuit = 0; circuit < states_.size(); ++circuit) {
        states_[circuit].expected_vids = key_of(plan.received(circuit));
    }
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        STROWGER_CHECK(watched_[i] < states_.size());
        states_[watched_[i]].watched = static_cast<std::uint16_t>(i);
    }
}

void CircuitLedger::clear() {
    for (State& state : states_) {
        State fresh;
        fresh.expected_vids = state.expected_vids;
        fresh.watched = state.watched;
        state = fresh;
    }
    for (LatencyHistogram& histogram : watched_latency_) {
        histogram.clear();
    }
    latency_.clear();
}

void CircuitLedger::take(const Reading& reading, std::uint32_t now) noexcept {
    STROWGER_DCHECK(reading.circuit < states_.size());
    State& state = states_[reading.circuit];
    if (reading.kind == Reading::Kind::Damaged) [[unlikely]] {
        ++state.damaged;
        return;
    }
    if (!reading.layout_holds || reading.vids != state.expected_vids) [[unlikely]] {
        ++state.misdelivered;
        return;
    }
    switch (state.window.note(reading.sequence)) {
        case Arrival::Duplicate:
            ++state.duplicates;
            return;
        case Arrival::Late:
            ++state.late;
            return;
        case Arrival::Reordered:
            ++state.reordered;
            break;
        case Arrival::InOrder:
            break;
    }
    ++state.delivered;
    const std::uint32_t latency = now - reading.time;
    state.latency_most = std::max(state.latency_most, latency);
    latency_.record(latency);
    if (state.watched != kNotWatched) {
        watched_latency_[state.watched].record(latency);
    }
}

void CircuitLedger::take_damaged(const Reading& reading) noexcept {
    STROWGER_DCHECK(reading.circuit < states_.size());
    ++states_[reading.circuit].damaged;
}

CircuitFates CircuitLedger::of(std::uint32_t circuit, std::uint64_t sent) const {
    const State& state = states_[circuit];
    return {
        .circuit = circuit,
        .fates =
            {.sent = sent,
             .delivered = state.delivered,
             .lost = sent > state.delivered ? sent - state.delivered : 0,
             .reordered = state.reordered,
             .duplicates = state.duplicates,
             .late = state.late,
             .misdelivered = state.misdelivered,
             .damaged = state.damaged},
        .latency_most = state.latency_most};
}

Fates CircuitLedger::totals(std::span<const std::uint64_t> sent) const {
    Fates all;
    for (std::uint32_t circuit = 0; circuit < states_.size(); ++circuit) {
        const Fates one = of(circuit, sent[circuit]).fates;
        all.sent += one.sent;
        all.delivered += one.delivered;
        all.lost += one.lost;
        all.reordered += one.reordered;
        all.duplicates += one.duplicates;
        all.late += one.late;
        all.misdelivered += one.misdelivered;
        all.damaged += one.damaged;
    }
    return all;
}

std::vector<CircuitFates>
CircuitLedger::worst(std::span<const std::uint64_t> sent, std::size_t count) const {
    const auto worse = [](const CircuitFates& a, const CircuitFates& b) {
        return badness(a) > badness(b);
    };
    std::vector<CircuitFates> heap; // the least bad of those kept is in front
    for (std::uint32_t circuit = 0; circuit < states_.size() && count > 0; ++circuit) {
        heap.push_back(of(circuit, sent[circuit]));
        std::ranges::push_heap(heap, worse);
        if (heap.size() > count) {
            std::ranges::pop_heap(heap, worse);
            heap.pop_back();
        }
    }
    std::ranges::sort_heap(heap, worse);
    return heap;
}

} // namespace strowger::pktgen
