// SPDX-License-Identifier: Apache-2.0
#include "stage/police.h"

namespace strowger::dataplane {

namespace {

constexpr std::uint16_t kDeiBit = 0x1000;

} // namespace

void police(Burst& burst, PortStats* stats) noexcept {
    sieve(burst, stats, [&burst](std::uint16_t i) noexcept {
        EndpointSlot& slot = *burst.slots[i];
        const FrameTags& tags = burst.tags[i];
        const std::uint32_t packet_bytes = burst.frames[i]->pkt_len;
        const bool arrived_yellow = tags.count > 0 && (tags.tci[0] & kDeiBit) != 0;

        const Color color =
            slot.meter.color(metered_bytes(packet_bytes), arrived_yellow, burst.now);
        burst.colors[i] = color;
        if (color == Color::Green) [[likely]] {
            slot.ingress_green.add(packet_bytes + kFcsBytes);
            return Verdict::Keep;
        }
        if (color == Color::Yellow) {
            slot.ingress_yellow.add(packet_bytes + kFcsBytes);
            return Verdict::Keep;
        }
        slot.ingress_red.add(packet_bytes + kFcsBytes);
        return drop_as(DropReason::Policed);
    });
}

} // namespace strowger::dataplane
