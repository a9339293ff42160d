// SPDX-License-Identifier: Apache-2.0
#include "pktgen/circuit_order.h"

#include <random>
#include <utility>

namespace strowger::pktgen {

namespace {

/// Evenly in [0, bound). std::uniform_int_distribution differs between libraries; this does not.
std::uint32_t draw(std::mt19937_64& random, std::uint32_t bound) {
    __extension__ using Wide = unsigned __int128;
    // Biased by 2^-32 at most, which no measurement sees.
    return static_cast<std::uint32_t>(Wide{random()} * bound >> 64);
}

CircuitEntry entry_of(const TagPlan& plan, std::uint32_t circuit) {
    const Vids vids = plan.sent(circuit);
    if (plan.spec().sent.count == 2) {
        return {
            .circuit = circuit,
            .outer_vid_be = wire::be16(vids.s),
            .inner_vid_be = wire::be16(vids.c)};
    }
    return {.circuit = circuit, .outer_vid_be = wire::be16(vids.c), .inner_vid_be = 0};
}

} // namespace

std::vector<CircuitEntry> shuffled_circuits(const TagPlan& plan, std::uint64_t seed) {
    const std::uint32_t circuits = plan.spec().circuits;
    std::vector<CircuitEntry> order;
    order.reserve(circuits);
    for (std::uint32_t circuit = 0; circuit < circuits; ++circuit) {
        order.push_back(entry_of(plan, circuit));
    }
    std::mt19937_64 random{seed};
    for (std::uint32_t left = circuits; left > 1; --left) { // Fisher and Yates
        std::swap(order[left - 1], order[draw(random, left)]);
    }
    return order;
}

} // namespace strowger::pktgen
