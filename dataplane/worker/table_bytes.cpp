// SPDX-License-Identifier: Apache-2.0
#include "worker/table_bytes.h"

#include "strowger/base/check.h"
#include "strowger/model/limits.h"
#include "worker/command.h"
#include "worker/worker.h"

#include <rte_ring.h>

#include <algorithm>

namespace strowger::dataplane {

std::uint32_t index_bytes(const DataplaneConfig& config) {
    return config.vlan_index_bytes != 0 ? config.vlan_index_bytes
                                        : std::clamp<std::uint32_t>(
                                              config.endpoints * kIndexBytesPerEndpoint,
                                              kIndexBytesDefaultMin,
                                              limits::kVlanIndexBytesMax
                                          );
}

std::uint64_t ring_bytes(std::uint32_t entries, std::size_t entry_bytes) {
    const ssize_t bytes = rte_ring_get_memsize_elem(static_cast<unsigned>(entry_bytes), entries);
    STROWGER_CHECK(bytes > 0); // a power of two, as the site file is checked for
    return static_cast<std::uint64_t>(bytes);
}

std::uint64_t TableBytes::total() const noexcept {
    const std::uint64_t others = lanes == 0 ? 0 : lanes - 1;
    return worker + port_stats + commands + parked + of_endpoints() + others * handover_ring;
}

std::uint64_t TableBytes::of_endpoints() const noexcept {
    return index + hot_slots + cold_slots + lanes * lost_by_slot;
}

TableBytes table_bytes(const DataplaneConfig& config, std::size_t ports, std::uint32_t parked_max) {
    const std::uint64_t endpoints = config.endpoints;
    const std::uint64_t parked = parked_max != 0 ? parked_max : config.handover_ring;
    const std::size_t workers = config.workers.size();
    return {
        .worker = sizeof(Worker),
        .index = index_bytes(config),
        .hot_slots = endpoints * sizeof(HotSlot),
        .cold_slots = endpoints * sizeof(ColdSlot),
        .port_stats = ports * sizeof(PortStats),
        .commands = ring_bytes(config.command_ring, sizeof(Command)),
        .parked = kMovesMax * parked * sizeof(void*),
        .handover_ring = ring_bytes(config.handover_ring, sizeof(void*)),
        .lost_by_slot = endpoints * sizeof(WorkerCounter),
        .lanes = workers > 1 ? workers : 0};
}

} // namespace strowger::dataplane
