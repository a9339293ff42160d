// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "worker/port_set.h"

#include <rte_ring.h>

#include <span>

namespace strowger::dataplane {

/// A worker's way out of one port: its own tx queue, or, where the device has fewer queues than
/// there are workers, a ring to a worker that has one.
///
/// What the device or the ring has no room for waits here, in order, for the next turn. When more
/// waits than kWaitingMax, yellow frames are refused, the newest first, and green ones only when no
/// yellow one is left.
struct TxLane {
    static constexpr std::uint16_t kWaitingMax = 192;

    std::uint16_t device = 0;
    std::uint16_t queue = kNoQueue;
    rte_ring* ring = nullptr; ///< when there is no queue; single producer: this worker

    std::uint16_t count = 0;   ///< what waits, then what is staged; flushed each turn at least
    std::uint16_t waiting = 0; ///< what an earlier flush left
    std::array<rte_mbuf*, kWaitingMax + kBurstMax> frames{};
};

/// Another worker's frames, which this one transmits because it has the queue.
struct TxRelay {
    rte_ring* ring = nullptr; ///< single consumer: this worker
    std::uint16_t port = 0;   ///< PortIndex
    std::uint16_t device = 0;
    std::uint16_t queue = 0;
};

/// In: frames as they leave. Out: an empty burst; the frames are on the lanes of their ports, of
/// which `staged_ports` remembers which are not empty.
void transmit(
    const OwnerTables& tables,
    std::span<TxLane> lanes,
    std::uint64_t& staged_ports,
    Burst& burst
) noexcept;

/// One tx burst for each lane that has frames. What is refused is counted as TxFull at the endpoint
/// where it arrived and freed. Returns how many frames went.
std::uint32_t
flush_tx(const OwnerTables& tables, std::span<TxLane> lanes, std::uint64_t& staged_ports) noexcept;

/// Gives up the frames of one endpoint that still wait, so that nothing names its slot any more.
void give_up_waiting(
    const OwnerTables& tables,
    std::span<TxLane> lanes,
    std::uint64_t staged_ports,
    std::uint32_t slot
) noexcept;

/// Transmits what others left in their rings, and leaves there what the device has no room for:
/// so the owner of a frame decides about it, and counts. Returns how many went.
std::uint32_t relay(const TxRelay& from, PortStats* stats) noexcept;

} // namespace strowger::dataplane
