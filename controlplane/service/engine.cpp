// SPDX-License-Identifier: Apache-2.0
#include "service/engine.h"

#include "service/batch_runner.h"
#include "service/restorer.h"
#include "service/slices.h"
#include "strowger/base/check.h"

#include <array>
#include <span>
#include <utility>

namespace strowger::service {
namespace {

/// How long the workers have to acknowledge what is durable.
constexpr std::int64_t kAcknowledgeNsMax = 1'000'000'000;
constexpr std::int64_t kHeartbeatEveryNs = 100'000'000;
constexpr std::int64_t kHousekeepingEveryNs = 60'000'000'000;
constexpr std::size_t kCompletionsAtOnce = 64;

Error unavailable(std::string message) {
    return {ErrorCode::Unavailable, std::move(message), {}};
}

Error key_reused() {
    return {
        ErrorCode::Invalid,
        "This Idempotency-Key was used with another request.",
        {{"",
          "idempotency_key_reused",
          "The method, path, query or body differs from the key's first request.",
          "A new key for a new request.",
          ""}}};
}

Error stuck(const ObjectId& order) {
    return unavailable(
        "Order " + order.text() +
        " is durable and stands, but the workers have not acknowledged it. Ask again with the same "
        "Idempotency-Key for its outcome."
    );
}

std::int64_t us_between(std::int64_t from_ns, std::int64_t to_ns) {
    return (to_ns - from_ns) / 1'000;
}

int status_of(Operation operation) {
    switch (operation) {
        case Operation::Create:
            return 201;
        case Operation::Update:
            return 200;
        default:
            return 204;
    }
}

WriteOutcome outcome_of(store::IdempotencyRecord record) {
    WriteOutcome outcome{record.status, std::move(record.body), std::move(record.object)};
    outcome.generation = record.generation;
    outcome.order = std::move(record.order);
    outcome.replayed = true;
    return outcome;
}

} // namespace

Provisioner::Engine::Engine(
    const Parts& parts,
    const std::vector<PortConfig>& ports,
    const ServiceLimits& limits
)
    : parts_(parts),
      limits_(limits),
      inventory_(ports, parts.dataplane),
      planner_({writer_, inventory_, parts.dataplane, parts.store, parts.clock, limits_}),
      batches_(std::make_unique<BatchRunner>(*this)),
      slices_(std::make_unique<Slices>(*this)) {
    planner_.name_circuits([this](const ObjectId& circuit) { return batches_->place_of(circuit); });
}

Provisioner::Engine::~Engine() = default;

bool Provisioner::Engine::busy() const noexcept {
    return !flights_.empty() || !batches_->idle();
}

bool Provisioner::Engine::has_work() const {
    return batches_->has_work() || slices_->settler().has_work();
}

std::optional<store::IdempotencyKey> Provisioner::Engine::key_of(const WriteRequest& request
) const {
    if (request.idempotency_key.empty()) {
        return std::nullopt;
    }
    // An operator's keys are its own, also when it acts for a tenant.
    const auto& tenant = request.identity.tenant;
    return store::IdempotencyKey{
        tenant.has_value() ? tenant->text() : "operator", request.idempotency_key};
}

void Provisioner::Engine::answer(WriteDone& done, WriteResult result) {
    STROWGER_CHECK(unanswered_ > 0);
    --unanswered_;
    const WriteDone call = std::exchange(done, nullptr);
    call(std::move(result));
}

void Provisioner::Engine::submit(WriteRequest request, WriteDone done) {
    Waiting waiting{std::move(request), std::move(done), parts_.clock.steady_ns()};
    ++unanswered_;
    if (answer_by_key(waiting)) {
        return;
    }
    if (!parts_.store.healthy()) {
        answer(
            waiting.done,
            WriteError{
                unavailable("The store failed and takes no more writes; circuits go on forwarding."
                ),
                std::nullopt}
        );
        return;
    }
    if (unanswered_ + overdue_count_ > limits_.writes_outstanding_max) {
        answer(
            waiting.done, WriteError{unavailable("Too many writes are under way."), std::nullopt}
        );
        return;
    }
    if (const auto key = key_of(waiting.request)) {
        if (parts_.store.idempotency_count(key->scope) >= limits_.idempotency_keys_max) {
            answer(
                waiting.done,
                WriteError{
                    {ErrorCode::RateLimited,
                     "All idempotency keys of the last 24 hours are in use.",
                     {}},
                    std::nullopt}
            );
            return;
        }
        keys_.emplace(*key, KeyInUse{waiting.request.request_digest, {}});
    }
    start(std::move(waiting));
}

/// Whether the key settles the request: it has an answer, or waits for the first one with it.
bool Provisioner::Engine::answer_by_key(Waiting& waiting) {
    const auto key = key_of(waiting.request);
    if (!key.has_value()) {
        return false;
    }
    const auth::Digest& digest = waiting.request.request_digest;
    if (const auto in_use = keys_.find(*key); in_use != keys_.end()) {
        if (in_use->second.request_digest != digest) {
            answer(waiting.done, WriteError{key_reused(), std::nullopt});
        } else if (unanswered_ + overdue_count_ > limits_.writes_outstanding_max) {
            answer(
                waiting.done,
                WriteError{unavailable("Too many writes are under way."), std::nullopt}
            );
        } else {
            in_use->second.duplicates.push_back(std::move(waiting));
        }
        return true;
    }
    Result<std::optional<store::IdempotencyRecord>> found = parts_.store.find_idempotency(*key);
    if (!found) {
        answer(waiting.done, WriteError{std::move(found).error(), std::nullopt});
        return true;
    }
    if (!found->has_value()) {
        return false;
    }
    if ((*found)->request_digest != digest) {
        answer(waiting.done, WriteError{key_reused(), std::nullopt});
    } else {
        answer(waiting.done, outcome_of(**std::move(found)));
    }
    return true;
}

/// Behind an order for the same object, or at once.
void Provisioner::Engine::start(Waiting waiting) {
    const WriteRequest& request = waiting.request;
    if (request.batch != nullptr) {
        batches_->start(std::move(waiting));
        return;
    }
    if (request.write != WriteKind::Create) {
        const auto target = writer_.resolve(request.kind, request.tenant, request.reference);
        const RecordPtr published = target.has_value() ? writer_.published(*target) : nullptr;
        const bool foreign = request.tenant.has_value() && published != nullptr &&
                             published->tenant.has_value() && published->tenant != request.tenant;
        if (target.has_value() && !foreign && flight_of_.count(*target) != 0) {
            start_behind(*target, std::move(waiting));
            return;
        }
    }
    decide(std::move(waiting));
}

void Provisioner::Engine::start_behind(const ObjectId& object, Waiting waiting) {
    const auto ticket = flight_of_.find(object);
    if (ticket == flight_of_.end()) {
        start(std::move(waiting));
        return;
    }
    if (batches_->queue_behind(ticket->second, waiting) ||
        slices_->settler().queue_behind(ticket->second, waiting)) {
        return;
    }
    Flight& flight = flights_.at(ticket->second);
    if (flight.overdue) {
        refuse(std::move(waiting), unavailable("An earlier order for it is still under way."));
    } else {
        flight.behind.push_back(std::move(waiting));
    }
}

void Provisioner::Engine::decide(Waiting waiting) {
    Result<Decision> decision = planner_.decide(waiting.request);
    if (!decision) {
        refuse(std::move(waiting), std::move(decision).error());
        return;
    }
    if (const auto* settled = std::get_if<Settled>(&*decision)) {
        settle(std::move(waiting), *settled);
        return;
    }
    Plan& plan = std::get<Plan>(*decision);
    if (plan.program.has_value()) {
        const CircuitKey key = plan.transition.object().as_circuit().key;
        if (const Result<void> staged = parts_.dataplane.stage(key, *plan.program); !staged) {
            refuse(std::move(waiting), staged.error());
            return;
        }
    }
    accept(std::move(waiting), std::move(plan));
}

void Provisioner::Engine::accept(Waiting waiting, Plan plan) {
    const Record& object = plan.transition.object();
    const bool leaves_one = plan.transition.after != nullptr;
    Rendered rendered;
    if (leaves_one) {
        rendered = waiting.request.render(*plan.transition.after, plan.warnings);
    }
    Flight flight{.plan = std::move(plan), .outcome = {.body = rendered.body, .object = object.id}};
    flight.outcome.status = status_of(flight.plan.operation);
    flight.outcome.generation = object.generation + (leaves_one ? 0 : 1);
    flight.outcome.order = planner_.next_id(ObjectKind::Order);
    flight.replay_body = rendered.replay_body.empty() ? rendered.body : rendered.replay_body;
    flight.key = key_of(waiting.request);
    store::Change change = change_of(flight, waiting.request);
    flight.done = std::move(waiting.done);
    flight.submitted_ns = waiting.since_ns;
    flight.accepted_ns = parts_.clock.steady_ns();
    flight.outcome.timings.validate_us = us_between(flight.submitted_ns, flight.accepted_ns);

    writer_.reserve(flight.plan.transition);
    const Ticket ticket = ++last_ticket_;
    flight_of_.emplace(object.id, ticket);
    flights_.emplace(ticket, std::move(flight));
    parts_.store.submit(ticket, std::move(change));
}

store::Change Provisioner::Engine::change_of(Operation operation, const Transition& transition)
    const {
    const Record& object = transition.object();
    store::Change change{
        {.id = object.id, .tenant = object.tenant, .object = object.id}, // the id is to come
        {},
        {}};
    OrderRecord& order = change.order;
    order.operation = operation;
    order.generation = object.generation + (transition.after == nullptr ? 1 : 0);
    order.before_json = transition.before == nullptr ? "" : transition.before->spec_json;
    order.after_json = transition.after == nullptr ? "" : transition.after->spec_json;
    if (transition.after != nullptr) {
        change.object = stored_object(*transition.after, parts_.codec);
    }
    return change;
}

store::Change Provisioner::Engine::change_of(const Flight& flight, const WriteRequest& request) {
    store::Change change = change_of(flight.plan.operation, flight.plan.transition);
    OrderRecord& order = change.order;
    order.id = *flight.outcome.order;
    order.seq = ++order_seqs_[order.tenant.has_value() ? order.tenant->text() : std::string()];
    order.actor = request.identity.actor;
    order.at_us = parts_.clock.wall_us();
    if (flight.key.has_value()) {
        change.idempotency = store::IdempotencyRecord{
            *flight.key,
            request.request_digest,
            flight.outcome.status,
            flight.replay_body,
            order.id,
            order.object,
            order.generation,
            order.at_us};
    }
    return change;
}

/// An answer that takes no order leaves no trace, so who sent the same key asks anew.
void Provisioner::Engine::settle(Waiting waiting, const Settled& settled) {
    WriteOutcome outcome{.status = settled.status, .body = "", .object = settled.object};
    outcome.generation = settled.generation;
    if (settled.record != nullptr) {
        outcome.body = waiting.request.render(*settled.record, settled.warnings).body;
    }
    outcome.timings.validate_us = us_between(waiting.since_ns, parts_.clock.steady_ns());
    std::deque<Waiting> duplicates = release_key(key_of(waiting.request));
    answer(waiting.done, std::move(outcome));
    start_again(std::move(duplicates));
}

void Provisioner::Engine::refuse(Waiting waiting, Error error) {
    std::deque<Waiting> duplicates = release_key(key_of(waiting.request));
    answer(waiting.done, WriteError{std::move(error), std::nullopt});
    start_again(std::move(duplicates));
}

std::deque<Waiting> Provisioner::Engine::release_key(const std::optional<store::IdempotencyKey>& key
) {
    const auto in_use = key.has_value() ? keys_.find(*key) : keys_.end();
    if (in_use == keys_.end()) {
        return {};
    }
    std::deque<Waiting> duplicates = std::move(in_use->second.duplicates);
    keys_.erase(in_use);
    return duplicates;
}

/// As if they had arrived now: they were counted, and their key, if any, is free again.
void Provisioner::Engine::start_again(std::deque<Waiting> waiting) {
    for (Waiting& each : waiting) {
        --unanswered_;
        submit(std::move(each.request), std::move(each.done));
    }
}

void Provisioner::Engine::on_store_progress() {
    results_.clear();
    parts_.store.take_results(results_);
    for (std::size_t index = 0; index < results_.size(); ++index) {
        const store::CommitResult result = results_[index];
        committed(result.ticket, result.committed);
    }
}

void Provisioner::Engine::committed(Ticket ticket, bool success) {
    if (batches_->committed(ticket, success)) {
        return;
    }
    const auto found = flights_.find(ticket);
    STROWGER_CHECK(found != flights_.end() && found->second.phase == Flight::Phase::Committing);
    if (!success) {
        revert(found);
        return;
    }
    Flight& flight = found->second;
    flight.phase = Flight::Phase::Applying;
    flight.committed_ns = parts_.clock.steady_ns();
    const Record& object = flight.plan.transition.object();
    const bool lets_go =
        flight.plan.operation == Operation::Delete && object.kind() == ObjectKind::Circuit;
    if (flight.plan.program.has_value()) {
        parts_.dataplane.commit(object.as_circuit().key, ticket);
    } else if (lets_go) {
        parts_.dataplane.remove(object.as_circuit().key, ticket);
    } else {
        complete(found);
    }
}

/// The workers hold it: readers may see it, and the answer goes out.
void Provisioner::Engine::complete(Flights::iterator found) {
    Flight flight = std::move(found->second);
    const Transition& transition = flight.plan.transition;
    flights_.erase(found);
    flight_of_.erase(transition.object().id);
    overdue_count_ -= flight.overdue ? 1 : 0;
    publish(transition);
    const std::int64_t now_ns = parts_.clock.steady_ns();
    flight.outcome.timings.commit_us = us_between(flight.accepted_ns, flight.committed_ns);
    flight.outcome.timings.apply_us = us_between(flight.committed_ns, now_ns);

    // Who waited longer goes before whoever an answer makes ask next.
    std::deque<Waiting> duplicates = release_key(flight.key);
    for (Waiting& next : flight.behind) {
        start(std::move(next));
    }
    if (flight.done) {
        answer(flight.done, flight.outcome);
    }
    flight.outcome.body = std::move(flight.replay_body);
    flight.outcome.replayed = true;
    flight.outcome.timings = {};
    for (Waiting& duplicate : duplicates) {
        answer(duplicate.done, flight.outcome);
    }
}

/// The store did not take it. Whether the disk did, nobody knows until a restart reads it.
void Provisioner::Engine::revert(Flights::iterator found) {
    Flight flight = std::move(found->second);
    const Transition& transition = flight.plan.transition;
    flights_.erase(found);
    flight_of_.erase(transition.object().id);
    if (flight.plan.program.has_value()) {
        parts_.dataplane.unstage(transition.object().as_circuit().key);
    }
    writer_.revert(transition);
    const Error error = unavailable(
        "The store failed, so the order was not taken; nothing changed and circuits go on "
        "forwarding."
    );
    std::deque<Waiting> others = release_key(flight.key);
    for (Waiting& next : flight.behind) {
        others.push_back(std::move(next));
    }
    answer(flight.done, WriteError{error, std::nullopt});
    for (Waiting& other : others) {
        refuse(std::move(other), error);
    }
}

void Provisioner::Engine::publish(const Transition& transition) {
    publish_tokens(transition);
    writer_.publish(transition);
    slices_->published(transition);
}

void Provisioner::Engine::publish_tokens(const Transition& transition) {
    const Record& object = transition.object();
    if (object.kind() == ObjectKind::Token) {
        const auth::Digest& digest = object.as_token().digest;
        if (transition.after == nullptr) {
            tokens_.erase(digest);
        } else {
            tokens_.insert(digest, object.id, object.tenant);
        }
    } else if (object.kind() == ObjectKind::Tenant && transition.after == nullptr) {
        ListQuery own{.kind = ObjectKind::Token, .tenant = object.id, .limit = SIZE_MAX};
        for (const RecordPtr& token : inventory_.list(own).records) {
            tokens_.erase(token->as_token().digest);
        }
    }
}

void Provisioner::Engine::take_completions() {
    std::array<Completion, kCompletionsAtOnce> completions;
    std::size_t count = parts_.dataplane.poll(completions);
    for (; count > 0; count = parts_.dataplane.poll(completions)) {
        for (const Completion& completion : std::span(completions).first(count)) {
            take_completion(completion.ticket);
        }
    }
}

void Provisioner::Engine::take_completion(std::uint64_t ticket) {
    if (batches_->completed(ticket) || slices_->settler().completed(ticket)) {
        return;
    }
    const auto flight = flights_.find(ticket);
    STROWGER_CHECK(flight != flights_.end());
    complete(flight);
}

void Provisioner::Engine::poll() {
    take_completions();
    batches_->work();
    slices_->settler().work();
    check_deadlines();
    const std::int64_t now_ns = parts_.clock.steady_ns();
    slices_->observe(now_ns);
    if (now_ns >= heartbeats_due_ns_) {
        heartbeats_due_ns_ = now_ns + kHeartbeatEveryNs;
        heartbeats_.observe(parts_.dataplane, now_ns);
    }
    if (now_ns >= housekeeping_due_ns_) {
        housekeeping_due_ns_ = now_ns + kHousekeepingEveryNs;
        do_housekeeping();
    }
}

/// Orders are applied in the order of acceptance or nearly so: the first that is in time ends the
/// look, but for those found overdue before.
void Provisioner::Engine::check_deadlines() {
    const std::int64_t now_ns = parts_.clock.steady_ns();
    slices_->settler().check_deadlines(now_ns);
    if (!busy()) {
        return;
    }
    batches_->check_deadlines(now_ns);
    std::vector<Ticket> late;
    for (const auto& [ticket, flight] : flights_) {
        if (flight.phase == Flight::Phase::Committing ||
            now_ns - flight.committed_ns <= kAcknowledgeNsMax) {
            break;
        }
        late.push_back(ticket);
    }
    for (const Ticket ticket : late) {
        if (const auto flight = flights_.find(ticket); flight != flights_.end()) {
            answer_overdue(flight->second, now_ns);
        }
    }
}

std::deque<Waiting> Provisioner::Engine::duplicates_to_tell(
    const std::optional<store::IdempotencyKey>& key,
    bool told_before,
    std::int64_t now_ns
) {
    std::deque<Waiting> told;
    const auto in_use = key.has_value() ? keys_.find(*key) : keys_.end();
    if (in_use == keys_.end()) {
        return told;
    }
    std::deque<Waiting>& duplicates = in_use->second.duplicates;
    // Once it is known that the order is stuck, each who asks again gets a second of its own.
    while (!duplicates.empty() &&
           (!told_before || now_ns - duplicates.front().since_ns > kAcknowledgeNsMax)) {
        told.push_back(std::move(duplicates.front()));
        duplicates.pop_front();
    }
    return told;
}

/// The order stands; who waits for it hears so.
void Provisioner::Engine::answer_overdue(Flight& flight, std::int64_t now_ns) {
    const ObjectId order = *flight.outcome.order;
    std::deque<Waiting> behind = std::exchange(flight.behind, {});
    std::deque<Waiting> told = duplicates_to_tell(flight.key, flight.overdue, now_ns);
    overdue_count_ += flight.overdue ? 0 : 1;
    flight.overdue = true;
    WriteDone first = std::exchange(flight.done, nullptr);
    // `flight` may end while answers are given.
    if (first) {
        answer(first, WriteError{stuck(order), order});
    }
    for (Waiting& duplicate : told) {
        answer(duplicate.done, WriteError{stuck(order), order});
    }
    for (Waiting& next : behind) {
        refuse(std::move(next), unavailable("An earlier order for it is still under way."));
    }
}

void Provisioner::Engine::do_housekeeping() {
    if (!parts_.store.healthy()) {
        return;
    }
    std::vector<std::pair<ObjectId, std::int64_t>> used = tokens_.take_last_used();
    if (!used.empty()) {
        parts_.store.note_tokens_used(std::move(used));
    }
    const std::int64_t now_us = parts_.clock.wall_us();
    parts_.store.forget_before(
        {.idempotency_us = now_us - store::kIdempotencyKeptUs,
         .tombstone_us = now_us - kTombstoneKeptUs}
    );
}

Readiness Provisioner::Engine::readiness() const {
    Readiness readiness;
    readiness.reasons = heartbeats_.complaints();
    const std::int64_t now_ns = parts_.clock.steady_ns();
    for (const auto& [ticket, flight] : flights_) {
        const std::string order = "Order " + flight.outcome.order->text();
        if (flight.overdue) {
            readiness.reasons.push_back(order + " waits for the workers.");
        } else if (flight.phase == Flight::Phase::Committing && now_ns - flight.accepted_ns > kAcknowledgeNsMax) {
            readiness.reasons.push_back(order + " waits for the disk.");
        }
    }
    batches_->complain(now_ns, readiness.reasons);
    slices_->settler().complain(readiness.reasons);
    if (!parts_.store.healthy()) {
        readiness.reasons.push_back("The store is read-only: " + parts_.store.failure());
    }
    readiness.ready = readiness.reasons.empty();
    return readiness;
}

} // namespace strowger::service
