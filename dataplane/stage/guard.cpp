// SPDX-License-Identifier: Apache-2.0
#include "stage/guard.h"

#include <optional>

namespace strowger::dataplane {

namespace {

std::optional<DropReason>
why_refused(const rte_mbuf* frame, const Forwarding& forwarding) noexcept {
    const std::uint64_t head = frame_head(frame);
    if (!forwarding.has(Forwarding::Forwards)) {
        return DropReason::Suspended;
    }
    if (frame->pkt_len + kFcsBytes > forwarding.frame_max_bytes) {
        return DropReason::Oversize;
    }
    if (is_l2cp(head) &&
        (!forwarding.has(Forwarding::L2cpTransparent) || (head & kDestinationMask) == kPauseMac)) {
        return DropReason::L2cp;
    }
    if ((head & kSourceIsGroup) != 0) {
        return DropReason::SourceMac;
    }
    return std::nullopt;
}

} // namespace

FrameMask guard_closely(const OwnerTables& tables, Burst& burst, unsigned i) noexcept {
    burst.special |= bit_of(i);
    const std::optional<DropReason> reason =
        why_refused(burst.frames[i], tables.forwarding(burst, i));
    return reason ? tables.drop(burst, i, *reason) : 0;
}

} // namespace strowger::dataplane
