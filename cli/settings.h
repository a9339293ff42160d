// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.h"
#include "cli/contexts.h"
#include "cli/failure.h"
#include "cli/http_client.h"

#include <chrono>
#include <map>
#include <string>

namespace strowger::cli {

/// The variables the command line reads, and nothing else of the environment.
using Environment = std::map<std::string, std::string, std::less<>>;

enum class OutputFormat { Table, Json, Yaml };

/// Where the daemon is, who asks, and how long to wait.
struct Settings {
    Peer peer;
    std::string base_path; ///< of the URL, without a trailing slash
    std::string address;   ///< for texts: "unix:/run/strowger/api.sock", "https://x:8443"
    std::string token;
    std::string tenant;
    std::chrono::milliseconds timeout{10'000};
    bool token_in_clear = false; ///< a token would travel unencrypted to another machine
};

/// Flags win over the environment, the environment over the chosen context, and that over the local
/// unix socket. `--context` sets the environment aside. A context's token and tenant are used at
/// its own address only: a token never travels to an address given by a flag or a variable.
Outcome<Settings> resolve_settings(
    const Arguments& arguments,
    const Environment& environment,
    const ContextFile& file
);

/// Empty when the environment names no home.
std::string context_file_path(const Environment& environment);

/// Fails with exit code 2 for an unknown format.
Outcome<OutputFormat> output_format(const Arguments& arguments);

/// A URL as a peer: http or https, a host, perhaps a port and a path.
Outcome<Settings> parse_url(const std::string& url);

} // namespace strowger::cli
