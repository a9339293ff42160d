// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

#include <rte_byteorder.h>

namespace strowger::dataplane {

/// What a frame's first tags become: everything that rewriting needs to know of its program.
struct TagChange {
    static constexpr std::uint16_t kPriorityMask = 0xF000; ///< PCP and DEI

    std::uint64_t pushed_be = 0; ///< the pushed tags in network order, the first one first
    unsigned push_bits = 0;      ///< 0, 32 or 64
    unsigned pop_bytes = 0;

    [[nodiscard]] std::int32_t growth_bytes() const noexcept {
        return static_cast<std::int32_t>(push_bits / 8) - static_cast<std::int32_t>(pop_bytes);
    }
};

/// A tag in network order, as the first four bytes of a little-endian word.
[[nodiscard]] inline std::uint32_t tag_be(std::uint32_t tpid_code, std::uint32_t tci) noexcept {
    constexpr std::uint64_t kEtherTypes = 0x9100'88A8'8100; // by Tpid, 16 bits each
    const auto tpid = static_cast<std::uint32_t>((kEtherTypes >> (16 * tpid_code)) & 0xFFFF);
    return rte_cpu_to_be_32(tpid << 16U | tci);
}

/// The tags that are pushed. Their PCP and DEI: a C-tag takes them from the removed C-tag when
/// there is one, which is the second of two removed; all else from the first tag. Without tags both
/// are zero.
struct PushedTags {
    bool outer_from_inner = false; ///< takes PCP and DEI from the second tag
    bool inner_from_inner = false;
    std::uint32_t outer_tpid = 0; ///< a Tpid
    std::uint32_t outer_vid = 0;
    std::uint32_t inner_vid = 0;

    [[nodiscard]] std::uint64_t in_place_of(const FrameTags& tags) const noexcept {
        const std::uint32_t outer_priority = tags.tci[outer_from_inner ? 1 : 0];
        const std::uint32_t inner_priority = tags.tci[inner_from_inner ? 1 : 0];
        const std::uint32_t outer =
            tag_be(outer_tpid, (outer_priority & TagChange::kPriorityMask) | outer_vid);
        const std::uint32_t inner =
            tag_be(0, (inner_priority & TagChange::kPriorityMask) | inner_vid);
        return std::uint64_t{inner} << 32U | outer;
    }
};

} // namespace strowger::dataplane
