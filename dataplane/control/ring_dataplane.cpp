// SPDX-License-Identifier: Apache-2.0
#include "control/ring_dataplane.h"

#include "strowger/base/check.h"

#include <string>
#include <utility>

namespace strowger::dataplane {

namespace {

Error conflict(std::string code, const std::string& message, std::string hint) {
    return {
        .code = ErrorCode::Conflict,
        .message = message,
        .problems = {Problem{"", std::move(code), message, std::move(hint), ""}},
    };
}

} // namespace

RingDataplane::RingDataplane(
    const DataplaneConfig& config,
    WorkerGroup& group,
    const PortReader& ports
)
    : config_(config),
      group_(group),
      ports_(ports),
      queues_(group),
      receivers_(group.ports(), queues_),
      index_(index_bytes(config) / sizeof(IndexLine), queues_),
      slots_(group.size(), config.endpoints),
      driver_(queues_, index_),
      reader_(group) {}

Result<void> RingDataplane::stage(CircuitKey key, const CircuitProgram& next) {
    if (auto fits = check_frames(next); !fits) {
        return fits;
    }
    const auto found = circuits_.find(key);
    std::optional<CircuitPlace> place;
    if (found == circuits_.end()) {
        place = slots_.take();
        if (!place) {
            return conflict(
                "capacity_exceeded",
                "all " + std::to_string(config_.endpoints) +
                    " endpoints of every worker are in use",
                "delete circuits, or raise memory.endpoints in the site file"
            );
        }
    } else {
        STROWGER_CHECK(!found->second.staged && !found->second.change);
    }
    if (!acquire(next)) {
        if (place) {
            slots_.give_back(*place);
        }
        return conflict(
            "capacity_exceeded",
            "the VLAN index is full: " + std::to_string(index_bytes(config_)) + " bytes",
            "use fewer S-VLANs, or raise memory.vlan_index_bytes in the site file"
        );
    }
    if (place) {
        circuits_.emplace(
            key, CircuitRecord{.place = *place, .program = next, .staged = next, .change = {}}
        );
    } else {
        found->second.staged = next;
    }
    return {};
}

void RingDataplane::unstage(CircuitKey key) {
    const auto found = circuits_.find(key);
    STROWGER_CHECK(found != circuits_.end());
    CircuitRecord& circuit = found->second;
    STROWGER_CHECK(circuit.staged && !circuit.change);
    release(*circuit.staged, circuit.installed ? &circuit.program : nullptr);
    circuit.staged.reset();
    if (!circuit.installed) {
        slots_.give_back(circuit.place);
        circuits_.erase(found);
    }
}

void RingDataplane::commit(CircuitKey key, std::uint64_t ticket) {
    CircuitRecord& circuit = circuits_.at(key);
    STROWGER_CHECK(circuit.staged && !circuit.change);
    ChangeKind kind = ChangeKind::Install;
    if (circuit.installed) {
        kind = same_maps(circuit.program, *circuit.staged) ? ChangeKind::Adjust : ChangeKind::Remap;
    } else {
        circuit.lost_before = reader_.handover_lost(circuit.place);
    }
    driver_.begin(circuit, kind, ticket);
    under_way_.push_back(key);
}

void RingDataplane::remove(CircuitKey key, std::uint64_t ticket) {
    CircuitRecord& circuit = circuits_.at(key);
    STROWGER_CHECK(circuit.installed && !circuit.staged && !circuit.change);
    driver_.begin(circuit, ChangeKind::Remove, ticket);
    under_way_.push_back(key);
}

Result<void> RingDataplane::assign_receivers(PortIndex port, WorkerSet workers) {
    return receivers_.assign(port, workers);
}

std::size_t RingDataplane::poll(std::span<Completion> completions) {
    // Also when nothing is under way: the index gives blocks back behind completed changes.
    queues_.flush();
    receivers_.advance();
    std::size_t done = 0;
    std::size_t kept = 0;
    for (const CircuitKey key : under_way_) {
        if (done < completions.size() && driver_.advance(circuits_.at(key))) {
            completions[done++] = finish(key);
        } else {
            under_way_[kept++] = key;
        }
    }
    under_way_.resize(kept);
    return done;
}

std::optional<CircuitCounters> RingDataplane::counters(CircuitKey key) const {
    const auto found = circuits_.find(key);
    if (found == circuits_.end() || !found->second.installed) {
        return std::nullopt;
    }
    return reader_.circuit(found->second);
}

PortStatus RingDataplane::port_status(PortIndex port) const {
    PortStatus status = ports_.status(port);
    status.receivers = receivers_.receivers(port);
    return status;
}

PortCounters RingDataplane::port_counters(PortIndex port) const {
    PortCounters counters = reader_.port(port);
    const DeviceCounters device = ports_.counters(port);
    counters.rx_missed = device.rx_missed;
    counters.rx_no_mbuf = device.rx_no_mbuf;
    counters.rx_errors = device.rx_errors;
    return counters;
}

std::vector<WorkerStatus> RingDataplane::workers() const {
    std::vector<WorkerStatus> workers(group_.size());
    for (std::size_t id = 0; id < workers.size(); ++id) {
        const WorkerConfig& config = config_.workers[id];
        workers[id] = {
            .core = config.core,
            .socket = group_.socket(id),
            .shared = config.shared,
            .adaptive = config.shared || config.idle == IdlePolicy::Adaptive,
            .circuits = slots_.circuits(id),
            .clock_hz = group_.clock_hz(),
            .counters = reader_.worker(id),
        };
    }
    return workers;
}

std::optional<CircuitPlace> RingDataplane::place(CircuitKey key) const {
    const auto found = circuits_.find(key);
    return found == circuits_.end() ? std::nullopt : std::optional(found->second.place);
}

Result<void> RingDataplane::check_frames(const CircuitProgram& program) const {
    for (std::size_t half = 0; half < program.endpoints.size(); ++half) {
        const PortIndex port = program.endpoints[half].port;
        STROWGER_CHECK(port.value < group_.ports().count);
        const std::uint64_t passes = group_.ports().ports[port.value].frame_max;
        const std::uint64_t needed =
            std::max(program.frame_max.value, egress_bytes_max(program, half));
        if (needed > passes) {
            return conflict(
                "frame_too_large_for_port",
                "frames of up to " + std::to_string(needed) +
                    " bytes, tags included, do not fit port " + ports_.status(port).name +
                    ", which passes " + std::to_string(passes),
                "order a smaller maximum frame"
            );
        }
    }
    return {};
}

/// Both endpoints' blocks or none.
bool RingDataplane::acquire(const CircuitProgram& program) {
    const Coverage first = coverage_of(program.endpoints[0]);
    if (!index_.acquire(first)) {
        return false;
    }
    if (!index_.acquire(coverage_of(program.endpoints[1]))) {
        index_.release(first, {});
        return false;
    }
    return true;
}

void RingDataplane::release(const CircuitProgram& program, const CircuitProgram* kept) {
    std::vector<Coverage> coverages;
    if (kept != nullptr) {
        coverages = {coverage_of(kept->endpoints[0]), coverage_of(kept->endpoints[1])};
    }
    for (const EndpointProgram& endpoint : program.endpoints) {
        index_.release(coverage_of(endpoint), coverages);
    }
}

/// The workers hold it, or have let go of it: the ledgers follow.
Completion RingDataplane::finish(CircuitKey key) {
    CircuitRecord& circuit = circuits_.at(key);
    const Change change = *circuit.change;
    circuit.change.reset();
    Completion completion{.ticket = change.ticket, .final_counters = std::nullopt};
    if (change.kind == ChangeKind::Remove) {
        completion.final_counters = reader_.circuit(circuit);
        release(circuit.program, nullptr);
        slots_.give_back(circuit.place);
        circuits_.erase(key);
        return completion;
    }
    if (change.kind == ChangeKind::Remap) {
        circuit.version = 1 - circuit.version;
    }
    if (circuit.installed) {
        // What it no longer covers; the staged program keeps its own reservation.
        release(circuit.program, &*circuit.staged);
    }
    circuit.program = *circuit.staged;
    circuit.staged.reset();
    circuit.installed = true;
    return completion;
}

} // namespace strowger::dataplane
