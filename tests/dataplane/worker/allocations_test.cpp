// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/ring_ports.h"
#include "tests/support/stepped_dataplane.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>
#include <rte_malloc.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

// Every way to memory of glibc, counted for threads that ask for it. operator new goes through
// malloc; mmap and the like are what these are made of.
// NOLINTBEGIN(readability-identifier-naming): glibc's names
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
void __libc_free(void* block);
}
// NOLINTEND(readability-identifier-naming)

namespace {

thread_local bool counts_here = false; // NOLINT: what malloc asks
std::atomic<unsigned> counted{0};      // NOLINT

void count() {
    if (counts_here) {
        counted.fetch_add(1, std::memory_order_relaxed);
    }
}

} // namespace

extern "C" {
void* malloc(std::size_t bytes) {
    count();
    return __libc_malloc(bytes);
}
void* calloc(std::size_t items, std::size_t bytes) {
    count();
    return __libc_calloc(items, bytes);
}
void* realloc(void* block, std::size_t bytes) {
    count();
    return __libc_realloc(block, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
    count();
    return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    count();
    return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
    count();
    *block = __libc_memalign(alignment, bytes);
    return *block != nullptr ? 0 : 12; // ENOMEM
}
void free(void* block) {
    if (block != nullptr) {
        count();
    }
    __libc_free(block);
}
}

namespace strowger::test {
namespace {

constexpr unsigned kWorkers = 3;

TEST(Allocations, AreSeenWhereTheyHappen) {
    counted = 0;
    std::thread thread{[] {
        counts_here = true;
        void* volatile block = std::malloc(100); // NOLINT: volatile, or the compiler leaves it out
        std::free(block);                        // NOLINT
        std::vector<int>* volatile some = new std::vector<int>(10); // NOLINT
        delete some;                                                // NOLINT
        counts_here = false;
    }};
    thread.join();
    EXPECT_EQ(6U, counted.load());
}

/// The wire, the orders and the moves are this thread's, which does not count.
class Traffic {
public:
    explicit Traffic(SteppedDataplane& stepped) : stepped_(stepped) {}

    void round(unsigned number) {
        for (unsigned queue = 0; queue < kWorkers; ++queue) {
            stepped_.inject(0, build_frame({.tags = {{.vid = 100}}}), queue);
            stepped_.inject(1, build_frame({.tags = {{.vid = 101}, {.vid = 7}}}), queue);
            stepped_.inject(0, build_frame({.tags = {{.vid = 9}}}), queue); // Unmatched
        }
        change(number);
        go_on();
    }
    void wait() {
        while (stepped_.dataplane().outstanding() != 0) {
            go_on();
        }
    }
    [[nodiscard]] std::size_t left() const { return left_; }
    [[nodiscard]] unsigned moves() const { return moves_; }
    [[nodiscard]] unsigned changes() const { return changes_; }

private:
    void change(unsigned number) {
        auto& plane = *stepped_.parts().dataplane;
        if (number % 4 == 1) {
            wait();
            moves_ += plane.move(CircuitKey{1}, number / 4 % kWorkers) ? 1 : 0;
        }
        if (number % 8 == 2) {
            wait();
            const unsigned last = 101 + number / 8 % 20;
            if (plane.stage(
                    CircuitKey{1},
                    program_of(endpoint_of(0, c_vlans(100, last)), endpoint_of(1, c_vlan(101)))
                )) {
                plane.commit(CircuitKey{1}, ++changes_);
            }
        }
    }

    void go_on() {
        for (unsigned port = 0; port < 2; ++port) {
            left_ += RingPorts::instance().collect(port).size();
        }
        stepped_.poll();
        std::this_thread::yield();
    }

    SteppedDataplane& stepped_;
    std::size_t left_ = 0;
    unsigned moves_ = 0;
    unsigned changes_ = 0;
};

/// A worker's thread, counted.
void turn_until(const std::atomic<bool>& stop, SteppedDataplane& stepped, unsigned id) {
    counts_here = true;
    while (!stop.load(std::memory_order_acquire)) {
        if (!stepped.step(id)) {
            std::this_thread::yield();
        }
    }
    counts_here = false;
}

TEST(Allocations, WorkersMakeNoneAfterTheirStart) {
    SteppedDataplane stepped{
        {.workers = kWorkers,
         .rx_queues = kWorkers,
         .tx_queues = 2,
         .command_ring = 16,
         .handover_ring = 64}};
    auto& plane = stepped.dataplane();
    ASSERT_TRUE(plane.stage(
        CircuitKey{1}, program_of(endpoint_of(0, c_vlan(100)), endpoint_of(1, c_vlan(101)))
    ));
    plane.commit(CircuitKey{1}, 0);
    stepped.settle();
    counted = 0;
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (unsigned id = 0; id < kWorkers; ++id) {
        threads.emplace_back([&stepped, &stop, id] { turn_until(stop, stepped, id); });
    }
    rte_malloc_socket_stats before{};
    rte_malloc_get_socket_stats(0, &before);
    Traffic traffic{stepped};
    for (unsigned round = 0; round < 1'000; ++round) {
        traffic.round(round);
    }
    traffic.wait();
    rte_malloc_socket_stats after{};
    rte_malloc_get_socket_stats(0, &after);
    stop.store(true, std::memory_order_release);
    for (std::thread& thread : threads) {
        thread.join();
    }
    stepped.settle();
    for (unsigned port = 0; port < 2; ++port) {
        stepped.collect(port);
    }

    EXPECT_EQ(0U, counted.load());
    EXPECT_EQ(before.alloc_count, after.alloc_count) << "DPDK's own memory";
    EXPECT_LT(100U, traffic.left());
    EXPECT_LT(100U, traffic.moves());
    EXPECT_LT(100U, traffic.changes());
}

} // namespace
} // namespace strowger::test
