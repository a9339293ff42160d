// SPDX-License-Identifier: Apache-2.0
#include "stage/classify.h"

#include <rte_prefetch.h>

namespace strowger::dataplane {

namespace {

/// On its way into the second-level cache: the first one has fewer lines under way at once.
[[gnu::always_inline]] inline void prefetch_slot(const HotSlot* slot) noexcept {
    constexpr int kRead = 0;
    constexpr int kSecondLevel = 2;
    __builtin_prefetch(slot, kRead, kSecondLevel);
}

[[gnu::noinline]] FrameMask
fall_back(const Classifier& classifier, Burst& burst, unsigned i, PortStats* stats) noexcept {
    burst.entries[i] = classifier.all_to_one(burst.ports[i]);
    if (!burst.entries[i].is_none()) {
        return 0;
    }
    stats[burst.ports[i]].unmatched.record(burst.tags[i], burst.now);
    return burst.drop(i, DropReason::Unmatched, stats);
}

} // namespace

void classify(
    const Classifier& classifier,
    HotSlot* slots,
    std::uint32_t self,
    Burst& burst,
    PortStats* stats
) noexcept {
    const unsigned count = burst.count;
    std::array<const void*, kBurstMax> places;
    for (unsigned i = 0; i < count; ++i) {
        places[i] = classifier.outer_place(burst.ports[i], burst.tags[i]);
        rte_prefetch0(places[i]);
    }
    FrameMask inner = 0;
    for (unsigned i = 0; i < count; ++i) {
        const IndexEntry outer = *static_cast<const IndexEntry*>(places[i]);
        burst.entries[i] = outer;
        if (Classifier::goes_on(outer, burst.tags[i])) [[likely]] {
            places[i] = classifier.inner_place(outer, burst.tags[i].vid(1));
            rte_prefetch0(places[i]);
            inner |= bit_of(i);
        }
    }
    FrameMask gone = 0;
    for (unsigned i = 0; i < count; ++i) {
        IndexEntry entry = burst.entries[i];
        if ((inner & bit_of(i)) != 0) [[likely]] {
            entry = Classifier::read_inner(entry, places[i], burst.tags[i].vid(1));
            burst.entries[i] = entry;
        }
        if (!entry.is_endpoint()) [[unlikely]] {
            const FrameMask lost = fall_back(classifier, burst, i, stats);
            gone |= lost;
            entry = burst.entries[i];
            if (lost != 0) {
                continue;
            }
        }
        if (entry.owner() == self) [[likely]] {
            burst.slots[i] = &slots[entry.number()];
            prefetch_slot(burst.slots[i]);
        }
    }
    burst.remove(gone);
}

void find_slots(HotSlot* slots, Burst& burst) noexcept {
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        burst.slots[i] = &slots[burst.entries[i].number()];
        prefetch_slot(burst.slots[i]);
    }
}

} // namespace strowger::dataplane
