// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/json_access.h"
#include "cli/units.h"
#include "cli/views.h"

#include <boost/json.hpp>

#include <array>
#include <fmt/format.h>
#include <utility>

namespace strowger::cli {
namespace json = boost::json;
namespace {

constexpr std::string_view kPageItems = "1000"; // the API's largest page

struct Filter {
    std::string_view flag;
    std::string_view parameter;
};
constexpr std::array<Filter, 5> kFilters = {{
    {"name-prefix", "name_prefix"},
    {"uni", "uni"},
    {"state", "state"},
    {"object", "object"},
    {"cursor", "cursor"},
}};

Outcome<std::string> query_of(const Arguments& arguments) {
    if (find_flag(arguments.command, "limit") == nullptr) {
        return std::string(); // a list that comes whole
    }
    std::string query =
        "?limit=" + percent_encode(arguments.value("limit").value_or(std::string(kPageItems)));
    for (const Filter& filter : kFilters) {
        if (const auto value = arguments.value(filter.flag)) {
            query += fmt::format("&{}={}", filter.parameter, percent_encode(*value));
        }
    }
    for (const std::string& tag : arguments.values("tag")) {
        const std::size_t equals = tag.find('=');
        if (equals == std::string::npos || equals == 0) {
            return usage_failure(
                fmt::format("--tag: '{}' is no tag", tag),
                "a filter by tag is a key and a value",
                "write --tag site=london"
            );
        }
        query += fmt::format(
            "&tag.{}={}",
            percent_encode(tag.substr(0, equals)),
            percent_encode(tag.substr(equals + 1))
        );
    }
    if (arguments.has("count")) {
        query += "&count=true";
    }
    return query;
}

/// Replaces the cursor of a query by the next page's.
std::string next_query(const std::string& query, const std::string& cursor) {
    return query.substr(0, query.find("&cursor=")) + "&cursor=" + percent_encode(cursor);
}

bool append_page(json::value& all, json::value&& page) {
    json::value* data = page.is_object() ? page.get_object().if_contains("data") : nullptr;
    if (data == nullptr || !data->is_array() || !find_value(all, {"data"})->is_array()) {
        return false;
    }
    for (json::value& item : data->get_array()) {
        all.get_object()["data"].get_array().push_back(std::move(item));
    }
    all.get_object()["next_cursor"] = page.get_object()["next_cursor"];
    return true;
}

/// The first page, and with no --limit every page after it, in one reply.
Outcome<JsonReply>
fetch_list(Session& session, const Arguments& arguments, const std::string& path) {
    auto query = query_of(arguments);
    if (Failure* failure = failure_of(query)) {
        return std::move(*failure);
    }
    const std::string failed = fmt::format("cannot list {}s", arguments.command->noun);
    auto first = session.get(path + std::get<std::string>(query), failed);
    if (failure_of(first) != nullptr) {
        return first;
    }
    auto reply = std::get<JsonReply>(std::move(first));
    if (find_value(reply.body, {"data"}) == nullptr ||
        !find_value(reply.body, {"data"})->is_array()) {
        return make_failure(
            ExitCode::General, failed, "the answer is no list", "check the address"
        );
    }
    bool merged = false;
    while (!arguments.has("limit")) {
        const std::string cursor = text_at(reply.body, {"next_cursor"});
        if (cursor.empty()) {
            break;
        }
        auto page = session.get(path + next_query(std::get<std::string>(query), cursor), failed);
        if (failure_of(page) != nullptr) {
            return page;
        }
        if (!append_page(reply.body, std::move(std::get<JsonReply>(page).body))) {
            return make_failure(
                ExitCode::General, failed, "a page of the answer is no list", "try again"
            );
        }
        merged = true;
    }
    if (merged) {
        reply.http.body = json::serialize(reply.body);
    }
    return reply;
}

} // namespace

Outcome<ExitCode> run_list(Session& session, const Arguments& arguments) {
    const std::string_view noun = arguments.command->noun;
    auto path = collection_path(noun, session.settings());
    if (Failure* failure = failure_of(path)) {
        return std::move(*failure);
    }
    auto listed = fetch_list(session, arguments, std::get<std::string>(path));
    if (Failure* failure = failure_of(listed)) {
        return std::move(*failure);
    }
    const auto& reply = std::get<JsonReply>(listed);
    if (print_document(session, reply)) {
        return ExitCode::Ok;
    }
    Console& console = session.console();
    const json::array& objects = find_value(reply.body, {"data"})->get_array();
    if (objects.empty()) {
        console.err << fmt::format("no {}s\n", noun);
        return ExitCode::Ok;
    }
    list_view(noun, objects).print(console.out, console.color);
    const std::string count = text_at(reply.body, {"count"});
    if (!count.empty()) {
        console.err << fmt::format("{} of {}\n", objects.size(), count);
    }
    const std::string cursor = text_at(reply.body, {"next_cursor"});
    if (!cursor.empty()) {
        console.err << fmt::format("more: --cursor {}\n", cursor);
    }
    return ExitCode::Ok;
}

Outcome<ExitCode> run_get(Session& session, const Arguments& arguments) {
    const std::string_view noun = arguments.command->noun;
    auto path = collection_path(noun, session.settings());
    if (Failure* failure = failure_of(path)) {
        return std::move(*failure);
    }
    auto reply = session.get(
        std::get<std::string>(path) + "/" + percent_encode(arguments.word()),
        fmt::format("cannot read {} {}", noun, arguments.word())
    );
    if (Failure* failure = failure_of(reply)) {
        return std::move(*failure);
    }
    if (!print_document(session, std::get<JsonReply>(reply))) {
        Console& console = session.console();
        print_object(console.out, noun, std::get<JsonReply>(reply).body, console.color);
    }
    return ExitCode::Ok;
}

} // namespace strowger::cli
