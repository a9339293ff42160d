// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

#include <rte_ring.h>

#include <span>

namespace strowger::dataplane {

/// Frames on their way from this worker to the one that owns their circuits. The entry that
/// classified a frame and its port travel in the mbuf (FrameNote), so that the owner treats it by
/// the program it was classified under.
struct HandoverLane {
    rte_ring* ring = nullptr;              ///< single producer: this worker; null to itself
    WorkerCounter* lost_by_slot = nullptr; ///< of the owner's slots: what the ring had no room for
    std::uint16_t count = 0;
    std::array<rte_mbuf*, kBurstMax> frames{};
};

struct CircuitState;

/// What travels in a hand-over ring besides frames, so that it keeps its place among them. Frames
/// are aligned: the last bit of what a ring holds tells.
class HandoverMessage {
public:
    [[nodiscard]] static bool is_message(const void* element) noexcept {
        return (reinterpret_cast<std::uintptr_t>(element) & 1U) != 0;
    }
    explicit HandoverMessage(const void* element) noexcept
        : bits_(reinterpret_cast<std::uintptr_t>(element)) {}
    /// The sender's last frame of the circuit that this move takes away is in front of it.
    [[nodiscard]] static HandoverMessage marker(std::uint8_t move) noexcept {
        return HandoverMessage{(std::uintptr_t{move} << kMoveShift) | kMarker};
    }
    /// The circuit as its old owner leaves it. Stays where it is until the move is over.
    [[nodiscard]] static HandoverMessage state(const CircuitState& state) noexcept {
        return HandoverMessage{reinterpret_cast<std::uintptr_t>(&state) | kState};
    }

    [[nodiscard]] bool is_marker() const noexcept { return (bits_ & kKindMask) == kMarker; }
    [[nodiscard]] std::uint8_t move() const noexcept {
        return static_cast<std::uint8_t>(bits_ >> kMoveShift);
    }
    [[nodiscard]] const CircuitState* state() const noexcept {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): it was one, and its low bits are the kind
        return reinterpret_cast<const CircuitState*>(bits_ & ~kKindMask);
    }
    [[nodiscard]] void* element() const noexcept {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): what the ring carries besides frames
        return reinterpret_cast<void*>(bits_);
    }

private:
    explicit HandoverMessage(std::uintptr_t bits) noexcept : bits_(bits) {}

    static constexpr std::uintptr_t kMarker = 1;
    static constexpr std::uintptr_t kState = 3;
    static constexpr std::uintptr_t kKindMask = 3;
    static constexpr unsigned kMoveShift = 2;

    std::uintptr_t bits_;
};

/// In: entries. Out: only frames that this worker owns; the others are on the owners' lanes.
void hand_over(
    std::uint32_t self,
    std::span<HandoverLane> lanes,
    Burst& burst,
    PortStats* stats,
    WorkerStats& worker
) noexcept;

/// Gives the ring what is staged. What it has no room for is counted as HandoverFull and freed: the
/// owner is too slow, and waiting would make its load everybody's.
void flush_handover(HandoverLane& lane, PortStats* stats, WorkerStats& worker) noexcept;

/// What one look into a ring found, in order: frames, and seldom a message among them.
struct TakenOver {
    std::uint16_t count = 0;
    std::array<void*, kBurstMax> elements;
};
void take_over(rte_ring* ring, TakenOver& taken) noexcept;

/// How many frames stand before the first message, or the end.
[[nodiscard]] std::size_t frames_ahead(std::span<void* const> elements) noexcept;

/// In: an empty burst. Out: frames that were classified before, with their entries.
void load_burst(std::span<void* const> frames, Burst& burst) noexcept;

} // namespace strowger::dataplane
