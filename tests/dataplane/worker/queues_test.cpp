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

    const auto left = stepped.collect(1);
    ASSERT_EQ(32U, left.size()) << "one burst a turn";
    stepped.settle();
    auto rest = stepped.collect(1);
    ASSERT_EQ(8U, rest.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        EXPECT_EQ(100 + i, left[i].size());
    }
    EXPECT_EQ(132U, rest.front().size());
}

TEST(Transmit, CountsWhatTheDeviceRefusesWhereItArrived) {
    SteppedDataplane stepped{{}};
    install(stepped, 1, line(100));
    const std::size_t more = 5;
    for (std::size_t i = 0; i < SteppedDataplane::kQueueFrames + more; ++i) {
        ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{.vid = 100}}})));
        stepped.settle(); // nobody collects
    }

    const CircuitCounters counters = *stepped.dataplane().counters(CircuitKey{1});
    EXPECT_EQ(SteppedDataplane::kQueueFrames + more, counters.endpoints[0].ingress_green.frames);
    EXPECT_EQ(SteppedDataplane::kQueueFrames, counters.endpoints[1].egress_green.frames);
    EXPECT_EQ(more, drops_of(counters.endpoints[0], DropReason::TxFull));
    EXPECT_EQ(
        SteppedDataplane::kQueueFrames, stepped.dataplane().port_counters(PortIndex{1}).tx.frames
    );
    EXPECT_EQ(SteppedDataplane::kQueueFrames, stepped.collect(1).size());
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

    // The owner's ring is full: the owner drops, and counts.
    arrive(2);
    stepped_.settle();
    EXPECT_EQ(2U, tx_full());

    EXPECT_EQ(SteppedDataplane::kQueueFrames, stepped_.collect(1).size());
    stepped_.settle();
    EXPECT_EQ(63U, stepped_.collect(1).size());
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
