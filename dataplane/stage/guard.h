// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

#include <rte_byteorder.h>

namespace strowger::dataplane {

// The first eight bytes of a frame as a little-endian word: six of the destination, two of the
// source. 01-80-C2-00-00-0X is 802.1Q table 8-1.
inline constexpr std::uint64_t kL2cpMask = 0x0000'F0FF'FFFF'FFFF;
inline constexpr std::uint64_t kL2cpPrefix = 0x0000'0000'00C2'8001;
inline constexpr std::uint64_t kDestinationMask = 0x0000'FFFF'FFFF'FFFF;
/// A customer's PAUSE must not cross a circuit, transparent or not (802.3 annex 31B).
inline constexpr std::uint64_t kPauseMac = 0x0000'0100'00C2'8001;
inline constexpr std::uint64_t kSourceIsGroup = std::uint64_t{1} << 48;

[[nodiscard]] inline std::uint64_t frame_head(const rte_mbuf* frame) noexcept {
    return rte_le_to_cpu_64(load<std::uint64_t>(frame, 0));
}
[[nodiscard]] inline bool is_l2cp(std::uint64_t head) noexcept {
    return (head & kL2cpMask) == kL2cpPrefix;
}

/// Whether nothing is to be asked of a frame but its colour and its link: its circuit forwards by
/// the program in the hot slot, and carries frames of this length and to this address. False also
/// for short frames and for all of 01-80-C2-00-XX-XX, which are then looked at closely. Each reason
/// is the sign of a number, so that all of them cost one jump.
[[nodiscard, gnu::always_inline]] inline bool
is_plain(const HotSlot& slot, IndexEntry entry, const rte_mbuf* frame) noexcept {
    constexpr unsigned kSign = 63;
    const std::uint64_t program = slot.meter.committed();
    const std::uint64_t head = frame_head(frame);
    const std::uint64_t bytes = frame->pkt_len;
    static_assert(HotSlot::Version::kMask == std::uint64_t{1} << kSign);
    const std::uint64_t has_other_version = program ^ entry.version_at(kSign);
    static_assert(HotSlot::ChecksEgress::kMask == std::uint64_t{1} << (kSign - 1));
    const std::uint64_t checks_egress = program << 1U;
    static_assert(kL2cpPrefix <= 0xFFFF'FFFF);
    const std::uint64_t may_be_l2cp = ((head & 0xFFFF'FFFF) ^ kL2cpPrefix) - 1;
    static_assert(kSourceIsGroup == std::uint64_t{1} << 48);
    const std::uint64_t source_is_group = head << (kSign - 48);
    const std::uint64_t is_too_long = HotSlot::PacketMax::get(program) - bytes;
    const std::uint64_t is_too_short = bytes - kFrameBytesLeast;
    const std::uint64_t why_not = has_other_version | checks_egress | may_be_l2cp |
                                  source_is_group | is_too_long | is_too_short;
    return static_cast<std::int64_t>(why_not) >= 0;
}

/// A frame that is not plain. Lets go, in this order, of what is Suspended, Oversize, of a
/// destination that its circuit does not carry (L2cp), and of a source that is a group
/// (SourceMac). Marks what goes on as special: forward might let go of it, or its version is not
/// the hot slot's.
[[gnu::noinline]] FrameMask
guard_closely(const OwnerTables& tables, Burst& burst, unsigned i) noexcept;

} // namespace strowger::dataplane
