// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/seam/site.h"
#include "worker/worker_group.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace strowger::dataplane {

/// Runs each worker of a group on its lcore, from start() until it is destroyed. The EAL must have
/// been started with eal_arguments() of the same site.
class WorkerThreads {
public:
    static Result<std::unique_ptr<WorkerThreads>>
    start(const DataplaneConfig& config, WorkerGroup& group);
    WorkerThreads(const WorkerThreads&) = delete;
    WorkerThreads& operator=(const WorkerThreads&) = delete;
    WorkerThreads(WorkerThreads&&) = delete;
    WorkerThreads& operator=(WorkerThreads&&) = delete;
    /// Each worker ends its turn, then stops.
    ~WorkerThreads();

    /// The kernel's number of a worker's thread; 0: it does not run yet.
    [[nodiscard]] int thread_id(std::size_t worker) const {
        return jobs_[worker].thread.load(std::memory_order_relaxed);
    }

private:
    struct Job {
        Worker* worker = nullptr;
        IdlePolicy idle = IdlePolicy::Poll;
        const std::atomic<bool>* stop = nullptr;
        std::uint64_t long_turn_ticks = 0;
        std::atomic<int> thread{0};
    };
    WorkerThreads() = default;
    static int run(void* job);

    std::atomic<bool> stop_{false};
    std::unique_ptr<Job[]> jobs_;
    std::size_t launched_ = 0;
};

} // namespace strowger::dataplane
