// SPDX-License-Identifier: Apache-2.0
#include "api/draft.h"
#include "api/json_reader.h"
#include "strowger/base/check.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace strowger;

constexpr std::string_view kStored =
    R"({"name":"ny-dc","type":"eline","bandwidth":{"cir_bps":50000000},)"
    R"("endpoints":{"a":{"uni":"ny","vlan_map":{"c_vlans":[100]}},)"
    R"("z":{"uni":"dc","vlan_map":{"s_vlan":900}}}})";

/// A refusal names what is wrong, and only a client's kinds of wrong.
void check_refusal(const Error& error) {
    STROWGER_CHECK(error.code == ErrorCode::Malformed || error.code == ErrorCode::Invalid);
    for (const Problem& problem : error.problems) {
        STROWGER_CHECK(!problem.code.empty() && !problem.message.empty());
        STROWGER_CHECK(problem.pointer.empty() || problem.pointer.front() == '/');
    }
}

/// What was accepted and written is accepted again, and written the same.
void check_canonical(api::SpecKind kind, const std::string& json) {
    const Result<api::JsonDocument> again = api::read_json(json);
    STROWGER_CHECK(again.has_value());
    const Result<service::Draft> draft = api::draft_from(kind, *again);
    STROWGER_CHECK(draft.has_value());
    STROWGER_CHECK(draft->spec_json == json);
}

} // namespace

/// The first byte chooses the kind of spec; the rest is a request's body, as a new spec and, for a
/// circuit, as a merge patch of a stored one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto kind = static_cast<api::SpecKind>(data[0] % 4);
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Result<api::JsonDocument> document = api::read_json(body);
    if (!document) {
        check_refusal(document.error());
        return 0;
    }
    const Result<service::Draft> draft = api::draft_from(kind, *document);
    if (draft) {
        check_canonical(kind, draft->spec_json);
    } else {
        check_refusal(draft.error());
    }
    const Result<service::Draft> patched =
        api::patched_from(api::SpecKind::Circuit, *document, kStored);
    if (patched) {
        check_canonical(api::SpecKind::Circuit, patched->spec_json);
    } else {
        check_refusal(patched.error());
    }
    return 0;
}
