// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/hugepages.h"
#include "platform/packet_pools.h"
#include "strowger/base/result.h"
#include "strowger/seam/site.h"
#include "worker/worker_group.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strowger::dataplane {

/// What the buffers of one port's frames may be waiting in.
struct PortBuffers {
    PacketPools::Key key;        ///< the pool that it receives into
    std::uint64_t received = 0;  ///< of `held`: in its rx queues, from its own pool only
    std::uint64_t held = 0;      ///< by its device, see Device::buffers_held()
    std::uint16_t tx_queues = 1; ///< workers without one hand frames to a worker that has
    bool page_each = false;
};
/// What each pool of the site must hold.
[[nodiscard]] std::map<PacketPools::Key, BufferNeed>
buffer_needs(const DataplaneConfig& config, const std::vector<PortBuffers>& ports);

/// What a start takes on one socket.
struct MemoryNeed {
    std::uint64_t tables = 0;  ///< of the workers there
    std::uint64_t buffers = 0; ///< of frames
    std::uint64_t devices = 0; ///< queues of devices, and what DPDK keeps for itself
    std::uint64_t margin = 0;  ///< for what is known only once the devices are open

    [[nodiscard]] std::uint64_t total() const noexcept {
        return tables + buffers + devices + margin;
    }
    /// Rounded up to pages of 2 MiB.
    [[nodiscard]] std::uint32_t megabytes() const noexcept;
    /// "tables 13 MiB, frame buffers 20 MiB, ..."
    [[nodiscard]] std::string parts() const;
};

/// By socket, from the site alone: no device is open yet, so where they decide (tx queues) it is
/// the most that they may need. `port_sockets`: of PCI devices. `page_bytes`: see pool_size().
[[nodiscard]] std::map<int, MemoryNeed> memory_needs(
    const DataplaneConfig& config,
    const std::vector<WorkerPlace>& places,
    const std::vector<std::optional<int>>& port_sockets,
    std::uint64_t page_bytes
);

/// What the machine has.
struct MemoryStock {
    std::vector<HugepageStock> hugepages;
    std::uint64_t plain_megabytes = 0; ///< 0: unknown
};

/// What the EAL is told to take.
struct MemoryPlan {
    bool hugepages = false;
    std::map<int, std::uint32_t> megabytes; ///< by socket
    std::string remark;                     ///< see HugepageChoice
};

/// memory.megabytes, or where it is 0 what memory_needs() says; in whole pages of 1 GiB where
/// enough of those are free. Fails with Unavailable when memory.megabytes is too little, when
/// hugepages are required and too few are free, or when plain memory is to do and there is less.
Result<MemoryPlan> plan_memory(
    const DataplaneConfig& config,
    const std::vector<WorkerPlace>& places,
    const std::vector<std::optional<int>>& port_sockets,
    const MemoryStock& stock
);

} // namespace strowger::dataplane
