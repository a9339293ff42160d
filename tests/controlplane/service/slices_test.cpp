// SPDX-License-Identifier: Apache-2.0
// What slices do: where circuits live, who receives at ports, and what is said about isolation.
#include "tests/controlplane/service/slice_fixture.h"

#include <gmock/gmock.h>

namespace strowger::service {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kSecond = 1'000'000'000;

class SlicesTest : public SliceFixture {
protected:
    /// The settler's patience is over.
    void let_time_pass(std::int64_t ns) {
        clock_.advance_ns(ns);
        provisioner_->poll();
        settle();
    }
    /// acme gets a slice, and its circuits begin to move to worker 1, which does not acknowledge.
    Answer begin_moving_to_gold() {
        dataplane_.hold_completions(true);
        Answer answer = send(create_slice(slice("gold", {2}, {"acme"})));
        store_.commit();
        provisioner_->on_store_progress();
        provisioner_->poll();
        return answer;
    }
};

// Circuits.

TEST_F(SlicesTest, WithoutSlicesACircuitMayBeAnywhere) {
    const ObjectId acme = given_connected_tenant("acme");
    given_circuit(acme, "c", 100);

    EXPECT_TRUE(place_of(acme, "c").empty());
    EXPECT_FALSE(provisioner_->has_work());
}

TEST_F(SlicesTest, ANewCircuitIsPutWhereItsTenantBelongs) {
    const ObjectId acme = given_sharing_tenant("acme", 100);
    const ObjectId other = given_sharing_tenant("other", 200);
    given_slice("gold", {2}, {"acme"});

    given_circuit(acme, "c", 100);
    given_circuit(other, "c", 200);

    EXPECT_EQ(place_of(acme, "c"), workers({1}));
    EXPECT_EQ(place_of(other, "c"), workers({0, 2, 3}));
}

TEST_F(SlicesTest, CircuitsMoveWhenASliceComesChangesAndGoes) {
    const ObjectId acme = given_sharing_tenant("acme", 100);
    const ObjectId other = given_sharing_tenant("other", 200);
    given_circuit(acme, "c", 100);
    given_circuit(other, "c", 200);
    const std::uint64_t generation = get(ObjectKind::Circuit, acme, "c")->generation;
    const std::size_t orders = store_.orders().size();

    given_slice("gold", {2}, {"acme"});
    EXPECT_EQ(place_of(acme, "c"), workers({1}));
    EXPECT_EQ(place_of(other, "c"), workers({0, 2, 3}));

    outcome_of(send_and_settle(change_slice(slice("gold", {3}, {"acme", "other"}))));
    EXPECT_EQ(place_of(acme, "c"), workers({2}));
    EXPECT_EQ(place_of(other, "c"), workers({2}));

    outcome_of(send_and_settle(delete_slice("gold")));
    EXPECT_TRUE(place_of(acme, "c").empty());
    EXPECT_TRUE(place_of(other, "c").empty());
    EXPECT_EQ(get(ObjectKind::Circuit, acme, "c")->generation, generation);
    EXPECT_EQ(store_.orders().size(), orders + 3) << "a move is no order";
}

TEST_F(SlicesTest, TheAnswerDoesNotWaitForTheMoves) {
    const ObjectId acme = given_sharing_tenant("acme", 100);
    for (std::uint16_t vid = 100; vid < 105; ++vid) {
        given_circuit(acme, "c" + std::to_string(vid), vid);
    }
    const Answer answer = begin_moving_to_gold();

    outcome_of(answer);
    EXPECT_EQ(status_of("gold").circuits.total, 5U);
    EXPECT_EQ(status_of("gold").circuits.moving, 5U);
    EXPECT_THAT(reasons_of("gold"), Contains("circuits_moving"));

    dataplane_.release(2);
    provisioner_->poll();
    EXPECT_EQ(status_of("gold").circuits.moving, 3U);

    dataplane_.hold_completions(false);
    settle();
    EXPECT_EQ(status_of("gold").circuits.moving, 0U);
}

TEST_F(SlicesTest, ManyCircuitsMoveSomeAtATime) {
    const ObjectId acme = given_sharing_tenant("acme", 100);
    for (std::uint16_t vid = 100; vid < 110; ++vid) {
        given_circuit(acme, "c" + std::to_string(vid), vid);
    }
    dataplane_.hold_completions(true);
    send(create_slice(slice("gold", {2}, {"acme"})));
    store_.commit();
    provisioner_->on_store_progress();
    for (int turn = 0; turn < 10; ++turn) {
        provisioner_->poll();
    }

    EXPECT_EQ(dataplane_.outstanding(), 10U) << "each one once";
    EXPECT_FALSE(provisioner_->has_work()) << "the workers are awaited, not the settler";
}

TEST_F(SlicesTest, AnOrderForACircuitOnTheMoveWaitsForIt) {
    const ObjectId acme = given_sharing_tenant("acme", 100);
    given_circuit(acme, "c", 100);
    begin_moving_to_gold();

    const Answer change = send(change_circuit(acme, "c", eline("c", s_vlan(101))));
    const Answer stuck = send(change_circuit(acme, "c", eline("c", s_vlan(102))));
    EXPECT_FALSE(is_answered(change));
    dataplane_.hold_completions(false);
    settle();

    outcome_of(change);
    outcome_of(stuck);
    EXPECT_EQ(place_of(acme, "c"), workers({1}));
}

TEST_F(SlicesTest, AnOrderBehindAMoveThatHangsIsToldSoAfterASecond) {
    const ObjectId acme = given_sharing_tenant("acme", 100);
    given_circuit(acme, "c", 100);
    begin_moving_to_gold();
    const Answer change = send(change_circuit(acme, "c", eline("c", s_vlan(101))));

    clock_.advance_ns(kSecond + 1);
    provisioner_->poll();

    EXPECT_EQ(refusal_of(change).error.code, ErrorCode::Unavailable);
    EXPECT_FALSE(provisioner_->readiness().ready);
    dataplane_.hold_completions(false);
    settle();
    EXPECT_TRUE(provisioner_->readiness().ready);
}

TEST_F(SlicesTest, ACircuitWithAChangeUnderWayIsMovedAfterIt) {
    const ObjectId acme = given_sharing_tenant("acme", 100);
    given_circuit(acme, "c", 100);
    dataplane_.hold_completions(true);
    const Answer change = send(change_circuit(acme, "c", eline("c", s_vlan(101))));
    const Answer fresh = send(create_circuit(acme, eline("new", s_vlan(105))));
    const Answer made = send(create_slice(slice("gold", {2}, {"acme"})));
    store_.commit();
    provisioner_->on_store_progress();
    provisioner_->poll();
    outcome_of(made);
    EXPECT_FALSE(is_answered(change));

    dataplane_.hold_completions(false);
    settle();
    let_time_pass(kSecond);

    outcome_of(change);
    outcome_of(fresh);
    EXPECT_EQ(place_of(acme, "c"), workers({1}));
    EXPECT_EQ(place_of(acme, "new"), workers({1}));
}

TEST_F(SlicesTest, ACircuitWithoutRoomStaysAndIsTriedAgainWithPatience) {
    const ObjectId acme = given_connected_tenant("acme");
    given_circuit(acme, "c", 100);
    dataplane_.refuse_next_stage(no_room());
    given_slice("gold", {2}, {"acme"});
    provisioner_->poll();

    EXPECT_TRUE(place_of(acme, "c").empty());
    EXPECT_FALSE(provisioner_->has_work()) << "it does not try without rest";
    const SliceStatus stuck = status_of("gold");
    EXPECT_EQ(stuck.circuits.moving, 1U);
    ASSERT_THAT(reasons_of("gold"), ElementsAre("circuits_stuck"));
    EXPECT_THAT(stuck.reasons.front().message, HasSubstr("all endpoints are in use"));
    outcome_of(send_and_settle(change_circuit(acme, "c", eline("c", s_vlan(101)))));

    let_time_pass(3 * kSecond);

    EXPECT_EQ(place_of(acme, "c"), workers({1}));
    EXPECT_THAT(reasons_of("gold"), IsEmpty());
}

TEST_F(SlicesTest, TheLoadIsMeasured) {
    given_slice("gold", {2, 3}, {});
    EXPECT_EQ(status_of("gold").busy_permille, std::nullopt);
    clock_.advance_ns(kSecond);
    provisioner_->poll();
    dataplane_.set_busy_cycles(1, 200'000'000);
    clock_.advance_ns(kSecond);
    provisioner_->poll();

    EXPECT_EQ(status_of("gold").busy_permille, 100U);
    EXPECT_EQ(provisioner_->workers().at(1).busy_permille, 200U);
    EXPECT_EQ(provisioner_->workers().at(1).slice->as_slice().spec.name.text(), "gold");
    EXPECT_EQ(provisioner_->workers().at(0).slice, nullptr);
}

// Ports.

TEST_F(SlicesTest, WithoutSlicesNoPortIsTouched) {
    const std::size_t asked = dataplane_.plans_asked();
    given_connected_tenant("acme");

    EXPECT_EQ(dataplane_.plans_asked(), asked);
}

TEST_F(SlicesTest, APortOfOneSliceIsReceivedByItsWorkers) {
    given_connected_tenant("acme");
    given_slice("gold", {2}, {"acme"});

    EXPECT_EQ(plan_of(port_east_), (ReceiverPlan{workers({1}), {}}));
    EXPECT_EQ(plan_of(port_west_), (ReceiverPlan{workers({1}), {}}));
    EXPECT_THAT(reasons_of("gold"), IsEmpty());
}

TEST_F(SlicesTest, APortOfNobodyIsReceivedByTheOthersAndAllIsAsItWasAfterTheLastSlice) {
    const ReceiverPlan before = plan_of(port_east_);
    given_slice("gold", {2}, {});
    EXPECT_EQ(plan_of(port_east_), (ReceiverPlan{workers({0, 2, 3}), {}}));
    EXPECT_THAT(reasons_of("gold"), IsEmpty());

    outcome_of(send_and_settle(delete_slice("gold")));
    EXPECT_EQ(plan_of(port_east_), before);
}

TEST_F(SlicesTest, APlanIsAskedForOnce) {
    given_connected_tenant("acme");
    given_slice("gold", {2}, {"acme"});
    const std::size_t asked = dataplane_.plans_asked();

    SliceSpec renamed = slice("gold", {2}, {"acme"});
    renamed.display_name = "Gold";
    outcome_of(send_and_settle(change_slice(renamed)));
    given_tenant("other");

    EXPECT_EQ(dataplane_.plans_asked(), asked);
}

TEST_F(SlicesTest, OnASharedPortVlansAreSteeredWhereTheDeviceCan) {
    dataplane_.set_steering(port_east_, Steering::Rules, 4);
    dataplane_.set_steering(port_west_, Steering::Rules, 4);
    given_sharing_tenant("acme", 100);
    given_sharing_tenant("other", 200);
    given_slice("gold", {2}, {"acme"});

    const ReceiverPlan steered{workers({0, 2, 3}), {{VidRuns::of(VidRun{100, 109}), workers({1})}}};
    EXPECT_EQ(plan_of(port_east_), steered);
    EXPECT_THAT(reasons_of("gold"), IsEmpty());
}

TEST_F(SlicesTest, OnASharedPortWithoutSteeringASliceIsSoft) {
    given_sharing_tenant("acme", 100);
    given_sharing_tenant("other", 200);
    given_slice("gold", {2}, {"acme"});

    EXPECT_EQ(plan_of(port_east_), (ReceiverPlan{workers({0, 2, 3}), {}}));
    ASSERT_THAT(reasons_of("gold"), ElementsAre("received_elsewhere", "received_elsewhere"));
    EXPECT_THAT(status_of("gold").reasons.front().message, HasSubstr("\"east\""));
    EXPECT_THAT(status_of("gold").reasons.front().hint, HasSubstr("ports of their own"));
}

TEST_F(SlicesTest, ADeviceThatRefusesToSteerLeavesThePortToTheOthers) {
    dataplane_.set_steering(port_east_, Steering::Rules, 1);
    dataplane_.set_steering(port_west_, Steering::Rules, 2);
    given_sharing_tenant("acme", 100);
    given_sharing_tenant("other", 200);
    given_slice("gold", {2}, {"acme"});

    EXPECT_EQ(plan_of(port_east_), (ReceiverPlan{workers({0, 2, 3}), {}}));
    ASSERT_THAT(reasons_of("gold"), ElementsAre("received_elsewhere"));
    EXPECT_THAT(status_of("gold").reasons.front().hint, HasSubstr("not enough queues"));
}

TEST_F(SlicesTest, PortsFollowTheirUnis) {
    dataplane_.set_steering(port_east_, Steering::Rules, 4);
    dataplane_.set_steering(port_west_, Steering::Rules, 4);
    given_sharing_tenant("acme", 100);
    given_slice("gold", {2}, {"acme"});
    EXPECT_EQ(plan_of(port_east_).others, workers({1})) << "the slice's alone";

    const ObjectId other = given_sharing_tenant("other", 200);
    EXPECT_EQ(plan_of(port_east_).others, workers({0, 2, 3}));
    EXPECT_EQ(plan_of(port_east_).steered.size(), 1U);
    EXPECT_THAT(reasons_of("gold"), IsEmpty());

    for (const char* uni : {"a", "z"}) {
        outcome_of(send_and_settle(request(ObjectKind::Uni, WriteKind::Delete, other, uni)));
    }
    EXPECT_EQ(plan_of(port_east_), (ReceiverPlan{workers({1}), {}}));
}

TEST_F(SlicesTest, VlansThatTwoTpidsShareAreNobodys) {
    dataplane_.set_steering(port_east_, Steering::Rules, 4);
    dataplane_.set_steering(port_west_, Steering::Rules, 4);
    given_sharing_tenant("acme", 100);
    const ObjectId other = given_tenant("other");
    const UniSpec same_vids{
        .name = name("a"),
        .display_name = "",
        .tags = {},
        .port = name("east"),
        .tpid = Tpid::CTag8100,
        .s_vlans = SVlanRange{*VlanId::from(105), *VlanId::from(120)}};
    outcome_of(send_and_settle(create_uni(other, same_vids)));
    given_slice("gold", {2}, {"acme"});

    ASSERT_EQ(plan_of(port_east_).steered.size(), 1U);
    EXPECT_EQ(plan_of(port_east_).steered[0].first_vids, VidRuns::of(VidRun{100, 104}));
    ASSERT_THAT(reasons_of("gold"), ElementsAre("received_elsewhere"));
    EXPECT_THAT(status_of("gold").reasons.front().hint, HasSubstr("TPIDs"));
}

// Verdicts.

TEST_F(SlicesTest, WorkersThatReceiveForOthersMakeItSoft) {
    dataplane_.refuse_plans(true);
    given_slice("gold", {2}, {});

    ASSERT_THAT(reasons_of("gold"), ElementsAre("receives_for_others", "receives_for_others"));
    EXPECT_THAT(status_of("gold").reasons.front().message, HasSubstr("\"east\""));
}

TEST_F(SlicesTest, CircuitsOfOthersOnItsWorkersMakeItSoft) {
    const ObjectId acme = given_connected_tenant("acme");
    given_slice("gold", {2}, {"acme"});
    given_circuit(acme, "c", 100);
    dataplane_.refuse_next_stage(no_room());
    outcome_of(send_and_settle(change_slice(slice("gold", {2}, {}))));
    provisioner_->poll();

    EXPECT_THAT(reasons_of("gold"), Contains("foreign_circuits"));
    let_time_pass(3 * kSecond);
    EXPECT_THAT(reasons_of("gold"), IsEmpty());
}

TEST_F(SlicesTest, ATenantKnowsTheNameAndTheClassOfItsSlice) {
    const ObjectId acme = given_sharing_tenant("acme", 100);
    const ObjectId other = given_sharing_tenant("other", 200);
    EXPECT_FALSE(provisioner_->slice_of(acme).has_value());
    given_slice("gold", {2}, {"acme"});

    EXPECT_EQ(provisioner_->slice_of(acme)->name, "gold");
    EXPECT_FALSE(provisioner_->slice_of(acme)->hard);
    EXPECT_FALSE(provisioner_->slice_of(other).has_value());
    for (const char* uni : {"a", "z"}) {
        outcome_of(send_and_settle(request(ObjectKind::Uni, WriteKind::Delete, other, uni)));
    }
    EXPECT_TRUE(provisioner_->slice_of(acme)->hard);
}

// Restart.

class SliceRestartTest : public SliceFixture {
protected:
    /// A new process over the same store, on a site with these cores.
    void restart(const Cores& cores) {
        fresh_.add_port("east");
        fresh_.add_port("west");
        arrange(fresh_, cores);
        provisioner_ = process_over(fresh_);
        const Result<void> restored = provisioner_->restore();
        ASSERT_TRUE(restored) << restored.error().message;
    }
    WorkerSet place() { return fresh_.installed().begin()->second.workers; }
    FakeDataplane fresh_;
};

TEST_F(SliceRestartTest, SlicesComeBackBeforeTheCircuitsTheyPlace) {
    const ObjectId acme = given_connected_tenant("acme");
    given_circuit(acme, "c", 100);
    given_slice("gold", {2}, {"acme"});

    restart({1, 2, 3, 0});

    EXPECT_EQ(place(), workers({1}));
    EXPECT_EQ(fresh_.port_status(port_east_).plan.others, workers({1}));
    EXPECT_THAT(reasons_of("gold"), IsEmpty());
    EXPECT_THAT(provisioner_->warnings(), IsEmpty());
    EXPECT_FALSE(provisioner_->has_work() && fresh_.outstanding() != 0);
}

TEST_F(SliceRestartTest, ACoreThatIsGoneCountsForNothing) {
    const ObjectId acme = given_connected_tenant("acme");
    given_circuit(acme, "c", 100);
    given_slice("gold", {2, 3}, {"acme"});

    restart({1, 3});

    EXPECT_EQ(place(), workers({1}));
    EXPECT_THAT(reasons_of("gold"), IsEmpty());
    EXPECT_THAT(provisioner_->warnings(), ElementsAre(HasSubstr("core 2")));
    SliceSpec kept = slice("gold", {2, 3}, {"acme"});
    kept.display_name = "Gold";
    WriteRequest change = change_slice(kept);
    const Answer answer = send_and_settle(std::move(change));
    outcome_of(answer);
}

TEST_F(SliceRestartTest, ASliceWithoutAnyCoreLeavesItsTenantsToTheOtherWorkers) {
    const ObjectId acme = given_connected_tenant("acme");
    given_circuit(acme, "c", 100);
    given_slice("gold", {2}, {"acme"});
    given_slice("iron", {3}, {});

    restart({1, 3});

    EXPECT_EQ(place(), workers({0}));
    EXPECT_THAT(reasons_of("gold"), ElementsAre("no_worker"));
    EXPECT_THAT(reasons_of("iron"), IsEmpty());
    EXPECT_EQ(status_of("gold").circuits.moving, 0U);
}

TEST_F(SliceRestartTest, WhereOnlyReservedWorkersAreLeftAllAreUsed) {
    const ObjectId other = given_connected_tenant("other");
    given_circuit(other, "c", 100);
    given_slice("gold", {2}, {});

    restart({2});

    EXPECT_TRUE(place().empty());
    EXPECT_THAT(reasons_of("gold"), Contains("no_worker_left"));
}

TEST_F(SliceRestartTest, ACircuitWithoutRoomWhereItBelongsDoesNotStopTheStart) {
    const ObjectId acme = given_connected_tenant("acme");
    given_circuit(acme, "c", 100);
    given_slice("gold", {2}, {"acme"});

    fresh_.refuse_next_stage(no_room());
    restart({1, 2, 3, 0});

    EXPECT_EQ(place(), workers({0, 2, 3}));
    EXPECT_THAT(reasons_of("gold"), Contains("circuits_moving"));
    while (provisioner_->has_work() || fresh_.outstanding() != 0) {
        provisioner_->poll();
    }
    EXPECT_EQ(place(), workers({1}));
    EXPECT_THAT(reasons_of("gold"), IsEmpty());
}

} // namespace
} // namespace strowger::service
