// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/seam/site.h"
#include "worker/command.h"
#include "worker/port_set.h"
#include "worker/table_bytes.h"
#include "worker/worker.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace strowger::dataplane {

/// Where one worker's memory is to be, in the order of the site file.
struct WorkerPlace {
    int socket = 0;
};

/// All workers with their memory, each on its own socket, and the rings between them. Everything is
/// allocated here, once, for the site's maxima: afterwards a worker cannot run out of anything.
/// Made and destroyed by the control thread, when no worker runs.
class WorkerGroup {
public:
    struct Terms {
        const DataplaneConfig* config = nullptr;
        const PortSet* ports = nullptr;
        std::vector<WorkerPlace> places; ///< one a worker
        /// Time of tests, with `clock_hz`; null: the TSC.
        const std::atomic<std::uint64_t>* virtual_clock = nullptr;
        std::uint64_t clock_hz = 0;      ///< 0: the TSC's
        const FramePath* path = nullptr; ///< null: the best that the CPU can run
        /// See WorkerParts.
        std::uint64_t tx_settle_ns = 0;
        std::uint64_t tx_stall_ns = 0;
        /// Frames that a moving circuit may have parked, a power of two; 0: as a hand-over ring.
        std::uint32_t parked_max = 0;
    };

    /// Fails with Unavailable when a socket has not enough memory, naming how much was asked for.
    static Result<std::unique_ptr<WorkerGroup>> create(const Terms& terms);
    WorkerGroup(const WorkerGroup&) = delete;
    WorkerGroup& operator=(const WorkerGroup&) = delete;
    WorkerGroup(WorkerGroup&&) = delete;
    WorkerGroup& operator=(WorkerGroup&&) = delete;
    /// Frees frames that are still in rings.
    ~WorkerGroup();

    [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }
    [[nodiscard]] Worker& worker(std::size_t id) noexcept { return *workers_[id]; }
    [[nodiscard]] const Worker& worker(std::size_t id) const noexcept { return *workers_[id]; }
    [[nodiscard]] const PortSet& ports() const noexcept { return *ports_; }
    [[nodiscard]] std::uint64_t clock_hz() const noexcept { return clock_hz_; }
    [[nodiscard]] const FramePath& path() const noexcept { return *path_; }
    /// What each worker's tables take.
    [[nodiscard]] const TableBytes& bytes() const noexcept { return bytes_; }
    /// The workers' time, in ticks of clock_hz().
    [[nodiscard]] std::uint64_t now() const noexcept;
    [[nodiscard]] int socket(std::size_t id) const { return places_[id].socket; }

    /// Puts one command on a worker's ring. False: the ring is full, try again later.
    bool send(std::size_t id, const Command& command) noexcept;
    /// Frames that `poller` lost on the way to `owner`'s slot, since start.
    [[nodiscard]] std::uint64_t
    handover_lost(std::size_t poller, std::size_t owner, std::uint32_t slot) const noexcept;

private:
    WorkerGroup() = default;

    Result<void> build(const Terms& terms);
    Result<void> build_worker(std::size_t id, const Terms& terms);
    Result<void> connect_workers(const DataplaneConfig& config);
    Result<void> connect_ports(const DataplaneConfig& config);
    [[nodiscard]] std::uint64_t ticks_of(std::uint64_t duration_ns) const;
    void* allocate(std::uint64_t bytes, int socket);
    rte_ring* make_ring(std::uint32_t entries, std::uint64_t bytes, int socket);

    const PortSet* ports_ = nullptr;
    TableBytes bytes_;
    std::uint64_t clock_hz_ = 0;
    const FramePath* path_ = nullptr;
    const std::atomic<std::uint64_t>* virtual_clock_ = nullptr;
    std::vector<WorkerPlace> places_;
    std::vector<Worker*> workers_;
    std::vector<rte_ring*> frame_rings_; ///< those that may hold frames at the end
    std::vector<void*> memory_;
};

/// Which worker transmits for `worker` on a port: itself when it has a queue, else one of those
/// that have, spread evenly.
[[nodiscard]] std::size_t
transmitter_of(const PortQueues& port, std::size_t worker, std::size_t worker_count);

} // namespace strowger::dataplane
