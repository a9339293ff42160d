// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>

namespace strowger::test {
namespace {

std::uint64_t drops_of(const EndpointCounters& counters, DropReason reason) {
    return counters.drops.at(static_cast<std::size_t>(reason));
}

void install(SteppedDataplane& stepped, std::uint64_t key, const CircuitProgram& program) {
    ASSERT_TRUE(stepped.dataplane().stage(CircuitKey{key}, program));
    stepped.dataplane().commit(CircuitKey{key}, key);
    ASSERT_EQ(1U, stepped.settle().size());
}

CircuitProgram line(unsigned vlan) {
    return program_of(endpoint_of(0, c_vlan(vlan)), endpoint_of(1, c_vlan(vlan)));
}

TEST(Handover, LosesAtAFullRingAndCountsItAtTheEndpoint) {
    SteppedDataplane stepped{{.workers = 2, .rx_queues = 2, .handover_ring = 8}};
    install(stepped, 1, line(100));
    for (unsigned i = 0; i < 10; ++i) {
        ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{.vid = 100}}}), 1));
    }

    stepped.step(1); // the owner does not look at its ring meanwhile
    stepped.settle();

    EXPECT_EQ(7U, stepped.collect(1).size());
    const CircuitCounters counters = *stepped.dataplane().counters(CircuitKey{1});
    EXPECT_EQ(7U, counters.endpoints[0].ingress_green.frames);
    EXPECT_EQ(3U, drops_of(counters.endpoints[0], DropReason::HandoverFull));
    const auto workers = stepped.dataplane().workers();
    EXPECT_EQ(7U, workers[1].counters.handed_over);
    EXPECT_EQ(7U, workers[0].counters.taken_over);
    const auto port = stepped.dataplane().port_counters(PortIndex{0});
    EXPECT_EQ(3U, port.drops[static_cast<std::size_t>(DropReason::HandoverFull)]);
}

TEST(Handover, LossesOfOneCircuitAreNotTheNextOnesInItsSlot) {
    SteppedDataplane stepped{{.workers = 2, .rx_queues = 2, .handover_ring = 8}};
    install(stepped, 1, line(100));
    for (unsigned i = 0; i < 10; ++i) {
        ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{.vid = 100}}}), 1));
    }
    stepped.step(1);
    stepped.settle();
    stepped.collect(1);
    const auto place = stepped.parts().dataplane->place(CircuitKey{1});
    stepped.dataplane().remove(CircuitKey{1}, 2);
    const auto done = stepped.settle();
    ASSERT_EQ(1U, done.size());
    EXPECT_EQ(3U, drops_of(done[0].final_counters->endpoints[0], DropReason::HandoverFull));

    install(stepped, 2, line(100));

    ASSERT_EQ(place->slots, stepped.parts().dataplane->place(CircuitKey{2})->slots);
    EXPECT_EQ(CircuitCounters{}, *stepped.dataplane().counters(CircuitKey{2}));
}

TEST(Handover, KeepsTheOrderOfACircuitsFrames) {
    SteppedDataplane stepped{{.workers = 4, .rx_queues = 4, .handover_ring = 64}};
    install(stepped, 1, line(100));
    for (std::size_t i = 0; i < 40; ++i) {
        ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{.vid = 100}}, .size = 100 + i}), 3));
    }

    stepped.step(3);
    stepped.step(0);

    EXPECT_EQ(32U, stepped.dataplane().workers()[3].counters.rx_frames) << "one burst a turn";
    stepped.settle();
    const auto left = stepped.collect(1);
    ASSERT_EQ(40U, left.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        EXPECT_EQ(100 + i, left[i].size());
    }
}

/// A port whose device takes no more: its queue is full, and nobody collects.
class StalledPort : public testing::Test {
protected:
    void SetUp() override {
        install(stepped_, 1, line(100));
        CircuitProgram aware = line(200);
        aware.endpoints[0].bandwidth = profile_of(
            {.cir = BitsPerSecond{1'000'000},
             .cbs = Bytes{20'000},
             .eir = BitsPerSecond{1'000'000},
             .ebs = Bytes{20'000},
             .color_mode = ColorMode::ColorAware},
            aware.frame_max
        );
        install(stepped_, 2, aware);
        arrive(SteppedDataplane::kQueueFrames, 100);
    }
    /// DEI marks a frame as yellow; circuit 2 heeds it.
    void arrive(std::size_t frames, std::uint16_t vlan, bool dei = false) {
        for (std::size_t i = 0; i < frames; ++i) {
            ASSERT_TRUE(stepped_.inject(0, build_frame({.tags = {{.vid = vlan, .dei = dei}}})));
            stepped_.settle();
        }
    }
    CircuitCounters counters(std::uint64_t key) {
        return *stepped_.dataplane().counters(CircuitKey{key});
    }

    SteppedDataplane stepped_{{}};
};

TEST_F(StalledPort, CountsWhatItRefusesWhereItArrived) {
    const std::size_t more = 5;
    arrive(dataplane::TxLane::kWaitingMax, 100);
    EXPECT_EQ(SteppedDataplane::kQueueFrames, counters(1).endpoints[1].egress_green.frames)
        << "what waits has not left";
    EXPECT_EQ(0U, drops_of(counters(1).endpoints[0], DropReason::TxFull));

    arrive(more, 100);

    EXPECT_EQ(SteppedDataplane::kQueueFrames, counters(1).endpoints[1].egress_green.frames);
    EXPECT_EQ(more, drops_of(counters(1).endpoints[0], DropReason::TxFull));
    EXPECT_EQ(
        SteppedDataplane::kQueueFrames, stepped_.dataplane().port_counters(PortIndex{1}).tx.frames
    );

    EXPECT_EQ(SteppedDataplane::kQueueFrames, stepped_.collect(1).size());
    stepped_.settle();
    EXPECT_EQ(dataplane::TxLane::kWaitingMax, stepped_.collect(1).size());
    const FrameCount left = counters(1).endpoints[1].egress_green;
    EXPECT_EQ(SteppedDataplane::kQueueFrames + dataplane::TxLane::kWaitingMax, left.frames);
    EXPECT_EQ(left.bytes, stepped_.dataplane().port_counters(PortIndex{1}).tx.bytes);
}

TEST_F(StalledPort, RefusesYellowFramesBeforeGreenOnes) {
    arrive(10, 200, true);
    arrive(dataplane::TxLane::kWaitingMax - 10, 100);
    EXPECT_EQ(0U, drops_of(counters(2).endpoints[0], DropReason::TxFull));

    arrive(10, 100);

    EXPECT_EQ(10U, drops_of(counters(2).endpoints[0], DropReason::TxFull)) << "yellow goes first";
    EXPECT_EQ(0U, drops_of(counters(1).endpoints[0], DropReason::TxFull));
    EXPECT_EQ(0U, counters(2).endpoints[1].egress_yellow.frames);

    arrive(3, 200, true);
    arrive(2, 100);
    EXPECT_EQ(13U, drops_of(counters(2).endpoints[0], DropReason::TxFull));
    EXPECT_EQ(2U, drops_of(counters(1).endpoints[0], DropReason::TxFull)) << "then green";
    stepped_.collect(1);
}

TEST_F(StalledPort, GivesUpAFreedCircuitsFramesAndKeepsTheOthers) {
    arrive(5, 200);
    arrive(7, 100);
    stepped_.dataplane().remove(CircuitKey{2}, 9);
    const auto done = stepped_.settle();

    ASSERT_EQ(1U, done.size());
    const CircuitCounters& last = *done[0].final_counters;
    EXPECT_EQ(5U, last.endpoints[0].ingress_green.frames);
    EXPECT_EQ(0U, last.endpoints[1].egress_green.frames);
    EXPECT_EQ(5U, drops_of(last.endpoints[0], DropReason::TxFull));
    EXPECT_EQ(SteppedDataplane::kQueueFrames, stepped_.collect(1).size());
    stepped_.settle();
    EXPECT_EQ(7U, stepped_.collect(1).size());
}

TEST(Transmit, DropsForADeadLinkUnderItsOwnName) {
    SteppedDataplane stepped{{}};
    install(stepped, 1, line(100));
    stepped.set_link(1, false);
    ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{.vid = 100}}})));
    stepped.settle();
    EXPECT_TRUE(stepped.collect(1).empty());
    EXPECT_EQ(
        1U,
        drops_of(stepped.dataplane().counters(CircuitKey{1})->endpoints[0], DropReason::LinkDown)
    );

    stepped.set_link(1, true);
    ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{.vid = 100}}})));
    stepped.settle();
    EXPECT_EQ(1U, stepped.collect(1).size());
}

/// Worker 1 owns the circuit, worker 0 has the only tx queue.
class Relay : public testing::Test {
protected:
    void SetUp() override {
        install(stepped_, 1, line(100));
        install(stepped_, 2, line(200));
        ASSERT_EQ(1U, stepped_.parts().dataplane->place(CircuitKey{2})->worker);
    }
    void arrive(unsigned frames) {
        for (unsigned i = 0; i < frames; ++i) {
            ASSERT_TRUE(stepped_.inject(0, build_frame({.tags = {{.vid = 200}}}), 1));
        }
    }
    std::uint64_t tx_full() {
        return drops_of(
            stepped_.dataplane().counters(CircuitKey{2})->endpoints[0], DropReason::TxFull
        );
    }

    SteppedDataplane stepped_{{.workers = 2, .rx_queues = 2, .tx_queues = 1, .handover_ring = 64}};
};

TEST_F(Relay, TransmitsForAWorkerWithoutAQueue) {
    arrive(3);

    stepped_.step(1);
    EXPECT_TRUE(stepped_.collect(1).empty());
    stepped_.step(0);

    EXPECT_EQ(3U, stepped_.collect(1).size());
    const auto workers = stepped_.dataplane().workers();
    EXPECT_EQ(3U, workers[0].counters.tx_frames);
    EXPECT_EQ(3U, workers[1].counters.rx_frames);
    EXPECT_EQ(3U, stepped_.dataplane().counters(CircuitKey{2})->endpoints[1].egress_green.frames);
}

TEST_F(Relay, NeverDropsForAnother) {
    // Worker 0's own circuit fills the device; what worker 1 sends has to wait in its ring.
    for (std::size_t i = 0; i < SteppedDataplane::kQueueFrames; ++i) {
        ASSERT_TRUE(stepped_.inject(0, build_frame({.tags = {{.vid = 100}}}), 0));
    }
    stepped_.settle();
    arrive(63);
    stepped_.settle();
    EXPECT_EQ(0U, tx_full());

    // The owner's ring is full, and so is what may wait for it: the owner drops, and counts.
    arrive(dataplane::TxLane::kWaitingMax);
    stepped_.settle();
    EXPECT_EQ(0U, tx_full());
    arrive(2);
    stepped_.settle();
    EXPECT_EQ(2U, tx_full());

    EXPECT_EQ(SteppedDataplane::kQueueFrames, stepped_.collect(1).size());
    stepped_.settle();
    EXPECT_EQ(63U + dataplane::TxLane::kWaitingMax, stepped_.collect(1).size());
}

TEST(Unmatched, RemembersTheLastTagsNewestFirst) {
    SteppedDataplane stepped{{}};
    for (std::uint16_t vlan = 1; vlan <= 10; ++vlan) {
        ASSERT_TRUE(
            stepped.inject(0, build_frame({.tags = {{.tpid = 0x88A8, .vid = vlan}, {.vid = 7}}}))
        );
    }
    ASSERT_TRUE(stepped.inject(0, build_frame({})));
    ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{.tpid = 0x88A8, .vid = 10}, {.vid = 7}}}))
    );
    stepped.settle();

    const PortCounters port = stepped.dataplane().port_counters(PortIndex{0});
    EXPECT_EQ(12U, port.drops[static_cast<std::size_t>(DropReason::Unmatched)]);
    ASSERT_EQ(kUnmatchedTagsKept, port.unmatched.size());
    EXPECT_EQ(0x88A8, port.unmatched[0].outer_tpid);
    EXPECT_EQ(10, port.unmatched[0].outer_vid);
    EXPECT_EQ(7, port.unmatched[0].inner_vid);
    EXPECT_EQ(2U, port.unmatched[0].frames);
    EXPECT_EQ(0, port.unmatched[1].outer_tpid);
    EXPECT_EQ(std::nullopt, port.unmatched[1].inner_vid);
    EXPECT_EQ(1U, port.unmatched[1].frames);
    EXPECT_EQ(9, port.unmatched[2].outer_vid);
    EXPECT_EQ(4, port.unmatched[7].outer_vid);
}

} // namespace
} // namespace strowger::test
