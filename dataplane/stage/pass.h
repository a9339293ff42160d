// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "stage/guard.h"
#include "stage/police.h"
#include "stage/rewrite.h"
#include "worker/port_set.h"

namespace strowger::dataplane {

/// On its way into the first-level cache. Spread over the work on other frames: a burst's at once
/// are more than that cache can wait for, and what it cannot wait for holds up everything.
[[gnu::always_inline]] inline void bring_slot(const Burst& burst, unsigned i) noexcept {
    constexpr int kRead = 0;
    constexpr int kFirstLevel = 3;
    __builtin_prefetch(burst.slots[i], kRead, kFirstLevel);
}

/// Those that no frame's work was there for.
inline void bring_slots(const Burst& burst, unsigned from) noexcept {
    const unsigned count = burst.count;
    for (unsigned i = from; i < count; ++i) {
        bring_slot(burst, i);
    }
}

/// In which bits the programs of a burst's frames differ, those that are not special.
struct Programs {
    std::uint64_t first = 0;
    std::uint64_t differ = 0;

    [[nodiscard]] std::uint16_t out_port() const noexcept {
        return (differ & HotSlot::OutPort::kMask) != 0
                   ? kManyPorts
                   : static_cast<std::uint16_t>(HotSlot::OutPort::get(first));
    }
};

/// A frame that pass_plain() left: not plain, or not certain to be green.
template <bool kPolices>
[[gnu::noinline]] FrameMask
pass_carefully(const OwnerTables& tables, Programs& programs, Burst& burst, unsigned i) noexcept {
    HotSlot& slot = *burst.slots[i];
    rte_mbuf* const frame = burst.frames[i];
    const bool plain = is_plain(slot, burst.entries[i], frame);
    burst.unswapped |= bit_of(i);
    if (!plain) {
        const FrameMask lost = guard_closely(tables, burst, i);
        if (lost != 0) {
            return lost;
        }
    }
    if constexpr (kPolices) {
        burst.colors[i] = police(slot, frame, burst.tags[i], burst.now, tables.byte_tokens);
        if (burst.colors[i] != Color::Green) {
            return count_not_green(tables, burst, i);
        }
    } else {
        count_green(slot, frame->pkt_len);
    }
    if (plain) {
        programs.differ |= slot.meter.committed() ^ programs.first;
        if (swaps_tags(slot, burst.entries[i])) {
            swap_tags(frame, slot);
            burst.unswapped &= ~bit_of(i);
        }
    }
    return 0;
}

/// Polices and swaps from frame `i` on, up to the first one that needs more care, which it returns.
/// It calls nothing, so that all it needs stays in registers.
template <bool kPolices>
[[gnu::noinline]] inline unsigned pass_plain(
    const OwnerTables& tables,
    const Burst& coming,
    Programs& programs,
    Burst& burst,
    unsigned i
) noexcept {
    const std::uint64_t now = burst.now;
    const std::uint64_t byte_tokens = tables.byte_tokens;
    const unsigned count = burst.count;
    std::uint64_t differ = 0;
    FrameMask unswapped = 0;
    for (; i < count; ++i) {
        bring_slot(coming, i);
        HotSlot& slot = *burst.slots[i];
        rte_mbuf* const frame = burst.frames[i];
        if (!is_plain(slot, burst.entries[i], frame)) [[unlikely]] {
            break;
        }
        if (kPolices && (loses_green(slot, burst.tags[i]) ||
                         !take_green(slot, frame, now, byte_tokens))) [[unlikely]] {
            break;
        }
        count_green(slot, frame->pkt_len);
        differ |= slot.meter.committed() ^ programs.first;
        if (swaps_tags(slot, burst.entries[i])) [[likely]] {
            swap_tags(frame, slot);
        } else {
            unswapped |= bit_of(i);
        }
    }
    programs.differ |= differ;
    burst.unswapped |= unswapped;
    return i;
}

/// Frames whose link is down are special: forward lets go of them.
[[gnu::noinline]] void mark_those_without_link(Burst& burst, std::uint64_t links_down) noexcept;

/// Guard, police and swap in one go: nearly every frame is plain, green and QinQ on both sides, and
/// so what its circuit's line and its own head say is read once. Meanwhile the slots of the burst
/// that comes behind are on their way into the cache.
///
/// In: slots. Out: colours, the port; special and unswapped frames, for the stages that follow.
/// Without `kPolices`, which is the benchmark's, all frames are green, and counted as such.
template <bool kPolices = true>
[[gnu::always_inline]] inline void pass_frames(
    const OwnerTables& tables,
    const PortSet& ports,
    const Burst& coming,
    Burst& burst
) noexcept {
    const unsigned count = burst.count;
    burst.special = 0;
    burst.unswapped = 0;
    burst.colors.fill(Color::Green);
    Programs programs{.first = count == 0 ? 0 : burst.slots[0]->meter.committed(), .differ = 0};
    FrameMask gone = 0;
    for (unsigned i = 0; i < count; ++i) {
        i = pass_plain<kPolices>(tables, coming, programs, burst, i);
        if (i < count) {
            gone |= pass_carefully<kPolices>(tables, programs, burst, i);
        }
    }
    bring_slots(coming, count);
    burst.out_port = programs.out_port();
    const std::uint64_t links_down = ~ports.links_up();
    const std::uint64_t in_use =
        burst.out_port == kManyPorts ? ~std::uint64_t{0} : std::uint64_t{1} << burst.out_port;
    if ((links_down & in_use) != 0) [[unlikely]] {
        mark_those_without_link(burst, links_down);
    }
    burst.remove(gone);
}

/// pass_frames(), compiled once. `coming`: the burst that was classified behind this one, which is
/// left alone.
void pass(
    const OwnerTables& tables,
    const PortSet& ports,
    const Burst& coming,
    Burst& burst
) noexcept;

} // namespace strowger::dataplane
