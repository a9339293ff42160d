// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.h"
#include "cli/failure.h"
#include "cli/session.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace strowger::cli {

// Handlers of the command table. The noun is that of the command, so objects of one shape share
// one.
Outcome<ExitCode> run_list(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_get(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_create(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_update(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_delete(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_circuit_batch(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_circuit_counters(Session& session, const Arguments& arguments);

Outcome<ExitCode> run_context_list(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_context_use(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_context_set(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_context_delete(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_context_show(Session& session, const Arguments& arguments);

Outcome<ExitCode> run_status(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_version(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_completion(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_complete(Session& session, const Arguments& arguments);
Outcome<ExitCode> run_help(Session& session, const Arguments& arguments);

/// The path of a noun's collection below /v1. Tokens live below their tenant, which must be known.
Outcome<std::string> collection_path(std::string_view noun, const Settings& settings);

/// Prints a reply that is data: the body itself as JSON, or as YAML; nothing for tables.
/// True when it printed.
bool print_document(Session& session, const JsonReply& reply);
bool print_document(Session& session, const boost::json::value& value);

/// Prints each entry of `warnings` on stderr: advice of the API, not refusal.
void print_warnings(Session& session, const boost::json::value& body);

/// The sum of the durations in a Server-Timing header, in milliseconds; negative when there is
/// none.
double server_time_ms(std::string_view server_timing);

} // namespace strowger::cli
