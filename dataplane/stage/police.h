// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

[[gnu::always_inline]] inline void count_green(HotSlot& slot, std::uint32_t packet_bytes) noexcept {
    slot.green_frames.add(1);
    slot.green_bytes.add(packet_bytes + kFcsBytes);
}

/// Whether a frame's first tag, of any TPID, has DEI set; the meter decides whether that counts.
[[nodiscard, gnu::always_inline]] inline bool arrived_yellow(const FrameTags& tags) noexcept {
    constexpr std::uint16_t kDeiBit = 0x1000;
    return (tags.tci[0] & kDeiBit) != 0; // no tag: zero
}

/// Whether a frame arrives yellow at a circuit that minds.
[[nodiscard, gnu::always_inline]] inline bool
loses_green(const HotSlot& slot, const FrameTags& tags) noexcept {
    return arrived_yellow(tags) && slot.meter.is_color_aware();
}

/// Takes the tokens of one plain frame for green, and counts nothing. False: police() has to look.
[[nodiscard, gnu::always_inline]] inline bool take_green(
    HotSlot& slot,
    const rte_mbuf* frame,
    std::uint64_t now,
    std::uint64_t byte_tokens
) noexcept {
    static_assert(metered_bytes(kFrameBytesLeast) == kFrameBytesLeast + kFcsBytes);
    return slot.meter.take_green(frame->pkt_len + kFcsBytes, now, byte_tokens);
}

/// Colours one frame and counts it when it is green.
[[nodiscard]] inline Color police(
    HotSlot& slot,
    const rte_mbuf* frame,
    const FrameTags& tags,
    std::uint64_t now,
    std::uint64_t byte_tokens
) noexcept {
    const std::uint32_t packet_bytes = frame->pkt_len;
    const Color color =
        slot.meter.color(metered_bytes(packet_bytes), arrived_yellow(tags), now, byte_tokens);
    if (color == Color::Green) {
        count_green(slot, packet_bytes);
    }
    return color;
}

/// A frame that is not green. Lets go of red ones (Policed), marks yellow ones as special.
[[gnu::noinline]] FrameMask
count_not_green(const OwnerTables& tables, Burst& burst, unsigned i) noexcept;

} // namespace strowger::dataplane
