// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "stage/guard.h"
#include "stage/police.h"
#include "stage/rewrite.h"
#include "worker/port_set.h"

namespace strowger::dataplane {

/// Guard, police and swap in one go: nearly every frame is plain, green and QinQ on both sides, and
/// so what its circuit's line and its own head say is read once.
///
/// In: slots. Out: colours; special and unswapped frames, for the stages that follow. Without
/// `kPolices`, which is the benchmark's, all frames are green, and counted as such.
template <bool kPolices = true>
[[gnu::always_inline]] inline void
pass_frames(const OwnerTables& tables, const PortSet& ports, Burst& burst) noexcept {
    const std::uint64_t links_up = ports.links_up();
    const std::uint64_t now = burst.now;
    const std::uint64_t byte_tokens = tables.byte_tokens;
    const unsigned count = burst.count;
    burst.special = 0;
    FrameMask unswapped = 0;
    FrameMask gone = 0;
    for (unsigned i = 0; i < count; ++i) {
        HotSlot& slot = *burst.slots[i];
        rte_mbuf* const frame = burst.frames[i];
        const IndexEntry entry = burst.entries[i];
        bool plain = is_plain(slot, entry, frame, links_up);
        if (!plain) [[unlikely]] {
            const FrameMask lost = guard_closely(tables, burst, i);
            if (lost != 0) {
                gone |= lost;
                continue;
            }
        }
        burst.colors[i] = Color::Green;
        if constexpr (kPolices) {
            const Color color = police(slot, frame, burst.tags[i], now, byte_tokens);
            if (color != Color::Green) [[unlikely]] {
                burst.colors[i] = color;
                gone |= count_not_green(tables, burst, i);
                plain = false;
            }
        } else {
            count_green(slot, frame->pkt_len);
        }
        if (plain && swaps_tags(slot, entry, frame)) [[likely]] {
            swap_tags(frame, slot, burst.tags[i]);
        } else {
            unswapped |= bit_of(i);
        }
    }
    burst.unswapped = unswapped;
    burst.remove(gone);
}

/// pass_frames(), compiled once.
void pass(const OwnerTables& tables, const PortSet& ports, Burst& burst) noexcept;

} // namespace strowger::dataplane
