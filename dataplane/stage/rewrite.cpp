// SPDX-License-Identifier: Apache-2.0
#include "stage/rewrite.h"

#include "stage/tag_change.h"

#include <rte_byteorder.h>

#include <cstring>

namespace strowger::dataplane {

namespace {

constexpr std::uint16_t kVidMask = 0x0FFF;
constexpr std::uint32_t kFrameBytesLeast = 60; ///< without FCS (802.3)
constexpr std::uint32_t kAddressBytes = 12;

/// PCP and DEI of pushed tag `pushed`: a C-tag takes the removed C-tag's when there is one, which
/// is the second of two removed; all else the first tag's. A frame without tags has zeros there.
std::uint16_t priority_of(const Burst& burst, std::uint16_t i, unsigned pushed) noexcept {
    const FrameTags& tags = burst.tags[i];
    const bool from_inner = pushed == 1 ? burst.entries[i].pop_count() == 2
                                        : burst.forwarding(i).has(Forwarding::OuterFromInner);
    const std::uint16_t tci = from_inner ? tags.tci[1] : tags.tci[0];
    return tags.count == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(tci & ~kVidMask);
}

std::uint32_t tag_word(const Burst& burst, std::uint16_t i, unsigned pushed) noexcept {
    const Forwarding& forwarding = burst.forwarding(i);
    const std::uint32_t tci = priority_of(burst, i, pushed) | forwarding.push_vid[pushed];
    return rte_cpu_to_be_32((std::uint32_t{forwarding.push_tpid[pushed]} << 16U) | tci);
}

/// Gives the tag that remains of a frame, if there is one, the far UNI's TPID (or 0x8100).
void rename_remaining(std::uint8_t* ethertype, std::uint16_t tpid_be) noexcept {
    std::uint16_t present = 0;
    std::memcpy(&present, ethertype, sizeof(present));
    if (tpid_code(present) != kTpidCount) {
        std::memcpy(ethertype, &tpid_be, sizeof(tpid_be));
    }
}

/// Zeros, never what the buffer held before: that was another tenant's.
bool pad(rte_mbuf* frame) noexcept {
    if (frame->pkt_len >= kFrameBytesLeast) [[likely]] {
        return true;
    }
    const auto missing = static_cast<std::uint16_t>(kFrameBytesLeast - frame->pkt_len);
    if (rte_pktmbuf_tailroom(frame) < missing) [[unlikely]] {
        return false;
    }
    std::memset(rte_pktmbuf_mtod_offset(frame, void*, frame->data_len), 0, missing);
    frame->data_len = static_cast<std::uint16_t>(frame->data_len + missing);
    frame->pkt_len += missing;
    return true;
}

bool change_tags(const Burst& burst, std::uint16_t i) noexcept {
    rte_mbuf* const frame = burst.frames[i];
    const Forwarding& forwarding = burst.forwarding(i);
    const unsigned pops = pop_count(burst, i);
    const int growth =
        static_cast<int>(kTagBytes) * (forwarding.push_count - static_cast<int>(pops));
    if (growth > static_cast<int>(rte_pktmbuf_headroom(frame))) [[unlikely]] {
        return false;
    }
    auto* const old_start = rte_pktmbuf_mtod(frame, std::uint8_t*);
    if (forwarding.remaining_tpid_be != 0) {
        rename_remaining(
            old_start + kEtherTypeOffset + std::size_t{kTagBytes} * pops,
            forwarding.remaining_tpid_be
        );
    }
    std::uint8_t* const start = old_start - growth;
    if (growth != 0) {
        std::uint64_t head = 0;
        std::uint32_t tail = 0;
        std::memcpy(&head, old_start, sizeof(head));
        std::memcpy(&tail, old_start + sizeof(head), sizeof(tail));
        std::memcpy(start, &head, sizeof(head));
        std::memcpy(start + sizeof(head), &tail, sizeof(tail));
        frame->data_off = static_cast<std::uint16_t>(frame->data_off - growth);
        frame->data_len = static_cast<std::uint16_t>(frame->data_len + growth);
        frame->pkt_len = frame->data_len;
    }
    for (unsigned pushed = 0; pushed < forwarding.push_count; ++pushed) {
        const std::uint32_t word = tag_word(burst, i, pushed);
        std::memcpy(start + kAddressBytes + std::size_t{kTagBytes} * pushed, &word, sizeof(word));
    }
    return true;
}

} // namespace

void rewrite(Burst& burst, PortStats* stats) noexcept {
    sieve(burst, stats, [&burst](std::uint16_t i) noexcept {
        if (!change_tags(burst, i) || !pad(burst.frames[i])) [[unlikely]] {
            return drop_as(DropReason::NoHeadroom);
        }
        return Verdict::Keep;
    });
}

} // namespace strowger::dataplane
