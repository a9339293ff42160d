// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/packet_pools.h"
#include "platform/report.h"
#include "strowger/base/result.h"
#include "strowger/seam/site.h"
#include "worker/worker_group.h"

namespace strowger::dataplane {

/// Faults in every page of plain memory, so that none is left to the frame path. The EAL has done
/// so with hugepages. Before anything else is allocated. Fails with Unavailable when the machine
/// has less.
Result<void> populate_plain_memory();

/// What each worker's tables took, and each pool of frame buffers; then for each socket what the
/// EAL has, in which pages. Information, one line each.
void report_memory(
    const DataplaneConfig& config,
    const WorkerGroup& group,
    const PacketPools& pools,
    const Report& report
);

} // namespace strowger::dataplane
