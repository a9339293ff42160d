// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/json_access.h"
#include "cli/problem_text.h"
#include "cli/terminal_text.h"
#include "cli/yaml_text.h"

#include <boost/json.hpp>

#include <charconv>
#include <fmt/format.h>

namespace strowger::cli {
namespace json = boost::json;
namespace {

/// Byte for byte what the API said, unless a terminal would obey what a tenant wrote.
void print_json(Console& console, const std::string& text) {
    console.out << (console.out_is_terminal ? escape_document(text) : text);
    if (!text.ends_with('\n')) {
        console.out << '\n';
    }
}

} // namespace

Outcome<std::string> collection_path(std::string_view noun, const Settings& settings) {
    if (noun != "token") {
        return fmt::format("/{}s", noun);
    }
    if (settings.tenant.empty()) {
        return usage_failure(
            "whose tokens?", "tokens belong to a tenant, and none is named", "add --tenant NAME"
        );
    }
    return fmt::format("/tenants/{}/tokens", percent_encode(settings.tenant));
}

bool print_document(Session& session, const JsonReply& reply) {
    if (session.format() == OutputFormat::Json) {
        if (!reply.http.body.empty()) {
            print_json(session.console(), reply.http.body);
        }
        return true;
    }
    return print_document(session, reply.body);
}

bool print_document(Session& session, const json::value& value) {
    if (session.format() == OutputFormat::Table) {
        return false;
    }
    if (value.is_null()) {
        return true;
    }
    if (session.format() == OutputFormat::Json) {
        print_json(session.console(), json::serialize(value));
    } else {
        session.console().out << yaml_from_json(value);
    }
    return true;
}

void print_warnings(Session& session, const json::value& body) {
    const json::value* warnings = find_value(body, {"warnings"});
    if (warnings == nullptr || !warnings->is_array()) {
        return;
    }
    for (const json::value& warning : warnings->get_array()) {
        const std::string place = pointer_in_words(text_at(warning, {"pointer"}));
        const std::string hint = text_at(warning, {"hint"});
        std::string text = place.empty() ? "" : place + ": ";
        text += text_at(warning, {"message"});
        if (!hint.empty()) {
            text += (text.ends_with('.') ? " " : "; ") + hint;
        }
        session.console().err << "warning: " << escape_for_terminal(text) << '\n';
    }
}

double server_time_ms(std::string_view server_timing) {
    // "validate;dur=0.12, commit;dur=0.71, apply;dur=0.2" (W3C Server-Timing)
    constexpr std::string_view kDuration = "dur=";
    double sum_ms = -1;
    std::size_t at = server_timing.find(kDuration);
    while (at != std::string_view::npos) {
        server_timing.remove_prefix(at + kDuration.size());
        double part_ms = 0;
        const auto parsed = std::from_chars(
            server_timing.data(), server_timing.data() + server_timing.size(), part_ms
        );
        if (parsed.ec == std::errc()) {
            sum_ms = (sum_ms < 0 ? 0 : sum_ms) + part_ms;
        }
        at = server_timing.find(kDuration);
    }
    return sum_ms;
}

} // namespace strowger::cli
