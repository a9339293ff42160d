// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/limits.h"

#include <cstdint>

namespace strowger::dataplane {

/// What one place of the classifier says: nothing, an endpoint, or a block of inner VIDs. 32 bits,
/// so that sixteen share a line and a change is one store.
///
/// An endpoint's entry carries everything that must change together for a frame: how many tags to
/// pop, and which of the slot's two forwarding versions to use. A frame classified by an old entry
/// is thus treated by the old program to its end, also when it waits in a hand-over ring meanwhile.
class IndexEntry {
public:
    constexpr IndexEntry() noexcept = default;

    [[nodiscard]] static constexpr IndexEntry from_bits(std::uint32_t bits) noexcept {
        return IndexEntry{bits};
    }
    [[nodiscard]] static constexpr IndexEntry endpoint(
        std::uint32_t owner,
        std::uint32_t slot,
        unsigned pop_count,
        unsigned version
    ) noexcept {
        return IndexEntry{
            kEndpoint | (pop_count << kPopShift) | (version << kVersionShift) |
            (owner << kOwnerShift) | (slot << kNumberShift)};
    }
    [[nodiscard]] static constexpr IndexEntry block(std::uint32_t number) noexcept {
        return IndexEntry{kBlock | (number << kNumberShift)};
    }

    [[nodiscard]] constexpr bool is_none() const noexcept { return bits_ == 0; }
    [[nodiscard]] constexpr bool is_endpoint() const noexcept {
        return (bits_ & kKindMask) == kEndpoint;
    }
    [[nodiscard]] constexpr bool is_block() const noexcept { return (bits_ & kKindMask) == kBlock; }
    [[nodiscard]] constexpr unsigned pop_count() const noexcept {
        return (bits_ >> kPopShift) & 3U;
    }
    [[nodiscard]] constexpr unsigned version() const noexcept {
        return (bits_ >> kVersionShift) & 1U;
    }
    [[nodiscard]] constexpr std::uint32_t owner() const noexcept {
        return (bits_ >> kOwnerShift) & 31U;
    }
    /// The slot of an endpoint, or the number of a block.
    [[nodiscard]] constexpr std::uint32_t number() const noexcept { return bits_ >> kNumberShift; }
    [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }
    /// Same owner and slot, whatever the version.
    [[nodiscard]] constexpr bool names(std::uint32_t owner, std::uint32_t slot) const noexcept {
        return is_endpoint() && this->owner() == owner && number() == slot;
    }
    friend constexpr bool operator==(IndexEntry, IndexEntry) noexcept = default;

private:
    constexpr explicit IndexEntry(std::uint32_t bits) noexcept : bits_(bits) {}

    static constexpr std::uint32_t kEndpoint = 1;
    static constexpr std::uint32_t kBlock = 2;
    static constexpr std::uint32_t kKindMask = 3;
    static constexpr unsigned kPopShift = 2;
    static constexpr unsigned kVersionShift = 4;
    static constexpr unsigned kOwnerShift = 5;
    static constexpr unsigned kNumberShift = 10;

    std::uint32_t bits_ = 0; ///< number 22, owner 5, version 1, pops 2, kind 2
};
static_assert(sizeof(IndexEntry) == 4);
static_assert(limits::kWorkersMax <= 32, "an entry has 5 bits for the owner");
static_assert(limits::kEndpointsMax <= 1U << 22, "an entry has 22 bits for the slot");

} // namespace strowger::dataplane
