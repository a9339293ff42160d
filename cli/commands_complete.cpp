// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/json_access.h"

#include <boost/json.hpp>

#include <fmt/format.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

namespace strowger::cli {
namespace json = boost::json;
namespace {

constexpr std::chrono::milliseconds kLookupTime{200};

/// Tab must never hang. The lookup has a deadline of its own; name resolution and a stuck disk do
/// not, so the process ends itself a little later whatever it is doing.
void end_soon() {
    struct sigaction action {};
    action.sa_handler = [](int) { ::_exit(0); };
    ::sigaction(SIGALRM, &action, nullptr);
    itimerval limit{};
    limit.it_value.tv_usec =
        std::chrono::duration_cast<std::chrono::microseconds>(kLookupTime).count() + 50'000;
    ::setitimer(ITIMER_REAL, &limit, nullptr);
}

std::string_view noun_of(Completes kind) {
    switch (kind) {
        case Completes::Tenant:
            return "tenant";
        case Completes::Port:
            return "port";
        case Completes::Uni:
            return "uni";
        case Completes::Circuit:
            return "circuit";
        case Completes::Order:
            return "order";
        case Completes::Slice:
            return "slice";
        default:
            return "";
    }
}

/// The flags of the line that say where to ask; anything else is of no use here.
Arguments connection_arguments(const std::vector<std::string>& words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        const std::size_t equals = word.find('=');
        const Flag* flag =
            word.starts_with("--")
                ? find_flag(
                      nullptr, word.substr(2, equals == std::string::npos ? equals : equals - 2)
                  )
                : nullptr;
        if (flag == nullptr || flag->name == "timeout" || flag->name == "output") {
            continue;
        }
        if (equals != std::string::npos) {
            arguments.flags[std::string(flag->name)] = {word.substr(equals + 1)};
        } else if (i + 1 < words.size()) {
            arguments.flags[std::string(flag->name)] = {words[++i]};
        }
    }
    return arguments;
}

std::vector<std::string> live_names(Session& session, Completes kind, const std::string& typed) {
    const std::string_view noun = noun_of(kind);
    // Ids hold an underscore and names never do: offer ids only to who has begun to type one.
    const bool wants_id = kind == Completes::Order || typed.find('_') != std::string::npos;
    std::string path = fmt::format("/{}s?limit=1000", noun);
    path += wants_id || typed.empty() ? "" : "&name_prefix=" + percent_encode(typed);
    auto reply = session.get(path, "");
    std::vector<std::string> names;
    if (failure_of(reply) != nullptr) {
        return names;
    }
    const json::value* data = find_value(std::get<JsonReply>(reply).body, {"data"});
    if (data == nullptr || !data->is_array()) {
        return names;
    }
    for (const json::value& object : data->get_array()) {
        names.push_back(wants_id ? text_at(object, {"id"}) : text_at(object, {"spec", "name"}));
    }
    return names;
}

} // namespace

Outcome<ExitCode> run_complete(Session& session, const Arguments& arguments) {
    end_soon();
    const CompletionRequest request = split_command_line(arguments.word());
    const NameSource names = [&](Completes kind, const std::string& typed) {
        auto opened = session.open(connection_arguments(request.words));
        if (failure_of(opened) != nullptr) {
            return std::vector<std::string>{};
        }
        if (kind == Completes::Context) {
            std::vector<std::string> known;
            for (const auto& context : session.contexts().contexts) {
                known.push_back(context.first);
            }
            return known;
        }
        session.settings().timeout = kLookupTime;
        return live_names(session, kind, typed);
    };
    for (const std::string& candidate : completion_candidates(request, names)) {
        session.console().out << candidate << '\n';
    }
    return ExitCode::Ok;
}

} // namespace strowger::cli
