// SPDX-License-Identifier: Apache-2.0
#include "stage/classify.h"

#include <rte_prefetch.h>

namespace strowger::dataplane {

void classify(const Classifier& classifier, Burst& burst, PortStats* stats) noexcept {
    std::array<const IndexEntry*, kBurstMax> places;
    for (std::uint16_t i = 0; i < burst.count; ++i) {
        places[i] = classifier.outer_place(burst.ports[i], burst.tags[i]);
        rte_prefetch0(places[i]);
    }
    for (std::uint16_t i = 0; i < burst.count; ++i) {
        const IndexEntry outer = *places[i];
        burst.entries[i] = outer.is_endpoint() ? outer : IndexEntry{};
        places[i] = classifier.inner_place(outer, burst.tags[i]);
        if (places[i] != nullptr) {
            rte_prefetch0(places[i]);
        }
    }
    sieve(burst, stats, [&](std::uint16_t i) noexcept {
        if (places[i] != nullptr) {
            burst.entries[i] = *places[i];
        }
        if (burst.entries[i].is_none()) [[unlikely]] {
            burst.entries[i] = classifier.all_to_one(burst.ports[i]);
            if (burst.entries[i].is_none()) {
                stats[burst.ports[i]].unmatched.record(burst.tags[i], burst.now);
                return drop_as(DropReason::Unmatched);
            }
        }
        return Verdict::Keep;
    });
}

void find_slots(EndpointSlot* slots, Burst& burst) noexcept {
    for (std::uint16_t i = 0; i < burst.count; ++i) {
        EndpointSlot* const slot = &slots[burst.entries[i].number()];
        burst.slots[i] = slot;
        rte_prefetch0(slot);
        __builtin_prefetch(&slot->meter, 1);
        __builtin_prefetch(&slot->ingress_green, 1);
    }
}

} // namespace strowger::dataplane
