// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/json_reader.h"
#include "service/write.h"

namespace strowger::api {

/// The objects whose specs clients write.
enum class SpecKind : std::uint8_t { Tenant, Token, Uni, Circuit, Slice };

/// `target` changed as RFC 7396 says: null removes, objects are merged, all else replaces.
void merge_patch(boost::json::value& target, const boost::json::value& patch);

// Each gives a draft, with every fault that the body has in itself; an error only when there is
// nothing to judge.

/// A whole spec (POST, PUT).
service::Draft draft_from(SpecKind kind, const JsonDocument& document);

/// A circuit's whole spec from a text that is canonical and breaks no rule; nothing: ask
/// draft_from.
std::optional<service::Draft> canonical_circuit_draft(std::string_view text);

/// A spec that replaces `current_json` (PUT): immutable members must be as they are.
Result<service::Draft>
replacement_from(SpecKind kind, const JsonDocument& document, std::string_view current_json);

/// `current_json` changed by a merge patch (PATCH).
Result<service::Draft>
patched_from(SpecKind kind, const JsonDocument& patch, std::string_view current_json);

} // namespace strowger::api
