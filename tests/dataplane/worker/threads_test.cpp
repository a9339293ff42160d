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
        if (round % 3 != 0) {
            // Not waited for: what comes next meets it under way.
            moved_ += stepped_.parts().dataplane->move(CircuitKey{key_}, round % kWorkers) ? 1 : 0;
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
    [[nodiscard]] unsigned moved() const { return moved_; }

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
    unsigned moved_ = 0;
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
    EXPECT_LT(0U, orders.moved());
}

/// A worker on a thread of its own whose queue of port 0 gets numbered frames of one circuit;
/// worker 0 has the only transmit queue and looks at what leaves it.
class NumberedWire {
public:
    NumberedWire(SteppedDataplane& stepped, unsigned id) : stepped_(stepped), id_(id) {}

    void run(const std::atomic<unsigned>& allowed, const std::atomic<bool>& stop) {
        while (!stop.load(std::memory_order_acquire)) {
            if (sent_ < allowed.load(std::memory_order_acquire)) {
                FrameSpec spec{.tags = {{.vid = 100}}};
                ++sent_;
                spec.source[3] = static_cast<std::uint8_t>(id_);
                spec.source[4] = static_cast<std::uint8_t>(sent_ >> 8U);
                spec.source[5] = static_cast<std::uint8_t>(sent_ & 0xFFU);
                stepped_.inject(0, build_frame(spec), id_);
            } else {
                std::this_thread::yield();
            }
            stepped_.step(id_);
            if (id_ == 0) {
                look();
            }
        }
    }
    [[nodiscard]] unsigned left() const { return left_.load(std::memory_order_acquire); }
    [[nodiscard]] unsigned overtaken() const { return overtaken_; }

private:
    void look() {
        for (const FrameBytes& frame : RingPorts::instance().collect(1, 0)) {
            unsigned& last = last_.at(frame.at(9));
            const unsigned number = unsigned{frame.at(10)} << 8U | frame.at(11);
            overtaken_ += number == last + 1 ? 0U : 1U;
            last = number;
            left_.store(left_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        }
    }

    SteppedDataplane& stepped_;
    unsigned id_;
    unsigned sent_ = 0;
    std::array<unsigned, kWorkers> last_{};
    unsigned overtaken_ = 0;
    std::atomic<unsigned> left_{0};
};

TEST(Threads, ALoadedCircuitMovesAThousandTimesAndEachFrameKeepsItsPlace) {
    constexpr unsigned kMoves = 1'000;
    // No ring can overflow, however late a thread is: what is lost was lost by a move.
    SteppedDataplane stepped{
        {.workers = kWorkers,
         .rx_queues = kWorkers,
         .tx_queues = 1,
         .endpoints = 8,
         .handover_ring = 256}};
    std::atomic<unsigned> allowed{0};
    std::atomic<bool> stop{false};
    std::vector<std::unique_ptr<NumberedWire>> wires;
    std::vector<std::thread> threads;
    for (unsigned id = 0; id < kWorkers; ++id) {
        wires.push_back(std::make_unique<NumberedWire>(stepped, id));
        threads.emplace_back([&wire = *wires.back(), &allowed, &stop] { wire.run(allowed, stop); });
    }
    auto& plane = *stepped.parts().dataplane;
    ASSERT_TRUE(plane.stage(
        CircuitKey{1}, program_of(endpoint_of(0, c_vlan(100)), endpoint_of(1, c_vlan(200)))
    ));
    plane.commit(CircuitKey{1}, 1);
    const auto wait = [&] {
        while (plane.outstanding() != 0) {
            stepped.poll();
            std::this_thread::yield();
        }
    };
    wait();
    for (unsigned moves = 0; moves < kMoves;) {
        // Some frames for each move, and no more under way than a ring holds.
        if (allowed.load() * kWorkers < wires[0]->left() + 200 && allowed.load() < moves + 40) {
            allowed.fetch_add(1, std::memory_order_release);
        }
        moves += plane.move(CircuitKey{1}, (plane.place(CircuitKey{1})->worker + 1) % kWorkers);
        stepped.poll();
        std::this_thread::yield();
    }
    wait();
    const unsigned sent = allowed.load() * kWorkers;
    while (wires[0]->left() < sent &&
           plane.port_counters(PortIndex{0}).drops == decltype(PortCounters::drops){}) {
        std::this_thread::yield();
    }
    stop.store(true, std::memory_order_release);
    for (std::thread& thread : threads) {
        thread.join();
    }

    EXPECT_LT(kMoves / 4, sent);
    EXPECT_EQ(sent, wires[0]->left());
    EXPECT_EQ(0U, wires[0]->overtaken());
    const CircuitCounters counters = *plane.counters(CircuitKey{1});
    EXPECT_EQ(sent, counters.endpoints[0].ingress_green.frames);
    EXPECT_EQ(sent, counters.endpoints[1].egress_green.frames);
}

} // namespace
} // namespace strowger::test
