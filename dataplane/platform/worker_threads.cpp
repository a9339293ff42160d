// SPDX-License-Identifier: Apache-2.0
#include "platform/worker_threads.h"

#include "platform/eal.h"
#include "platform/turn_watch.h"

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_pause.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace strowger::dataplane {

namespace {

// How long nothing must arrive before a worker sleeps, and how long it then sleeps at most. A frame
// that comes meanwhile waits in the device: 100 us are 150 frames of 64 bytes at 1 Gb/s.
constexpr std::uint32_t kIdleTurnsMax = 256;
constexpr long kSleepNsMax = 100'000;

/// Backs off in powers of two, from one microsecond.
class Idle {
public:
    void busy() noexcept {
        turns_ = 0;
        sleep_ns_ = 1'000;
    }
    void idle() noexcept {
        if (++turns_ < kIdleTurnsMax) {
            rte_pause();
            return;
        }
        const timespec time{.tv_sec = 0, .tv_nsec = sleep_ns_};
        ::nanosleep(&time, nullptr);
        sleep_ns_ = std::min(sleep_ns_ * 2, kSleepNsMax);
    }

private:
    std::uint32_t turns_ = 0;
    long sleep_ns_ = 1'000;
};

} // namespace

int WorkerThreads::run(void* argument) {
    Job& job = *static_cast<Job*>(argument);
    job.thread.store(static_cast<int>(::syscall(SYS_gettid)), std::memory_order_relaxed);
    if (job.idle == IdlePolicy::Poll) {
        job.worker->watch_turns(job.long_turn_ticks);
        while (!job.stop->load(std::memory_order_relaxed)) {
            job.worker->turn();
        }
        return 0;
    }
    // Else the kernel rounds each sleep up by 50 us.
    ::prctl(PR_SET_TIMERSLACK, 1);
    Idle idle;
    while (!job.stop->load(std::memory_order_relaxed)) {
        if (job.worker->turn()) {
            idle.busy();
        } else {
            idle.idle();
        }
    }
    return 0;
}

Result<std::unique_ptr<WorkerThreads>>
WorkerThreads::start(const DataplaneConfig& config, WorkerGroup& group) {
    std::unique_ptr<WorkerThreads> threads{new WorkerThreads};
    threads->jobs_ = std::make_unique<Job[]>(group.size());
    for (std::size_t id = 0; id < group.size(); ++id) {
        const WorkerConfig& worker = config.workers[id];
        Job& job = threads->jobs_[id];
        job.worker = &group.worker(id);
        job.idle = worker.shared ? IdlePolicy::Adaptive : worker.idle;
        job.stop = &threads->stop_;
        job.long_turn_ticks = group.clock_hz() / 1'000'000 * kLongTurnUs;
        const int code = rte_eal_remote_launch(run, &job, lcore_of(id));
        if (code != 0) {
            return Error{
                .code = ErrorCode::Unavailable,
                .message = "the worker on core " + std::to_string(worker.core) +
                           " does not start: " + rte_strerror(-code),
                .problems = {}};
        }
        threads->launched_ = id + 1;
    }
    return threads;
}

WorkerThreads::~WorkerThreads() {
    stop_.store(true, std::memory_order_relaxed);
    for (std::size_t id = 0; id < launched_; ++id) {
        rte_eal_wait_lcore(lcore_of(id));
    }
}

} // namespace strowger::dataplane
