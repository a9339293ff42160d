// SPDX-License-Identifier: Apache-2.0
#include "stage/police.h"

namespace strowger::dataplane {

namespace {

constexpr std::uint16_t kDeiBit = 0x1000;

[[gnu::noinline]] FrameMask
count_not_green(const OwnerTables& tables, Burst& burst, unsigned i) noexcept {
    burst.special |= bit_of(i);
    ColdSlot& cold = tables.cold_of(burst, i);
    const std::uint32_t bytes = burst.frames[i]->pkt_len + kFcsBytes;
    if (burst.colors[i] == Color::Yellow) {
        cold.ingress_yellow.add(bytes);
        return 0;
    }
    cold.ingress_red.add(bytes);
    return tables.drop(burst, i, DropReason::Policed);
}

} // namespace

void police(const OwnerTables& tables, Burst& burst) noexcept {
    const std::uint64_t now = burst.now;
    const std::uint64_t byte_tokens = tables.byte_tokens;
    FrameMask gone = 0;
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        HotSlot& slot = *burst.slots[i];
        const std::uint32_t packet_bytes = burst.frames[i]->pkt_len;
        const bool arrived_yellow = (burst.tags[i].tci[0] & kDeiBit) != 0; // no tag: zero
        const Color color =
            slot.meter.color(metered_bytes(packet_bytes), arrived_yellow, now, byte_tokens);
        burst.colors[i] = color;
        if (color != Color::Green) [[unlikely]] {
            gone |= count_not_green(tables, burst, i);
            continue;
        }
        slot.green_frames.add(1);
        slot.green_bytes.add(packet_bytes + kFcsBytes);
    }
    burst.remove(gone);
}

} // namespace strowger::dataplane
