// SPDX-License-Identifier: Apache-2.0
#include "control/change_driver.h"

#include "control/program_compiler.h"
#include "table/meter.h"

namespace strowger::dataplane {

namespace {

std::array<Coverage, 2> coverages_of(const CircuitProgram& program) {
    return {coverage_of(program.endpoints[0]), coverage_of(program.endpoints[1])};
}

IndexLedger::Meaning meaning_of(const CircuitRecord& circuit, std::size_t half, unsigned version) {
    const IndexEntry entry = IndexEntry::endpoint(
        circuit.place.worker,
        circuit.place.slots.at(half),
        circuit_tag_count(circuit.staged->endpoints.at(half).map),
        version
    );
    return {.entry = entry, .pops_priority_tag = pops_priority_tag(*circuit.staged, half)};
}

/// Both halves in one command, so that they change between the same two bursts.
BothForwardings forwardings_of(const CircuitRecord& circuit) {
    return {
        .slots = circuit.place.slots,
        .forwarding = {
            compile_forwarding(*circuit.staged, 0), compile_forwarding(*circuit.staged, 1)}};
}

} // namespace

void ChangeDriver::begin(CircuitRecord& circuit, ChangeKind kind, std::uint64_t ticket) {
    circuit.change = Change{.kind = kind, .ticket = ticket, .phase = 0, .wait = {}};
    const bool pipelined = queues_.worker_count() == 1;
    while (run_phase(circuit) && pipelined) {
    }
}

bool ChangeDriver::advance(CircuitRecord& circuit) {
    while (queues_.reached(circuit.change->wait)) {
        if (!run_phase(circuit)) {
            return true;
        }
    }
    return false;
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
    }
    return false;
}

bool ChangeDriver::install(CircuitRecord& circuit, unsigned phase) {
    if (phase == 0) {
        send_slots(circuit);
        cover(circuit, circuit.place.worker, circuit.version);
        queues_.mark(circuit.place.worker, circuit.change->wait);
        return true;
    }
    if (phase == 1) {
        for_others(circuit, [&](std::size_t worker) { cover(circuit, worker, circuit.version); });
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
            index_.cover_new(owner, kept[half], old, meaning_of(circuit, half, next_version));
        }
        cover(circuit, owner, next_version);
        queues_.mark(owner, circuit.change->wait);
        return true;
    }
    if (phase == 1) {
        for_others(circuit, [&](std::size_t worker) {
            cover(circuit, worker, next_version);
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

void ChangeDriver::send_slots(const CircuitRecord& circuit) {
    const CircuitProgram& program = *circuit.staged;
    for (std::size_t half = 0; half < program.endpoints.size(); ++half) {
        queues_.send(
            circuit.place.worker,
            Command{InstallEndpoint{
                .slot = circuit.place.slots[half],
                .far_slot = circuit.place.slots[1 - half],
                .meter = compile_meter(program.endpoints[half].bandwidth),
                .forwarding = compile_forwarding(program, half),
            }}
        );
    }
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

void ChangeDriver::cover(CircuitRecord& circuit, std::size_t worker, unsigned version) {
    for (std::size_t half = 0; half < circuit.place.slots.size(); ++half) {
        const EndpointProgram& endpoint = circuit.staged->endpoints[half];
        index_.cover(worker, coverage_of(endpoint), meaning_of(circuit, half, version));
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
