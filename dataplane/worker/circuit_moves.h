// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/handover.h"
#include "table/classifier.h"
#include "table/slot_state.h"
#include "worker/command.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

struct WorkerParts;

/// What an old owner passes to the new one, through their hand-over ring.
struct alignas(64) CircuitState {
    MoveNumber move = 0;
    std::array<SlotState, 2> halves;
};

/// One worker's part in moving circuits from owner to owner while their frames go on; see
/// docs/decisions/0010-moves-in-band.md. Three roles, of which a worker may have several at once:
///
///   poller     once its entries are switched, sends the old owner a marker behind its last frame;
///   old owner  waits for every worker's marker and until what it sent has left by the queues, then
///              passes tokens and counters to the new owner;
///   new owner  parks the circuit's frames until it has these, then lets them go on, in order.
///
/// No step waits: what cannot be done yet is tried again at the end of the next turn. All memory is
/// there from the start, for kMovesMax moves at a time. Nothing here costs a frame anything while
/// no circuit moves, but a test of parks() a burst.
class CircuitMoves {
public:
    /// What of its worker the end of a turn needs.
    struct GoOnWith {
        Classifier* classifier = nullptr;
        const OwnerTables* tables = nullptr;
        std::uint64_t staged_ports = 0; ///< lanes with frames that wait
        std::uint64_t now = 0;          ///< of the workers' clock
    };

    /// `parts` outlives this; before the first turn.
    void attach(WorkerParts& parts) noexcept;

    /// Takes the commands of a move. False: another kind of command.
    bool apply(const Command& command, Classifier& classifier) noexcept;
    /// A message of another worker, in its place among the frames of that ring.
    void receive(HandoverMessage message, const OwnerTables& tables) noexcept;

    /// Whether some frames may have to be parked.
    [[nodiscard]] bool parks() const noexcept { return expected_ != 0; }
    /// In: entries of this worker's circuits. Out: only frames whose circuit is here. What finds no
    /// room to wait is counted as HandoverFull.
    void park(Burst& burst, PortStats* stats) noexcept;
    /// Parked frames of circuits that have arrived go on, in each turn some more than were parked
    /// in the turn before: so they get fewer, and no transmit queue gets all of them at once.
    void begin_unparking() noexcept;
    /// In: an empty burst. Out: the next of these frames, with their entries; returns how many.
    std::uint16_t unpark(Burst& burst) noexcept;
    /// When those are through, and before others are received: circuits of which none is parked any
    /// more are at home. Returns how many these were.
    std::uint32_t end_unparking() noexcept;

    /// At the end of a turn, when nothing that this worker staged waits for a flush: does what has
    /// become possible. Returns whether there was anything.
    bool go_on(const GoOnWith& with) noexcept;
    /// Whether there may be something to do then.
    [[nodiscard]] bool has_to_go_on() const noexcept { return (owed_ | released_) != 0; }
    /// Whether some circuits are to be passed on, so that no frame may be left half done.
    [[nodiscard]] bool releases() const noexcept { return released_ != 0; }

    /// How often a circuit has arrived here by move `number`, all its parked frames gone on.
    // worker: wo, control: ro
    [[nodiscard]] std::uint32_t arrived(MoveNumber number) const noexcept {
        return arrived_[number].load(std::memory_order_acquire);
    }
    /// Frees what is parked, when the worker does not run any more.
    void free_parked() noexcept;

private:
    using MoveMask = std::uint32_t;

    /// A clock that runs from the first look at it.
    class Wait {
    public:
        bool is_over(std::uint64_t ticks, std::uint64_t now) noexcept {
            if (!runs_) {
                runs_ = true;
                since_ = now;
            }
            return now - since_ >= ticks;
        }

    private:
        bool runs_ = false;
        std::uint64_t since_ = 0;
    };

    /// How the last frames of a circuit leave by one port.
    struct WayOut {
        std::uint16_t port = 0;
        bool same_queue = false;
        Wait wait;                     ///< for the device
        std::uint32_t ring_mark = 0;   ///< of the ring to the worker that has the queue
        std::uint64_t frames_mark = 0; ///< of what the own queue was given
    };
    struct Departure {
        ReleaseCircuit what;
        std::uint32_t markers = 0;
        Wait wait;            ///< for room in the queues
        bool leaving = false; ///< all frames are in the queues
        std::array<WayOut, 2> ways;
    };
    struct Arrival {
        std::array<std::uint32_t, 2> slots{};
        bool adopted = false;
        rte_mbuf** frames = nullptr; ///< a ring of parts.parked_max
        std::uint32_t head = 0;
        std::uint32_t count = 0;
        std::uint32_t parked_in_turn = 0;
        std::uint32_t quota = 0; ///< left in this turn
    };

    bool send_marker(MoveNumber move) noexcept;
    bool depart(MoveNumber move, const GoOnWith& with) noexcept;
    bool queues_have_all(Departure& departure, const GoOnWith& with) const noexcept;
    bool all_have_left(Departure& departure, std::uint64_t now) const noexcept;
    void note_last_frames(Departure& departure) const noexcept;
    bool have_left(WayOut& way, std::uint64_t now) const noexcept;
    [[nodiscard]] Arrival* arrival_of(std::uint32_t slot) noexcept;
    bool keep(Arrival& arrival, rte_mbuf* frame) noexcept;
    void note_expected_slots() noexcept;

    WorkerParts* parts_ = nullptr;
    MoveMask owed_ = 0;     ///< markers that are to be sent
    MoveMask released_ = 0; ///< circuits that are to be passed on
    MoveMask expected_ = 0; ///< circuits that are to come, or whose frames are still parked
    std::uint64_t expected_slots_ = 0; ///< one bit for each, by the slot's last six bits
    std::array<std::uint8_t, kMovesMax> marker_to_{};
    std::array<Departure, kMovesMax> departures_;
    std::array<Arrival, kMovesMax> arrivals_;
    std::array<CircuitState, kMovesMax> states_; ///< on their way to the new owner, who reads them
    std::array<std::atomic<std::uint32_t>, kMovesMax> arrived_;
};

} // namespace strowger::dataplane
