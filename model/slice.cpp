// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/slice.h"

#include "strowger/model/limits.h"

#include <algorithm>
#include <string_view>

namespace strowger {
namespace {

/// Blames each item of a list that stands in it already.
template <typename Item>
void check_distinct(
    const std::vector<Item>& items,
    const std::string& pointer,
    std::string_view code,
    std::vector<Problem>& problems
) {
    for (auto item = items.begin(); item != items.end(); ++item) {
        if (std::find(items.begin(), item, *item) != item) {
            problems.push_back(
                {pointer + "/" + std::to_string(item - items.begin()),
                 std::string(code),
                 "This is in the list already.",
                 "Name each one once.",
                 ""}
            );
        }
    }
}

void check_size(
    std::size_t size,
    std::size_t most,
    const std::string& pointer,
    std::vector<Problem>& problems
) {
    if (size > most) {
        problems.push_back(
            {pointer,
             "out_of_range",
             "There are " + std::to_string(size) + " items in the list.",
             "At most " + std::to_string(most) + ".",
             ""}
        );
    }
}

} // namespace

std::vector<Problem> check_slice(const SliceSpec& slice) {
    std::vector<Problem> problems;
    check_display_name(slice.display_name, "/display_name", problems);
    check_tags(slice.tags, "/tags", problems);
    if (slice.cores.empty()) {
        problems.push_back(
            {"/cores",
             "out_of_range",
             "A slice reserves at least one worker.",
             "Cores of workers, from GET /v1/workers.",
             ""}
        );
    }
    check_size(slice.cores.size(), limits::kWorkersMax, "/cores", problems);
    check_size(slice.tenants.size(), limits::kSliceTenantsMax, "/tenants", problems);
    if (problems.empty()) { // a list that is too long is not gone through pair by pair
        check_distinct(slice.cores, "/cores", "duplicate_core", problems);
        check_distinct(slice.tenants, "/tenants", "duplicate_tenant", problems);
    }
    return problems;
}

} // namespace strowger
