// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/limits.h"
#include "strowger/model/vid_runs.h"
#include "strowger/model/vlan.h"
#include "table/index_entry.h"
#include "table/index_line.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

/// First line of a direct block that never holds an entry: a port and TPID that nobody maps points
/// here, which saves a branch.
inline constexpr std::uint32_t kEmptyBlock = 0;

/// Circuits that one worker gives away at the same time.
inline constexpr std::size_t kAliasesMax = 8;

/// A frame's tags as parsed. A tag's TPID is one of the three; see program.h. What is not there is
/// zero.
struct FrameTags {
    std::array<std::uint16_t, 2> tci{}; ///< PCP 3, DEI 1, VID 12
    std::array<std::uint8_t, 2> tpid{}; ///< a Tpid
    std::uint8_t count = 0;             ///< 0 to 2

    /// A second tag that is a C-tag: only such are looked up.
    [[nodiscard]] bool has_inner_c_tag() const noexcept {
        constexpr std::uint16_t kTwoAndCTag = 2U << 8U | static_cast<std::uint8_t>(Tpid::CTag8100);
        std::uint16_t second = 0; // tpid[1] and count at once
        __builtin_memcpy(&second, &tpid[1], sizeof(second));
        return second == kTwoAndCTag;
    }
    [[nodiscard]] constexpr std::uint16_t vid(std::size_t tag) const noexcept {
        return tci[tag] & 0x0FFFU;
    }
};
static_assert(
    sizeof(FrameTags) == 8 && offsetof(FrameTags, count) == offsetof(FrameTags, tpid) + 2
);

/// One worker's map from (port, tags) to endpoints: direct indexes and small blocks, so a lookup
/// costs the same with one circuit and with a million. At most two dependent loads and a last one
/// for all-to-one ports. Read and written by its worker only.
class Classifier {
public:
    /// `lines` is zeroed memory that outlives this; the first 256 stay so.
    void attach(IndexLine* lines) noexcept { lines_ = lines; }

    /// Where the first load of a lookup goes.
    [[nodiscard]] const IndexEntry* outer_place(std::uint16_t port, const FrameTags& tags)
        const noexcept {
        if (tags.count == 0) [[unlikely]] {
            return &untagged_[port];
        }
        return direct_entry(roots_[port][tags.tpid[0]], tags.vid(0));
    }

    /// Whether the second load is due: a block of inner VIDs, which are those of C-tags.
    [[nodiscard]] static bool goes_on(IndexEntry outer, const FrameTags& tags) noexcept {
        return outer.is_block() && tags.has_inner_c_tag();
    }
    /// Where it goes in a direct block: to what the block says of the VID.
    [[nodiscard]] const IndexEntry* inner_place(IndexEntry outer, std::uint16_t vid)
        const noexcept {
        return direct_entry(outer.number(), vid);
    }
    /// Where it goes in a compact one: to the line that has it.
    [[nodiscard]] const IndexLine* inner_line(IndexEntry outer, std::uint16_t vid) const noexcept {
        return &lines_[outer.number() + outer.shape().line_of(vid)];
    }

    /// What is left when the places said nothing: the port's all-to-one endpoint, if it has one.
    [[nodiscard]] IndexEntry all_to_one(std::uint16_t port) const noexcept { return all_[port]; }

    /// The endpoint of a frame, or none.
    [[nodiscard]] IndexEntry find(std::uint16_t port, const FrameTags& tags) const noexcept {
        IndexEntry entry = *outer_place(port, tags);
        if (!entry.is_endpoint()) {
            const std::uint16_t vid = tags.vid(1);
            entry = !goes_on(entry, tags)     ? IndexEntry{}
                    : entry.is_direct_block() ? *inner_place(entry, vid)
                                              : *inner_line(entry, vid)->find(vid);
        }
        return entry.is_none() ? all_to_one(port) : entry;
    }

    /// Whether an entry says that frames belong to `slot` of worker `self`. While a circuit moves
    /// to another worker, what names its slot there is as good: frames that this worker still has
    /// to treat are checked against entries that are switched already.
    [[nodiscard]] bool names(IndexEntry entry, std::uint32_t self, std::uint32_t slot)
        const noexcept {
        return entry.names(self, slot) || (alias_count_ != 0 && is_alias(entry, slot));
    }
    /// Both halves of a circuit; at most kAliasesMax circuits at a time.
    void add_alias(
        const std::array<std::uint32_t, 2>& slots,
        std::uint32_t owner,
        const std::array<std::uint32_t, 2>& new_slots
    ) noexcept {
        aliases_[alias_count_++] = {.slots = slots, .owner = owner, .new_slots = new_slots};
    }
    void remove_alias(const std::array<std::uint32_t, 2>& slots) noexcept {
        for (std::uint32_t i = 0; i < alias_count_; ++i) {
            if (aliases_[i].slots == slots) {
                aliases_[i] = aliases_[--alias_count_];
                return;
            }
        }
    }

    void set_root(std::uint16_t port, std::size_t tpid, std::uint32_t line) noexcept {
        roots_[port][tpid] = line;
    }
    void set_untagged(std::uint16_t port, IndexEntry entry) noexcept { untagged_[port] = entry; }
    void set_all(std::uint16_t port, IndexEntry entry) noexcept { all_[port] = entry; }

    /// Makes these VIDs of a block say `entry`; none clears them. A compact block has the room,
    /// because the ledger chose its shape for them.
    void set_run(IndexEntry block, VidRun run, IndexEntry entry) noexcept {
        for (std::uint32_t vid = run.first; vid <= run.last; ++vid) {
            set(block, static_cast<std::uint16_t>(vid), entry);
        }
    }
    /// Empties a block before it is linked.
    void clear(IndexEntry block) noexcept {
        const BlockShape shape = block.shape();
        for (std::uint32_t i = 0; i < shape.lines(); ++i) {
            lines_[block.number() + i].clear(shape.is_direct());
        }
    }
    /// Clears `to` and gives it all that `from`, a compact block, says.
    void copy(IndexEntry from, IndexEntry to) noexcept {
        clear(to);
        for (std::uint32_t i = 0; i < from.shape().lines(); ++i) {
            const IndexLine& line = lines_[from.number() + i];
            for (std::size_t pair = 0; pair < BlockShape::kPairsPerLine; ++pair) {
                if (line.pairs.vids[pair] != IndexLine::kFreePair) {
                    set(to, line.pairs.vids[pair], line.pairs.entries[pair]);
                }
            }
        }
    }

private:
    struct Alias {
        std::array<std::uint32_t, 2> slots{};
        std::uint32_t owner = 0;
        std::array<std::uint32_t, 2> new_slots{};
    };
    [[nodiscard]] bool is_alias(IndexEntry entry, std::uint32_t slot) const noexcept {
        for (std::uint32_t i = 0; i < alias_count_; ++i) {
            for (std::size_t half = 0; half < aliases_[i].slots.size(); ++half) {
                if (aliases_[i].slots[half] == slot &&
                    entry.names(aliases_[i].owner, aliases_[i].new_slots[half])) {
                    return true;
                }
            }
        }
        return false;
    }
    /// Of a direct block, whose lines follow each other without a gap.
    [[nodiscard]] const IndexEntry* direct_entry(std::uint32_t line, std::uint16_t vid)
        const noexcept {
        return reinterpret_cast<const IndexEntry*>(&lines_[line]) + vid;
    }
    void set(IndexEntry block, std::uint16_t vid, IndexEntry entry) noexcept {
        const BlockShape shape = block.shape();
        IndexLine* const first = &lines_[block.number()];
        if (shape.is_direct()) {
            first[vid / IndexLine::kEntries].entries[vid % IndexLine::kEntries] = entry;
        } else {
            first[shape.line_of(vid)].set(vid, entry);
        }
    }

    IndexLine* lines_ = nullptr;
    std::array<std::array<std::uint32_t, kTpidCount>, limits::kPortsMax> roots_{};
    std::array<IndexEntry, limits::kPortsMax> untagged_{};
    std::array<IndexEntry, limits::kPortsMax> all_{};
    std::uint32_t alias_count_ = 0;
    std::array<Alias, kAliasesMax> aliases_{};
};

} // namespace strowger::dataplane
