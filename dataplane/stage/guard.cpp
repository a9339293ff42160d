// SPDX-License-Identifier: Apache-2.0
#include "stage/guard.h"

#include <rte_byteorder.h>

#include <optional>

namespace strowger::dataplane {

namespace {

// The first eight bytes of a frame as a little-endian word: six of the destination, two of the
// source. 01-80-C2-00-00-0X is 802.1Q table 8-1.
constexpr std::uint64_t kL2cpMask = 0x0000'F0FF'FFFF'FFFF;
constexpr std::uint64_t kL2cpPrefix = 0x0000'0000'00C2'8001;
constexpr std::uint64_t kDestinationMask = 0x0000'FFFF'FFFF'FFFF;
/// A customer's PAUSE must not cross a circuit, transparent or not (802.3 annex 31B).
constexpr std::uint64_t kPauseMac = 0x0000'0100'00C2'8001;
constexpr std::uint64_t kSourceIsGroup = std::uint64_t{1} << 48;

std::uint64_t head_of(const rte_mbuf* frame) noexcept {
    return rte_le_to_cpu_64(load<std::uint64_t>(frame, 0));
}

std::optional<DropReason>
why_refused(const rte_mbuf* frame, const Forwarding& forwarding) noexcept {
    const std::uint64_t head = head_of(frame);
    if (!forwarding.has(Forwarding::Forwards)) {
        return DropReason::Suspended;
    }
    if (frame->pkt_len + kFcsBytes > forwarding.frame_max_bytes) {
        return DropReason::Oversize;
    }
    const bool is_l2cp = (head & kL2cpMask) == kL2cpPrefix;
    if (is_l2cp &&
        (!forwarding.has(Forwarding::L2cpTransparent) || (head & kDestinationMask) == kPauseMac)) {
        return DropReason::L2cp;
    }
    if ((head & kSourceIsGroup) != 0) {
        return DropReason::SourceMac;
    }
    return std::nullopt;
}

/// A frame that is not plain to see: refused, or special.
[[gnu::noinline]] FrameMask
look_closer(const OwnerTables& tables, Burst& burst, unsigned i) noexcept {
    burst.special |= bit_of(i);
    const std::optional<DropReason> reason =
        why_refused(burst.frames[i], tables.forwarding(burst, i));
    return reason ? tables.drop(burst, i, *reason) : 0;
}

} // namespace

void guard(const OwnerTables& tables, const PortSet& ports, Burst& burst) noexcept {
    const std::uint64_t links_up = ports.links_up();
    const unsigned count = burst.count;
    burst.special = 0;
    FrameMask gone = 0;
    for (unsigned i = 0; i < count; ++i) {
        const std::uint64_t program = burst.slots[i]->meter.committed();
        const rte_mbuf* const frame = burst.frames[i];
        const std::uint64_t head = head_of(frame);
        const std::uint64_t not_plain =
            (HotSlot::Version::get(program) ^ burst.entries[i].version()) |
            (program & HotSlot::ChecksEgress::kMask) |
            (~(links_up >> HotSlot::OutPort::get(program)) & 1U) | (head & kSourceIsGroup);
        if (not_plain != 0 || (head & kL2cpMask) == kL2cpPrefix ||
            frame->pkt_len + kFcsBytes > HotSlot::FrameMax::get(program)) [[unlikely]] {
            gone |= look_closer(tables, burst, i);
        }
    }
    burst.remove(gone);
}

} // namespace strowger::dataplane
