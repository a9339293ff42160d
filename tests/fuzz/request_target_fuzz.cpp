// SPDX-License-Identifier: Apache-2.0
#include "api/list_params.h"
#include "api/target.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"
#include "tests/fuzz/check_answer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace strowger;

constexpr std::array<std::string_view, 8> kAllowed =
    {"limit", "cursor", "count", "name_prefix", "tag", "uni", "state", "object"};

/// Decoding never adds bytes, and a path has at least one segment.
void check_target(std::string_view text, const api::Target& target) {
    STROWGER_CHECK(!target.segments.empty());
    STROWGER_CHECK(target.query.size() <= api::kQueryParametersMax);
    std::size_t bytes = 0;
    for (const std::string& segment : target.segments) {
        bytes += segment.size();
    }
    for (const auto& [name, value] : target.query) {
        bytes += name.size() + value.size();
    }
    STROWGER_CHECK(bytes < text.size());
}

/// What a page ended with is where the next one begins.
void check_cursor(ObjectKind kind, const ObjectId& after) {
    STROWGER_CHECK(after.kind() == kind);
    const api::Target next{.segments = {"v1"}, .query = {{"cursor", api::cursor_after(after)}}};
    const Result<api::ListParams> again = api::parse_list_params(next, kind, kAllowed);
    STROWGER_CHECK(again.has_value() && again->after == after);
}

} // namespace

/// The first byte chooses what is listed; the rest is the target of a request: path, query, cursor.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto kind = static_cast<ObjectKind>(data[0] % kObjectKindCount);
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Result<api::Target> target = api::parse_target(text);
    if (!target) {
        test::check_refusal(target.error());
        return 0;
    }
    check_target(text, *target);
    const Result<api::ListParams> list = api::parse_list_params(*target, kind, kAllowed);
    if (!list) {
        STROWGER_CHECK(!list.error().problems.empty());
        test::check_refusal(list.error());
        return 0;
    }
    STROWGER_CHECK(list->limit >= 1 && list->limit <= limits::kPageItemsMax);
    if (list->after) {
        check_cursor(kind, *list->after);
    }
    return 0;
}
