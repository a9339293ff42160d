// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/contexts.h"
#include "cli/table.h"
#include "cli/terminal_text.h"

#include <boost/json.hpp>

#include <fmt/format.h>
#include <utility>

namespace strowger::cli {
namespace json = boost::json;
namespace {

Failure no_such_context(const std::string& name) {
    return make_failure(
        ExitCode::NotFound,
        fmt::format("no context is called '{}'", name),
        "contexts are remembered by name",
        "see them with: strowger context list"
    );
}

std::string address_of(const Context& context) {
    if (!context.url.empty()) {
        return context.url;
    }
    return "unix:" + (context.socket.empty() ? "/run/strowger/api.sock" : context.socket);
}

/// What may be shown of a context: never its token.
json::object shown(const std::string& name, const Context& context, bool current) {
    return {
        {"name", name},
        {"current", current},
        {"address", address_of(context)},
        {"tenant", context.tenant},
        {"token", mask_token(context.token)},
        {"ca_file", context.ca_file},
    };
}

Outcome<ExitCode> save(Session& session, const std::string& said) {
    auto saved = save_contexts(session.contexts_path(), session.contexts());
    if (Failure* failure = failure_of(saved)) {
        return std::move(*failure);
    }
    session.console().out << escape_for_terminal(said) << '\n';
    return ExitCode::Ok;
}

} // namespace

Outcome<ExitCode> run_context_list(Session& session, const Arguments&) {
    const ContextFile& file = session.contexts();
    json::array contexts;
    Table table({{"CURRENT"}, {"NAME"}, {"ADDRESS"}, {"TENANT"}, {"TOKEN"}});
    for (const auto& [name, context] : file.contexts) {
        const bool current = name == file.current;
        contexts.push_back(shown(name, context, current));
        table.add(
            {{current ? "*" : " "},
             {name},
             {address_of(context)},
             {context.tenant},
             {mask_token(context.token)}}
        );
    }
    if (print_document(session, json::value(json::object{{"data", contexts}}))) {
        return ExitCode::Ok;
    }
    Console& console = session.console();
    if (contexts.empty()) {
        console.err << "no contexts; the local socket is used\n";
        return ExitCode::Ok;
    }
    table.print(console.out, console.color);
    return ExitCode::Ok;
}

Outcome<ExitCode> run_context_use(Session& session, const Arguments& arguments) {
    ContextFile& file = session.contexts();
    if (!file.contexts.contains(arguments.word())) {
        return no_such_context(arguments.word());
    }
    file.current = arguments.word();
    return save(session, fmt::format("using context {}", file.current));
}

Outcome<ExitCode> run_context_set(Session& session, const Arguments& arguments) {
    ContextFile& file = session.contexts();
    const std::string& name = arguments.word();
    Context& context = file.contexts[name];
    if (const auto url = arguments.value("url")) {
        auto parsed = parse_url(*url);
        if (Failure* failure = failure_of(parsed)) {
            return std::move(*failure);
        }
        // Another address: what was secret to the old one is not told to the new one.
        const bool moved = context.url != *url;
        context = moved ? Context{*url, "", "", context.tenant, ""} : context;
    } else if (const auto socket = arguments.value("socket")) {
        context = Context{"", *socket, "", context.tenant, ""};
    }
    if (arguments.has("token") || arguments.has("token-file")) {
        context.token = session.settings().token; // read from the flag or its file
    }
    context.tenant = arguments.value("tenant").value_or(context.tenant);
    context.ca_file = arguments.value("ca-file").value_or(context.ca_file);
    const bool first = file.current.empty();
    if (first) {
        file.current = name;
    }
    return save(
        session,
        fmt::format("context {} is {}{}", name, address_of(context), first ? ", now in use" : "")
    );
}

Outcome<ExitCode> run_context_delete(Session& session, const Arguments& arguments) {
    ContextFile& file = session.contexts();
    if (file.contexts.erase(arguments.word()) == 0) {
        return no_such_context(arguments.word());
    }
    if (file.current == arguments.word()) {
        file.current.clear();
    }
    return save(session, fmt::format("forgot context {}", arguments.word()));
}

Outcome<ExitCode> run_context_show(Session& session, const Arguments& arguments) {
    const ContextFile& file = session.contexts();
    const std::string name = arguments.words.empty() ? file.current : arguments.word();
    const auto found = file.contexts.find(name);
    if (found == file.contexts.end()) {
        return no_such_context(name);
    }
    json::object context = shown(name, found->second, name == file.current);
    if (print_document(session, json::value(context))) {
        return ExitCode::Ok;
    }
    for (const auto& member : context) {
        const std::string text = member.value().is_string()
                                     ? std::string(member.value().get_string())
                                     : json::serialize(member.value());
        session.console().out << fmt::format("{:<9}", std::string_view(member.key()))
                              << (text.empty() ? "-" : escape_for_terminal(text)) << '\n';
    }
    return ExitCode::Ok;
}

} // namespace strowger::cli
