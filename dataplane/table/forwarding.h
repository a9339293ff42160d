// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/limits.h"

#include <array>
#include <cstdint>
#include <type_traits>

namespace strowger::dataplane {

/// How frames that arrive at one endpoint leave at the other: one program, compiled. Travels in
/// commands; a hot slot holds it packed, a cold one as it is.
struct Forwarding {
    enum Flag : std::uint8_t {
        Forwards = 1,          ///< admin up and not held
        L2cpTransparent = 2,   ///< passes 01-80-C2-00-00-0X but -01
        ChecksEgress = 4,      ///< what leaves might not be mapped there: classify it again
        OuterFromInner = 8,    ///< the first pushed tag takes PCP and DEI from the second removed
        RenamesRemaining = 16, ///< a tag that remains first behind the pushed gets remaining_tpid
    };

    std::uint16_t out_port = 0;
    std::uint16_t frame_max_bytes = 0; ///< at ingress, with FCS
    std::uint8_t flags = 0;
    std::uint8_t pop_count = 0; ///< the tags that the map makes the circuit's, as its entries say
    std::uint8_t push_count = 0;
    std::uint8_t outer_tpid = 0;     ///< a Tpid: of the first pushed tag
    std::uint8_t remaining_tpid = 0; ///< a Tpid
    std::uint8_t reserved = 0;
    /// VIDs of pushed tags, the first one first; the second is a C-tag (0x8100). PCP and DEI are
    /// the frame's.
    std::array<std::uint16_t, 2> push_vid{};

    [[nodiscard]] constexpr bool has(Flag flag) const noexcept { return (flags & flag) != 0; }
    /// Bytes that a frame gains on its way through.
    [[nodiscard]] constexpr std::int32_t growth_bytes() const noexcept {
        return 4 * (static_cast<std::int32_t>(push_count) - static_cast<std::int32_t>(pop_count));
    }
    friend constexpr bool operator==(const Forwarding&, const Forwarding&) noexcept = default;
};
static_assert(sizeof(Forwarding) == 14 && std::is_trivially_copyable_v<Forwarding>);

} // namespace strowger::dataplane
