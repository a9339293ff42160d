// SPDX-License-Identifier: Apache-2.0
#include "tests/dataplane/worker/moves_fixture.h"

#include <gtest/gtest.h>

#include <random>

namespace strowger::test {
namespace {

TEST_F(Moves, FramesInRingsGoFirstAndNewOnesWaitForThem) {
    install(kCircuit, line(100));
    ASSERT_EQ(0U, owner());
    send(2);
    step(2); // into the old owner's ring
    begin_move(1);

    send(2);
    step(2); // classified by the old entry; then switched, and the marker sent
    send(2);
    step(2); // classified by the new one
    step(0); // takes the first two, and the marker; worker 1's is still missing
    EXPECT_EQ(2U, left_);
    step(1); // parks the third, for what came before it may be with the old owner yet
    EXPECT_EQ(2U, left_);
    EXPECT_EQ(1U, frames_in_use());
    step(0); // has all markers, and passes the circuit on
    step(1); // takes it over
    EXPECT_EQ(2U, left_);
    step(1); // and lets the frame go
    EXPECT_EQ(3U, left_);
    settle();

    EXPECT_EQ(1U, owner());
    EXPECT_EQ(0U, plane().outstanding());
    EXPECT_EQ(3U, counters().endpoints[0].ingress_green.frames);
    EXPECT_EQ(3U, counters().endpoints[1].egress_green.frames);
}

TEST_F(Moves, TheOldOwnersOwnFramesFollowThoseItHas) {
    install(kCircuit, line(100));
    begin_move(1);
    send(0);
    step(0); // still its own; then switched
    EXPECT_EQ(1U, left_);
    send(0);
    step(0); // on its way to the new owner
    EXPECT_EQ(1U, left_);
    settle();
    EXPECT_EQ(2U, left_);
    EXPECT_EQ(2U, counters().endpoints[0].ingress_green.frames);
}

TEST_F(Moves, TokensAndCountersGoAlong) {
    const CircuitProgram metered = program_of(
        endpoint_of(0, c_vlan(100), Tpid::CTag8100, one_burst_of(30 * 68)),
        endpoint_of(1, c_vlan(100))
    );
    install(kCircuit, metered);
    for (unsigned i = 0; i < 16; ++i) {
        send(0);
    }
    settle();
    ASSERT_TRUE(plane().move(kCircuit, 2));
    settle();
    for (unsigned i = 0; i < 16; ++i) {
        send(0);
    }
    settle();

    EXPECT_EQ(30U, left_) << "one burst, wherever it was metered";
    EXPECT_EQ(30U, counters().endpoints[0].ingress_green.frames);
    EXPECT_EQ(2U, counters().endpoints[0].ingress_red.frames);
    EXPECT_EQ(2U, drops_of(counters().endpoints[0], DropReason::Policed));
    EXPECT_EQ(2'040U, counters().endpoints[1].egress_green.bytes);
}

TEST_F(Moves, CountersCanBeReadAtEveryMomentAndNeverFall) {
    install(kCircuit, line(100));
    std::uint64_t last = 0;
    for (unsigned round = 0; round < 200; ++round) {
        if (round % 20 == 0) {
            ASSERT_TRUE(plane().move(kCircuit, (owner() + 1) % 3));
        }
        send(round % 3);
        step(round % 3);
        stepped_.poll();
        const std::uint64_t now = counters().endpoints[0].ingress_green.frames;
        EXPECT_LE(last, now);
        EXPECT_LE(now, round + 1);
        last = now;
    }
    settle();
    EXPECT_EQ(200U, counters().endpoints[0].ingress_green.frames);
}

TEST_F(Moves, WhatIsCheckedAtEgressPassesAllTheWay) {
    install(
        kCircuit, program_of(endpoint_of(0, c_vlans(100, 105)), endpoint_of(1, c_vlans(100, 103)))
    );
    send(2);
    step(2);
    begin_move(1);
    stepped_.parts().group->worker(0).take_commands();
    stepped_.parts().group->worker(0).apply_commands(); // its entries name worker 1 already
    step(0);
    EXPECT_EQ(1U, left_) << "the old owner still knows its own";
    send(2);
    send(2, 104); // not mapped at the other end
    settle();
    EXPECT_EQ(2U, left_);
    EXPECT_EQ(1U, drops_of(counters().endpoints[0], DropReason::EgressUnmapped));
}

TEST_F(Moves, AMarkerWaitsForRoomInTheRing) {
    install(kCircuit, line(100));
    begin_move(1);
    step(2); // switched; its marker is in worker 0's ring
    for (unsigned round = 0; round < 3; ++round) {
        for (unsigned i = 0; i < 21; ++i) {
            send(1);
        }
        step(1);
    }
    settle();
    EXPECT_EQ(all_sent(), left_);
    EXPECT_EQ(1U, owner());
}

TEST_F(Moves, ABacklogGoesOnStepByStep) {
    install(kCircuit, line(100));
    begin_move(1);
    step(2);
    for (unsigned i = 0; i < 60; ++i) {
        send(2);
    }
    step(2);
    step(2);
    step(1); // parks them all
    ASSERT_EQ(0U, left_);
    step(0);
    step(1);
    for (unsigned turn = 0; turn < 3; ++turn) {
        send(1);
        step(1);
    }
    EXPECT_EQ(all_sent(), left_);
    settle();
    EXPECT_EQ(63U, counters().endpoints[0].ingress_green.frames);
}

class NarrowMoves : public Moves {
protected:
    NarrowMoves() : Moves({.workers = 3, .rx_queues = 3, .command_ring = 64, .handover_ring = 8}) {}
};

TEST_F(NarrowMoves, WhatFindsNoRoomToWaitIsCountedAtTheEndpoint) {
    install(kCircuit, line(100));
    begin_move(1);
    step(2);
    for (unsigned round = 0; round < 2; ++round) {
        for (unsigned i = 0; i < 7; ++i) {
            send(2);
        }
        step(2);
        step(1);
    }
    settle();
    EXPECT_EQ(8U, left_);
    EXPECT_EQ(6U, drops_of(counters().endpoints[0], DropReason::HandoverFull));
    EXPECT_EQ(8U, counters().endpoints[0].ingress_green.frames);
    const PortCounters port = plane().port_counters(PortIndex{0});
    EXPECT_EQ(6U, port.drops[static_cast<std::size_t>(DropReason::HandoverFull)]);

    // They stay the circuit's when it moves on, and leave with it.
    ASSERT_TRUE(plane().move(kCircuit, 2));
    settle();
    EXPECT_EQ(6U, drops_of(counters().endpoints[0], DropReason::HandoverFull));
    plane().remove(kCircuit, ++ticket_);
    settle();
    ASSERT_EQ(1U, completions_.size());
    EXPECT_EQ(6U, drops_of(completions_[0].final_counters->endpoints[0], DropReason::HandoverFull));
    install(CircuitKey{2}, line(100));
    EXPECT_EQ(CircuitCounters{}, *plane().counters(CircuitKey{2}));
}

TEST_F(NarrowMoves, AMarkerIsNotLostAtAFullRing) {
    install(kCircuit, line(100));
    install(CircuitKey{2}, line(200)); // on worker 1
    install(CircuitKey{3}, line(300)); // on worker 2
    install(CircuitKey{4}, line(400)); // on worker 0
    ASSERT_EQ(0U, owner(CircuitKey{4}));
    begin_move(1);
    for (unsigned i = 0; i < 7; ++i) {
        send(2, 400);
    }
    step(2); // the ring to worker 0 is full of another circuit's frames
    step(2);
    send(2);
    step(2);
    settle();
    EXPECT_EQ(8U, left_);
    EXPECT_EQ(1U, owner());
    EXPECT_EQ(1U, counters().endpoints[0].ingress_green.frames);
}

TEST_F(Moves, RefusesWhatCannotBe) {
    install(kCircuit, line(100));
    EXPECT_FALSE(plane().move(CircuitKey{9}, 1)) << "no such circuit";
    EXPECT_FALSE(plane().move(kCircuit, 0)) << "it lives there";
    EXPECT_FALSE(plane().move(kCircuit, 3)) << "no such worker";
    ASSERT_TRUE(plane().stage(kCircuit, line(101)));
    EXPECT_FALSE(plane().move(kCircuit, 1)) << "what is staged counts on its place";
    plane().unstage(kCircuit);
    ASSERT_TRUE(plane().move(kCircuit, 1));
    EXPECT_FALSE(plane().move(kCircuit, 2)) << "it is under way";
    settle();
    EXPECT_EQ(1U, owner());
    ASSERT_TRUE(plane().move(kCircuit, 0)) << "and back";
    settle();
    EXPECT_EQ(0U, owner());
}

TEST_F(Moves, AChangeOfMapsWaitsForTheMove) {
    install(kCircuit, line(100));
    ASSERT_TRUE(plane().move(kCircuit, 1));
    ASSERT_TRUE(plane().stage(kCircuit, line(200)));
    plane().commit(kCircuit, 77);
    EXPECT_EQ(1U, plane().outstanding());
    step(1);
    send(2);
    settle();

    ASSERT_EQ(1U, completions_.size());
    EXPECT_EQ(77U, completions_[0].ticket);
    EXPECT_EQ(1U, owner());
    send(2, 200);
    settle();
    EXPECT_EQ(2U, left_);
    EXPECT_EQ(2U, counters().endpoints[0].ingress_green.frames);
}

TEST_F(Moves, ARemovalWaitsForTheMoveAndHasTheLastWord) {
    install(kCircuit, line(100));
    ASSERT_TRUE(plane().move(kCircuit, 1));
    plane().remove(kCircuit, 78);
    send(2);
    step(1);
    stepped_.poll();
    settle();

    ASSERT_EQ(1U, completions_.size());
    EXPECT_EQ(78U, completions_[0].ticket);
    EXPECT_EQ(1U, completions_[0].final_counters->endpoints[0].ingress_green.frames);
    EXPECT_EQ(1U, left_);
    for (const WorkerStatus& worker : plane().workers()) {
        EXPECT_EQ(0U, worker.circuits);
    }
}

TEST_F(Moves, StagingDuringAMoveCanBeTakenBack) {
    install(kCircuit, line(100));
    ASSERT_TRUE(plane().move(kCircuit, 1));
    CircuitProgram elsewhere = line(200);
    elsewhere.workers = only(2);
    ASSERT_TRUE(plane().stage(kCircuit, elsewhere));
    EXPECT_EQ(1U, plane().workers()[2].circuits) << "reserved";
    step(1);
    plane().unstage(kCircuit);
    settle();
    EXPECT_EQ(1U, owner());
    EXPECT_EQ(0U, plane().workers()[2].circuits);
    EXPECT_EQ(1U, plane().workers()[1].circuits);
}

TEST_F(Moves, ACommitThatLeavesItsWorkerOutMovesItWithItsNewMaps) {
    install(kCircuit, line(100));
    CircuitProgram next = program_of(endpoint_of(0, c_vlans(100, 110)), endpoint_of(1, c_vlan(7)));
    next.workers = only(2);
    ASSERT_TRUE(plane().stage(kCircuit, next));
    plane().commit(kCircuit, 79);
    for (unsigned round = 0; round < 12; ++round) {
        send(round % 3);
        step(round % 3);
        for (const Completion& completion : stepped_.poll()) {
            EXPECT_EQ(2U, owner()) << completion.ticket << " completes when the move is done";
        }
    }
    settle();
    EXPECT_EQ(12U, left_);
    EXPECT_EQ(2U, owner());
    EXPECT_EQ(12U, counters().endpoints[0].ingress_green.frames);
    send(0, 110);
    settle();
    EXPECT_EQ(13U, left_);
}

TEST_F(Moves, PlacesACircuitInsideItsSet) {
    for (unsigned i = 0; i < 4; ++i) {
        CircuitProgram program = line(200 + i);
        program.workers = only(2);
        install(CircuitKey{10 + i}, program);
        EXPECT_EQ(2U, owner(CircuitKey{10 + i}));
    }
    WorkerSet set = only(1);
    set.add(2);
    CircuitProgram program = line(300);
    program.workers = set;
    install(CircuitKey{20}, program);
    EXPECT_EQ(1U, owner(CircuitKey{20})) << "the one with fewer circuits";
    EXPECT_FALSE(plane().move(CircuitKey{20}, 0)) << "not one of its workers";
    EXPECT_TRUE(plane().move(CircuitKey{20}, 2));
    settle();
    EXPECT_EQ(2U, owner(CircuitKey{20}));
}

TEST_F(Moves, RefusesASetThatIsFull) {
    SteppedDataplane small{{.workers = 2, .endpoints = 2}};
    CircuitProgram first = line(100);
    first.workers = only(1);
    ASSERT_TRUE(small.dataplane().stage(CircuitKey{1}, first));
    CircuitProgram second = line(200);
    second.workers = only(1);
    const auto refused = small.dataplane().stage(CircuitKey{2}, second);
    ASSERT_FALSE(refused);
    EXPECT_EQ("capacity_exceeded", refused.error().problems.at(0).code);
    second.workers = {};
    EXPECT_TRUE(small.dataplane().stage(CircuitKey{2}, second));
    small.dataplane().unstage(CircuitKey{1});
    small.dataplane().unstage(CircuitKey{2});
}

TEST_F(Moves, MoreThanFitWaitTheirTurn) {
    for (unsigned i = 0; i < 9; ++i) {
        CircuitProgram program = line(100 + i);
        program.workers = only(0);
        install(CircuitKey{1 + i}, program);
        program.workers = {};
        ASSERT_TRUE(plane().stage(CircuitKey{1 + i}, program));
        plane().commit(CircuitKey{1 + i}, ++ticket_);
        settle();
    }
    for (unsigned i = 0; i < 9; ++i) {
        ASSERT_TRUE(plane().move(CircuitKey{1 + i}, 1 + i % 2));
    }
    EXPECT_EQ(9U, plane().outstanding());
    for (unsigned i = 0; i < 9; ++i) {
        send(i % 3, static_cast<std::uint16_t>(100 + i));
    }
    settle();
    EXPECT_EQ(0U, plane().outstanding());
    EXPECT_EQ(9U, left_);
    EXPECT_EQ(5U, plane().workers()[1].circuits);
    EXPECT_EQ(4U, plane().workers()[2].circuits);
}

/// One move after another while frames arrive everywhere and turns come as they like.
class ThousandMoves : public testing::TestWithParam<unsigned> {};

class LoadedCircuit : public Moves {
public:
    explicit LoadedCircuit(unsigned tx_queues)
        : Moves(
              {.workers = 4,
               .rx_queues = 4,
               .tx_queues = tx_queues,
               .command_ring = 8,
               .handover_ring = 64}
          ) {}
    void TestBody() override {}

    void run(unsigned moves) {
        install(
            kCircuit,
            program_of(endpoint_of(0, c_vlans(100, 140)), endpoint_of(1, c_vlans(100, 120)))
        );
        install(CircuitKey{2}, line(500));
        std::minstd_rand dice{4711}; // NOLINT: the same every time
        for (unsigned done = 0; done < moves;) {
            done += plane().move(kCircuit, static_cast<std::uint32_t>(dice() % 4)) ? 1 : 0;
            for (unsigned turn = 0; turn < 4; ++turn) {
                const auto worker = static_cast<unsigned>(dice() % 4);
                if (all_sent() - left_ < 40) {
                    send(
                        worker,
                        static_cast<std::uint16_t>(dice() % 8 == 0 ? 500 : 100 + dice() % 20)
                    );
                }
                step(static_cast<unsigned>(dice() % 4));
                if (dice() % 3 == 0) {
                    stepped_.poll();
                }
            }
        }
        settle();
        EXPECT_EQ(all_sent(), left_) << "lost";
        const CircuitCounters other = *plane().counters(CircuitKey{2});
        EXPECT_EQ(
            left_,
            counters().endpoints[1].egress_green.frames + other.endpoints[1].egress_green.frames
        );
        EXPECT_LT(moves, left_) << "no load";
    }
};

TEST_P(ThousandMoves, LoseNothingAndReorderNothing) {
    LoadedCircuit circuit{GetParam()};
    circuit.run(1'000);
}

INSTANTIATE_TEST_SUITE_P(
    TxQueues,
    ThousandMoves,
    testing::Values(1U, 2U, 4U),
    [](const auto& queues) { return std::to_string(queues.param); }
);

} // namespace
} // namespace strowger::test
