// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace strowger::daemon {

/// Tells the service manager, when there is one: "READY=1", "WATCHDOG=1", sd_notify(3). Not through
/// libsystemd, which would bring compression and crypto libraries into this process.
void notify_manager(const std::string& state);
/// Whether the manager wants to be told that this process lives.
[[nodiscard]] bool watchdog_wanted();

} // namespace strowger::daemon
