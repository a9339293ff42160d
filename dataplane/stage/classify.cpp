// SPDX-License-Identifier: Apache-2.0
#include "stage/classify.h"

#include <rte_prefetch.h>

namespace strowger::dataplane {

namespace {

[[gnu::noinline]] FrameMask fall_back(
    const Classifier& classifier,
    HotSlot* slots,
    Burst& burst,
    unsigned i,
    PortStats* stats
) noexcept {
    burst.entries[i] = classifier.all_to_one(burst.ports[i]);
    burst.slots[i] = &slots[burst.entries[i].number()];
    if (!burst.entries[i].is_none()) {
        return 0;
    }
    stats[burst.ports[i]].unmatched.record(burst.tags[i], burst.now);
    return burst.drop(i, DropReason::Unmatched, stats);
}

using Places = std::array<const void*, kBurstMax>;

/// Where the classifier has what it says of each frame; lines that are not in the cache are on
/// their way. Returns the frames whose place is a line of a compact block.
[[gnu::always_inline]] inline FrameMask
find_places(const Classifier& classifier, const Burst& burst, Places& places) noexcept {
    const unsigned count = burst.count;
    const std::uint16_t port = burst.ports[0]; // of one rx queue, they are all the same
    FrameMask compact = 0;
    for (unsigned i = 0; i < count; ++i) {
        const FrameTags tags = burst.tags[i];
        const IndexEntry* const outer = classifier.outer_place(port, tags);
        places[i] = outer;
        if (outer->is_direct_block() && tags.has_inner_c_tag()) [[likely]] {
            places[i] = classifier.inner_place(*outer, tags.vid(1));
            rte_prefetch0(places[i]);
        } else if (Classifier::goes_on(*outer, tags)) {
            places[i] = classifier.inner_line(*outer, tags.vid(1));
            rte_prefetch0(places[i]);
            compact |= bit_of(i);
        }
    }
    return compact;
}

} // namespace

void classify(
    const Classifier& classifier,
    HotSlot* slots,
    Burst& burst,
    PortStats* stats
) noexcept {
    Places places;
    for (FrameMask left = find_places(classifier, burst, places); left != 0; left &= left - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctz(left));
        places[i] = static_cast<const IndexLine*>(places[i])->find(burst.tags[i].vid(1));
    }
    const unsigned count = burst.count;
    FrameMask gone = 0;
    for (unsigned i = 0; i < count; ++i) {
        const IndexEntry entry = *static_cast<const IndexEntry*>(places[i]);
        burst.entries[i] = entry;
        burst.slots[i] = &slots[entry.number()];
        if (!entry.is_endpoint()) [[unlikely]] {
            gone |= fall_back(classifier, slots, burst, i, stats);
        }
    }
    burst.remove(gone);
}

void find_slots(HotSlot* slots, Burst& burst) noexcept {
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        burst.slots[i] = &slots[burst.entries[i].number()];
    }
}

} // namespace strowger::dataplane
