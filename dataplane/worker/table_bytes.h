// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/site.h"
#include "table/cold_slot.h"
#include "table/hot_slot.h"

#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

/// What vlan_index_bytes is when the site file does not say: enough for any number of C-VLANs on
/// each S-VLAN (a compact block takes at most 36 bytes a VLAN, a direct one at most 32).
inline constexpr std::uint32_t kIndexBytesPerEndpoint = 40;
inline constexpr std::uint32_t kIndexBytesDefaultMin = 8'388'608;
/// Hot and cold slot.
inline constexpr std::uint32_t kEndpointBytes = sizeof(HotSlot) + sizeof(ColdSlot);
static_assert(
    2 * (kEndpointBytes + kIndexBytesPerEndpoint) <= 600,
    "an E-Line takes at most 600 bytes of a worker"
);
/// Bytes of one worker's index.
[[nodiscard]] std::uint32_t index_bytes(const DataplaneConfig& config);

/// Of an rte_ring.
[[nodiscard]] std::uint64_t ring_bytes(std::uint32_t entries, std::size_t entry_bytes);

/// The blocks of one worker. WorkerGroup allocates by it, and what a start needs is reckoned by it
/// before there is anything to allocate from.
struct TableBytes {
    std::uint64_t worker = 0; ///< the Worker itself
    std::uint64_t index = 0;
    std::uint64_t hot_slots = 0;
    std::uint64_t cold_slots = 0;
    std::uint64_t port_stats = 0;
    std::uint64_t commands = 0;      ///< the ring
    std::uint64_t parked = 0;        ///< frames of circuits that move here
    std::uint64_t handover_ring = 0; ///< one: frames from one other worker, or to relay for it
    std::uint64_t lost_by_slot = 0;  ///< counters of the way to one worker, itself included
    std::uint64_t lanes = 0;         ///< how many such ways: none with one worker

    /// All of a worker's, without relays: how many of those there are only devices know.
    [[nodiscard]] std::uint64_t total() const noexcept;
    /// What grows with the number of endpoints, and so what an endpoint takes.
    [[nodiscard]] std::uint64_t of_endpoints() const noexcept;
};

/// `parked_max`: frames that a moving circuit may have parked; 0: as many as a hand-over ring
/// takes.
[[nodiscard]] TableBytes
table_bytes(const DataplaneConfig& config, std::size_t ports, std::uint32_t parked_max = 0);

} // namespace strowger::dataplane
