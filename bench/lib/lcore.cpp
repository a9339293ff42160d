// SPDX-License-Identifier: Apache-2.0
#include "lib/lcore.h"

#include "strowger/base/check.h"

#include <rte_launch.h>
#include <rte_malloc.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <numeric>
#include <pthread.h>
#include <random>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace strowger::bench {

namespace {

struct Identity {
    clockid_t clock = 0;
    int thread = 0;
};

int identify(void* argument) {
    auto& identity = *static_cast<Identity*>(argument);
    identity.thread = static_cast<int>(::syscall(SYS_gettid));
    return ::pthread_getcpuclockid(::pthread_self(), &identity.clock);
}

/// A line that holds the address of the next one of a walk.
struct alignas(64) Step {
    Step* next = nullptr;
};

struct Walk {
    Step* steps = nullptr;
    std::size_t count = 0;
    double ns = 0;
};

int walk(void* argument) {
    constexpr int kRounds = 3;
    auto& walk = *static_cast<Walk*>(argument);
    const Step* step = walk.steps;
    for (int round = 0; round < kRounds; ++round) {
        const auto began = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < walk.count; ++i) {
            step = *static_cast<Step* const volatile*>(&step->next);
        }
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - began;
        const double ns = took.count() / static_cast<double>(walk.count);
        walk.ns = round == 0 ? ns : std::min(walk.ns, ns);
    }
    return step == nullptr ? -1 : 0;
}

} // namespace

LcoreClock::LcoreClock(unsigned lcore) {
    Identity identity;
    STROWGER_CHECK(rte_eal_remote_launch(identify, &identity, lcore) == 0);
    STROWGER_CHECK(rte_eal_wait_lcore(lcore) == 0);
    clock_ = identity.clock;
    thread_ = identity.thread;
}

std::uint64_t LcoreClock::on_core_ns() const {
    timespec time{};
    STROWGER_CHECK(::clock_gettime(clock_, &time) == 0);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t LcoreClock::run_delay_ns() const {
    std::ifstream file{"/proc/self/task/" + std::to_string(thread_) + "/schedstat"};
    std::uint64_t ran = 0;
    std::uint64_t waited = 0;
    file >> ran >> waited;
    return waited;
}

double memory_latency_ns(unsigned lcore, std::uint32_t megabytes) {
    const std::size_t count = std::size_t{megabytes} * 1'048'576 / sizeof(Step);
    auto* const steps =
        static_cast<Step*>(rte_malloc("memory_latency", count * sizeof(Step), alignof(Step)));
    if (steps == nullptr) {
        return 0;
    }
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937_64 random{1};
    for (std::size_t i = count; i > 1; --i) {
        std::swap(order[i - 1], order[random() % i]);
    }
    for (std::size_t i = 0; i < count; ++i) {
        steps[order[i]].next = &steps[order[(i + 1) % count]];
    }
    Walk job{.steps = steps, .count = count, .ns = 0};
    STROWGER_CHECK(rte_eal_remote_launch(walk, &job, lcore) == 0);
    const int walked = rte_eal_wait_lcore(lcore);
    rte_free(steps);
    return walked == 0 ? job.ns : 0;
}

} // namespace strowger::bench
