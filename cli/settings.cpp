// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include "cli/units.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <fmt/format.h>
#include <fstream>

namespace strowger::cli {
namespace {

constexpr std::string_view kDefaultSocket = "/run/strowger/api.sock";

std::string variable(const Environment& environment, std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? "" : found->second;
}

Outcome<std::string> flag_token(const Arguments& arguments) {
    const auto file = arguments.value("token-file");
    if (!file) {
        return arguments.value("token").value_or("");
    }
    std::ifstream stream(*file);
    std::string token;
    if (!(stream >> token)) {
        return usage_failure(
            fmt::format("no token in {}", *file),
            "the file cannot be read or is empty",
            "give the path of a file whose first word is the token"
        );
    }
    return token;
}

Context from_environment(const Environment& environment) {
    return {
        variable(environment, "STROWGER_URL"),
        variable(environment, "STROWGER_SOCKET"),
        variable(environment, "STROWGER_TOKEN"),
        variable(environment, "STROWGER_TENANT"),
        "",
    };
}

bool has_address(const Context& context) {
    return !context.url.empty() || !context.socket.empty();
}

void fill_member(std::string& higher, const std::string& lower) {
    if (higher.empty()) {
        higher = lower;
    }
}

/// Fills what `higher` leaves open from a context, all or nothing: a context's token and tenant
/// mean something at its own address only.
void fill_from_context(Context& higher, const Context& context) {
    if (has_address(higher)) {
        return;
    }
    higher.url = context.url;
    higher.socket = context.socket;
    fill_member(higher.token, context.token);
    fill_member(higher.tenant, context.tenant);
    fill_member(higher.ca_file, context.ca_file);
}

/// Variables were set for this call or this shell, so each stands for itself.
void fill_from_environment(Context& higher, const Context& variables) {
    fill_member(higher.token, variables.token);
    fill_member(higher.tenant, variables.tenant);
    if (!has_address(higher)) {
        higher.url = variables.url;
        higher.socket = variables.url.empty() ? variables.socket : "";
    }
}

Outcome<Context> named_context(const ContextFile& file, const std::string& name) {
    const auto found = file.contexts.find(name);
    if (found == file.contexts.end()) {
        return usage_failure(
            fmt::format("no context is called '{}'", name),
            "contexts are kept in ~/.config/strowger/contexts.yaml",
            "see them with: strowger context list"
        );
    }
    return found->second;
}

/// Everything the places say, the highest first.
Outcome<Context>
merge_places(const Arguments& arguments, const Environment& environment, const ContextFile& file) {
    auto token = flag_token(arguments);
    if (Failure* failure = failure_of(token)) {
        return std::move(*failure);
    }
    Context merged{
        arguments.value("url").value_or(""),
        arguments.value("socket").value_or(""),
        std::get<std::string>(std::move(token)),
        arguments.value("tenant").value_or(""),
        arguments.value("ca-file").value_or(""),
    };
    if (!merged.url.empty() && !merged.socket.empty()) {
        return usage_failure(
            "two addresses", "--url and --socket exclude each other", "give one of them"
        );
    }
    const auto chosen = arguments.value("context");
    if (!chosen) {
        fill_from_environment(merged, from_environment(environment));
    }
    const std::string name = chosen.value_or(file.current);
    if (!name.empty()) {
        auto context = named_context(file, name);
        if (Failure* failure = failure_of(context)) {
            return std::move(*failure);
        }
        fill_from_context(merged, std::get<Context>(context));
    }
    return merged;
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

} // namespace

Outcome<Settings> parse_url(const std::string& url) {
    const auto parsed = boost::urls::parse_uri(url);
    const bool known = parsed && (parsed->scheme() == "http" || parsed->scheme() == "https");
    if (!known || parsed->host().empty() || parsed->has_userinfo() || parsed->has_query()) {
        return usage_failure(
            fmt::format("'{}' is not an address of the API", url),
            "an address is http:// or https://, a host, and perhaps a port and a path",
            "write https://exchange.example.net:8443"
        );
    }
    Settings settings;
    settings.peer.tls = parsed->scheme() == "https";
    settings.peer.host = parsed->host_address();
    settings.peer.port = parsed->has_port()  ? std::string(parsed->port())
                         : settings.peer.tls ? "443"
                                             : "80";
    settings.base_path = parsed->encoded_path();
    while (settings.base_path.ends_with('/')) {
        settings.base_path.pop_back();
    }
    settings.address = url;
    return settings;
}

Outcome<Settings> resolve_settings(
    const Arguments& arguments,
    const Environment& environment,
    const ContextFile& file
) {
    auto places = merge_places(arguments, environment, file);
    if (Failure* failure = failure_of(places)) {
        return std::move(*failure);
    }
    const auto& merged = std::get<Context>(places);
    Settings settings;
    if (!merged.url.empty()) {
        auto parsed = parse_url(merged.url);
        if (Failure* failure = failure_of(parsed)) {
            return std::move(*failure);
        }
        settings = std::get<Settings>(std::move(parsed));
    } else {
        settings.peer.socket_path =
            merged.socket.empty() ? std::string(kDefaultSocket) : merged.socket;
        settings.address = "unix:" + settings.peer.socket_path;
    }
    settings.peer.ca_file = merged.ca_file;
    settings.token = merged.token;
    settings.tenant = merged.tenant;
    settings.token_in_clear = !merged.token.empty() && settings.peer.socket_path.empty() &&
                              !settings.peer.tls && !is_loopback(settings.peer.host);
    if (const auto text = arguments.value("timeout")) {
        auto timeout = parse_duration(*text);
        if (Failure* failure = failure_of(timeout)) {
            return std::move(*failure);
        }
        settings.timeout = std::get<std::chrono::milliseconds>(timeout);
    }
    return settings;
}

std::string context_file_path(const Environment& environment) {
    const std::string config = variable(environment, "XDG_CONFIG_HOME");
    if (!config.empty()) {
        return config + "/strowger/contexts.yaml";
    }
    const std::string home = variable(environment, "HOME");
    return home.empty() ? "" : home + "/.config/strowger/contexts.yaml";
}

Outcome<OutputFormat> output_format(const Arguments& arguments) {
    const std::string text = arguments.value("output").value_or("table");
    if (text == "table") {
        return OutputFormat::Table;
    }
    if (text == "json") {
        return OutputFormat::Json;
    }
    if (text == "yaml") {
        return OutputFormat::Yaml;
    }
    return usage_failure(
        fmt::format("'{}' is no output format", text),
        "--output decides how results are printed",
        "use table, json or yaml"
    );
}

} // namespace strowger::cli
