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

enum class ChangeKind : std::uint8_t { Install, Adjust, Remap, Remove };

/// One committed change on its way through the workers.
struct Change {
    ChangeKind kind = ChangeKind::Install;
    std::uint64_t ticket = 0;
    unsigned phase = 0;
    Milestone wait; ///< of the present phase
};

/// What the control thread knows of one circuit.
struct CircuitRecord {
    CircuitPlace place;
    CircuitProgram program;               ///< what the workers have, or are being brought to leave
    std::optional<CircuitProgram> staged; ///< reserved; with a change under way: where it goes
    std::optional<Change> change;
    unsigned version = 0; ///< of the slots' forwardings that classifiers name
    bool installed = false;
    /// Hand-over losses are counted by pollers for the life of the process: what to subtract.
    std::array<std::uint64_t, 2> lost_before{};
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
///
/// Remap is hitless because an entry names the version to use: a frame classified by an old entry
/// is treated by the old program to its end. The owner keeps both maps until no old entry is left
/// anywhere, for it checks what leaves against its own classifier.
class ChangeDriver {
public:
    ChangeDriver(CommandQueues& queues, IndexLedger& index) : queues_(queues), index_(index) {}

    void begin(CircuitRecord& circuit, ChangeKind kind, std::uint64_t ticket);
    /// True when all phases are done and acknowledged.
    bool advance(CircuitRecord& circuit);

private:
    using Coverages = std::array<Coverage, 2>;

    bool run_phase(CircuitRecord& circuit);
    bool install(CircuitRecord& circuit, unsigned phase);
    bool adjust(CircuitRecord& circuit, unsigned phase);
    bool remap(CircuitRecord& circuit, unsigned phase);
    bool remove(CircuitRecord& circuit, unsigned phase);

    void send_slots(const CircuitRecord& circuit);
    void send_meters(const CircuitRecord& circuit);
    void cover(CircuitRecord& circuit, std::size_t worker, unsigned version);
    template <typename Action>
    void for_others(CircuitRecord& circuit, Action&& action);

    CommandQueues& queues_;
    IndexLedger& index_;
};

} // namespace strowger::dataplane
