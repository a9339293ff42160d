// SPDX-License-Identifier: Apache-2.0
#include "cli/slice_input.h"

#include <boost/json.hpp>

#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <system_error>
#include <utility>

namespace strowger::cli {
namespace json = boost::json;

Outcome<Done> add_reservation(const Arguments& arguments, json::object& spec) {
    json::array cores;
    for (const std::string& text : arguments.values("core")) {
        std::uint32_t core = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), core);
        if (error != std::errc{} || end != text.data() + text.size()) {
            return usage_failure(
                fmt::format("--core: '{}' is no core", text),
                "a core is a number, as the site file names it",
                "see the cores with: strowger worker list"
            );
        }
        cores.emplace_back(core);
    }
    if (!cores.empty()) {
        spec["cores"] = std::move(cores);
    }
    if (arguments.has("for")) {
        json::array tenants;
        for (const std::string& tenant : arguments.values("for")) {
            if (!tenant.empty()) {
                tenants.emplace_back(tenant);
            }
        }
        spec["tenants"] = std::move(tenants);
    }
    return Done{};
}

json::object slice_skeleton() {
    return {
        {"name", "gold"},
        {"display_name", "Two workers of their own"},
        {"cores", {2, 3}},
        {"tenants", {"acme"}}};
}

} // namespace strowger::cli
