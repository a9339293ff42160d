// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/json_access.h"
#include "cli/table.h"
#include "cli/terminal_text.h"
#include "cli/views.h"

#include <boost/json.hpp>

#include <fmt/format.h>
#include <utility>

namespace strowger::cli {
namespace json = boost::json;

/// Readiness, version and ports in one look. Ports are the operator's: a tenant's token is refused
/// there, which is no fault of the exchange.
Outcome<ExitCode> run_status(Session& session, const Arguments&) {
    const std::string_view failed = "cannot read the status";
    auto version = session.get("/version", failed);
    if (Failure* failure = failure_of(version)) {
        return std::move(*failure);
    }
    auto ready = session.get("/readyz", "not ready");
    Failure* not_ready = failure_of(ready);
    if (not_ready != nullptr && not_ready->problem_json.empty()) {
        return std::move(*not_ready);
    }
    auto ports = session.get("/ports?limit=1000", failed);
    if (Failure* failure = failure_of(ports);
        failure != nullptr && failure->exit != ExitCode::Permission) {
        return std::move(*failure);
    }
    const bool has_ports = failure_of(ports) == nullptr;
    json::object document{
        {"version", std::get<JsonReply>(version).body},
        {"ready", not_ready == nullptr},
        {"ports", has_ports ? std::get<JsonReply>(ports).body : json::value()},
    };
    if (!print_document(session, json::value(document))) {
        Console& console = session.console();
        const json::value& body = std::get<JsonReply>(version).body;
        const std::string state = not_ready == nullptr ? "ready" : "not ready";
        console.out << fmt::format(
            "strowgerd {} (API {}) at {}: {}\n",
            escape_for_terminal(text_at(body, {"version"})),
            escape_for_terminal(text_at(body, {"api"})),
            escape_for_terminal(session.settings().address),
            colored(state, not_ready == nullptr ? Tone::Good : Tone::Bad, console.color)
        );
        const json::value* data =
            has_ports ? find_value(std::get<JsonReply>(ports).body, {"data"}) : nullptr;
        if (data != nullptr && data->is_array() && !data->get_array().empty()) {
            list_view("port", data->get_array()).print(console.out, console.color);
        }
    }
    if (not_ready != nullptr) {
        return std::move(*not_ready);
    }
    return ExitCode::Ok;
}

Outcome<ExitCode> run_version(Session& session, const Arguments& arguments) {
    Console& console = session.console();
    const bool as_table = session.format() == OutputFormat::Table;
    if (as_table) {
        console.out << "strowger " STROWGER_VERSION "\n";
    }
    if (arguments.has("client")) {
        print_document(session, json::value(json::object{{"client", STROWGER_VERSION}}));
        return ExitCode::Ok;
    }
    auto version = session.get("/version", "the daemon's version is unknown");
    if (Failure* failure = failure_of(version)) {
        return std::move(*failure);
    }
    const json::value& body = std::get<JsonReply>(version).body;
    if (!print_document(
            session, json::value(json::object{{"client", STROWGER_VERSION}, {"server", body}})
        )) {
        console.out << fmt::format(
            "strowgerd {} (API {})\n",
            escape_for_terminal(text_at(body, {"version"})),
            escape_for_terminal(text_at(body, {"api"}))
        );
    }
    return ExitCode::Ok;
}

Outcome<ExitCode> run_completion(Session& session, const Arguments& arguments) {
    if (arguments.word() != "bash") {
        return usage_failure(
            fmt::format("no completion for '{}'", arguments.word()),
            "only bash is known",
            "strowger completion bash"
        );
    }
    session.console().out << bash_completion_script();
    return ExitCode::Ok;
}

Outcome<ExitCode> run_help(Session& session, const Arguments& arguments) {
    const std::string text = help_for(arguments.words);
    if (text.empty()) {
        std::string topics;
        for (const std::string_view topic : help_topics()) {
            topics += (topics.empty() ? "" : ", ") + std::string(topic);
        }
        return usage_failure(
            "no help about that", "it is neither a command nor a topic", "topics: " + topics
        );
    }
    session.console().out << text;
    return ExitCode::Ok;
}

} // namespace strowger::cli
