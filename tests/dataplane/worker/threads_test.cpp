// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/ring_ports.h"
#include "tests/support/stepped_dataplane.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace strowger::test {
namespace {

constexpr unsigned kWorkers = 4;
/// All threads together use each buffer of the pool at most once: ThreadSanitizer does not see the
/// order that DPDK's own libraries make between a free and the next allocation.
constexpr unsigned kFramesPerRound = 5;
constexpr unsigned kRounds = 300;
constexpr unsigned kFramesPerWorker = kRounds * kFramesPerRound;
constexpr std::uint8_t kTenantA = 0xA;
constexpr std::uint8_t kTenantB = 0xB;

/// A worker on a thread of its own that also plays the wire of its queues: tenant A's frames arrive
/// at port 0 and may leave at port 1 only, tenant B's at 2 and 3.
class WireAndWorker {
public:
    WireAndWorker(SteppedDataplane& stepped, unsigned id) : stepped_(stepped), id_(id) {}

    /// A few frames for each round of orders, so that they meet in whatever way the scheduler
    /// likes.
    void run(const std::atomic<unsigned>& round, const std::atomic<bool>& stop) {
        while (!stop.load(std::memory_order_acquire)) {
            if (sent_ < round.load(std::memory_order_relaxed) * kFramesPerRound) {
                send();
                done_.store(sent_ == kFramesPerWorker, std::memory_order_release);
            } else {
                std::this_thread::yield();
            }
            turn();
        }
    }
    [[nodiscard]] bool done() const { return done_.load(std::memory_order_acquire); }
    [[nodiscard]] unsigned strays() const { return strays_; }
    [[nodiscard]] unsigned passed() const { return passed_; }

private:
    void send() {
        const bool is_a = sent_ % 2 == 0;
        FrameSpec spec;
        spec.source[5] = is_a ? kTenantA : kTenantB;
        spec.tags = {{.vid = static_cast<std::uint16_t>(100 + sent_ / 2 % 3)}};
        stepped_.inject(is_a ? 0 : 2, build_frame(spec), id_);
        ++sent_;
    }
    void turn() {
        stepped_.step(id_);
        for (unsigned port = 0; port < 4; ++port) {
            for (const FrameBytes& frame : RingPorts::instance().collect(port, id_)) {
                ++passed_;
                strays_ += frame.at(11) == (port < 2 ? kTenantA : kTenantB) ? 0U : 1U;
            }
        }
    }

    SteppedDataplane& stepped_;
    unsigned id_;
    unsigned sent_ = 0;
    unsigned strays_ = 0;
    unsigned passed_ = 0;
    std::atomic<bool> done_{false};
};

/// Orders and withdraws circuits of one tenant and the other in turn, so that each gets the slots
/// that the other had a moment before. The control thread.
class Orders {
public:
    explicit Orders(SteppedDataplane& stepped) : stepped_(stepped) {}

    void change_something(unsigned round) {
        const std::uint16_t port = round % 2 == 0 ? 0 : 2;
        withdraw();
        ++key_;
        install(port, 100 + round % 3);
        if (round % 5 == 0) {
            install(port, 100 + (round + 1) % 3);
        }
    }
    void withdraw() {
        if (key_ != 0) {
            stepped_.dataplane().remove(CircuitKey{key_}, ++ticket_);
            wait();
            ++removed_;
        }
    }
    [[nodiscard]] unsigned removed() const { return removed_; }

private:
    void install(std::uint16_t port, unsigned vlan) {
        const CircuitProgram program = program_of(
            endpoint_of(port, c_vlan(vlan)),
            endpoint_of(static_cast<std::uint16_t>(port + 1), c_vlan(vlan + 1'000))
        );
        ASSERT_TRUE(stepped_.dataplane().stage(CircuitKey{key_}, program));
        stepped_.dataplane().commit(CircuitKey{key_}, ++ticket_);
        wait();
    }
    void wait() {
        while (stepped_.dataplane().outstanding() != 0) {
            stepped_.poll();
            std::this_thread::yield();
        }
    }

    SteppedDataplane& stepped_;
    std::uint64_t key_ = 0; ///< of the one circuit there is
    std::uint64_t ticket_ = 0;
    unsigned removed_ = 0;
};

TEST(Threads, CircuitsComeAndGoWhileFramesPassAndNoneStrays) {
    // Two tx queues for four workers: half of them transmit through others.
    SteppedDataplane stepped{
        {.workers = kWorkers, .ports = 4, .rx_queues = kWorkers, .tx_queues = 2, .endpoints = 8}};
    std::atomic<unsigned> round{0};
    std::atomic<bool> stop{false};
    std::vector<std::unique_ptr<WireAndWorker>> workers;
    std::vector<std::thread> threads;
    for (unsigned id = 0; id < kWorkers; ++id) {
        workers.push_back(std::make_unique<WireAndWorker>(stepped, id));
        threads.emplace_back([&worker = *workers.back(), &round, &stop] { worker.run(round, stop); }
        );
    }
    Orders orders{stepped};

    const auto all_sent = [&workers] {
        return std::all_of(workers.begin(), workers.end(), [](const auto& worker) {
            return worker->done();
        });
    };
    while (round.load() < kRounds) {
        orders.change_something(round.fetch_add(1));
    }
    while (!all_sent()) {
        std::this_thread::yield();
    }
    orders.withdraw();
    stop.store(true, std::memory_order_release);
    for (std::thread& thread : threads) {
        thread.join();
    }
    stepped.settle();

    unsigned passed = 0;
    for (const auto& worker : workers) {
        EXPECT_EQ(0U, worker->strays()) << "a frame left through the other tenant's circuit";
        passed += worker->passed();
    }
    for (unsigned port = 0; port < 4; ++port) {
        passed += static_cast<unsigned>(stepped.collect(port).size());
    }
    std::uint64_t received = 0;
    std::uint64_t transmitted = 0;
    std::uint64_t dropped = 0;
    for (std::uint16_t port = 0; port < 4; ++port) {
        const PortCounters counters = stepped.dataplane().port_counters(PortIndex{port});
        received += counters.rx.frames;
        transmitted += counters.tx.frames;
        dropped += std::accumulate(counters.drops.begin(), counters.drops.end(), std::uint64_t{0});
    }
    EXPECT_EQ(kWorkers * kFramesPerWorker, received);
    EXPECT_EQ(received, transmitted + dropped);
    EXPECT_EQ(transmitted, passed);
    EXPECT_LT(0U, orders.removed());
}

} // namespace
} // namespace strowger::test
