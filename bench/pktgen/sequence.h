// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace strowger::pktgen {

/// How a sequence number stands to those that came before it on its circuit.
enum class Arrival : std::uint8_t {
    InOrder,   ///< the next one, or a later one after a gap
    Reordered, ///< one that was missing: later ones came first
    Duplicate, ///< seen before
    Late,      ///< older than the window remembers: reordered or a duplicate, nobody can tell
};

/// Follows the sequence numbers of one circuit: 16 bytes, whatever happens to the frames.
///
/// Remembers the last 64 numbers. Numbers are compared by serial arithmetic (RFC 1982), so 2^32
/// frames and their wrap are nothing special.
struct SequenceWindow {
    static constexpr std::uint32_t kWindow = 64;

    std::uint64_t seen = ~std::uint64_t{0}; ///< bit i: number next - 1 - i arrived
    std::uint32_t next = 0;                 ///< behind the highest number seen

    [[nodiscard]] Arrival note(std::uint32_t sequence) noexcept {
        const auto ahead = static_cast<std::int32_t>(sequence - next);
        if (ahead >= 0) [[likely]] {
            const auto gap = static_cast<std::uint32_t>(ahead);
            seen = gap >= kWindow - 1 ? 1 : (seen << (gap + 1) | 1);
            next = sequence + 1;
            return Arrival::InOrder;
        }
        const std::uint32_t age = next - 1 - sequence;
        if (age >= kWindow) {
            return Arrival::Late;
        }
        const std::uint64_t bit = std::uint64_t{1} << age;
        if ((seen & bit) != 0) {
            return Arrival::Duplicate;
        }
        seen |= bit;
        return Arrival::Reordered;
    }
};
static_assert(sizeof(SequenceWindow) == 16);

} // namespace strowger::pktgen
