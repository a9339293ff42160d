// SPDX-License-Identifier: Apache-2.0
#include "service/provisioner.h"

#include "service/batch_runner.h"
#include "service/engine.h"
#include "service/restorer.h"
#include "service/slices.h"

#include <utility>

namespace strowger::service {

Provisioner::Provisioner(
    const Parts& parts,
    const std::vector<PortConfig>& ports,
    const ServiceLimits& limits
)
    : engine_(std::make_unique<Engine>(parts, ports, limits)) {}

Provisioner::~Provisioner() = default;

Result<void> Provisioner::restore(const TellProgress& tell) {
    return engine_->restore(tell);
}

Result<void> Provisioner::ensure_operator_token(
    const std::function<Result<void>(const std::string& token)>& save
) {
    return engine_->ensure_operator_token(save);
}

void Provisioner::submit(WriteRequest request, WriteDone done) {
    engine_->submit(std::move(request), std::move(done));
}

void Provisioner::on_store_progress() {
    engine_->on_store_progress();
}

void Provisioner::poll() {
    engine_->poll();
}

bool Provisioner::busy() const {
    return engine_->busy();
}

bool Provisioner::has_work() const {
    return engine_->has_work();
}

void Provisioner::set_wake(std::function<void()> wake) {
    engine_->batches().set_wake(std::move(wake));
}

Readiness Provisioner::readiness() const {
    return engine_->readiness();
}

std::optional<auth::RequestIdentity> Provisioner::authenticate(std::string_view token) {
    return engine_->tokens().authenticate(token, engine_->parts().clock.wall_us());
}

const Inventory& Provisioner::inventory() const {
    return engine_->inventory();
}

Result<RecordPtr> Provisioner::find(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    std::string_view reference
) const {
    Result<RecordPtr> found = engine_->inventory().find(kind, tenant, reference);
    if (found) {
        return found;
    }
    return engine_->planner().absence(kind, tenant, reference);
}

Result<std::optional<Tombstone>> Provisioner::find_tombstone(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    std::string_view id
) const {
    return engine_->planner().find_tombstone(kind, tenant, id);
}

Result<OrderRecord>
Provisioner::find_order(const std::optional<ObjectId>& tenant, std::string_view id) const {
    const Error absent{ErrorCode::NotFound, "There is no such order.", {}};
    Result<ObjectId> parsed = ObjectId::from(ObjectKind::Order, id);
    if (!parsed) {
        return absent;
    }
    Result<std::optional<OrderRecord>> order = engine_->parts().store.find_order(*parsed);
    if (!order) {
        return std::move(order).error();
    }
    if (!order->has_value() || (tenant.has_value() && (*order)->tenant != tenant)) {
        return absent;
    }
    return **std::move(order);
}

Result<store::OrderPage> Provisioner::list_orders(const store::OrderQuery& query) const {
    return engine_->parts().store.list_orders(query);
}

SliceStatus Provisioner::slice_status(const Record& slice) const {
    return engine_->slices().status(slice);
}

std::optional<TenantSlice> Provisioner::slice_of(const ObjectId& tenant) const {
    return engine_->slices().slice_of(tenant);
}

std::vector<WorkerView> Provisioner::workers() const {
    return engine_->slices().workers();
}

std::vector<std::string> Provisioner::warnings() const {
    return engine_->slices().warnings();
}

std::optional<std::int64_t> Provisioner::token_last_used_us(const Record& token) const {
    return engine_->tokens().last_used_us(token.as_token().digest);
}

Result<void> Provisioner::Engine::restore(const TellProgress& tell) {
    return Restorer(*this, tell).run();
}

Result<void> Provisioner::Engine::ensure_operator_token(
    const std::function<Result<void>(const std::string& token)>& save
) {
    if (writer_.count(ObjectKind::Token, std::nullopt) != 0) {
        return {};
    }
    const auth::TokenSecret secret = auth::generate_token();
    // Saved first: a token that works and is written nowhere would be of no use to anybody.
    if (Result<void> saved = save(secret.text); !saved) {
        return saved;
    }
    Result<Name> name = Name::from("first-run");
    STROWGER_CHECK(name.has_value());
    const std::int64_t now_us = parts_.clock.wall_us();
    const auto record = std::make_shared<const Record>(Record{
        planner_.next_id(ObjectKind::Token),
        std::nullopt,
        1,
        R"({"name":"first-run"})",
        now_us,
        now_us,
        TokenBody{{*name, ""}, secret.digest}});
    store::Change change{
        {.id = planner_.next_id(ObjectKind::Order), .tenant = std::nullopt, .object = record->id},
        stored_object(*record, parts_.codec),
        {}};
    change.order.seq = ++order_seqs_[""];
    change.order.actor = {auth::ActorKind::Socket, "strowgerd"};
    change.order.generation = 1;
    change.order.after_json = record->spec_json;
    change.order.at_us = now_us;
    if (Result<void> committed = parts_.store.commit_now(std::move(change)); !committed) {
        return committed;
    }
    const Transition arrival{nullptr, record};
    writer_.reserve(arrival);
    publish_tokens(arrival);
    writer_.publish(arrival);
    return {};
}

} // namespace strowger::service
