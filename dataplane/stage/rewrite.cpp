// SPDX-License-Identifier: Apache-2.0
#include "stage/rewrite.h"

#include "stage/tag_change.h"

#include <cstring>

namespace strowger::dataplane {

namespace {

/// The change that the hot slot's program makes of a frame.
[[gnu::always_inline]] inline TagChange
change_of(const HotSlot& slot, IndexEntry entry, const FrameTags& tags) noexcept {
    const std::uint64_t excess = slot.meter.excess();
    const std::uint64_t outer_tpid = HotSlot::OuterTpid::get(slot.meter.bursts());
    const std::uint64_t inner = HotSlot::PushesInner::get(slot.meter.times());
    const unsigned pops = entry.pop_code();
    const PushedTags pushed{
        .outer_from_inner = HotSlot::OuterFromInner::get(excess) != 0,
        .inner_from_inner = pops == 2,
        .outer_tpid = static_cast<std::uint32_t>(outer_tpid),
        .outer_vid = static_cast<std::uint32_t>(HotSlot::OuterVid::get(excess)),
        .inner_vid = static_cast<std::uint32_t>(HotSlot::InnerVid::get(excess)),
    };
    return {
        .pushed_be = pushed.in_place_of(tags),
        .push_bits = outer_tpid == HotSlot::kNoOuter ? 0 : static_cast<unsigned>(32 + 32 * inner),
        .pop_bytes = kTagBytes * pops,
    };
}

TagChange
change_of(const Forwarding& forwarding, IndexEntry entry, const FrameTags& tags) noexcept {
    const PushedTags pushed{
        .outer_from_inner = forwarding.has(Forwarding::OuterFromInner),
        .inner_from_inner = entry.pop_code() == 2,
        .outer_tpid = forwarding.outer_tpid,
        .outer_vid = forwarding.push_vid[0],
        .inner_vid = forwarding.push_vid[1],
    };
    return {
        .pushed_be = pushed.in_place_of(tags),
        .push_bits = 32U * forwarding.push_count,
        .pop_bytes = kTagBytes * entry.pop_count(),
    };
}

/// Puts the addresses and the pushed tags in front of what remains of the frame. All is read before
/// anything is written, and what stands behind the tags is written back as it was, so there is one
/// way for every number of tags.
[[gnu::always_inline]] inline void apply_change(rte_mbuf* frame, const TagChange& change) noexcept {
    auto* const old_start = rte_pktmbuf_mtod(frame, std::uint8_t*);
    std::uint64_t head = 0;
    std::uint32_t tail = 0;
    std::uint64_t remaining = 0;
    std::memcpy(&head, old_start, sizeof(head));
    std::memcpy(&tail, old_start + sizeof(head), sizeof(tail));
    std::memcpy(&remaining, old_start + kAddressBytes + change.pop_bytes, sizeof(remaining));

    // A shift by 64 is two by 32.
    const unsigned half = change.push_bits / 2;
    const std::uint64_t behind = remaining << half << half;
    const std::uint64_t pushed = change.pushed_be & ~(~std::uint64_t{0} << half << half);
    const std::uint64_t tags = pushed | behind;

    const std::int32_t growth = change.growth_bytes();
    std::uint8_t* const start = old_start - growth;
    std::memcpy(start, &head, sizeof(head));
    std::memcpy(start + sizeof(head), &tail, sizeof(tail));
    std::memcpy(start + kAddressBytes, &tags, sizeof(tags));
    frame->data_off = static_cast<std::uint16_t>(frame->data_off - growth);
    frame->data_len = static_cast<std::uint16_t>(frame->data_len + growth);
    frame->pkt_len = frame->data_len;
}

/// Gives the tag that remains of a frame, if there is one, the far UNI's TPID (or 0x8100).
void rename_remaining(rte_mbuf* frame, std::uint32_t offset, std::uint8_t tpid) noexcept {
    const std::uint16_t name = rte_cpu_to_be_16(tpid_ethertype(static_cast<Tpid>(tpid)));
    if (tpid_code(load<std::uint16_t>(frame, offset)) != kTpidCount) {
        std::memcpy(rte_pktmbuf_mtod_offset(frame, void*, offset), &name, sizeof(name));
    }
}

/// Zeros, never what the buffer held before: that was another tenant's.
bool pad(rte_mbuf* frame) noexcept {
    if (frame->pkt_len >= kFrameBytesLeast) {
        return true;
    }
    const auto missing = static_cast<std::uint16_t>(kFrameBytesLeast - frame->pkt_len);
    if (rte_pktmbuf_tailroom(frame) < missing) {
        return false;
    }
    std::memset(rte_pktmbuf_mtod_offset(frame, void*, frame->data_len), 0, missing);
    frame->data_len = static_cast<std::uint16_t>(frame->data_len + missing);
    frame->pkt_len += missing;
    return true;
}

/// A special frame, one with a tag to rename or a priority tag to pop, or too short as it leaves.
/// Keeps the egress account right, which takes every green frame to grow as the hot program says.
[[gnu::noinline]] FrameMask
rewrite_carefully(const OwnerTables& tables, Burst& burst, unsigned i) noexcept {
    rte_mbuf* const frame = burst.frames[i];
    const Forwarding forwarding = tables.forwarding(burst, i);
    const TagChange change = change_of(forwarding, burst.entries[i], burst.tags[i]);
    ColdSlot& cold = tables.cold_of(burst, i);
    const std::uint32_t as_counted =
        frame->pkt_len + kFcsBytes + static_cast<std::uint32_t>(cold.growth());
    const bool fits = change.growth_bytes() <= static_cast<int>(rte_pktmbuf_headroom(frame));
    if (fits) {
        if (forwarding.has(Forwarding::RenamesRemaining)) {
            rename_remaining(frame, kEtherTypeOffset + change.pop_bytes, forwarding.remaining_tpid);
        }
        apply_change(frame, change);
    }
    const bool leaves = fits && pad(frame);
    const std::uint32_t as_left = frame->pkt_len + kFcsBytes;
    if (burst.colors[i] == Color::Yellow) {
        if (leaves) {
            cold.egress_yellow.add(as_left);
        }
    } else if (leaves) {
        cold.green_extra_bytes.add(std::uint64_t{as_left} - as_counted);
    } else {
        cold.lose(Color::Green, as_counted);
    }
    return leaves ? 0 : tables.drop(burst, i, DropReason::NoHeadroom);
}

/// Any other number of tags.
[[gnu::noinline]] FrameMask
change_tags(const OwnerTables& tables, Burst& burst, unsigned i) noexcept {
    const HotSlot& slot = *burst.slots[i];
    const IndexEntry entry = burst.entries[i];
    rte_mbuf* const frame = burst.frames[i];
    const TagChange change = change_of(slot, entry, burst.tags[i]);
    const std::int32_t growth = change.growth_bytes();
    if (HotSlot::RenamesRemaining::get(slot.meter.times()) != 0 ||
        entry.pop_code() == IndexEntry::kPopsPriorityTag ||
        growth > static_cast<std::int32_t>(frame->data_off) ||
        static_cast<std::int32_t>(frame->pkt_len) + growth <
            static_cast<std::int32_t>(kFrameBytesLeast)) [[unlikely]] {
        return rewrite_carefully(tables, burst, i);
    }
    apply_change(frame, change);
    return 0;
}

} // namespace

void rewrite(const OwnerTables& tables, Burst& burst) noexcept {
    for (FrameMask left = burst.unswapped; left != 0; left &= left - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctz(left));
        if (burst.frames[i]->pkt_len < kFrameBytesLeast + 2 * kTagBytes) {
            // It may have to be padded, and that is told to the cold slot: all such loads at once.
            __builtin_prefetch(&tables.cold_of(burst, i), 1);
        }
    }
    FrameMask gone = 0;
    for (FrameMask left = burst.unswapped; left != 0; left &= left - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctz(left));
        gone |= (burst.special & bit_of(i)) != 0 ? rewrite_carefully(tables, burst, i)
                                                 : change_tags(tables, burst, i);
    }
    burst.remove(gone);
}

} // namespace strowger::dataplane
