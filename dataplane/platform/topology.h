// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/seam/site.h"
#include "worker/worker_group.h"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace strowger::dataplane {

/// The cores of a machine, as far as they matter for placing workers.
struct Machine {
    std::map<std::uint32_t, int> cores; ///< core that is online -> its NUMA node
    std::set<std::uint32_t> offline;    ///< present, but switched off
    std::set<std::uint32_t> allowed;    ///< of those online: what this process may run on
};

/// From libnuma and the process's affinity. Called before the EAL starts, which changes the latter.
Machine read_machine();

/// Where each worker's memory goes. Fails with Invalid and one problem for each core that the
/// machine does not have, has switched off, or does not let this process use.
Result<std::vector<WorkerPlace>>
place_workers(const DataplaneConfig& config, const Machine& machine);

} // namespace strowger::dataplane
