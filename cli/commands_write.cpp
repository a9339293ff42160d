// SPDX-License-Identifier: Apache-2.0
#include "cli/circuit_input.h"
#include "cli/commands.h"
#include "cli/json_access.h"
#include "cli/slice_input.h"
#include "cli/spec_file.h"
#include "cli/terminal_text.h"
#include "cli/units.h"
#include "cli/views.h"
#include "cli/vlan_text.h"
#include "cli/yaml_text.h"

#include <boost/json.hpp>

#include <fmt/format.h>
#include <string>
#include <utility>

namespace strowger::cli {
namespace json = boost::json;
namespace {

/// What the flags of `create` say of a tenant, a token, a UNI or a slice.
Outcome<json::object> plain_spec_from_flags(const Arguments& arguments) {
    json::object spec;
    if (!arguments.words.empty()) {
        spec["name"] = arguments.word();
    }
    for (const std::string_view member : {"port", "tpid", "role"}) {
        if (const auto value = arguments.value(member)) {
            spec[member] = *value;
        }
    }
    if (const auto range = arguments.value("s-vlans")) {
        auto parsed = parse_vlan_range(*range);
        if (Failure* failure = failure_of(parsed)) {
            return std::move(*failure);
        }
        spec["s_vlans"] = std::get<json::object>(std::move(parsed));
    }
    auto labels = add_labels(arguments, spec, false);
    if (Failure* failure = failure_of(labels)) {
        return std::move(*failure);
    }
    if (arguments.command->noun == "slice") {
        auto reservation = add_reservation(arguments, spec);
        if (Failure* failure = failure_of(reservation)) {
            return std::move(*failure);
        }
    }
    return spec;
}

json::object skeleton_of(std::string_view noun) {
    if (noun == "circuit") {
        return circuit_skeleton();
    }
    if (noun == "slice") {
        return slice_skeleton();
    }
    if (noun == "uni") {
        return {
            {"name", "new-york"},
            {"display_name", "Floor 12, rack 4"},
            {"port", "port-0"},
            {"tpid", "0x88a8"},
            {"s_vlans", {{"first", 100}, {"last", 199}}},
        };
    }
    if (noun == "token") {
        return {
            {"name", "automation"},
            {"display_name", "used by the nightly job"},
            {"role", "tenant"}};
    }
    return {{"name", "acme"}, {"display_name", "Acme Ltd."}, {"tags", {{"contract", "2026-17"}}}};
}

/// The body of a create: the file as it is, or the file with the flags laid over it.
Outcome<std::string> body_of_create(Session& session, const Arguments& arguments) {
    auto flags = arguments.command->noun == "circuit" ? circuit_spec_from_flags(arguments)
                                                      : plain_spec_from_flags(arguments);
    if (Failure* failure = failure_of(flags)) {
        return std::move(*failure);
    }
    const auto& members = std::get<json::object>(flags);
    const auto file = arguments.value("file");
    if (!file) {
        return json::serialize(members);
    }
    auto spec = read_spec(*file, session.console().in);
    if (Failure* failure = failure_of(spec)) {
        return std::move(*failure);
    }
    auto& from_file = std::get<SpecText>(spec);
    if (members.empty() && !from_file.as_written.empty()) {
        return from_file.as_written;
    }
    merge_patch(from_file.value, json::value(members));
    return json::serialize(from_file.value);
}

Outcome<std::string> body_of_update(Session& session, const Arguments& arguments) {
    Outcome<json::object> flags = json::object{};
    if (arguments.command->noun == "circuit") {
        flags = circuit_patch_from_flags(arguments);
    } else {
        auto& patch = std::get<json::object>(flags);
        auto added = add_labels(arguments, patch, true);
        if (failure_of(added) == nullptr && arguments.command->noun == "slice") {
            added = add_reservation(arguments, patch);
        }
        if (Failure* failure = failure_of(added)) {
            return std::move(*failure);
        }
    }
    if (Failure* failure = failure_of(flags)) {
        return std::move(*failure);
    }
    const auto& members = std::get<json::object>(flags);
    const auto file = arguments.value("file");
    if (file && members.empty()) {
        auto patch = read_spec(*file, session.console().in);
        if (Failure* failure = failure_of(patch)) {
            return std::move(*failure);
        }
        const auto& text = std::get<SpecText>(patch);
        return text.as_written.empty() ? json::serialize(text.value) : text.as_written;
    }
    if (arguments.has("replace")) {
        return usage_failure(
            "--replace needs a file",
            "it puts a whole new spec in the place of the old one",
            fmt::format(
                "add -f FILE; a spec to start from: strowger {} get NAME -o json",
                arguments.command->noun
            )
        );
    }
    if (file || members.empty()) {
        return usage_failure(
            file ? "a file and flags" : "nothing to change",
            file ? "a patch from --file is sent as it is" : "no flag says what is to be different",
            fmt::format("see the flags: strowger {} update --help", arguments.command->noun)
        );
    }
    return json::serialize(members);
}

std::string timing_text(const HttpReply& reply) {
    const double time_ms = server_time_ms(reply.header("Server-Timing"));
    return time_ms < 0 ? "" : fmt::format(" in {:.2f} ms", time_ms);
}

std::string profile_text(const json::value& body) {
    const json::value* profile = find_value(body, {"spec", "bandwidth"});
    std::string text;
    if (profile == nullptr || !profile->is_object()) {
        return text;
    }
    for (const auto& member : profile->get_object()) {
        text += text.empty() ? "" : ", ";
        text += fmt::format(
            "{} {}", std::string_view(member.key()), number_with_units(member.key(), member.value())
        );
    }
    return text;
}

/// "down: The circuit is switched off." for what exists but passes no frames; else empty.
std::string trouble_text(const json::value& body) {
    const std::string state = text_at(body, {"status", "oper_state"});
    if (state.empty() || state == "up") {
        return "";
    }
    std::string text = state;
    const json::value* reasons = find_value(body, {"status", "reasons"});
    if (reasons != nullptr && reasons->is_array()) {
        for (const json::value& reason : reasons->get_array()) {
            text += (text == state ? ": " : " ") + text_at(reason, {"message"});
        }
    }
    return text;
}

/// "created circuit ny-dc (ckt_01...) active in 1.03 ms" and what became of friendly input.
void print_write(
    Session& session,
    const Arguments& arguments,
    std::string_view done,
    const JsonReply& reply
) {
    print_warnings(session, reply.body);
    if (print_document(session, reply)) {
        return;
    }
    std::ostream& out = session.console().out;
    const bool replayed = reply.http.header("Idempotent-Replayed") == "true";
    const std::string lifecycle = text_at(reply.body, {"status", "lifecycle"});
    std::string name = text_at(reply.body, {"spec", "name"});
    if (name.empty() && !arguments.words.empty()) {
        name = arguments.word();
    }
    const std::string line = fmt::format(
        "{} {} {} ({}){}{}",
        done,
        arguments.command->noun,
        name,
        text_at(reply.body, {"id"}),
        lifecycle.empty() ? "" : " " + lifecycle,
        replayed ? ", already done under this key" : timing_text(reply.http)
    );
    out << escape_for_terminal(line) << '\n';
    const std::string profile = profile_text(reply.body);
    if (!profile.empty()) {
        out << "  bandwidth  " << escape_for_terminal(profile) << '\n';
    }
    const json::value* spec = find_value(reply.body, {"spec"});
    const std::string endpoints = spec == nullptr ? "" : endpoints_text(*spec);
    if (!endpoints.empty()) {
        out << "  endpoints  " << escape_for_terminal(endpoints) << '\n';
    }
    const std::string trouble = trouble_text(reply.body);
    if (!trouble.empty()) {
        out << "  state      " << escape_for_terminal(trouble) << '\n';
    }
    if (reply.body.is_object() && reply.body.get_object().contains("secret")) {
        const std::string secret = text_at(reply.body, {"secret"});
        out
            << (secret.empty()
                    ? "  secret     was shown when the token was created, and never again\n"
                    : "  secret     " + escape_for_terminal(secret) +
                          "  (keep it: it is shown once)\n");
    }
}

Outcome<Done> confirm_delete(Session& session, const Arguments& arguments) {
    Console& console = session.console();
    const std::string& name = arguments.word();
    if (arguments.has("yes")) {
        return Done{};
    }
    if (!console.in_is_terminal) {
        return usage_failure(
            fmt::format("{} {} was not deleted", arguments.command->noun, name),
            "there is no terminal to ask on",
            "add --yes if you are sure"
        );
    }
    console.err
        << fmt::format(
               "Type the name to delete {} {}: ", arguments.command->noun, escape_for_terminal(name)
           )
        << std::flush;
    std::string answer;
    std::getline(console.in, answer);
    if (console.interrupted()) {
        return make_failure(ExitCode::Interrupted, "interrupted", "nothing was deleted", "");
    }
    if (answer != name) {
        return make_failure(
            ExitCode::Cancelled,
            fmt::format("{} {} was not deleted", arguments.command->noun, name),
            "the answer was not its name",
            ""
        );
    }
    return Done{};
}

} // namespace

Outcome<ExitCode> run_create(Session& session, const Arguments& arguments) {
    const std::string_view noun = arguments.command->noun;
    if (arguments.has("generate-skeleton")) {
        const json::object skeleton = skeleton_of(noun);
        if (!print_document(session, skeleton)) {
            session.console().out << yaml_from_json(skeleton); // the form that is pleasant to edit
        }
        return ExitCode::Ok;
    }
    if (arguments.words.empty() && !arguments.has("file")) {
        return usage_failure(
            fmt::format("which {}?", noun),
            "a name is needed, or a file that holds one",
            fmt::format("see: strowger {} create --help", noun)
        );
    }
    auto path = collection_path(noun, session.settings());
    if (Failure* failure = failure_of(path)) {
        return std::move(*failure);
    }
    auto body = body_of_create(session, arguments);
    if (Failure* failure = failure_of(body)) {
        return std::move(*failure);
    }
    const std::string name = arguments.words.empty() ? "" : " " + arguments.word();
    Write change{
        "POST",
        std::get<std::string>(path),
        std::get<std::string>(std::move(body)),
        fmt::format("{}{} was not created", noun, name),
    };
    auto reply = session.write(change, arguments);
    if (Failure* failure = failure_of(reply)) {
        return std::move(*failure);
    }
    print_write(session, arguments, "created", std::get<JsonReply>(reply));
    return ExitCode::Ok;
}

Outcome<ExitCode> run_update(Session& session, const Arguments& arguments) {
    const std::string_view noun = arguments.command->noun;
    auto path = collection_path(noun, session.settings());
    if (Failure* failure = failure_of(path)) {
        return std::move(*failure);
    }
    auto body = body_of_update(session, arguments);
    if (Failure* failure = failure_of(body)) {
        return std::move(*failure);
    }
    Write change{
        arguments.has("replace") ? "PUT" : "PATCH",
        std::get<std::string>(path) + "/" + percent_encode(arguments.word()),
        std::get<std::string>(std::move(body)),
        fmt::format("{} {} was not changed", noun, arguments.word()),
    };
    auto reply = session.write(change, arguments);
    if (Failure* failure = failure_of(reply)) {
        return std::move(*failure);
    }
    const bool created = std::get<JsonReply>(reply).http.status == 201;
    print_write(session, arguments, created ? "created" : "updated", std::get<JsonReply>(reply));
    return ExitCode::Ok;
}

Outcome<ExitCode> run_delete(Session& session, const Arguments& arguments) {
    const std::string_view noun = arguments.command->noun;
    auto path = collection_path(noun, session.settings());
    if (Failure* failure = failure_of(path)) {
        return std::move(*failure);
    }
    auto confirmed = confirm_delete(session, arguments);
    if (Failure* failure = failure_of(confirmed)) {
        return std::move(*failure);
    }
    Write change{
        "DELETE",
        std::get<std::string>(path) + "/" + percent_encode(arguments.word()),
        "",
        fmt::format("{} {} was not deleted", noun, arguments.word()),
    };
    auto reply = session.write(change, arguments);
    if (Failure* failure = failure_of(reply)) {
        return std::move(*failure);
    }
    if (!print_document(session, std::get<JsonReply>(reply))) {
        session.console().out << fmt::format(
            "deleted {} {}{}\n",
            noun,
            escape_for_terminal(arguments.word()),
            timing_text(std::get<JsonReply>(reply).http)
        );
    }
    return ExitCode::Ok;
}

} // namespace strowger::cli
