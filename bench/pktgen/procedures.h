// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/lab.h"
#include "pktgen/report.h"
#include "pktgen/runner.h"

#include <atomic>

namespace strowger::pktgen {

/// Does what the options ask for: one run for each frame size. Fails with Invalid when check mode
/// is asked for more than half of what this program reaches by itself.
Result<Report>
measure(const Options& options, Lab& lab, const std::atomic<bool>& stop, Watcher* watcher);

} // namespace strowger::pktgen
