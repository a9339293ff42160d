// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

#include <rte_byteorder.h>

#include <cstring>

namespace strowger::dataplane {

inline constexpr std::uint32_t kAddressBytes = 12;

/// Whether a frame that is plain and green takes no more than swap_tags().
[[nodiscard, gnu::always_inline]] inline bool
swaps_tags(const HotSlot& slot, IndexEntry entry) noexcept {
    return slot.pushes_two() && entry.pops_two();
}

/// QinQ in, QinQ out, which most circuits between carriers are: both tags give way to two, and
/// nothing moves.
[[gnu::always_inline]] inline void swap_tags(rte_mbuf* frame, const HotSlot& slot) noexcept {
    // In host order, the first tag on top: EtherTypes, then VIDs.
    static constexpr std::array<std::uint64_t, 4> kEtherTypes = {
        0x8100'0000'8100'0000, 0x88A8'0000'8100'0000, 0x9100'0000'8100'0000, 0};
    const std::uint64_t excess = slot.meter.excess();
    const std::uint64_t words = kEtherTypes[HotSlot::OuterTpid::get(slot.meter.bursts())] |
                                HotSlot::OuterVid::get(excess) << 32U |
                                HotSlot::InnerVid::get(excess);
    // PCP and DEI are those of the tags they replace.
    const std::uint64_t priorities_be =
        load<std::uint64_t>(frame, kAddressBytes) & rte_cpu_to_be_64(0x0000'F000'0000'F000);
    const std::uint64_t tags_be = rte_cpu_to_be_64(words) | priorities_be;
    std::memcpy(
        rte_pktmbuf_mtod_offset(frame, std::uint8_t*, kAddressBytes), &tags_be, sizeof(tags_be)
    );
}

/// In: frames as they arrived, but for those whose tags are swapped already. Out: frames as they
/// leave: tags popped and pushed in the headroom, padded with zeros to 60 bytes. Lets go of frames
/// without the room (NoHeadroom). In every case the addresses move by at most 8 bytes and the
/// payload does not move.
void rewrite(const OwnerTables& tables, Burst& burst) noexcept;

} // namespace strowger::dataplane
