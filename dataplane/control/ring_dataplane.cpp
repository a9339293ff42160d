// SPDX-License-Identifier: Apache-2.0
#include "control/ring_dataplane.h"

#include "strowger/base/check.h"

#include <algorithm>
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

Error no_slots(std::uint32_t endpoints, WorkerSet workers) {
    return conflict(
        "capacity_exceeded",
        "all " + std::to_string(endpoints) + " endpoints of every worker " +
            (workers.empty() ? "" : "that may own the circuit ") + "are in use",
        "delete circuits, or raise memory.endpoints in the site file"
    );
}

bool may_own(const CircuitProgram& program, std::uint32_t worker) {
    return program.workers.empty() || program.workers.contains(worker);
}

/// Nothing of the control plane's is staged or under way.
bool is_free_to_stage(const CircuitRecord& circuit) {
    return !circuit.staged && !circuit.waiting && (!circuit.change || circuit.change->is_own());
}

} // namespace

/// What the rebalancer sees of the circuits and their workers.
class RingDataplane::Loads final : public Rebalancer::Host {
public:
    explicit Loads(RingDataplane& plane) : plane_(plane) {}

    [[nodiscard]] std::size_t worker_count() const override { return plane_.group_.size(); }
    [[nodiscard]] std::uint64_t busy_ticks(std::size_t worker) const override {
        return plane_.group_.worker(worker).stats().busy_cycles.read();
    }
    [[nodiscard]] std::size_t circuits(std::size_t worker) const override {
        return plane_.slots_.circuits(worker);
    }
    /// The cursor is a bucket of the map. One that grows meanwhile is gone through in another
    /// order.
    void list(std::size_t worker, std::size_t& cursor, std::vector<Rebalancer::Load>& loads)
        const override {
        const auto& circuits = plane_.circuits_;
        const std::size_t end = std::min(circuits.bucket_count(), cursor + kBucketsAtOnce);
        for (; cursor < end; ++cursor) {
            for (auto at = circuits.cbegin(cursor); at != circuits.cend(cursor); ++at) {
                if (is_on(at->second, worker)) {
                    loads.push_back(
                        {.key = at->first,
                         .frames = plane_.reader_.arrivals(at->second),
                         .workers = at->second.program.workers}
                    );
                }
            }
        }
        cursor = cursor >= circuits.bucket_count() ? 0 : cursor;
    }
    [[nodiscard]] std::optional<std::uint64_t> frames(CircuitKey key, std::size_t worker)
        const override {
        const auto found = plane_.circuits_.find(key);
        if (found == plane_.circuits_.end() || !is_on(found->second, worker)) {
            return std::nullopt;
        }
        return plane_.reader_.arrivals(found->second);
    }
    bool move(CircuitKey key, std::size_t worker) override {
        return plane_.move(key, static_cast<std::uint32_t>(worker));
    }
    [[nodiscard]] std::size_t moves_under_way() const override { return plane_.own_moves_; }

private:
    static constexpr std::size_t kBucketsAtOnce = 4'096;

    static bool is_on(const CircuitRecord& circuit, std::size_t worker) {
        return circuit.installed && !circuit.change && circuit.place.worker == worker;
    }

    RingDataplane& plane_;
};

RingDataplane::RingDataplane(
    const DataplaneConfig& config,
    WorkerGroup& group,
    const PortReader& ports,
    PortSteering* steering
)
    : config_(config),
      group_(group),
      ports_(ports),
      queues_(group),
      receivers_(group.ports(), queues_, steering),
      index_(static_cast<std::uint32_t>(index_bytes(config) / sizeof(IndexLine)), queues_),
      slots_(group.size(), config.endpoints),
      driver_(queues_, index_),
      reader_(group) {
    if (config.rebalance && group.size() > 1) {
        loads_ = std::make_unique<Loads>(*this);
        rebalancer_ = std::make_unique<Rebalancer>(*loads_, group.clock_hz());
    }
}

RingDataplane::~RingDataplane() = default;

Result<void> RingDataplane::stage(CircuitKey key, const CircuitProgram& next) {
    if (auto fits = check_frames(next); !fits) {
        return fits;
    }
    const auto found = circuits_.find(key);
    CircuitRecord* const circuit = found == circuits_.end() ? nullptr : &found->second;
    STROWGER_CHECK(circuit == nullptr || is_free_to_stage(*circuit));
    const bool stays = circuit != nullptr && may_own(next, circuit->last_place().worker);
    std::optional<CircuitPlace> place;
    if (!stays) {
        place = slots_.take(next.workers);
        if (!place) {
            return no_slots(config_.endpoints, next.workers);
        }
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
    if (circuit == nullptr) {
        circuits_.emplace(key, CircuitRecord{.place = *place, .program = next, .staged = next});
    } else {
        circuit->staged = next;
        circuit->staged_place = place;
    }
    return {};
}

void RingDataplane::unstage(CircuitKey key) {
    const auto found = circuits_.find(key);
    STROWGER_CHECK(found != circuits_.end());
    CircuitRecord& circuit = found->second;
    STROWGER_CHECK(circuit.staged && !circuit.waiting);
    STROWGER_CHECK(!circuit.change || circuit.change->is_own());
    release(*circuit.staged, circuit.installed ? &circuit.program : nullptr);
    circuit.staged.reset();
    if (circuit.staged_place) {
        slots_.give_back(*circuit.staged_place);
        circuit.staged_place.reset();
    }
    if (!circuit.installed) {
        slots_.give_back(circuit.place);
        circuits_.erase(found);
    }
}

void RingDataplane::commit(CircuitKey key, std::uint64_t ticket) {
    CircuitRecord& circuit = circuits_.at(key);
    STROWGER_CHECK(circuit.staged && !circuit.waiting);
    if (circuit.change) {
        STROWGER_CHECK(circuit.change->is_own());
        circuit.waiting = WaitingChange{.removal = false, .ticket = ticket};
        return;
    }
    begin_commit(circuit, ticket);
    under_way_.push_back(key);
}

void RingDataplane::remove(CircuitKey key, std::uint64_t ticket) {
    CircuitRecord& circuit = circuits_.at(key);
    STROWGER_CHECK(circuit.installed && is_free_to_stage(circuit));
    if (circuit.change) {
        circuit.waiting = WaitingChange{.removal = true, .ticket = ticket};
        return;
    }
    begin_removal(circuit, ticket);
    under_way_.push_back(key);
}

Result<void> RingDataplane::assign_receivers(PortIndex port, const ReceiverPlan& plan) {
    return receivers_.assign(port, plan);
}

bool RingDataplane::move(CircuitKey key, std::uint32_t worker) {
    const auto found = circuits_.find(key);
    if (found == circuits_.end() || worker >= group_.size()) {
        return false;
    }
    CircuitRecord& circuit = found->second;
    if (!circuit.installed || circuit.staged || circuit.change || circuit.place.worker == worker ||
        !may_own(circuit.program, worker)) {
        return false;
    }
    const std::optional<CircuitPlace> to = slots_.take_on(worker);
    if (!to) {
        return false;
    }
    begin_move(circuit, *to, std::nullopt);
    under_way_.push_back(key);
    ++own_moves_;
    return true;
}

void RingDataplane::begin_commit(CircuitRecord& circuit, std::uint64_t ticket) {
    if (circuit.staged_place) {
        const CircuitPlace to = *circuit.staged_place;
        circuit.staged_place.reset();
        begin_move(circuit, to, ticket);
        return;
    }
    Change change;
    change.ticket = ticket;
    if (circuit.installed) {
        const bool same = same_maps(circuit.program, *circuit.staged);
        change.kind = same ? ChangeKind::Adjust : ChangeKind::Remap;
    } else {
        change.kind = ChangeKind::Install;
        circuit.lost_before = reader_.handover_lost(circuit.place);
    }
    driver_.begin(circuit, change);
}

void RingDataplane::begin_move(
    CircuitRecord& circuit,
    const CircuitPlace& to,
    std::optional<std::uint64_t> ticket
) {
    Change change;
    change.kind = ChangeKind::Move;
    change.ticket = ticket;
    change.to = to;
    change.lost_before = reader_.handover_lost(to);
    driver_.begin(circuit, change);
}

void RingDataplane::begin_removal(CircuitRecord& circuit, std::uint64_t ticket) {
    Change change;
    change.kind = ChangeKind::Remove;
    change.ticket = ticket;
    driver_.begin(circuit, change);
}

std::size_t RingDataplane::poll(std::span<Completion> completions) {
    // Also when nothing is under way: the index gives blocks back behind completed changes.
    queues_.flush();
    receivers_.advance();
    if (rebalancer_) {
        rebalancer_->poll(group_.now());
    }
    std::size_t done = 0;
    std::size_t kept = 0;
    for (const CircuitKey key : under_way_) {
        CircuitRecord& circuit = circuits_.at(key);
        const auto may_finish = [&] {
            return done < completions.size() || circuit.change->is_own();
        };
        Progress progress{.goes_on = true};
        while (progress.goes_on && may_finish() && driver_.advance(circuit)) {
            progress = finish(key);
        }
        if (progress.completion) {
            completions[done++] = *progress.completion;
        }
        if (progress.goes_on) {
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
    const PortQueues& queues = group_.ports().ports.at(port.value);
    status.rx_queues = std::uint32_t{queues.rx_queues} + queues.steered_queues;
    status.receivers = receivers_.receivers(port);
    status.plan = receivers_.plan(port);
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

/// The workers hold it, or have let go of it: the ledgers follow. Nothing to tell after a move of
/// the dataplane's own; what waited for it begins.
RingDataplane::Progress RingDataplane::finish(CircuitKey key) {
    CircuitRecord& circuit = circuits_.at(key);
    const std::optional<std::uint64_t> ticket = circuit.change->ticket;
    const ChangeKind kind = circuit.change->kind;
    switch (kind) {
        case ChangeKind::Remove:
            return {.goes_on = false, .completion = finish_removal(key)};
        case ChangeKind::Remap:
            circuit.version = 1 - circuit.version;
            break;
        case ChangeKind::Move:
            leave_place(circuit);
            break;
        case ChangeKind::Install:
        case ChangeKind::Adjust:
            break;
    }
    circuit.change.reset();
    if (!ticket) {
        --own_moves_;
        return {.goes_on = begin_waiting(circuit)};
    }
    if (kind == ChangeKind::Move) {
        // It is where its new program wants it; the program itself comes after.
        begin_commit(circuit, *ticket);
        return {.goes_on = true};
    }
    if (circuit.installed) {
        // What it no longer covers; the staged program keeps its own reservation.
        release(circuit.program, &*circuit.staged);
    }
    circuit.program = *circuit.staged;
    circuit.staged.reset();
    circuit.installed = true;
    return {
        .goes_on = false,
        .completion = Completion{.ticket = *ticket, .final_counters = std::nullopt}};
}

Completion RingDataplane::finish_removal(CircuitKey key) {
    const CircuitRecord& circuit = circuits_.at(key);
    const Completion completion{
        .ticket = *circuit.change->ticket, .final_counters = reader_.circuit(circuit)};
    release(circuit.program, nullptr);
    slots_.give_back(circuit.place);
    circuits_.erase(key);
    return completion;
}

void RingDataplane::leave_place(CircuitRecord& circuit) {
    const std::array<std::uint64_t, 2> lost = reader_.handover_lost(circuit.place);
    for (std::size_t half = 0; half < lost.size(); ++half) {
        circuit.lost_elsewhere[half] += lost[half] - circuit.lost_before[half];
    }
    slots_.give_back(circuit.place);
    circuit.place = circuit.change->to;
    circuit.lost_before = circuit.change->lost_before;
    circuit.version = 0;
}

/// False: nothing waited.
bool RingDataplane::begin_waiting(CircuitRecord& circuit) {
    if (!circuit.waiting) {
        return false;
    }
    const WaitingChange waiting = *circuit.waiting;
    circuit.waiting.reset();
    if (waiting.removal) {
        begin_removal(circuit, waiting.ticket);
    } else {
        begin_commit(circuit, waiting.ticket);
    }
    return true;
}

} // namespace strowger::dataplane
