// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/drop_reason.h"
#include "table/classifier.h"
#include "table/cold_slot.h"
#include "table/hot_slot.h"
#include "table/worker_stats.h"

#include <rte_mbuf.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

inline constexpr std::uint16_t kBurstMax = 32;

/// In place of a port.
inline constexpr std::uint16_t kManyPorts = 0xFFFF;

/// One bit a frame of a burst.
using FrameMask = std::uint32_t;
static_assert(kBurstMax <= 32);
[[nodiscard]] constexpr FrameMask bit_of(unsigned i) noexcept {
    return FrameMask{1} << i;
}

/// Up to 32 frames on their way through the stages, in order of arrival. Each stage is a loop over
/// [0, count): it fills its own array or lets frames leave. Lives in its worker, which has two: the
/// next one is classified while the lines of the one before are on their way into the cache.
struct Burst {
    std::uint16_t count = 0;
    std::uint64_t now = 0; ///< meter ticks; one clock read a burst: 32 least frames last 215 ns at
                           ///< 100 Gb/s

    std::array<rte_mbuf*, kBurstMax> frames{};
    std::array<std::uint16_t, kBurstMax> ports{}; ///< PortIndex where it arrived
    std::array<FrameTags, kBurstMax> tags{};      ///< from parse on
    std::array<IndexEntry, kBurstMax> entries{};  ///< from classify on
    std::array<HotSlot*, kBurstMax> slots{};      ///< from classify or find_slots on
    std::array<Color, kBurstMax> colors{};        ///< from police on

    /// Frames that forward and transmit must look at closely; the others are green, of the version
    /// that the hot slot has, and their port is up. From pass.
    FrameMask special = 0;
    /// Frames whose tags rewrite has yet to change. From pass.
    FrameMask unswapped = 0;
    /// The port that all frames leave by which are not special, or kManyPorts. From pass.
    std::uint16_t out_port = 0;

    std::uint16_t dropped_count = 0;
    std::array<rte_mbuf*, kBurstMax> dropped{}; ///< counted, to be freed together

    /// Closes the gaps that frames leave behind; a stage says which at its end.
    void remove(FrameMask gone) noexcept {
        if (gone != 0) [[unlikely]] {
            close_gaps(gone);
        }
    }

    /// Counts a frame as dropped before it has an endpoint; the caller removes it.
    FrameMask drop(unsigned i, DropReason reason, PortStats* stats) noexcept {
        stats[ports[i]].drop(reason);
        dropped[dropped_count++] = frames[i];
        return bit_of(i);
    }

private:
    [[gnu::noinline]] void close_gaps(FrameMask gone) noexcept {
        unsigned kept = 0;
        FrameMask still_special = 0;
        FrameMask still_unswapped = 0;
        for (unsigned i = 0; i < count; ++i) {
            if ((gone & bit_of(i)) == 0) {
                still_special |= (special & bit_of(i)) != 0 ? bit_of(kept) : 0;
                still_unswapped |= (unswapped & bit_of(i)) != 0 ? bit_of(kept) : 0;
                move(kept++, i);
            }
        }
        special = still_special;
        unswapped = still_unswapped;
        count = static_cast<std::uint16_t>(kept);
    }

    void move(unsigned to, unsigned from) noexcept {
        frames[to] = frames[from];
        ports[to] = ports[from];
        tags[to] = tags[from];
        entries[to] = entries[from];
        slots[to] = slots[from];
        colors[to] = colors[from];
    }
};

/// What the stages behind classification share: the owner's tables, and where it counts.
struct OwnerTables {
    HotSlot* hot = nullptr;
    ColdSlot* cold = nullptr;
    PortStats* stats = nullptr;    ///< by PortIndex
    std::uint64_t byte_tokens = 0; ///< of the meters' clock

    [[nodiscard]] ColdSlot& cold_of(const Burst& burst, unsigned i) const noexcept {
        return cold[burst.entries[i].number()];
    }
    /// Counts a frame as dropped, at its port and its endpoint; the caller removes it.
    FrameMask drop(Burst& burst, unsigned i, DropReason reason) const noexcept {
        cold_of(burst, i).drop(reason);
        return burst.drop(i, reason, stats);
    }
    /// The program that a frame was classified under.
    [[nodiscard]] Forwarding forwarding(const Burst& burst, unsigned i) const noexcept {
        const HotSlot& slot = *burst.slots[i];
        return burst.entries[i].version() == slot.version() ? slot.unpack()
                                                            : cold_of(burst, i).other;
    }
};

/// Bytes at a fixed offset, in network order. Frames are not aligned.
template <typename T>
[[nodiscard]] inline T load(const rte_mbuf* frame, std::size_t offset) noexcept {
    T value{};
    __builtin_memcpy(
        &value, rte_pktmbuf_mtod_offset(frame, const std::uint8_t*, offset), sizeof(T)
    );
    return value;
}

inline constexpr std::uint32_t kFrameBytesLeast = 60; ///< without FCS (802.3)
inline constexpr std::uint32_t kMacHeaderBytes = 14;
inline constexpr std::uint32_t kEtherTypeOffset = 12;
inline constexpr std::uint32_t kTagBytes = 4;

/// The Tpid of an EtherType in network order, or kTpidCount: not a tag.
[[nodiscard]] inline std::uint8_t tpid_code(std::uint16_t ethertype_be) noexcept {
    switch (ethertype_be) {
        case RTE_BE16(0x8100):
            return static_cast<std::uint8_t>(Tpid::CTag8100);
        case RTE_BE16(0x88A8):
            return static_cast<std::uint8_t>(Tpid::STag88a8);
        case RTE_BE16(0x9100):
            return static_cast<std::uint8_t>(Tpid::STag9100);
        default:
            return kTpidCount;
    }
}

} // namespace strowger::dataplane
