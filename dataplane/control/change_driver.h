// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/command_queues.h"
#include "control/index_ledger.h"
#include "control/slot_ledger.h"
#include "strowger/seam/program.h"

#include <array>
#include <cstdint>
#include <optional>

namespace strowger::dataplane {

enum class ChangeKind : std::uint8_t { Install, Adjust, Remap, Remove, Move };

/// One change on its way through the workers.
struct Change {
    ChangeKind kind = ChangeKind::Install;
    std::optional<std::uint64_t> ticket; ///< of the commit; none: the dataplane's own move
    unsigned phase = 0;
    Milestone wait; ///< of the present phase

    // Of a Move.
    CircuitPlace to;
    std::array<std::uint64_t, 2> lost_before{}; ///< of the slots there
    std::optional<MoveNumber> number;           ///< from its first phase on
    std::uint32_t arrivals_before = 0;          ///< of that number, at the new owner

    [[nodiscard]] bool is_own() const { return !ticket.has_value(); }
};

/// What the control plane asked for while a move of the dataplane's own was under way.
struct WaitingChange {
    bool removal = false; ///< else what is staged
    std::uint64_t ticket = 0;
};

/// What the control thread knows of one circuit.
struct CircuitRecord {
    CircuitPlace place;
    CircuitProgram program;               ///< what the workers have, or are being brought to leave
    std::optional<CircuitProgram> staged; ///< reserved; with a commit under way: where it goes
    std::optional<CircuitPlace> staged_place{}; ///< when it has to live elsewhere from then on
    std::optional<Change> change{};
    std::optional<WaitingChange> waiting{};
    unsigned version = 0; ///< of the slots' forwardings that classifiers name
    bool installed = false;
    /// Hand-over losses are counted by pollers for the life of the process: what to subtract.
    std::array<std::uint64_t, 2> lost_before{};
    std::array<std::uint64_t, 2> lost_elsewhere{}; ///< before it came to its present place

    /// Where it lives when nothing is under way any more.
    [[nodiscard]] const CircuitPlace& last_place() const {
        return change && change->kind == ChangeKind::Move ? change->to : place;
    }
};

/// Moves changes through their phases. A phase sends commands; the next one starts when the workers
/// that got them have acknowledged. With one worker nothing is waited for in between: its ring
/// keeps the order.
///
///   Install  owner: slots, own classifier | other classifiers
///   Adjust   owner: meters, and forwarding in place (no map changes)
///   Remap    owner: the other version of the forwardings, and the new maps beside the old ones |
///            others: new maps, old ones out | owner: old ones out, other version becomes present
///   Remove   others: maps out | owner: maps out, then slots
///   Move     new owner: slots, whose frames it parks | all: the same maps to the new owner, then a
///            marker to the old one; the workers pass the circuit on among themselves | old owner:
///            slots
///
/// Remap is hitless because an entry names the version to use: a frame classified by an old entry
/// is treated by the old program to its end. The owner keeps both maps until no old entry is left
/// anywhere, for it checks what leaves against its own classifier. A Move keeps the program, so a
/// commit that changes both the place and the program is a Move, then a Remap or Adjust. At most
/// kMovesMax Moves are under way, the others wait for their first phase.
class ChangeDriver {
public:
    ChangeDriver(CommandQueues& queues, IndexLedger& index) : queues_(queues), index_(index) {}

    void begin(CircuitRecord& circuit, const Change& change);
    /// True when all phases are done and acknowledged.
    bool advance(CircuitRecord& circuit);

private:
    using Coverages = std::array<Coverage, 2>;

    [[nodiscard]] bool may_go_on(CircuitRecord& circuit);
    bool run_phase(CircuitRecord& circuit);
    bool install(CircuitRecord& circuit, unsigned phase);
    bool adjust(CircuitRecord& circuit, unsigned phase);
    bool remap(CircuitRecord& circuit, unsigned phase);
    bool remove(CircuitRecord& circuit, unsigned phase);
    bool move(CircuitRecord& circuit, unsigned phase);

    void send_slots(const CircuitProgram& program, const CircuitPlace& place);
    void send_release(const CircuitRecord& circuit);
    void send_meters(const CircuitRecord& circuit);
    void cover(
        const CircuitProgram& program,
        std::size_t worker,
        const CircuitPlace& place,
        unsigned version
    );
    template <typename Action>
    void for_others(CircuitRecord& circuit, Action&& action);

    CommandQueues& queues_;
    IndexLedger& index_;
    std::uint32_t moves_ = 0; ///< numbers in use, one bit each
};

} // namespace strowger::dataplane
