// SPDX-License-Identifier: Apache-2.0
#include "service/batch_runner.h"

#include "strowger/base/check.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace strowger::service {
namespace {

/// How long one turn works on a batch: what it adds to the wait of any other request.
constexpr std::int64_t kSliceNs = 2'000'000;
constexpr std::size_t kMembersAtOnce = 512;
constexpr std::size_t kMembersBetweenLooks = 16; ///< at the clock
/// Changes that a batch has with the workers at once. Enough for one acknowledgement to be worth
/// hundreds of circuits; each one is looked at whenever the control thread asks.
constexpr std::size_t kOutstandingMax = 512;
constexpr std::int64_t kAcknowledgeNsMax = 1'000'000'000;
constexpr std::size_t kWarningsMax = 100;

Error named_twice(const std::string& reference, const std::string& other) {
    std::string message = other + " is about circuit \"" + reference + "\", too.";
    return {
        ErrorCode::Invalid,
        message,
        {{"", "named_twice", message, "One change of a circuit in one batch.", ""}}};
}

Error stuck(const BatchSummary::Orders& orders) {
    return {
        ErrorCode::Unavailable,
        "Orders " + orders.first.text() + " to " + orders.last.text() +
            " are durable and stand, but the workers have not acknowledged all of them. Ask again "
            "with the same Idempotency-Key for their outcome.",
        {}};
}

Error earlier_is_stuck() {
    return {ErrorCode::Unavailable, "An earlier order for one of its circuits is under way.", {}};
}

std::int64_t us_between(std::int64_t from_ns, std::int64_t to_ns) {
    return (to_ns - from_ns) / 1'000;
}

bool is_unchanged(const BatchFlight::Member& member) {
    return member.transition.before == nullptr && member.transition.after == nullptr;
}

/// Counts members of one slice and says when it has been long enough.
class Slice {
public:
    explicit Slice(const Clock& clock) : clock_(clock), until_ns_(clock.steady_ns() + kSliceNs) {}
    bool goes_on() {
        if (++members_ % kMembersBetweenLooks != 0) {
            return true;
        }
        return members_ < kMembersAtOnce && clock_.steady_ns() < until_ns_;
    }

private:
    const Clock& clock_;
    std::int64_t until_ns_;
    std::size_t members_ = 0;
};

} // namespace

void BatchRunner::start(Waiting waiting) {
    const std::size_t size = waiting.request.batch->size();
    const ObjectId tenant = *waiting.request.tenant;
    BatchFlight flight{
        .request = std::move(waiting.request),
        .done = std::move(waiting.done),
        .submitted_ns = waiting.since_ns,
        .first_ticket = engine_.last_ticket_ + 1,
        .outcome = {.status = 200, .body = "", .object = tenant}};
    engine_.last_ticket_ += size;
    flight.members.resize(size);
    flight.changes.reserve(size);
    flight.named.reserve(size);
    flights_.push_back(std::move(flight));
    if (wake_) {
        wake_();
    }
}

BatchRunner::Place BatchRunner::find(std::uint64_t ticket) {
    return std::find_if(flights_.begin(), flights_.end(), [ticket](const BatchFlight& flight) {
        return ticket - flight.first_ticket < flight.members.size(); // wraps when it is below
    });
}

BatchRunner::Place BatchRunner::first_in_planning() {
    return std::find_if(flights_.begin(), flights_.end(), [](const BatchFlight& flight) {
        return flight.phase == BatchFlight::Phase::Planning ||
               flight.phase == BatchFlight::Phase::Reverting;
    });
}

bool BatchRunner::is_planning() const {
    return std::any_of(flights_.begin(), flights_.end(), [](const BatchFlight& flight) {
        return flight.phase == BatchFlight::Phase::Planning;
    });
}

bool BatchRunner::has_work() const {
    return std::any_of(flights_.begin(), flights_.end(), [](const BatchFlight& flight) {
        return flight.phase != BatchFlight::Phase::Committing &&
               flight.next < flight.members.size();
    });
}

void BatchRunner::work() {
    for (Place flight = flights_.begin(); flight != flights_.end();) {
        const Place here = flight++; // it may end
        if (here->phase == BatchFlight::Phase::Applying) {
            apply(here);
        }
    }
    const Place planned = first_in_planning();
    if (planned == flights_.end()) {
        return;
    }
    if (planned->phase == BatchFlight::Phase::Planning) {
        plan(planned);
    } else {
        revert(planned);
    }
}

void BatchRunner::plan(Place flight) {
    Slice slice(engine_.parts_.clock);
    while (flight->next < flight->members.size() && !flight->abort && !flight->ahead) {
        plan_member(*flight);
        if (!slice.goes_on()) {
            break;
        }
    }
    if (flight->next == flight->members.size() || flight->abort || flight->ahead) {
        end_planning(flight);
    }
}

void BatchRunner::plan_member(BatchFlight& flight) {
    const std::size_t index = flight.next++;
    Batch& batch = *flight.request.batch;
    Result<BatchMember> member = batch.member(index);
    if (!member) {
        flight.abort = std::move(member).error();
        return;
    }
    if (!member->problems.empty()) {
        flight.faults.add(
            batch.pointer(index), {ErrorCode::Invalid, "", std::move(member->problems)}
        );
        return;
    }
    if (!may_be_taken(flight, index, *member)) {
        return;
    }
    WriteRequest& request = flight.request;
    request.write = member->write;
    request.reference = std::move(member->reference);
    request.decode = [&batch](const Record* current) { return batch.decode(current); };
    Result<Decision> decision = engine_.planner_.decide(request);
    if (!decision) {
        if (decision.error().code == ErrorCode::Unavailable) {
            flight.abort = std::move(decision).error();
        } else {
            flight.faults.add(batch.pointer(index), std::move(decision).error());
        }
    } else if (const auto* settled = std::get_if<Settled>(&*decision)) {
        ++flight.summary.unchanged;
        warn(flight, index, settled->warnings);
    } else {
        take(flight, index, std::get<Plan>(*std::move(decision)));
    }
}

/// Whether nobody else is at the member's circuit: neither another member nor an order.
bool BatchRunner::may_be_taken(BatchFlight& flight, std::size_t index, const BatchMember& member) {
    const WriteRequest& request = flight.request;
    const auto blame = [&](std::size_t other) {
        flight.faults.add(
            request.batch->pointer(index),
            named_twice(member.reference, request.batch->pointer(other))
        );
        return false;
    };
    if (!member.reference.empty()) {
        const auto [first, is_new] = flight.named.emplace(member.reference, index);
        if (!is_new) {
            return blame(first->second);
        }
    }
    if (member.write == WriteKind::Create) {
        return true;
    }
    const auto target =
        engine_.writer_.resolve(ObjectKind::Circuit, request.tenant, member.reference);
    const auto busy = target ? engine_.flight_of_.find(*target) : engine_.flight_of_.end();
    if (busy == engine_.flight_of_.end()) {
        return true;
    }
    if (busy->second - flight.first_ticket < flight.members.size()) {
        return blame(busy->second - flight.first_ticket); // by id here and by name there
    }
    const RecordPtr published = engine_.writer_.published(*target);
    if (published != nullptr && published->tenant != request.tenant) {
        return true; // another tenant's: judged as absent
    }
    flight.ahead = *target;
    return false;
}

void BatchRunner::warn(BatchFlight& flight, std::size_t index, std::vector<Problem> warnings) {
    for (Problem& warning : warnings) {
        if (++flight.summary.warning_count <= kWarningsMax) {
            warning.pointer.insert(0, flight.request.batch->pointer(index));
            flight.summary.warnings.push_back(std::move(warning));
        }
    }
}

/// Reserves what an accepted member takes. After the first fault it will not come to the workers,
/// but conflicts of later members with this one are still to be told.
void BatchRunner::take(BatchFlight& flight, std::size_t index, Plan plan) {
    BatchFlight::Member& member = flight.members[index];
    member.operation = plan.operation;
    if (plan.program.has_value() && !flight.faults.any()) {
        const CircuitKey key = plan.transition.object().as_circuit().key;
        if (Result<void> staged = engine_.parts_.dataplane.stage(key, *plan.program); !staged) {
            refuse_for_room(flight, index, staged.error());
            return;
        }
        member.staged = true;
        flight.new_circuits_staged += plan.operation == Operation::Create ? 1 : 0;
    }
    warn(flight, index, std::move(plan.warnings));
    member.transition = std::move(plan.transition);
    engine_.writer_.reserve(member.transition);
    engine_.flight_of_.emplace(member.transition.object().id, flight.first_ticket + index);
    if (!flight.faults.any()) {
        flight.changes.push_back(engine_.change_of(plan.operation, member.transition));
    }
}

/// The dataplane says what there is not enough of; how much of the batch there is enough for, it
/// cannot know.
void BatchRunner::refuse_for_room(BatchFlight& flight, std::size_t index, Error error) {
    for (Problem& problem : error.problems) {
        if (problem.code == "capacity_exceeded") {
            const std::string fitting = std::to_string(flight.new_circuits_staged);
            problem.message += (problem.message.ends_with('.') ? " " : "; ") + fitting +
                               " new circuits of this batch would fit.";
            problem.hint = "At most " + fitting + " new circuits in this batch" +
                           (problem.hint.empty() ? "." : "; or " + problem.hint);
        }
    }
    flight.faults.add(flight.request.batch->pointer(index), std::move(error));
}

void BatchRunner::end_planning(Place flight) {
    flight->request.decode = nullptr;
    flight->named = {};
    flight->next = 0;
    if (flight->abort || flight->ahead || flight->faults.any()) {
        flight->changes = {};
        flight->phase = BatchFlight::Phase::Reverting;
        return;
    }
    flight->accepted_ns = engine_.parts_.clock.steady_ns();
    flight->outcome.timings.validate_us = us_between(flight->submitted_ns, flight->accepted_ns);
    if (flight->changes.empty()) {
        flight->outcome.body = flight->request.batch->render(flight->summary);
        finish(flight);
        return;
    }
    submit(*flight);
}

/// All at once: no other order gets a number in between, and none is numbered that a crash could
/// take away and leave a gap.
void BatchRunner::submit(BatchFlight& flight) {
    number(flight);
    flight.outcome.body = flight.request.batch->render(flight.summary);
    flight.outcome.object = flight.changes.back().order.object;
    flight.outcome.order = flight.summary.orders->first;
    store::Change& last = flight.changes.back();
    if (const auto key = engine_.key_of(flight.request)) {
        last.idempotency = store::IdempotencyRecord{
            *key,
            flight.request.request_digest,
            flight.outcome.status,
            flight.outcome.body,
            last.order.id,
            last.order.object,
            last.order.generation,
            last.order.at_us};
    }
    flight.phase = BatchFlight::Phase::Committing;
    engine_.parts_.store.submit_all(flight.first_ticket, std::exchange(flight.changes, {}));
}

void BatchRunner::number(BatchFlight& flight) {
    std::uint64_t& seq = engine_.order_seqs_[flight.request.tenant->text()];
    const std::int64_t now_us = engine_.parts_.clock.wall_us();
    const std::uint64_t first_seq = seq + 1;
    for (store::Change& change : flight.changes) {
        change.order.id = engine_.planner_.next_id(ObjectKind::Order);
        change.order.seq = ++seq;
        change.order.actor = flight.request.identity.actor;
        change.order.at_us = now_us;
        const Operation operation = change.order.operation;
        flight.summary.created += operation == Operation::Create ? 1 : 0;
        flight.summary.updated += operation == Operation::Update ? 1 : 0;
        flight.summary.deleted += operation == Operation::Delete ? 1 : 0;
    }
    flight.summary.orders = BatchSummary::Orders{
        flight.changes.front().order.id, flight.changes.back().order.id, first_seq, seq};
}

void BatchRunner::revert(Place flight) {
    Slice slice(engine_.parts_.clock);
    while (flight->next < flight->members.size() && slice.goes_on()) {
        const BatchFlight::Member& member = flight->members[flight->next++];
        if (is_unchanged(member)) {
            continue;
        }
        const Record& object = member.transition.object();
        if (member.staged) {
            engine_.parts_.dataplane.unstage(object.as_circuit().key);
        }
        engine_.flight_of_.erase(object.id);
        engine_.writer_.revert(member.transition);
    }
    if (flight->next == flight->members.size()) {
        end_reverting(flight);
    }
}

void BatchRunner::end_reverting(Place place) {
    BatchFlight flight = std::move(*place);
    flights_.erase(place);
    if (flight.ahead && !flight.abort) {
        // Anew, and behind that order if it is still under way.
        Waiting waiting{std::move(flight.request), std::move(flight.done), flight.submitted_ns};
        engine_.start_behind(*flight.ahead, std::move(waiting));
    } else {
        std::deque<Waiting> duplicates = engine_.release_key(engine_.key_of(flight.request));
        WriteError refusal{{}, std::nullopt, {}};
        if (flight.abort) {
            refusal.error = *std::move(flight.abort);
        } else {
            refusal.error = flight.faults.take(flight.members.size());
            refusal.refused = flight.faults.take_refused();
        }
        engine_.answer(flight.done, std::move(refusal));
        engine_.start_again(std::move(duplicates));
    }
    for (Waiting& next : flight.behind) {
        engine_.start(std::move(next));
    }
}

bool BatchRunner::committed(std::uint64_t ticket, bool success) {
    const Place flight = find(ticket);
    if (flight == flights_.end()) {
        return false;
    }
    STROWGER_CHECK(flight->phase == BatchFlight::Phase::Committing);
    flight->next = 0;
    if (success) {
        flight->phase = BatchFlight::Phase::Applying;
        flight->committed_ns = engine_.parts_.clock.steady_ns();
        apply(flight);
        return true;
    }
    flight->abort = Error{
        ErrorCode::Unavailable,
        "The store failed, so the batch was not taken; nothing changed and circuits go on "
        "forwarding.",
        {}};
    flight->phase = BatchFlight::Phase::Reverting;
    if (wake_) {
        wake_();
    }
    return true;
}

/// Brings members to the workers, as many as may be under way at once.
void BatchRunner::apply(Place flight) {
    Dataplane& dataplane = engine_.parts_.dataplane;
    Slice slice(engine_.parts_.clock);
    while (flight->next < flight->members.size() && dataplane.outstanding() < kOutstandingMax &&
           slice.goes_on()) {
        const std::size_t index = flight->next++;
        const BatchFlight::Member& member = flight->members[index];
        if (is_unchanged(member)) {
            continue;
        }
        const CircuitKey key = member.transition.object().as_circuit().key;
        if (member.staged) {
            dataplane.commit(key, flight->first_ticket + index);
        } else if (member.operation == Operation::Delete) {
            dataplane.remove(key, flight->first_ticket + index);
        } else {
            complete(*flight, index); // a new display name is none of the workers' business
        }
    }
    finish_if_done(flight);
}

bool BatchRunner::completed(std::uint64_t ticket) {
    const Place flight = find(ticket);
    if (flight == flights_.end()) {
        return false;
    }
    complete(*flight, ticket - flight->first_ticket);
    finish_if_done(flight);
    return true;
}

/// The workers hold this member: readers may see it. Durable it is already, so nothing is shown
/// that a crash could take back.
void BatchRunner::complete(BatchFlight& flight, std::size_t index) {
    const Transition transition = std::exchange(flight.members[index].transition, {});
    engine_.flight_of_.erase(transition.object().id);
    engine_.publish(transition);
    ++flight.completed;
}

void BatchRunner::finish_if_done(Place flight) {
    const BatchSummary& summary = flight->summary;
    if (flight->completed == summary.created + summary.updated + summary.deleted) {
        const std::int64_t now_ns = engine_.parts_.clock.steady_ns();
        WriteTimings& timings = flight->outcome.timings;
        timings.commit_us = us_between(flight->accepted_ns, flight->committed_ns);
        timings.apply_us = us_between(flight->committed_ns, now_ns);
        finish(flight);
    }
}

void BatchRunner::finish(Place place) {
    BatchFlight flight = std::move(*place);
    flights_.erase(place);
    engine_.overdue_count_ -= flight.overdue ? 1 : 0;
    std::deque<Waiting> duplicates = engine_.release_key(engine_.key_of(flight.request));
    for (Waiting& next : flight.behind) {
        engine_.start(std::move(next));
    }
    if (flight.done) {
        engine_.answer(flight.done, flight.outcome);
    }
    if (!flight.summary.orders) {
        engine_.start_again(std::move(duplicates)); // nothing was recorded: each asks anew
        return;
    }
    flight.outcome.replayed = true;
    flight.outcome.timings = {};
    for (Waiting& duplicate : duplicates) {
        engine_.answer(duplicate.done, flight.outcome);
    }
}

bool BatchRunner::queue_behind(std::uint64_t ticket, Waiting& waiting) {
    const Place flight = find(ticket);
    if (flight == flights_.end()) {
        return false;
    }
    if (flight->overdue) {
        engine_.refuse(std::move(waiting), earlier_is_stuck());
    } else {
        flight->behind.push_back(std::move(waiting));
    }
    return true;
}

void BatchRunner::check_deadlines(std::int64_t now_ns) {
    // Answers may start and end batches, so each is looked up anew.
    std::vector<std::uint64_t> late;
    for (const BatchFlight& flight : flights_) {
        if (flight.phase == BatchFlight::Phase::Applying &&
            now_ns - flight.committed_ns > kAcknowledgeNsMax) {
            late.push_back(flight.first_ticket);
        }
    }
    for (const std::uint64_t ticket : late) {
        if (const Place flight = find(ticket); flight != flights_.end()) {
            answer_overdue(*flight, now_ns);
        }
    }
}

/// The orders stand; who waits for them hears so.
void BatchRunner::answer_overdue(BatchFlight& flight, std::int64_t now_ns) {
    const WriteError error{stuck(*flight.summary.orders), flight.summary.orders->first, {}};
    std::deque<Waiting> behind = std::exchange(flight.behind, {});
    std::deque<Waiting> told =
        engine_.duplicates_to_tell(engine_.key_of(flight.request), flight.overdue, now_ns);
    engine_.overdue_count_ += flight.overdue ? 0 : 1;
    flight.overdue = true;
    WriteDone first = std::exchange(flight.done, nullptr);
    // `flight` may end while answers are given.
    if (first) {
        engine_.answer(first, error);
    }
    for (Waiting& duplicate : told) {
        engine_.answer(duplicate.done, error);
    }
    for (Waiting& next : behind) {
        engine_.refuse(std::move(next), earlier_is_stuck());
    }
}

void BatchRunner::complain(std::int64_t now_ns, std::vector<std::string>& reasons) const {
    for (const BatchFlight& flight : flights_) {
        if (flight.overdue) {
            reasons.push_back(
                "A batch from order " + flight.summary.orders->first.text() +
                " on waits for the workers."
            );
        } else if (flight.phase == BatchFlight::Phase::Committing && now_ns - flight.accepted_ns > kAcknowledgeNsMax) {
            reasons.push_back(
                "A batch from order " + flight.summary.orders->first.text() +
                " on waits for the disk."
            );
        }
    }
}

std::optional<std::string> BatchRunner::place_of(const ObjectId& circuit) {
    const Place planned = first_in_planning();
    const auto busy = engine_.flight_of_.find(circuit);
    if (planned == flights_.end() || busy == engine_.flight_of_.end()) {
        return std::nullopt;
    }
    const std::uint64_t index = busy->second - planned->first_ticket; // wraps when it is below
    return index < planned->members.size() ? std::optional(planned->request.batch->pointer(index))
                                           : std::nullopt;
}

} // namespace strowger::service
