// SPDX-License-Identifier: Apache-2.0
#include "service/settler.h"

#include "service/batch_runner.h"
#include "strowger/base/check.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace strowger::service {
namespace {

/// Changes that the dataplane may have under way for another move to begin: orders go first.
constexpr std::size_t kOutstandingMax = 64;
constexpr std::int64_t kTurnNs = 1'000'000;
constexpr std::size_t kStepsAtOnce = 1'024;
constexpr std::size_t kStepsBetweenLooks = 16; ///< at the clock
constexpr std::int64_t kAgainAfterNs = 2'000'000'000;
constexpr std::int64_t kAcknowledgeNsMax = 1'000'000'000;

Error being_moved() {
    return {ErrorCode::Unavailable, "The circuit is being moved to other workers.", {}};
}

bool lacks_room(const Error& error) {
    return std::any_of(error.problems.begin(), error.problems.end(), [](const Problem& problem) {
        return problem.code == "capacity_exceeded";
    });
}

} // namespace

void Settler::look_within(std::int64_t delay_ns) {
    due_ns_ = std::min(due_ns_, engine_.parts().clock.steady_ns() + delay_ns);
}

bool Settler::has_room() const {
    return engine_.parts().dataplane.outstanding() < kOutstandingMax &&
           !engine_.batches_->is_planning();
}

bool Settler::has_work() const {
    const bool wanted = sweep_.has_value() || engine_.parts().clock.steady_ns() >= due_ns_;
    return wanted && has_room();
}

void Settler::work() {
    const Clock& clock = engine_.parts().clock;
    if (!has_work()) {
        return;
    }
    if (!sweep_.has_value()) {
        due_ns_ = INT64_MAX;
        sweep_.emplace();
    }
    const std::int64_t until_ns = clock.steady_ns() + kTurnNs;
    for (std::size_t steps = 1; sweep_.has_value() && has_room() && steps <= kStepsAtOnce;
         ++steps) {
        step();
        if (steps % kStepsBetweenLooks == 0 && clock.steady_ns() >= until_ns) {
            return;
        }
    }
}

void Settler::step() {
    if (!sweep_->inside) {
        enter_next_tenant();
        return;
    }
    const RecordPtr circuit =
        engine_.writer_.next_published(ObjectKind::Circuit, sweep_->tenant, sweep_->circuit);
    if (circuit == nullptr) {
        sweep_->inside = false;
        return;
    }
    sweep_->circuit = circuit->id;
    look_at(circuit);
}

/// The circuits of a tenant are gone through only if one of them is elsewhere.
void Settler::enter_next_tenant() {
    const RecordPtr tenant =
        engine_.writer_.next_published(ObjectKind::Tenant, std::nullopt, sweep_->tenant);
    if (tenant == nullptr) {
        end_sweep();
        return;
    }
    sweep_->tenant = tenant->id;
    sweep_->circuit.reset();
    const CircuitSpread& spread = engine_.inventory_.spread_of(tenant->id);
    sweep_->inside = spread.total() != spread.on(engine_.inventory_.placement().of(tenant->id));
}

void Settler::look_at(const RecordPtr& circuit) {
    const WorkerSet workers = engine_.inventory_.placement().of(*circuit->tenant);
    if (circuit->as_circuit().workers == workers) {
        return;
    }
    if (engine_.flight_of_.count(circuit->id) != 0) {
        sweep_->left_some = true;
        return;
    }
    const Transition transition{circuit, on_workers(*circuit, workers)};
    const CircuitBody& body = transition.after->as_circuit();
    Dataplane& dataplane = engine_.parts().dataplane;
    const Result<void> staged =
        dataplane.stage(body.key, engine_.planner_.circuit_rules().program(body));
    if (!staged) {
        sweep_->left_some = true;
        sweep_->refusals.insert_or_assign(*circuit->tenant, staged.error().message);
        // The tenant's other circuits would find as little.
        sweep_->inside = !lacks_room(staged.error());
        return;
    }
    engine_.writer_.reserve(transition);
    const std::uint64_t ticket = ++engine_.last_ticket_;
    engine_.flight_of_.emplace(circuit->id, ticket);
    moves_.emplace(ticket, Move{transition, engine_.parts().clock.steady_ns()});
    dataplane.commit(body.key, ticket);
}

void Settler::end_sweep() {
    const bool again = sweep_->left_some;
    refusals_ = std::move(sweep_->refusals);
    sweep_.reset();
    if (again) {
        look_within(kAgainAfterNs);
    }
}

bool Settler::completed(std::uint64_t ticket) {
    const auto found = moves_.find(ticket);
    if (found == moves_.end()) {
        return false;
    }
    Move move = std::move(found->second);
    moves_.erase(found);
    engine_.flight_of_.erase(move.transition.object().id);
    engine_.publish(move.transition);
    for (Waiting& next : move.behind) {
        engine_.start(std::move(next));
    }
    return true;
}

bool Settler::queue_behind(std::uint64_t ticket, Waiting& waiting) {
    const auto move = moves_.find(ticket);
    if (move == moves_.end()) {
        return false;
    }
    if (move->second.overdue) {
        engine_.refuse(std::move(waiting), being_moved());
    } else {
        move->second.behind.push_back(std::move(waiting));
    }
    return true;
}

void Settler::check_deadlines(std::int64_t now_ns) {
    std::deque<Waiting> told; // answers may begin and end moves
    for (auto& [ticket, move] : moves_) {
        if (now_ns - move.begun_ns > kAcknowledgeNsMax) {
            move.overdue = true;
            std::move(move.behind.begin(), move.behind.end(), std::back_inserter(told));
            move.behind.clear();
        }
    }
    for (Waiting& waiting : told) {
        engine_.refuse(std::move(waiting), being_moved());
    }
}

void Settler::complain(std::vector<std::string>& reasons) const {
    const auto overdue = std::count_if(moves_.begin(), moves_.end(), [](const auto& item) {
        return item.second.overdue;
    });
    if (overdue != 0) {
        reasons.push_back(
            std::to_string(overdue) + " circuits are on their way to other workers for too long."
        );
    }
}

} // namespace strowger::service
