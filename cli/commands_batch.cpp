// SPDX-License-Identifier: Apache-2.0
#include "cli/circuit_input.h"
#include "cli/commands.h"
#include "cli/json_access.h"
#include "cli/spec_file.h"
#include "cli/terminal_text.h"
#include "cli/yaml_text.h"

#include <boost/json.hpp>

#include <fmt/format.h>
#include <string>
#include <utility>

namespace strowger::cli {
namespace json = boost::json;
namespace {

json::object batch_skeleton() {
    return {
        {"create", json::array{circuit_skeleton()}},
        {"patch", json::array{{{"name", "ny-lab"}, {"bandwidth", {{"cir_bps", 200'000'000}}}}}},
        {"delete", json::array{"ny-old"}},
    };
}

std::string number_at(const json::value& body, std::string_view member) {
    const json::value* value = find_value(body, {member});
    return value == nullptr ? "0" : json::serialize(*value);
}

/// "batch done: 100 created, 2 updated, 1 deleted, 0 unchanged in 41.20 ms" and its orders.
void print_batch(Session& session, const JsonReply& reply) {
    print_warnings(session, reply.body);
    if (print_document(session, reply)) {
        return;
    }
    std::ostream& out = session.console().out;
    const bool replayed = reply.http.header("Idempotent-Replayed") == "true";
    const double time_ms = server_time_ms(reply.http.header("Server-Timing"));
    out << escape_for_terminal(fmt::format(
               "batch done: {} created, {} updated, {} deleted, {} unchanged{}",
               number_at(reply.body, "created"),
               number_at(reply.body, "updated"),
               number_at(reply.body, "deleted"),
               number_at(reply.body, "unchanged"),
               replayed       ? ", already done under this key"
               : time_ms >= 0 ? fmt::format(" in {:.2f} ms", time_ms)
                              : ""
           ))
        << '\n';
    const std::string first = text_at(reply.body, {"orders", "first_seq"});
    if (!first.empty()) {
        out << "  orders     "
            << escape_for_terminal(first + " to " + text_at(reply.body, {"orders", "last_seq"}))
            << '\n';
    }
}

} // namespace

Outcome<ExitCode> run_circuit_batch(Session& session, const Arguments& arguments) {
    if (arguments.has("generate-skeleton")) {
        const json::object skeleton = batch_skeleton();
        if (!print_document(session, skeleton)) {
            session.console().out << yaml_from_json(skeleton);
        }
        return ExitCode::Ok;
    }
    const auto file = arguments.value("file");
    if (!file) {
        return usage_failure(
            "which changes?",
            "a batch is read from a file",
            "add -f FILE; a batch to start from: strowger circuit batch --generate-skeleton"
        );
    }
    auto path = collection_path("circuit", session.settings());
    if (Failure* failure = failure_of(path)) {
        return std::move(*failure);
    }
    auto batch = read_spec(*file, session.console().in);
    if (Failure* failure = failure_of(batch)) {
        return std::move(*failure);
    }
    auto& text = std::get<SpecText>(batch);
    Write change{
        "POST",
        std::get<std::string>(path) + ":batch",
        text.as_written.empty() ? json::serialize(text.value) : std::move(text.as_written),
        "none of the batch was done",
    };
    auto reply = session.write(change, arguments);
    if (Failure* failure = failure_of(reply)) {
        return std::move(*failure);
    }
    print_batch(session, std::get<JsonReply>(reply));
    return ExitCode::Ok;
}

} // namespace strowger::cli
