// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/drop_reason.h"
#include "table/classifier.h"
#include "table/endpoint_slot.h"
#include "table/worker_stats.h"

#include <rte_mbuf.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

inline constexpr std::uint16_t kBurstMax = 32;

/// Up to 32 frames on their way through the stages, in order of arrival. Each stage is a loop over
/// [0, count): it fills its own array or lets frames leave. Lives in its worker, one at a time.
struct Burst {
    std::uint16_t count = 0;
    std::uint64_t now = 0; ///< one clock read a burst: 32 least frames last 215 ns at 100 Gb/s

    std::array<rte_mbuf*, kBurstMax> frames{};
    std::array<std::uint16_t, kBurstMax> ports{}; ///< PortIndex where it arrived
    std::array<FrameTags, kBurstMax> tags{};      ///< from parse on
    std::array<IndexEntry, kBurstMax> entries{};  ///< from classify on
    std::array<EndpointSlot*, kBurstMax> slots{}; ///< from classify on; null before
    std::array<Color, kBurstMax> colors{};        ///< from police on

    std::uint16_t dropped_count = 0;
    std::array<rte_mbuf*, kBurstMax> dropped{}; ///< counted, to be freed together

    [[nodiscard]] const Forwarding& forwarding(std::uint16_t i) const noexcept {
        return slots[i]->versions[entries[i].version()];
    }
    void move(std::uint16_t to, std::uint16_t from) noexcept {
        frames[to] = frames[from];
        ports[to] = ports[from];
        tags[to] = tags[from];
        entries[to] = entries[from];
        slots[to] = slots[from];
        colors[to] = colors[from];
    }
};

/// What a stage says of one frame: a DropReason, or one of these.
enum class Verdict : std::uint8_t { Keep = 0xFF, Taken = 0xFE };
[[nodiscard]] constexpr Verdict drop_as(DropReason reason) noexcept {
    return static_cast<Verdict>(reason);
}

/// Runs `verdict(i)` over a burst and closes the gaps that frames leave behind. A dropped one is
/// counted at its port and, once it has one, its slot; a taken one belongs to whoever took it.
template <typename VerdictOf>
void sieve(Burst& burst, PortStats* stats, VerdictOf&& verdict_of) noexcept {
    std::uint16_t kept = 0;
    for (std::uint16_t i = 0; i < burst.count; ++i) {
        const Verdict verdict = verdict_of(i);
        if (verdict == Verdict::Keep) [[likely]] {
            if (kept != i) {
                burst.move(kept, i);
            }
            ++kept;
            continue;
        }
        if (verdict == Verdict::Taken) {
            continue;
        }
        const auto reason = static_cast<DropReason>(verdict);
        stats[burst.ports[i]].drop(reason);
        if (burst.slots[i] != nullptr) {
            burst.slots[i]->drops[static_cast<std::size_t>(reason)].add(1);
        }
        burst.dropped[burst.dropped_count++] = burst.frames[i];
    }
    burst.count = kept;
}

/// Bytes at a fixed offset, in network order. Frames are not aligned.
template <typename T>
[[nodiscard]] T load(const rte_mbuf* frame, std::size_t offset) noexcept {
    T value{};
    __builtin_memcpy(
        &value, rte_pktmbuf_mtod_offset(frame, const std::uint8_t*, offset), sizeof(T)
    );
    return value;
}

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
