// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include <functional>

namespace strowger::test {
namespace {

constexpr unsigned kOwner = 0;
constexpr unsigned kPoller = 1;

/// Does something once, in the middle of a worker's turn: when it next polls a queue.
class InTheMiddle {
public:
    InTheMiddle(std::uint16_t device, std::uint16_t queue, std::function<void()> action)
        : device_(device),
          queue_(queue),
          action_(std::move(action)),
          callback_(rte_eth_add_rx_callback(device, queue, run, this)) {}
    InTheMiddle(const InTheMiddle&) = delete;
    InTheMiddle& operator=(const InTheMiddle&) = delete;
    InTheMiddle(InTheMiddle&&) = delete;
    InTheMiddle& operator=(InTheMiddle&&) = delete;
    ~InTheMiddle() { rte_eth_remove_rx_callback(device_, queue_, callback_); }

private:
    // The six parameters are DPDK's.
    static std::uint16_t // NOLINTNEXTLINE(readability-function-size)
    run(std::uint16_t, std::uint16_t, rte_mbuf**, std::uint16_t count, std::uint16_t, void* self) {
        auto& action = static_cast<InTheMiddle*>(self)->action_;
        if (action) {
            std::exchange(action, nullptr)();
        }
        return count;
    }

    std::uint16_t device_;
    std::uint16_t queue_;
    std::function<void()> action_;
    const rte_eth_rxtx_callback* callback_;
};

/// A circuit of worker 0 whose next frame waits in the queue of worker 1, and which is being
/// removed.
class TurnOrder : public testing::Test {
protected:
    void SetUp() override {
        auto& plane = stepped_.dataplane();
        ASSERT_TRUE(plane.stage(
            CircuitKey{1}, program_of(endpoint_of(0, c_vlan(100)), endpoint_of(1, c_vlan(200)))
        ));
        plane.commit(CircuitKey{1}, 1);
        ASSERT_EQ(1U, stepped_.settle().size());
        ASSERT_EQ(kOwner, stepped_.parts().dataplane->place(CircuitKey{1})->worker);

        ASSERT_TRUE(stepped_.inject(0, build_frame({.tags = {{.vid = 100}}}), kPoller));
        plane.remove(CircuitKey{1}, 2);
    }

    dataplane::Worker& owner() { return stepped_.parts().group->worker(kOwner); }

    /// The poller's last frame goes into the owner's ring and it acknowledges that it no longer
    /// matches; so the control thread sends the owner the command that frees the slots.
    void poller_lets_go() {
        stepped_.step(kPoller);
        ASSERT_TRUE(stepped_.poll().empty());
    }

    SteppedDataplane stepped_{{.workers = 2, .ports = 4, .rx_queues = 2, .command_ring = 64}};
};

TEST_F(TurnOrder, AFrameHandedOverBeforeTheFreeCommandIsMovedUnderTheOldProgram) {
    owner().take_commands();
    poller_lets_go(); // in the middle of the owner's turn
    owner().move_frames();
    owner().apply_commands();
    owner().acknowledge();
    stepped_.step(kOwner);

    const auto done = stepped_.poll();
    ASSERT_EQ(1U, done.size());
    EXPECT_EQ(1U, done[0].final_counters->endpoints[0].ingress_green.frames);
    EXPECT_EQ(1U, done[0].final_counters->endpoints[1].egress_green.frames);
    EXPECT_EQ(1U, stepped_.collect(1).size());
}

TEST_F(TurnOrder, AWholeTurnTakesItsCommandsFirst) {
    const InTheMiddle others_move{
        stepped_.parts().ports.ports[0].device, kOwner, [this] { poller_lets_go(); }};

    stepped_.step(kOwner);
    ASSERT_TRUE(stepped_.poll().empty()) << "freed behind the back of a frame in the ring";
    stepped_.step(kOwner);

    const auto done = stepped_.poll();
    ASSERT_EQ(1U, done.size());
    EXPECT_EQ(1U, done[0].final_counters->endpoints[0].ingress_green.frames);
    EXPECT_EQ(1U, stepped_.collect(1).size());
}

TEST_F(TurnOrder, FramesBeforeCommandsWouldLeaveAFrameToAFreedSlot) {
    owner().move_frames();
    poller_lets_go();
    owner().take_commands();
    owner().apply_commands();
    owner().acknowledge();

    // The removal is complete and its last word is said, but a frame of the circuit is still in the
    // owner's ring with the number of a slot that the next circuit gets. This is what a turn in the
    // right order never lets happen.
    const auto done = stepped_.poll();
    ASSERT_EQ(1U, done.size());
    EXPECT_EQ(0U, done[0].final_counters->endpoints[0].ingress_green.frames);
    EXPECT_EQ(1U, rte_ring_count(owner().parts().handover_in[kPoller]));
    EXPECT_EQ(1U, frames_in_use());

    // The next circuit, of other ports, is installed before the owner looks at its ring.
    auto& plane = stepped_.dataplane();
    ASSERT_TRUE(plane.stage(
        CircuitKey{2}, program_of(endpoint_of(2, c_vlan(100)), endpoint_of(3, c_vlan(300)))
    ));
    plane.commit(CircuitKey{2}, 3);
    owner().take_commands();
    owner().apply_commands();
    owner().move_frames();
    owner().acknowledge();
    EXPECT_EQ(1U, stepped_.collect(3).size()) << "the foreign frame leaves by the new circuit";
}

TEST_F(TurnOrder, AnAcknowledgementComesBehindTheFramesOfItsTurn) {
    auto& poller = stepped_.parts().group->worker(kPoller);
    const std::uint64_t before = poller.applied();
    poller.take_commands();
    poller.move_frames();
    poller.apply_commands();
    EXPECT_EQ(before, poller.applied());

    poller.acknowledge();

    EXPECT_LT(before, poller.applied());
    EXPECT_EQ(1U, rte_ring_count(owner().parts().handover_in[kPoller]));
}

TEST(Turn, TakesAtMostItsShareOfCommands) {
    SteppedDataplane stepped{{.command_ring = 128}};
    auto& worker = stepped.parts().group->worker(0);
    for (unsigned i = 0; i < 40; ++i) {
        ASSERT_TRUE(stepped.parts().group->send(0, dataplane::Command{dataplane::SetPort{}}));
    }

    stepped.step(0);
    EXPECT_EQ(dataplane::kCommandsPerTurnMax, worker.applied());
    stepped.step(0);
    EXPECT_EQ(40U, worker.applied());
}

TEST(Turn, SaysWhetherThereWasWork) {
    SteppedDataplane stepped{{}};

    EXPECT_FALSE(stepped.step(0));
    ASSERT_TRUE(stepped.inject(0, build_frame({})));
    EXPECT_TRUE(stepped.step(0));
    EXPECT_FALSE(stepped.step(0));

    const WorkerCounters counters = stepped.dataplane().workers()[0].counters;
    EXPECT_EQ(3U, counters.loops);
    EXPECT_GT(counters.busy_cycles, 0U);
    EXPECT_EQ(1U, counters.rx_frames);
    EXPECT_EQ(1U, counters.drops[static_cast<std::size_t>(DropReason::Unmatched)]);
}

TEST(Turns, ThatTakeTooLongAreCountedOnlyWhereTheyAreWatched) {
    SteppedDataplane stepped{{}};
    dataplane::Worker& worker = stepped.parts().group->worker(0);
    stepped.step(0);
    stepped.step(0);
    EXPECT_EQ(0U, worker.stats().long_turns.read());

    worker.watch_turns(1); // a tick: every turn
    stepped.step(0);
    stepped.step(0);

    EXPECT_EQ(2U, worker.stats().long_turns.read());
    EXPECT_GT(worker.stats().last_long[1].read(), 1U);
    EXPECT_EQ(
        worker.stats().long_turn_ticks.read(),
        worker.stats().last_long[0].read() + worker.stats().last_long[1].read()
    );
}

} // namespace
} // namespace strowger::test
