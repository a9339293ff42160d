// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/limits.h"
#include "strowger/model/vlan.h"
#include "table/index_entry.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

inline constexpr std::uint32_t kBlockEntries = 4'096; ///< one for each VID
/// Never holds an entry: a port and TPID that nobody maps points here, which saves a branch.
inline constexpr std::uint32_t kEmptyBlock = 0;

/// A frame's tags as parsed. A tag's TPID is one of the three; see program.h.
struct FrameTags {
    std::array<std::uint16_t, 2> tci{}; ///< PCP 3, DEI 1, VID 12
    std::array<std::uint8_t, 2> tpid{}; ///< a Tpid
    std::uint8_t count = 0;             ///< 0 to 2

    [[nodiscard]] constexpr std::uint16_t vid(std::size_t tag) const noexcept {
        return tci[tag] & 0x0FFFU;
    }
};
static_assert(sizeof(FrameTags) == 8);

/// One worker's map from (port, tags) to endpoints: direct indexes, so a lookup costs the same with
/// one circuit and with a million. At most two dependent loads and a last one for all-to-one ports.
/// Read and written by its worker only.
class Classifier {
public:
    /// `blocks` is zeroed memory for `block_count` blocks that outlives this.
    void attach(IndexEntry* blocks, std::uint32_t block_count) noexcept {
        blocks_ = blocks;
        block_count_ = block_count;
    }

    /// Where the first load of a lookup goes.
    [[nodiscard]] const IndexEntry* outer_place(std::uint16_t port, const FrameTags& tags)
        const noexcept {
        if (tags.count == 0) {
            return &untagged_[port];
        }
        return place(roots_[port][tags.tpid[0]], tags.vid(0));
    }

    /// Where the second load goes, or nothing. Inner VIDs are those of C-tags: TPID 0x8100.
    [[nodiscard]] const IndexEntry* inner_place(IndexEntry outer, const FrameTags& tags)
        const noexcept {
        constexpr auto kCTag = static_cast<std::uint8_t>(Tpid::CTag8100);
        if (!outer.is_block() || tags.count < 2 || tags.tpid[1] != kCTag) {
            return nullptr;
        }
        return place(outer.number(), tags.vid(1));
    }

    /// What is left when the places said nothing: the port's all-to-one endpoint, if it has one.
    [[nodiscard]] IndexEntry all_to_one(std::uint16_t port) const noexcept { return all_[port]; }

    /// The endpoint of a frame, or none.
    [[nodiscard]] IndexEntry find(std::uint16_t port, const FrameTags& tags) const noexcept {
        IndexEntry entry = *outer_place(port, tags);
        if (!entry.is_endpoint()) {
            const IndexEntry* const inner = inner_place(entry, tags);
            entry = inner != nullptr ? *inner : IndexEntry{};
        }
        return entry.is_none() ? all_to_one(port) : entry;
    }

    void set_root(std::uint16_t port, std::size_t tpid, std::uint32_t block) noexcept {
        roots_[port][tpid] = block;
    }
    void set_untagged(std::uint16_t port, IndexEntry entry) noexcept { untagged_[port] = entry; }
    void set_all(std::uint16_t port, IndexEntry entry) noexcept { all_[port] = entry; }
    void set_range(
        std::uint32_t block,
        std::uint32_t first,
        std::uint32_t last,
        IndexEntry entry
    ) noexcept {
        for (std::uint32_t vid = first; vid <= last; ++vid) {
            blocks_[std::size_t{block} * kBlockEntries + vid] = entry;
        }
    }
    [[nodiscard]] std::uint32_t block_count() const noexcept { return block_count_; }

private:
    [[nodiscard]] const IndexEntry* place(std::uint32_t block, std::uint16_t vid) const noexcept {
        return &blocks_[std::size_t{block} * kBlockEntries + vid];
    }

    IndexEntry* blocks_ = nullptr;
    std::uint32_t block_count_ = 0;
    std::array<std::array<std::uint32_t, kTpidCount>, limits::kPortsMax> roots_{};
    std::array<IndexEntry, limits::kPortsMax> untagged_{};
    std::array<IndexEntry, limits::kPortsMax> all_{};
};

} // namespace strowger::dataplane
