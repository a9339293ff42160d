// SPDX-License-Identifier: Apache-2.0
#include "api/draft.h"
#include "api/json_reader.h"
#include "strowger/base/check.h"
#include "tests/fuzz/check_answer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace strowger;

/// By SpecKind. Nothing of a token can be changed.
constexpr std::array<std::string_view, 5> kStored = {
    R"({"name":"acme","display_name":"Acme Ltd.","tags":{"contract":"2026-17"}})",
    "",
    R"({"name":"ny","port":"port-0","tpid":"0x88a8","s_vlans":{"first":100,"last":199}})",
    R"({"name":"ny-dc","type":"eline","bandwidth":{"cir_bps":50000000},)"
    R"("endpoints":{"a":{"uni":"ny","vlan_map":{"c_vlans":[100]}},)"
    R"("z":{"uni":"dc","vlan_map":{"s_vlan":900}}}})",
    R"({"name":"gold","cores":[2,3],"tenants":["acme"]})"};

/// What was accepted and written is accepted again, and written the same. A `whole` spec is kept as
/// it was sent: no member is dropped, added or read as something else.
void check_draft(
    api::SpecKind kind,
    const Result<service::Draft>& draft,
    const api::JsonDocument* whole
) {
    if (!draft) {
        test::check_refusal(draft.error());
        return;
    }
    if (!draft->problems.empty()) {
        STROWGER_CHECK(draft->spec_json.empty());
        test::check_refusal(Error{ErrorCode::Invalid, {}, draft->problems});
        return;
    }
    const Result<api::JsonDocument> again = api::read_json(draft->spec_json);
    STROWGER_CHECK(again.has_value() && again->problems.empty());
    STROWGER_CHECK(whole == nullptr || again->value == whole->value);
    const service::Draft same = api::draft_from(kind, *again);
    STROWGER_CHECK(same.problems.empty());
    STROWGER_CHECK(same.spec_json == draft->spec_json);
}

/// The reader of canonical texts takes nothing that the general one refuses, keeps it as it is, and
/// reads the same: one spec has one effective form.
void check_short_cut(std::string_view text, const service::Draft& general) {
    const std::optional<service::Draft> plain = api::canonical_circuit_draft(text);
    if (!plain) {
        return;
    }
    STROWGER_CHECK(general.problems.empty() && general.spec_json == text);
    STROWGER_CHECK(plain->spec_json == text);
    const auto& left = std::get<CircuitSpec>(plain->spec);
    const auto& right = std::get<CircuitSpec>(general.spec);
    STROWGER_CHECK(left.name == right.name && left.display_name == right.display_name);
    STROWGER_CHECK(left.tags == right.tags && left.admin_state == right.admin_state);
    STROWGER_CHECK(left.frame_max == right.frame_max && left.bandwidth == right.bandwidth);
    STROWGER_CHECK(left.endpoints.size() == right.endpoints.size());
    for (const auto& [name, endpoint] : left.endpoints) {
        const EndpointSpec& other = right.endpoints.at(name);
        STROWGER_CHECK(endpoint.uni == other.uni && endpoint.vlan_map == other.vlan_map);
        STROWGER_CHECK(endpoint.bandwidth == other.bandwidth);
    }
}

} // namespace

/// The first byte chooses the kind of spec; the rest is a request's body: as a new spec (POST), and
/// over a stored one as its replacement (PUT) and as a merge patch (PATCH).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto kind = static_cast<api::SpecKind>(data[0] % kStored.size());
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Result<api::JsonDocument> document = api::read_json(body);
    if (!document) {
        test::check_refusal(document.error());
        return 0;
    }
    check_draft(kind, api::draft_from(kind, *document), &*document);
    if (kind == api::SpecKind::Circuit) {
        check_short_cut(body, api::draft_from(kind, *document));
    }
    if (kind != api::SpecKind::Token) {
        const std::string_view stored = kStored.at(data[0] % kStored.size());
        check_draft(kind, api::replacement_from(kind, *document, stored), &*document);
        check_draft(kind, api::patched_from(kind, *document, stored), nullptr);
    }
    return 0;
}
