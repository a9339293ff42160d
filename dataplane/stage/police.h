// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

[[gnu::always_inline]] inline void count_green(HotSlot& slot, std::uint32_t packet_bytes) noexcept {
    slot.green_frames.add(1);
    slot.green_bytes.add(packet_bytes + kFcsBytes);
}

/// Colours one frame and counts it when it is green. It arrives yellow when its first tag, of any
/// TPID, has DEI set; the meter decides whether that counts.
[[nodiscard, gnu::always_inline]] inline Color police(
    HotSlot& slot,
    const rte_mbuf* frame,
    const FrameTags& tags,
    std::uint64_t now,
    std::uint64_t byte_tokens
) noexcept {
    constexpr std::uint16_t kDeiBit = 0x1000;
    const std::uint32_t packet_bytes = frame->pkt_len;
    const bool arrived_yellow = (tags.tci[0] & kDeiBit) != 0; // no tag: zero
    const Color color =
        slot.meter.color(metered_bytes(packet_bytes), arrived_yellow, now, byte_tokens);
    if (color == Color::Green) [[likely]] {
        count_green(slot, packet_bytes);
    }
    return color;
}

/// A frame that is not green. Lets go of red ones (Policed), marks yellow ones as special.
[[gnu::noinline]] FrameMask
count_not_green(const OwnerTables& tables, Burst& burst, unsigned i) noexcept;

} // namespace strowger::dataplane
