// SPDX-License-Identifier: Apache-2.0
#include "stage/guard.h"

#include <rte_byteorder.h>

namespace strowger::dataplane {

namespace {

// 01-80-C2-00-00-0X (802.1Q table 8-1), as the first eight bytes of a frame in network order.
constexpr std::uint64_t kL2cpMask = 0xFFFF'FFFF'FFF0'0000;
constexpr std::uint64_t kL2cpPrefix = 0x0180'C200'0000'0000;
constexpr std::uint64_t kMacMask = 0xFFFF'FFFF'FFFF'0000;
/// A customer's PAUSE must not cross a circuit, transparent or not (802.3 annex 31B).
constexpr std::uint64_t kPauseMac = 0x0180'C200'0001'0000;

constexpr std::size_t kSourceMacOffset = 6;

bool is_refused_l2cp(const rte_mbuf* frame, const Forwarding& forwarding) noexcept {
    const std::uint64_t head = rte_be_to_cpu_64(load<std::uint64_t>(frame, 0));
    if ((head & kL2cpMask) != kL2cpPrefix) [[likely]] {
        return false;
    }
    return !forwarding.has(Forwarding::L2cpTransparent) || (head & kMacMask) == kPauseMac;
}

} // namespace

void guard(Burst& burst, PortStats* stats) noexcept {
    sieve(burst, stats, [&burst](std::uint16_t i) noexcept {
        const rte_mbuf* const frame = burst.frames[i];
        const Forwarding& forwarding = burst.forwarding(i);
        if (!forwarding.has(Forwarding::Forwards)) [[unlikely]] {
            return drop_as(DropReason::Suspended);
        }
        if (frame->pkt_len + kFcsBytes > forwarding.frame_max_bytes) [[unlikely]] {
            return drop_as(DropReason::Oversize);
        }
        if (is_refused_l2cp(frame, forwarding)) [[unlikely]] {
            return drop_as(DropReason::L2cp);
        }
        if ((load<std::uint8_t>(frame, kSourceMacOffset) & 1U) != 0) [[unlikely]] {
            return drop_as(DropReason::SourceMac);
        }
        return Verdict::Keep;
    });
}

} // namespace strowger::dataplane
