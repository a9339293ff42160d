// SPDX-License-Identifier: Apache-2.0
#include "api/json_fields.h"
#include "api/spec_reader.h"
#include "strowger/model/limits.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace strowger::api {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kCoreMax = 1'023; // as the site file's

/// Calls `each` for the items of an array. Of one that is far too long only the first are read: its
/// length is blamed in any case.
void for_each_item(
    const json::value& value,
    const std::string& pointer,
    ProblemList& problems,
    const std::function<void(const json::value& item, const std::string& pointer)>& each
) {
    const json::array* items = value.if_array();
    if (items == nullptr) {
        problems.add(
            pointer,
            "wrong_type",
            "Must be an array, not " + std::string(kind_in_words(value)) + '.'
        );
        return;
    }
    const std::size_t count =
        std::min<std::size_t>(items->size(), limits::kSliceTenantsMax + std::size_t{1});
    for (std::size_t index = 0; index < count; ++index) {
        each((*items)[index], pointer_to(pointer, index));
    }
}

} // namespace

SliceSpec read_slice_spec(const json::value& value, ProblemList& problems) {
    CommonMembers common = read_common_members(value, problems);
    JsonFields fields(value, "", problems);
    SliceSpec slice{
        .name = std::move(common.name),
        .display_name = std::move(common.display_name),
        .tags = std::move(common.tags),
        .cores = {},
        .tenants = {},
    };
    if (const json::value* cores = fields.require("cores", "Cores of workers: [2,3].")) {
        for_each_item(
            *cores,
            "/cores",
            problems,
            [&](const json::value& item, const std::string& pointer) {
                if (const auto core = read_integer(item, pointer, {0, kCoreMax}, problems)) {
                    slice.cores.push_back(static_cast<std::uint32_t>(*core));
                }
            }
        );
    }
    if (const json::value* tenants = fields.find("tenants")) {
        for_each_item(
            *tenants,
            "/tenants",
            problems,
            [&](const json::value& item, const std::string& pointer) {
                if (const json::string* text = item.if_string()) {
                    slice.tenants.emplace_back(text->data(), text->size());
                } else {
                    problems.add(
                        pointer,
                        "wrong_type",
                        "Must be a string, not " + std::string(kind_in_words(item)) + '.',
                        "The name or id of a tenant."
                    );
                }
            }
        );
    }
    return slice;
}

} // namespace strowger::api
