// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "table/index_entry.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <emmintrin.h>

namespace strowger::dataplane {

/// One cache line of a worker's index: sixteen entries of a direct block, or eight (VID, entry)
/// pairs of a compact one.
union alignas(64) IndexLine {
    static constexpr std::size_t kEntries = 16;
    static constexpr std::uint16_t kFreePair = 0xFFFF; ///< no VID

    struct Pairs {
        alignas(16) std::array<std::uint16_t, BlockShape::kPairsPerLine> vids;
        std::array<IndexEntry, BlockShape::kPairsPerLine> entries;
    };

    std::array<IndexEntry, kEntries> entries;
    Pairs pairs;

    IndexLine() noexcept : entries{} {}

    /// Of a compact block: where it has what it says of a VID. All eight are compared at once.
    [[nodiscard]] const IndexEntry* find(std::uint16_t vid) const noexcept {
        static constexpr IndexEntry kNone;
        const __m128i vids = _mm_load_si128(reinterpret_cast<const __m128i*>(pairs.vids.data()));
        const __m128i same = _mm_cmpeq_epi16(vids, _mm_set1_epi16(static_cast<short>(vid)));
        const auto bytes = static_cast<unsigned>(_mm_movemask_epi8(same));
        return bytes == 0 ? &kNone
                          : &pairs.entries[static_cast<unsigned>(__builtin_ctz(bytes)) / 2];
    }

    void clear(bool direct) noexcept {
        if (direct) {
            entries.fill(IndexEntry{});
        } else {
            pairs.vids.fill(kFreePair);
        }
    }

    void set(std::uint16_t vid, IndexEntry entry) noexcept {
        std::size_t place = BlockShape::kPairsPerLine;
        for (std::size_t pair = 0; pair < BlockShape::kPairsPerLine; ++pair) {
            if (pairs.vids[pair] == vid) {
                place = pair;
                break;
            }
            if (pairs.vids[pair] == kFreePair) {
                place = pair;
            }
        }
        if (place == BlockShape::kPairsPerLine) {
            return; // only a VID that is not there can find no room, and then to be cleared
        }
        pairs.vids[place] = entry.is_none() ? kFreePair : vid;
        pairs.entries[place] = entry;
    }
};
static_assert(sizeof(IndexLine) == 64);

} // namespace strowger::dataplane
