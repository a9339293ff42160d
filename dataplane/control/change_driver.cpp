// SPDX-License-Identifier: Apache-2.0
#include "control/change_driver.h"

#include "control/program_compiler.h"
#include "table/meter.h"

#include <bit>

namespace strowger::dataplane {

namespace {

// Phases of a move.
constexpr unsigned kMoveInstalls = 0;
constexpr unsigned kMoveSwitches = 1;
constexpr unsigned kMoveFrees = 2;

std::array<Coverage, 2> coverages_of(const CircuitProgram& program) {
    return {coverage_of(program.endpoints[0]), coverage_of(program.endpoints[1])};
}

IndexLedger::Meaning meaning_of(
    const CircuitProgram& program,
    const CircuitPlace& place,
    std::size_t half,
    unsigned version
) {
    const IndexEntry entry = IndexEntry::endpoint(
        place.worker,
        place.slots.at(half),
        circuit_tag_count(program.endpoints.at(half).map),
        version
    );
    return {.entry = entry, .pops_priority_tag = pops_priority_tag(program, half)};
}

/// Both halves in one command, so that they change between the same two bursts.
BothForwardings forwardings_of(const CircuitRecord& circuit) {
    return {
        .slots = circuit.place.slots,
        .forwarding = {
            compile_forwarding(*circuit.staged, 0), compile_forwarding(*circuit.staged, 1)}};
}

} // namespace

void ChangeDriver::begin(CircuitRecord& circuit, const Change& change) {
    circuit.change = change;
    const bool pipelined = queues_.worker_count() == 1;
    while (may_go_on(circuit) && run_phase(circuit) && pipelined) {
    }
}

bool ChangeDriver::advance(CircuitRecord& circuit) {
    while (queues_.reached(circuit.change->wait) && may_go_on(circuit)) {
        if (!run_phase(circuit)) {
            return true;
        }
    }
    return false;
}

/// Of a move: whether it has a number, and in its last phase, whether the circuit has arrived.
bool ChangeDriver::may_go_on(CircuitRecord& circuit) {
    Change& change = *circuit.change;
    if (change.kind != ChangeKind::Move) {
        return true;
    }
    if (change.phase == kMoveFrees) {
        return queues_.arrivals(change.to.worker, *change.number) != change.arrivals_before;
    }
    if (!change.number) {
        const auto free = static_cast<std::size_t>(std::countr_one(moves_));
        if (free == kMovesMax) {
            return false;
        }
        moves_ |= 1U << free;
        change.number = static_cast<MoveNumber>(free);
        change.arrivals_before = queues_.arrivals(change.to.worker, *change.number);
    }
    return true;
}

/// False when there was no phase left.
bool ChangeDriver::run_phase(CircuitRecord& circuit) {
    const unsigned phase = circuit.change->phase++;
    switch (circuit.change->kind) {
        case ChangeKind::Install:
            return install(circuit, phase);
        case ChangeKind::Adjust:
            return adjust(circuit, phase);
        case ChangeKind::Remap:
            return remap(circuit, phase);
        case ChangeKind::Remove:
            return remove(circuit, phase);
        case ChangeKind::Move:
            return move(circuit, phase);
    }
    return false;
}

bool ChangeDriver::install(CircuitRecord& circuit, unsigned phase) {
    if (phase == 0) {
        send_slots(*circuit.staged, circuit.place);
        cover(*circuit.staged, circuit.place.worker, circuit.place, circuit.version);
        queues_.mark(circuit.place.worker, circuit.change->wait);
        return true;
    }
    if (phase == 1) {
        for_others(circuit, [&](std::size_t worker) {
            cover(*circuit.staged, worker, circuit.place, circuit.version);
        });
        return true;
    }
    return false;
}

bool ChangeDriver::adjust(CircuitRecord& circuit, unsigned phase) {
    if (phase != 0) {
        return false;
    }
    if (compile_forwarding(circuit.program, 0) != compile_forwarding(*circuit.staged, 0) ||
        compile_forwarding(circuit.program, 1) != compile_forwarding(*circuit.staged, 1)) {
        queues_.send(circuit.place.worker, Command::set_forwarding(forwardings_of(circuit)));
    }
    send_meters(circuit);
    queues_.mark(circuit.place.worker, circuit.change->wait);
    return true;
}

bool ChangeDriver::remap(CircuitRecord& circuit, unsigned phase) {
    const std::size_t owner = circuit.place.worker;
    const unsigned next_version = 1 - circuit.version;
    const Coverages old = coverages_of(circuit.program);
    const Coverages kept = coverages_of(*circuit.staged);
    const auto uncover = [&](std::size_t worker) {
        for (const Coverage& coverage : old) {
            index_.uncover(worker, coverage, kept);
        }
    };
    if (phase == 0) {
        queues_.send(owner, Command::add_forwarding(forwardings_of(circuit)));
        send_meters(circuit);
        // First both halves' new places: a frame may leave by them as soon as its own is switched.
        for (std::size_t half = 0; half < old.size(); ++half) {
            index_.cover_new(
                owner,
                kept[half],
                old,
                meaning_of(*circuit.staged, circuit.place, half, next_version)
            );
        }
        cover(*circuit.staged, owner, circuit.place, next_version);
        queues_.mark(owner, circuit.change->wait);
        return true;
    }
    if (phase == 1) {
        for_others(circuit, [&](std::size_t worker) {
            cover(*circuit.staged, worker, circuit.place, next_version);
            uncover(worker);
        });
        return true;
    }
    if (phase == 2) {
        uncover(owner);
        queues_.send(owner, Command::switch_forwarding({.slots = circuit.place.slots}));
        queues_.mark(owner, circuit.change->wait);
        return true;
    }
    return false;
}

bool ChangeDriver::remove(CircuitRecord& circuit, unsigned phase) {
    const std::size_t owner = circuit.place.worker;
    const auto uncover = [&](std::size_t worker) {
        for (const Coverage& coverage : coverages_of(circuit.program)) {
            index_.uncover(worker, coverage, {});
        }
    };
    if (phase == 0) {
        for_others(circuit, uncover);
        return true;
    }
    if (phase == 1) {
        uncover(owner);
        queues_.send(owner, Command::free_endpoints({.slots = circuit.place.slots}));
        queues_.mark(owner, circuit.change->wait);
        return true;
    }
    return false;
}

bool ChangeDriver::move(CircuitRecord& circuit, unsigned phase) {
    Change& change = *circuit.change;
    const std::size_t owner = circuit.place.worker;
    if (phase == kMoveInstalls) {
        send_slots(circuit.program, change.to);
        queues_.send(
            change.to.worker,
            Command{ExpectCircuit{.move = *change.number, .slots = change.to.slots}}
        );
        queues_.mark(change.to.worker, change.wait);
        return true;
    }
    if (phase == kMoveSwitches) {
        send_release(circuit);
        for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
            cover(circuit.program, worker, change.to, 0);
            queues_.send(
                worker,
                Command{SendMarker{.move = *change.number, .to = static_cast<std::uint8_t>(owner)}}
            );
        }
        queues_.mark_all(change.wait);
        return true;
    }
    if (phase == kMoveFrees) {
        queues_.send(owner, Command::free_endpoints({.slots = circuit.place.slots}));
        queues_.mark(owner, change.wait);
        return true;
    }
    moves_ &= ~(1U << *change.number);
    return false;
}

void ChangeDriver::send_slots(const CircuitProgram& program, const CircuitPlace& place) {
    for (std::size_t half = 0; half < program.endpoints.size(); ++half) {
        queues_.send(
            place.worker,
            Command{InstallEndpoint{
                .slot = place.slots[half],
                .far_slot = place.slots[1 - half],
                .meter = compile_meter(program.endpoints[half].bandwidth),
                .forwarding = compile_forwarding(program, half),
            }}
        );
    }
}

/// Before the old owner's entries are switched: what leaves is checked against them.
void ChangeDriver::send_release(const CircuitRecord& circuit) {
    const CircuitPlace& to = circuit.change->to;
    ReleaseCircuit release{
        .move = *circuit.change->number,
        .to = static_cast<std::uint8_t>(to.worker),
        .out_ports = {},
        .same_queue = {},
        .slots = circuit.place.slots,
        .new_slots = to.slots,
    };
    for (std::size_t half = 0; half < release.out_ports.size(); ++half) {
        const PortIndex port = circuit.program.endpoints[1 - half].port;
        release.out_ports[half] = port.value;
        release.same_queue[half] = queues_.same_tx_queue(port, circuit.place.worker, to.worker);
    }
    queues_.send(circuit.place.worker, Command{release});
}

void ChangeDriver::send_meters(const CircuitRecord& circuit) {
    for (std::size_t half = 0; half < circuit.place.slots.size(); ++half) {
        const BandwidthProfile& next = circuit.staged->endpoints[half].bandwidth;
        if (next == circuit.program.endpoints[half].bandwidth) {
            continue;
        }
        queues_.send(
            circuit.place.worker,
            Command{SetMeter{.slot = circuit.place.slots[half], .meter = compile_meter(next)}}
        );
    }
}

void ChangeDriver::cover(
    const CircuitProgram& program,
    std::size_t worker,
    const CircuitPlace& place,
    unsigned version
) {
    for (std::size_t half = 0; half < place.slots.size(); ++half) {
        index_.cover(
            worker, coverage_of(program.endpoints[half]), meaning_of(program, place, half, version)
        );
    }
}

template <typename Action>
void ChangeDriver::for_others(CircuitRecord& circuit, Action&& action) {
    for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
        if (worker != circuit.place.worker) {
            action(worker);
            queues_.mark(worker, circuit.change->wait);
        }
    }
}

} // namespace strowger::dataplane
