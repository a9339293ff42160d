// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/check.h"
#include "strowger/seam/dataplane.h"
#include "tests/support/programs.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace strowger {

/// A Dataplane without frames, for tests of the control plane: it keeps what it is told, completes
/// at the next poll, and goes wrong on demand. It aborts on calls that the seam forbids, so that a
/// test of the caller fails where the caller broke the contract. One thread.
class FakeDataplane final : public Dataplane {
public:
    static constexpr Bytes kFrameMaxDefault{9'216};

    // What the test arranges.

    PortIndex add_port(std::string name, Bytes frame_max = kFrameMaxDefault) {
        Port port;
        port.status.name = std::move(name);
        port.status.driver = "fake";
        port.status.mac = "02:00:5e:00:00:01";
        port.status.link_up = true;
        port.status.speed_bps = 10'000'000'000;
        port.status.frame_max = frame_max;
        port.status.receivers.add(0);
        port.status.plan.others.add(0);
        ports_.push_back(std::move(port));
        return PortIndex{static_cast<std::uint16_t>(ports_.size() - 1)};
    }
    void set_link(PortIndex port, bool up) { ports_.at(port.value).status.link_up = up; }
    void set_steering(PortIndex port, Steering steering, std::uint32_t rx_queues) {
        ports_.at(port.value).status.steering = steering;
        ports_.at(port.value).status.rx_queues = rx_queues;
    }
    /// Workers on these cores; there is one on core 1 else. Circuits live on the first worker that
    /// may own them.
    void set_workers(std::vector<WorkerStatus> workers) { workers_status_ = std::move(workers); }
    static WorkerStatus worker_on(std::uint32_t core, bool shared = false) {
        WorkerStatus worker;
        worker.core = core;
        worker.shared = shared;
        worker.adaptive = shared;
        return worker;
    }
    void set_busy_cycles(std::size_t worker, std::uint64_t cycles) {
        workers_status_.at(worker).counters.busy_cycles = cycles;
    }
    /// Every port stays with the receivers that it has.
    void refuse_plans(bool refuse) { refuse_plans_ = refuse; }
    /// Plans that the dataplane was asked for, fulfilled or not.
    [[nodiscard]] std::size_t plans_asked() const { return plans_asked_; }
    void set_port_counters(PortIndex port, PortCounters counters) {
        ports_.at(port.value).counters = std::move(counters);
    }
    void set_counters(CircuitKey key, const CircuitCounters& counters) {
        counters_[key] = counters;
    }
    /// Circuits that find room; stage refuses more with capacity_exceeded.
    void set_capacity(std::size_t circuits) { capacity_ = circuits; }
    /// The next stage() fails with this.
    void refuse_next_stage(Error error) { refusals_.push_back(std::move(error)); }
    /// While held, poll() completes nothing: workers that do not acknowledge.
    void hold_completions(bool hold) { hold_ = hold; }
    /// Lets this many changes complete although they are held.
    void release(std::size_t changes) { released_ += changes; }
    /// A worker's heartbeat rises with each workers() while it is alive.
    void set_workers_alive(bool alive) { workers_alive_ = alive; }

    // What the test looks at.

    [[nodiscard]] bool is_staged(CircuitKey key) const { return staged_.count(key) != 0; }
    /// The program that the workers hold: completed, not only committed. Null: none.
    [[nodiscard]] const CircuitProgram* installed(CircuitKey key) const {
        const auto found = installed_.find(key);
        return found == installed_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const std::map<CircuitKey, CircuitProgram>& installed() const {
        return installed_;
    }
    [[nodiscard]] std::size_t staged_count() const { return staged_.size(); }

    // The seam.

    Result<void> stage(CircuitKey key, const CircuitProgram& next) override {
        STROWGER_CHECK(!is_staged(key) && !is_under_way(key));
        check_maps(key, next);
        if (!refusals_.empty()) {
            Error error = std::move(refusals_.front());
            refusals_.pop_front();
            return error;
        }
        for (std::size_t end = 0; end < next.endpoints.size(); ++end) {
            const Port& port = ports_.at(next.endpoints[end].port.value);
            if (longest_frame_at(next, end) > port.status.frame_max) {
                return conflict("frame_too_large_for_port", "The port passes shorter frames only.");
            }
        }
        if (installed_.count(key) == 0 && reserved() >= capacity_) {
            return conflict("capacity_exceeded", "There is no room for another circuit.");
        }
        staged_.emplace(key, next);
        return {};
    }
    void unstage(CircuitKey key) override { STROWGER_CHECK(staged_.erase(key) == 1); }
    void commit(CircuitKey key, std::uint64_t ticket) override {
        const auto found = staged_.find(key);
        STROWGER_CHECK(found != staged_.end());
        under_way_.push_back({key, ticket, std::move(found->second)});
        staged_.erase(found);
    }
    void remove(CircuitKey key, std::uint64_t ticket) override {
        STROWGER_CHECK(installed_.count(key) == 1 && !is_staged(key) && !is_under_way(key));
        under_way_.push_back({key, ticket, std::nullopt});
    }
    /// Done at once; port_status() tells.
    Result<void> assign_receivers(PortIndex port, const ReceiverPlan& plan) override {
        ++plans_asked_;
        if (refuse_plans_) {
            return Error{ErrorCode::Unavailable, "The device does not take it.", {}};
        }
        PortStatus& status = ports_.at(port.value).status;
        if (plan.others.empty()) {
            return Error{ErrorCode::Invalid, "A port needs a worker that receives.", {}};
        }
        if (!plan.steered.empty() &&
            (status.steering != Steering::Rules || plan.steered.size() >= status.rx_queues)) {
            return Error{ErrorCode::Unavailable, "The device takes no such rules.", {}};
        }
        status.plan = plan;
        status.receivers = plan.others;
        for (const ReceiverPlan::Vlans& vlans : plan.steered) {
            status.receivers.bits |= vlans.workers.bits;
        }
        return {};
    }
    [[nodiscard]] std::size_t outstanding() const override { return under_way_.size(); }
    std::size_t poll(std::span<Completion> completions) override {
        std::size_t done = 0;
        while (done < completions.size() && !under_way_.empty() && may_complete()) {
            completions[done] = complete(under_way_.front());
            under_way_.pop_front();
            ++done;
        }
        return done;
    }
    [[nodiscard]] std::optional<CircuitCounters> counters(CircuitKey key) const override {
        const auto found = counters_.find(key);
        return installed_.count(key) == 0 ? std::nullopt
               : found == counters_.end() ? std::optional(CircuitCounters{})
                                          : std::optional(found->second);
    }
    [[nodiscard]] std::size_t port_count() const override { return ports_.size(); }
    [[nodiscard]] PortStatus port_status(PortIndex port) const override {
        return ports_.at(port.value).status;
    }
    [[nodiscard]] PortCounters port_counters(PortIndex port) const override {
        return ports_.at(port.value).counters;
    }
    [[nodiscard]] std::vector<WorkerStatus> workers() const override {
        heartbeat_ += workers_alive_ ? 1 : 0;
        std::vector<WorkerStatus> workers = workers_status_;
        for (WorkerStatus& worker : workers) {
            worker.counters.loops = heartbeat_;
        }
        for (const auto& [key, program] : installed_) {
            for (std::size_t index = 0; index < workers.size(); ++index) {
                if (program.workers.empty() || program.workers.contains(index)) {
                    ++workers[index].circuits;
                    break;
                }
            }
        }
        return workers;
    }

private:
    struct Port {
        PortStatus status;
        PortCounters counters;
    };
    struct Change {
        CircuitKey key;
        std::uint64_t ticket = 0;
        std::optional<CircuitProgram> program; ///< nothing: a removal
    };

    static Error conflict(std::string code, std::string message) {
        return Error{ErrorCode::Conflict, message, {{"", std::move(code), message, "", ""}}};
    }

    [[nodiscard]] bool is_under_way(CircuitKey key) const {
        return std::any_of(under_way_.begin(), under_way_.end(), [key](const Change& change) {
            return change.key == key;
        });
    }
    /// Circuits that hold room: installed, on their way in, or staged for the first time.
    [[nodiscard]] std::size_t reserved() const {
        std::size_t count = installed_.size();
        for (const auto& [key, program] : staged_) {
            count += installed_.count(key) == 0 ? 1 : 0;
        }
        for (const Change& change : under_way_) {
            count += installed_.count(change.key) == 0 ? 1 : 0;
        }
        return count;
    }
    [[nodiscard]] bool may_complete() {
        if (hold_ && released_ == 0) {
            return false;
        }
        released_ -= hold_ ? 1 : 0;
        return true;
    }
    Completion complete(Change& change) {
        if (change.program.has_value()) {
            installed_.insert_or_assign(change.key, std::move(*change.program));
            return {change.ticket, std::nullopt};
        }
        const std::optional<CircuitCounters> last = counters(change.key);
        installed_.erase(change.key);
        counters_.erase(change.key);
        return {change.ticket, last};
    }

    /// The caller guarantees that no frame of a port belongs to two circuits, whatever is still on
    /// its way in or out.
    void check_maps(CircuitKey key, const CircuitProgram& next) const {
        for (const auto& [other, program] : installed_) {
            check_apart(key, next, other, program);
        }
        for (const auto& [other, program] : staged_) {
            check_apart(key, next, other, program);
        }
        for (const Change& change : under_way_) {
            if (change.program.has_value()) {
                check_apart(key, next, change.key, *change.program);
            }
        }
    }
    static void check_apart(
        CircuitKey key,
        const CircuitProgram& next,
        CircuitKey other,
        const CircuitProgram& program
    ) {
        if (key == other) {
            return;
        }
        for (const EndpointProgram& a : next.endpoints) {
            for (const EndpointProgram& b : program.endpoints) {
                STROWGER_CHECK(a.port != b.port || !collide(a, b));
            }
        }
    }
    /// Tags of two TPIDs are apart, but untagged frames have none and "all" takes every one.
    static bool collide(const EndpointProgram& a, const EndpointProgram& b) {
        const auto ignores_tpid = [](const VlanMap& map) {
            return std::holds_alternative<MapAll>(map) || std::holds_alternative<MapUntagged>(map);
        };
        return overlaps(a.map, b.map) &&
               (a.tpid == b.tpid || ignores_tpid(a.map) || ignores_tpid(b.map));
    }

    std::vector<Port> ports_;
    std::vector<WorkerStatus> workers_status_ = {worker_on(1)};
    std::size_t plans_asked_ = 0;
    bool refuse_plans_ = false;
    std::map<CircuitKey, CircuitProgram> staged_;
    std::map<CircuitKey, CircuitProgram> installed_;
    std::map<CircuitKey, CircuitCounters> counters_;
    std::deque<Change> under_way_;
    std::deque<Error> refusals_;
    std::size_t capacity_ = SIZE_MAX;
    std::size_t released_ = 0;
    bool hold_ = false;
    bool workers_alive_ = true;
    mutable std::uint64_t heartbeat_ = 0;
};

} // namespace strowger
