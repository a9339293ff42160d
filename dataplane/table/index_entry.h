// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/limits.h"

#include <cstdint>

namespace strowger::dataplane {

/// How a block of inner VIDs is laid out, in cache lines of 64 bytes.
///   direct   an entry for each of the 4096 VIDs: 256 lines
///   compact  2^log2_lines lines of eight (VID, entry) pairs each; the bits of a VID from `shift`
///            on choose its line
struct BlockShape {
    static constexpr unsigned kDirect = 15;
    static constexpr unsigned kLog2LinesMax = 7; ///< above: direct
    static constexpr std::uint32_t kDirectLines = 256;
    static constexpr std::uint32_t kPairsPerLine = 8;

    std::uint8_t log2_lines = kDirect;
    std::uint8_t shift = 0;

    [[nodiscard]] constexpr bool is_direct() const noexcept { return log2_lines == kDirect; }
    [[nodiscard]] constexpr std::uint32_t lines() const noexcept {
        return is_direct() ? kDirectLines : 1U << log2_lines;
    }
    /// Of a compact block.
    [[nodiscard]] constexpr std::uint32_t line_of(std::uint16_t vid) const noexcept {
        return (static_cast<std::uint32_t>(vid) >> shift) & ((1U << log2_lines) - 1);
    }
    friend constexpr bool operator==(BlockShape, BlockShape) noexcept = default;
};

/// What one place of the classifier says: nothing, an endpoint, or a block of inner VIDs. 32 bits,
/// so that sixteen share a line and a change is one store.
///
/// An endpoint's entry carries everything that must change together for a frame: how many tags to
/// pop, and which of the slot's two forwarding versions to use. A frame classified by an old entry
/// is thus treated by the old program to its end, also when it waits in a hand-over ring meanwhile.
class IndexEntry {
public:
    /// In place of a number of tags: one, and it is a priority tag that was not the circuit's.
    static constexpr unsigned kPopsPriorityTag = 3;

    constexpr IndexEntry() noexcept = default;

    [[nodiscard]] static constexpr IndexEntry from_bits(std::uint32_t bits) noexcept {
        return IndexEntry{bits};
    }
    [[nodiscard]] static constexpr IndexEntry endpoint(
        std::uint32_t owner,
        std::uint32_t slot,
        unsigned pop_code,
        unsigned version
    ) noexcept {
        return IndexEntry{
            kEndpoint | (pop_code << kPopShift) | (version << kVersionShift) |
            (owner << kOwnerShift) | (slot << kNumberShift)};
    }
    /// `line`: its first, of the worker's index.
    [[nodiscard]] static constexpr IndexEntry block(std::uint32_t line, BlockShape shape) noexcept {
        return IndexEntry{
            kBlock | (std::uint32_t{shape.log2_lines} << kLinesShift) |
            (std::uint32_t{shape.shift} << kVidShift) | (line << kNumberShift)};
    }

    [[nodiscard]] constexpr bool is_none() const noexcept { return bits_ == 0; }
    [[nodiscard]] constexpr bool is_endpoint() const noexcept { return (bits_ & kEndpoint) != 0; }
    [[nodiscard]] constexpr bool is_block() const noexcept { return (bits_ & kBlock) != 0; }
    /// 0 to 2, or kPopsPriorityTag.
    [[nodiscard]] constexpr unsigned pop_code() const noexcept { return (bits_ >> kPopShift) & 3U; }
    [[nodiscard]] constexpr bool pops_two() const noexcept {
        return (bits_ & (3U << kPopShift)) == 2U << kPopShift;
    }
    [[nodiscard]] constexpr unsigned pop_count() const noexcept {
        return pop_code() == kPopsPriorityTag ? 1 : pop_code();
    }
    [[nodiscard]] constexpr unsigned version() const noexcept {
        return (bits_ >> kVersionShift) & 1U;
    }
    /// The same as a bit of a word, whose bits below it are not defined.
    [[nodiscard]] constexpr std::uint64_t version_at(unsigned bit) const noexcept {
        return std::uint64_t{bits_} << (bit - kVersionShift);
    }
    [[nodiscard]] constexpr std::uint32_t owner() const noexcept {
        return (bits_ >> kOwnerShift) & 31U;
    }
    /// The slot of an endpoint, or the first line of a block.
    [[nodiscard]] constexpr std::uint32_t number() const noexcept { return bits_ >> kNumberShift; }
    /// Of a block.
    [[nodiscard]] constexpr BlockShape shape() const noexcept {
        return {
            static_cast<std::uint8_t>((bits_ >> kLinesShift) & 15U),
            static_cast<std::uint8_t>((bits_ >> kVidShift) & 15U)};
    }
    /// In one comparison: kind and shape of a direct block.
    [[nodiscard]] constexpr bool is_direct_block() const noexcept {
        constexpr std::uint32_t kMask = kKindMask | (15U << kLinesShift);
        return (bits_ & kMask) == (kBlock | (BlockShape::kDirect << kLinesShift));
    }
    [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }
    /// The same endpoint where frames come with a priority tag that gives way to pushed ones.
    [[nodiscard]] constexpr IndexEntry popping_priority_tag() const noexcept {
        return IndexEntry{bits_ | (kPopsPriorityTag << kPopShift)};
    }
    /// Same owner and slot, whatever the version.
    [[nodiscard]] constexpr bool names(std::uint32_t owner, std::uint32_t slot) const noexcept {
        return is_endpoint() && this->owner() == owner && number() == slot;
    }
    friend constexpr bool operator==(IndexEntry, IndexEntry) noexcept = default;

private:
    constexpr explicit IndexEntry(std::uint32_t bits) noexcept : bits_(bits) {}

    static constexpr std::uint32_t kEndpoint = 1;
    static constexpr std::uint32_t kBlock = 2;
    static constexpr std::uint32_t kKindMask = kEndpoint | kBlock; ///< never both
    static constexpr unsigned kPopShift = 2;
    static constexpr unsigned kVersionShift = 4;
    static constexpr unsigned kOwnerShift = 5;
    static constexpr unsigned kLinesShift = 2;
    static constexpr unsigned kVidShift = 6;
    static constexpr unsigned kNumberShift = 10;

    /// An endpoint: number 22, owner 5, version 1, pops 2, kind 2.
    /// A block: number 22, shift 4, lines 4, kind 2.
    std::uint32_t bits_ = 0;
};
static_assert(sizeof(IndexEntry) == 4);
static_assert(limits::kWorkersMax <= 32, "an entry has 5 bits for the owner");
static_assert(limits::kEndpointsMax <= 1U << 22, "an entry has 22 bits for the slot");
static_assert(limits::kVlanIndexBytesMax / 64 <= 1U << 22, "an entry has 22 bits for the line");

} // namespace strowger::dataplane
