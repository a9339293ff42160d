// SPDX-License-Identifier: Apache-2.0
#include "service/planner.h"

#include "auth/digest.h"
#include "service/preconditions.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"

#include <string>
#include <utility>

namespace strowger::service {
namespace {

using Body = decltype(Record::body);

constexpr std::size_t kCircuitsNamedMax = 100;

Problem quota(std::string_view what, std::size_t limit) {
    return {
        "",
        "quota_exceeded",
        "The tenant has all " + std::to_string(limit) + " " + std::string(what) + " it may have.",
        "Delete some, or ask the operator for more.",
        ""};
}

Problem immutable(std::string pointer) {
    return {
        std::move(pointer),
        "immutable",
        "This cannot be changed.",
        "Create another one that has it.",
        ""};
}

const Name& name_of_draft(const Draft& draft) {
    return std::visit(
        [](const auto& spec) -> const Name& {
            if constexpr (std::is_same_v<std::decay_t<decltype(spec)>, Draft::Token>) {
                return spec.spec.name;
            } else {
                return spec.name;
            }
        },
        draft.spec
    );
}

} // namespace

Planner::Planner(const Parts& parts)
    : parts_(parts),
      rules_(parts.inventory, parts.dataplane),
      slice_rules_(parts.inventory, parts.limits),
      ids_(&auth::random_bytes) {}

ObjectId Planner::next_id(ObjectKind kind) {
    return ids_.next(kind, parts_.clock.wall_us());
}

Result<std::optional<Tombstone>> Planner::find_tombstone(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    std::string_view id
) const {
    Result<ObjectId> parsed = ObjectId::from(kind, id);
    if (!parsed) {
        return std::optional<Tombstone>();
    }
    Result<std::optional<Tombstone>> found = parts_.store.find_tombstone(*parsed);
    if (!found || !found->has_value()) {
        return found;
    }
    const Tombstone& tombstone = **found;
    const bool foreign = tenant.has_value() && tombstone.tenant != tenant;
    const bool past_keeping = parts_.clock.wall_us() - tombstone.deleted_us > kTombstoneKeptUs;
    return foreign || past_keeping ? std::optional<Tombstone>() : *std::move(found);
}

Error Planner::absence(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    std::string_view reference
) const {
    const std::string word(to_string(kind));
    Result<std::optional<Tombstone>> tombstone = find_tombstone(kind, tenant, reference);
    if (!tombstone) {
        return std::move(tombstone).error();
    }
    if (tombstone->has_value()) {
        return {ErrorCode::Gone, "This " + word + " was deleted.", {}};
    }
    return {ErrorCode::NotFound, "There is no such " + word + ".", {}};
}

Result<Decision> Planner::decide(const WriteRequest& request) {
    const bool owner_is_there = is_operators(request.kind) ||
                                (request.tenant.has_value() &&
                                 parts_.inventory.find_staying(
                                     ObjectKind::Tenant, request.tenant, request.tenant->text()
                                 ) != nullptr);
    if (!owner_is_there) {
        return Error{ErrorCode::NotFound, "There is no such tenant.", {}};
    }
    if (request.write == WriteKind::Create) {
        return create(request);
    }
    Result<RecordPtr> current =
        parts_.readable.find(request.kind, request.tenant, request.reference);
    if (current) {
        if (std::optional<Error> failed = check_preconditions(request, current->get())) {
            return *std::move(failed);
        }
        return request.write == WriteKind::Delete ? remove(request, *current)
                                                  : update(request, *current);
    }
    if (request.write == WriteKind::Delete) {
        return repeat_removal(request);
    }
    if (request.write == WriteKind::Put && Name::from(request.reference)) {
        return create(request);
    }
    return absence(request.kind, request.tenant, request.reference);
}

Result<Decision> Planner::create(const WriteRequest& request) {
    if (std::optional<Error> failed = check_preconditions(request, nullptr)) {
        return *std::move(failed);
    }
    Result<Draft> draft = request.decode(nullptr);
    if (!draft) {
        return std::move(draft).error();
    }
    Faults faults(std::move(draft->problems));
    if (request.write == WriteKind::Put && name_of_draft(*draft).text() != request.reference) {
        Problem problem = immutable("/name");
        problem.message = "The path says \"" + request.reference + "\".";
        faults.add(ErrorCode::Invalid, std::move(problem));
    }
    const ObjectId id = next_id(request.kind);
    check_room(request, *draft, faults);
    std::optional<Body> body = judge(request, id, *draft, nullptr, faults);
    if (faults.any()) {
        return faults.take();
    }
    STROWGER_CHECK(body.has_value());
    Plan plan;
    if (auto* circuit = std::get_if<CircuitBody>(&*body)) {
        circuit->key = next_key();
        plan.program = rules_.program(*circuit);
        plan.warnings = CircuitRules::advice(*circuit);
    }
    const std::int64_t now_us = parts_.clock.wall_us();
    const bool owned = !is_operators(request.kind);
    plan.transition.after = std::make_shared<const Record>(Record{
        id,
        owned ? request.tenant : std::nullopt,
        1,
        std::move(draft->spec_json),
        now_us,
        now_us,
        *std::move(body)});
    return Decision(std::move(plan));
}

Result<Decision> Planner::update(const WriteRequest& request, const RecordPtr& current) {
    Result<Draft> draft = request.decode(current.get());
    if (!draft) {
        return std::move(draft).error();
    }
    Faults faults(std::move(draft->problems));
    if (name_of_draft(*draft) != name_of(*current) && current->kind() != ObjectKind::Circuit) {
        faults.add(ErrorCode::Invalid, immutable("/name"));
    }
    std::optional<Body> body = judge(request, current->id, *draft, current.get(), faults);
    if (faults.any()) {
        return faults.take();
    }
    STROWGER_CHECK(body.has_value());
    const auto* circuit = std::get_if<CircuitBody>(&*body);
    std::vector<Problem> warnings =
        circuit == nullptr ? std::vector<Problem>() : CircuitRules::advice(*circuit);
    if (draft->spec_json == current->spec_json) {
        return Decision(Settled{200, current->id, current->generation, current, std::move(warnings)}
        );
    }
    Plan plan;
    plan.operation = Operation::Update;
    plan.warnings = std::move(warnings);
    if (circuit != nullptr) {
        const CircuitProgram program = rules_.program(*circuit);
        // A new display name is none of the workers' business.
        if (!(program == rules_.program(current->as_circuit()))) {
            plan.program = program;
        }
    }
    plan.transition.before = current;
    plan.transition.after = std::make_shared<const Record>(Record{
        current->id,
        current->tenant,
        current->generation + 1,
        std::move(draft->spec_json),
        current->created_us,
        parts_.clock.wall_us(),
        *std::move(body)});
    return Decision(std::move(plan));
}

Result<Decision> Planner::remove(const WriteRequest& /*request*/, const RecordPtr& current) {
    Faults faults;
    check_unused(*current, faults);
    if (faults.any()) {
        return faults.take();
    }
    Plan plan;
    plan.operation = Operation::Delete;
    plan.transition.before = current;
    return Decision(std::move(plan));
}

/// A deletion that is asked for again succeeds again, so that a client that lost the answer can ask
/// without a key.
Result<Decision> Planner::repeat_removal(const WriteRequest& request) {
    Result<std::optional<Tombstone>> tombstone =
        find_tombstone(request.kind, request.tenant, request.reference);
    if (!tombstone) {
        return std::move(tombstone).error();
    }
    if (!tombstone->has_value()) {
        return absence(request.kind, request.tenant, request.reference);
    }
    return Decision(Settled{204, (*tombstone)->id, (*tombstone)->generation, nullptr, {}});
}

std::optional<Body> Planner::judge(
    const WriteRequest& request,
    const ObjectId& id,
    const Draft& draft,
    const Record* before,
    Faults& faults
) const {
    if (const auto* tenant = std::get_if<TenantSpec>(&draft.spec)) {
        std::vector<Problem> problems;
        check_display_name(tenant->display_name, "/display_name", problems);
        check_tags(tenant->tags, "/tags", problems);
        faults.add(ErrorCode::Invalid, std::move(problems));
        return TenantBody{*tenant};
    }
    if (const auto* token = std::get_if<Draft::Token>(&draft.spec)) {
        std::vector<Problem> problems;
        check_display_name(token->spec.display_name, "/display_name", problems);
        faults.add(ErrorCode::Invalid, std::move(problems));
        return TokenBody{token->spec, token->digest};
    }
    if (const auto* uni = std::get_if<UniSpec>(&draft.spec)) {
        return judge_uni(*uni, before, faults);
    }
    if (const auto* slice = std::get_if<SliceSpec>(&draft.spec)) {
        return slice_rules_.judge(id, *slice, before, faults);
    }
    std::optional<CircuitBody> circuit =
        rules_.judge(id, *request.tenant, std::get<CircuitSpec>(draft.spec), before, faults);
    return circuit.has_value() ? std::optional<Body>(*std::move(circuit)) : std::nullopt;
}

std::optional<Body> Planner::judge_uni(const UniSpec& spec, const Record* before, Faults& faults)
    const {
    faults.add(ErrorCode::Invalid, check_uni(spec));
    Result<const PortRecord*> port = parts_.readable.find_port(spec.port.text());
    if (!port) {
        faults.add(
            ErrorCode::NotFound,
            Problem{
                "/port",
                "not_found",
                "There is no port \"" + spec.port.text() + "\".",
                "A name from GET /v1/ports.",
                ""}
        );
        return std::nullopt;
    }
    if (before != nullptr) {
        const UniSpec& old = before->as_uni().spec;
        const std::pair<bool, const char*> members[] = {
            {spec.port == old.port, "/port"},
            {spec.tpid == old.tpid, "/tpid"},
            {spec.s_vlans == old.s_vlans, "/s_vlans"}};
        for (const auto& [same, pointer] : members) {
            if (!same) {
                faults.add(ErrorCode::Invalid, immutable(pointer));
            }
        }
    } else if (!faults.unread("/s_vlans") && !faults.unread("/tpid") &&
               parts_.inventory.collides(spec, (*port)->index)) {
        faults.add(
            ErrorCode::Conflict,
            Problem{
                spec.s_vlans.has_value() ? "/s_vlans" : "/port",
                "uni_collides",
                "Another UNI of this port could claim the same frames.",
                "A free port, or a range of S-VLANs that no other UNI of the port has.",
                "MEF 10.3 R76"}
        );
    }
    return UniBody{spec, (*port)->index};
}

/// Whether a new object may be there: its name, and the tenant's share.
void Planner::check_room(const WriteRequest& request, const Draft& draft, Faults& faults) const {
    const std::string& name = name_of_draft(draft).text();
    const std::optional<ObjectId> owner =
        is_operators(request.kind) ? std::nullopt : request.tenant;
    if (!faults.unread("/name") && parts_.inventory.name_is_taken(request.kind, owner, name)) {
        const std::string word(to_string(request.kind));
        faults.add(
            ErrorCode::Conflict,
            Problem{
                "/name",
                "name_in_use",
                "There is a " + word + " \"" + name + "\" already.",
                "Another name; or PUT or PATCH, to change that " + word + ".",
                ""}
        );
    }
    const std::size_t count = parts_.inventory.count(request.kind, owner);
    const auto check_quota = [&](std::size_t limit, std::string_view what) {
        if (count >= limit) {
            faults.add(ErrorCode::Forbidden, quota(what, limit));
        }
    };
    if (request.kind == ObjectKind::Circuit) {
        check_quota(parts_.limits.circuits_per_tenant, "circuits");
    } else if (request.kind == ObjectKind::Token) {
        check_quota(parts_.limits.tokens_per_tenant, "tokens");
    } else if (request.kind == ObjectKind::Tenant) {
        check_quota(limits::kTenantsMax, "tenants");
    }
}

/// Whether nothing depends on an object that is to go.
void Planner::check_unused(const Record& record, Faults& faults) const {
    if (record.kind() == ObjectKind::Uni) {
        std::size_t named = 0;
        for (const ObjectId& circuit : parts_.inventory.circuits_on(record.id)) {
            if (++named > kCircuitsNamedMax) {
                break;
            }
            faults.add(
                ErrorCode::Conflict,
                Problem{
                    "",
                    "uni_in_use",
                    "Circuit " + circuit.text() + " has an endpoint here.",
                    "Delete the circuit first.",
                    ""}
            );
        }
    }
    if (record.kind() != ObjectKind::Tenant) {
        return;
    }
    slice_rules_.check_unused(record, faults);
    const InventoryWriter& inventory = parts_.inventory;
    const std::size_t unis = inventory.count(ObjectKind::Uni, record.id);
    const std::size_t circuits = inventory.count(ObjectKind::Circuit, record.id);
    const bool token_on_its_way = inventory.count(ObjectKind::Token, record.id) !=
                                  inventory.count_published(ObjectKind::Token, record.id);
    if (unis + circuits != 0 || token_on_its_way) {
        faults.add(
            ErrorCode::Conflict,
            Problem{
                "",
                "tenant_not_empty",
                "The tenant has " + std::to_string(circuits) + " circuits and " +
                    std::to_string(unis) + " UNIs" +
                    (token_on_its_way ? ", and a token is being made." : "."),
                "Delete its circuits, then its UNIs.",
                ""}
        );
    }
}

} // namespace strowger::service
