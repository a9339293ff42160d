// SPDX-License-Identifier: Apache-2.0
#include "api/draft.h"

#include "api/canonical_reader.h"
#include "api/json_schema.h"
#include "api/spec_reader.h"

#include <utility>

namespace strowger::api {
namespace {

namespace json = boost::json;

const ObjectSchema& schema_of(SpecKind kind) {
    switch (kind) {
        case SpecKind::Tenant:
            return kTenantSchema;
        case SpecKind::Token:
            return kTokenSchema;
        case SpecKind::Uni:
            return kUniSchema;
        case SpecKind::Slice:
            return kSliceSchema;
        case SpecKind::Circuit:
            break;
    }
    return kCircuitSchema;
}

/// Reads the spec and checks every rule it can break in itself.
decltype(service::Draft::spec)
read_spec(SpecKind kind, const json::value& value, ProblemList& problems) {
    std::vector<Problem> rules;
    switch (kind) {
        case SpecKind::Tenant: {
            TenantSpec spec = read_tenant_spec(value, problems);
            check_display_name(spec.display_name, "/display_name", rules);
            check_tags(spec.tags, "/tags", rules);
            problems.add_consequences(rules);
            return spec;
        }
        case SpecKind::Token: {
            service::TokenSpec spec = read_token_spec(value, problems);
            check_display_name(spec.display_name, "/display_name", rules);
            problems.add_consequences(rules);
            return service::Draft::Token{std::move(spec), {}};
        }
        case SpecKind::Uni: {
            UniSpec spec = read_uni_spec(value, problems);
            problems.add_consequences(check_uni(spec));
            return spec;
        }
        case SpecKind::Slice: {
            SliceSpec spec = read_slice_spec(value, problems);
            problems.add_consequences(check_slice(spec));
            return spec;
        }
        case SpecKind::Circuit:
            break;
    }
    CircuitSpec spec = read_circuit_spec(value, problems);
    if (const Result<EffectiveCircuit> effective = resolve_circuit(spec); !effective) {
        rules = effective.error().problems;
    }
    if (problems.unread("/endpoints")) {
        // Compares two maps, of which one may be known in part only.
        std::erase_if(rules, [](const Problem& rule) { return rule.code == "bundle_mismatch"; });
    }
    problems.add_consequences(rules);
    return spec;
}

service::Draft finish(SpecKind kind, const json::value& value, ProblemList problems) {
    auto spec = read_spec(kind, value, problems);
    std::string text = problems.empty() ? canonical_text(value, schema_of(kind)) : std::string();
    return {std::move(spec), std::move(text), problems.all()};
}

Result<json::value> stored_value(std::string_view text) {
    Result<JsonDocument> document = read_json(text);
    if (!document) {
        return Error{ErrorCode::Unavailable, "The stored spec cannot be read.", {}};
    }
    return std::move(document->value);
}

} // namespace

void merge_patch(json::value& target, const json::value& patch) {
    const json::object* changes = patch.if_object();
    if (changes == nullptr) {
        target = patch;
        return;
    }
    if (!target.is_object()) {
        target = json::object{};
    }
    json::object& object = target.get_object();
    for (const auto& [key, value] : *changes) {
        if (value.is_null()) {
            object.erase(key);
        } else {
            merge_patch(object[key], value);
        }
    }
}

service::Draft draft_from(SpecKind kind, const JsonDocument& document) {
    ProblemList problems = document.problems;
    check_unknown_members(document.value, schema_of(kind), problems);
    return finish(kind, document.value, std::move(problems));
}

std::optional<service::Draft> canonical_circuit_draft(std::string_view text) {
    std::optional<CircuitSpec> spec = read_canonical_circuit(text);
    if (!spec || !resolve_circuit(*spec)) {
        return std::nullopt;
    }
    return service::Draft{*std::move(spec), std::string(text), {}};
}

Result<service::Draft>
replacement_from(SpecKind kind, const JsonDocument& document, std::string_view current_json) {
    const Result<json::value> current = stored_value(current_json);
    if (!current) {
        return current.error();
    }
    ProblemList problems = document.problems;
    check_unknown_members(document.value, schema_of(kind), problems);
    check_immutable_members(*current, document.value, schema_of(kind), problems);
    return finish(kind, document.value, std::move(problems));
}

Result<service::Draft>
patched_from(SpecKind kind, const JsonDocument& patch, std::string_view current_json) {
    Result<json::value> current = stored_value(current_json);
    if (!current) {
        return current.error();
    }
    ProblemList problems = patch.problems;
    // Here, not after the merge: there an unknown member that is null has vanished.
    check_unknown_members(patch.value, schema_of(kind), problems);
    if (!patch.value.is_object()) {
        problems.add("", "wrong_type", "A merge patch is an object.", "{\"display_name\":\"New\"}");
        return problems.to_error();
    }
    json::value next = *current;
    merge_patch(next, patch.value);
    check_immutable_members(*current, next, schema_of(kind), problems);
    return finish(kind, next, std::move(problems));
}

} // namespace strowger::api
