// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/site_config.h"

#include <string>

namespace strowger::daemon {

using config::LogLevel;

/// Opens the log on standard error: with times for people, with priorities under journald. Before
/// this, log() writes everything.
void open_log(LogLevel level);
/// One line. Any thread but workers. Never a secret.
void log(LogLevel level, const std::string& line);

} // namespace strowger::daemon
