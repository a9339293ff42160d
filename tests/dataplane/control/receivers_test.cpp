// SPDX-License-Identifier: Apache-2.0
// Who polls a port's queues changes while frames arrive: none is lost, none overtakes another.
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

namespace strowger::test {
namespace {

ReceiverPlan all_to(WorkerSet workers) {
    return {.others = workers, .steered = {}};
}

WorkerSet workers(std::initializer_list<std::size_t> ids) {
    WorkerSet set;
    for (const std::size_t id : ids) {
        set.add(id);
    }
    return set;
}

class Receivers : public testing::Test {
protected:
    static constexpr unsigned kWorkers = 3;
    static constexpr std::size_t kFirstSize = 64;

    /// Circuit n maps VLAN 100 + n on both ports and is owned by worker n.
    void SetUp() override {
        for (unsigned n = 0; n < kWorkers; ++n) {
            const CircuitKey key{n};
            ASSERT_TRUE(plane().stage(
                key, program_of(endpoint_of(0, c_vlan(100 + n)), endpoint_of(1, c_vlan(100 + n)))
            ));
            plane().commit(key, n);
            ASSERT_EQ(1U, stepped_.settle().size());
            ASSERT_EQ(n, stepped_.parts().dataplane->place(key)->worker);
        }
    }

    Dataplane& plane() { return stepped_.dataplane(); }
    /// Frames of a circuit are told apart by their size.
    bool arrive(unsigned circuit) {
        const auto vid = static_cast<std::uint16_t>(100 + circuit);
        const unsigned queue = stepped_.steered_to(0, vid, 0);
        const std::size_t size = kFirstSize + sent_.at(circuit);
        if (!stepped_.inject(0, build_frame({.tags = {{.vid = vid}}, .size = size}), queue)) {
            return false;
        }
        ++sent_.at(circuit);
        return true;
    }
    /// Takes what left, and sees to it that it left in order.
    void collect() {
        for (const FrameBytes& frame : stepped_.collect(1)) {
            const unsigned circuit = frame.at(15) - 100U;
            EXPECT_EQ(kFirstSize + left_.at(circuit), frame.size()) << "circuit " << circuit;
            ++left_.at(circuit);
        }
    }
    WorkerSet receivers() { return plane().port_status(PortIndex{0}).receivers; }
    std::uint64_t received_by(unsigned worker) {
        return plane().workers()[worker].counters.rx_frames;
    }

    std::array<std::size_t, kWorkers> sent_{};
    std::array<std::size_t, kWorkers> left_{};
    /// Changes of the receivers come between frames and turns, as a seed makes them.
    template <typename Change>
    void mix(Change&& change);

    SteppedDataplane stepped_{
        {.workers = kWorkers,
         .ports = 2,
         .steered_queues = 2,
         .command_ring = 64,
         .handover_ring = 256}};
};

TEST_F(Receivers, AreThoseThatTheSiteBeganWith) {
    EXPECT_EQ(workers({0}), receivers());
}

TEST_F(Receivers, AQueueChangesHands) {
    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, all_to(workers({2}))));
    EXPECT_EQ(1U, plane().outstanding());
    stepped_.settle();
    EXPECT_EQ(0U, plane().outstanding());
    EXPECT_EQ(workers({2}), receivers());

    ASSERT_TRUE(arrive(0));
    stepped_.step(0);
    EXPECT_EQ(0U, received_by(0)) << "the old one polls no more";
    stepped_.settle();
    collect();

    EXPECT_EQ(1U, received_by(2));
    EXPECT_EQ(1U, left_[0]);
}

TEST_F(Receivers, TheNewOneWaitsUntilTheOldOnesFramesAreSent) {
    ASSERT_TRUE(arrive(1));
    stepped_.step(0); // on its way to worker 1, which does not look yet
    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, all_to(workers({2}))));
    ASSERT_TRUE(arrive(1));

    for (unsigned turn = 0; turn < 10; ++turn) {
        stepped_.step(0);
        stepped_.poll();
        stepped_.step(2);
        stepped_.poll();
    }

    EXPECT_EQ(0U, received_by(2)) << "worker 1 still has the first frame to send";
    EXPECT_EQ(1U, plane().outstanding());
    stepped_.settle();
    collect();
    EXPECT_EQ(2U, left_[1]);
}

TEST_F(Receivers, ALaterWishReplacesOneThatHasNotBegun) {
    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, all_to(workers({1}))));
    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, all_to(workers({2}))));
    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, all_to(workers({0}))));

    stepped_.settle();

    EXPECT_EQ(workers({0}), receivers());
    EXPECT_EQ(0U, plane().outstanding());
}

TEST_F(Receivers, TheSameWishAgainIsNoChange) {
    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, all_to(workers({0}))));

    EXPECT_EQ(0U, plane().outstanding());
}

TEST_F(Receivers, NobodyAndUnknownWorkersAreRefused) {
    for (const WorkerSet wrong : {WorkerSet{}, workers({3}), workers({0, 5})}) {
        const auto answer = plane().assign_receivers(PortIndex{0}, all_to(wrong));

        ASSERT_FALSE(answer);
        EXPECT_EQ(ErrorCode::Invalid, answer.error().code);
    }
    EXPECT_EQ(workers({0}), receivers());
}

template <typename Change>
void Receivers::mix(Change&& change) {
    std::mt19937 random{20'221'128};
    const auto draw = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
    constexpr unsigned kStepsMax = 40'000;
    constexpr std::size_t kFramesMax = 1'400; // sizes end at the longest frame of a circuit
    for (unsigned step = 0; step < kStepsMax; ++step) {
        const unsigned circuit = draw(kWorkers);
        switch (draw(8)) {
            case 0:
            case 1:
                // The rings must hold what the slowest worker leaves in them. Often more than a
                // burst at once: a queue is not empty because it was polled.
                for (unsigned frames = 1 + draw(50);
                     frames > 0 && sent_[circuit] - left_[circuit] < 60 &&
                     sent_[circuit] < kFramesMax;
                     --frames) {
                    ASSERT_TRUE(arrive(circuit));
                }
                break;
            case 2:
                if (draw(20) == 0) {
                    change(draw);
                }
                break;
            case 3:
                stepped_.poll();
                break;
            default:
                stepped_.step(draw(kWorkers));
                collect();
                break;
        }
        if (sent_[circuit] == kFramesMax && left_[circuit] == kFramesMax) {
            sent_[circuit] = left_[circuit] = 0;
        }
    }
    stepped_.poll(); // a change may wait for nothing but this
    stepped_.settle();
    collect();
    EXPECT_EQ(sent_, left_);
}

TEST_F(Receivers, NoFrameIsLostOrOvertakenWhateverTheInterleaving) {
    std::size_t changes = 0;
    mix([&](auto& draw) {
        const WorkerSet next{.bits = 1 + draw((1U << kWorkers) - 1)};
        ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, all_to(next)));
        ++changes;
    });
    EXPECT_GT(changes, 100U);
}

TEST_F(Receivers, NoFrameIsLostOrOvertakenWhileTheDevicesRulesChange) {
    std::array<std::size_t, 3> in_force{};
    mix([&](auto& draw) {
        ++in_force.at(plane().port_status(PortIndex{0}).plan.steered.size());
        ReceiverPlan plan = all_to({.bits = 1 + draw((1U << kWorkers) - 1)});
        const unsigned first = draw(kWorkers);
        for (unsigned i = 0; i < draw(3); ++i) {
            plan.steered.push_back(
                {VidRuns::of(static_cast<std::uint16_t>(100 + (first + i) % kWorkers)),
                 {.bits = 1 + draw((1U << kWorkers) - 1)}}
            );
        }
        ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, plan));
    });
    for (const std::size_t times : in_force) {
        EXPECT_GT(times, 10U);
    }
}

TEST_F(Receivers, VlansOfTheirOwnArriveAtTheirWorker) {
    const ReceiverPlan plan{
        .others = workers({0}),
        .steered = {
            {VidRuns::of(101), workers({1})}, {VidRuns::of(VidRun{102, 110}), workers({2})}}};
    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, plan));
    EXPECT_EQ(1U, plane().outstanding());
    stepped_.settle();
    EXPECT_EQ(plan, plane().port_status(PortIndex{0}).plan);
    EXPECT_EQ(workers({0, 1, 2}), receivers());

    for (unsigned circuit = 0; circuit < kWorkers; ++circuit) {
        ASSERT_TRUE(arrive(circuit));
    }
    stepped_.settle();
    collect();

    for (unsigned worker = 0; worker < kWorkers; ++worker) {
        EXPECT_EQ(1U, received_by(worker));
        EXPECT_EQ(0U, plane().workers()[worker].counters.taken_over);
        EXPECT_EQ(1U, left_.at(worker));
    }

    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, all_to(workers({0}))));
    stepped_.settle();
    EXPECT_EQ(workers({0}), receivers());
    ASSERT_TRUE(arrive(2));
    stepped_.settle();
    EXPECT_EQ(2U, received_by(0));
}

TEST_F(Receivers, PlansThatThePortHasNoQueuesForAreRefused) {
    const ReceiverPlan::Vlans one{VidRuns::of(101), workers({1})};
    const ReceiverPlan::Vlans two{VidRuns::of(102), workers({1})};
    const ReceiverPlan::Vlans three{VidRuns::of(103), workers({1})};
    const ReceiverPlan::Vlans again{VidRuns::of(VidRun{100, 105}), workers({1})};
    const ReceiverPlan::Vlans nobody{VidRuns::of(102), workers({})};
    const ReceiverPlan::Vlans nothing{{}, workers({1})};
    const auto refused_with = [&](std::vector<ReceiverPlan::Vlans> steered) {
        const auto answer =
            plane().assign_receivers(PortIndex{0}, {workers({0}), std::move(steered)});
        EXPECT_FALSE(answer);
        return answer ? ErrorCode::Gone : answer.error().code;
    };
    EXPECT_EQ(ErrorCode::Unavailable, refused_with({one, two, three}));
    EXPECT_EQ(ErrorCode::Invalid, refused_with({one, again}));
    EXPECT_EQ(ErrorCode::Invalid, refused_with({one, nobody}));
    EXPECT_EQ(ErrorCode::Invalid, refused_with({nothing}));
    EXPECT_EQ(0U, plane().outstanding());
}

TEST_F(Receivers, ADeviceThatRefusesGoesOnWithoutRules) {
    stepped_.refuse_rules(0);
    ASSERT_TRUE(
        plane().assign_receivers(PortIndex{0}, {workers({2}), {{VidRuns::of(101), workers({1})}}})
    );
    stepped_.settle();

    EXPECT_EQ(all_to(workers({2})), plane().port_status(PortIndex{0}).plan);
    EXPECT_EQ(workers({2}), receivers());
    ASSERT_TRUE(arrive(1));
    stepped_.settle();
    collect();
    EXPECT_EQ(1U, left_[1]);
}

TEST(ReceiversOfSeveralQueues, AreSharedOutEvenly) {
    SteppedDataplane stepped{{.workers = 4, .ports = 2, .rx_queues = 4, .command_ring = 64}};
    auto& plane = stepped.dataplane();
    const auto polled_by = [&] {
        std::array<std::uint64_t, 4> before{};
        for (unsigned worker = 0; worker < 4; ++worker) {
            before.at(worker) = plane.workers()[worker].counters.rx_frames;
        }
        for (unsigned queue = 0; queue < 4; ++queue) {
            EXPECT_TRUE(stepped.inject(0, build_frame({}), queue));
        }
        stepped.settle();
        std::vector<std::uint64_t> received;
        for (unsigned worker = 0; worker < 4; ++worker) {
            received.push_back(plane.workers()[worker].counters.rx_frames - before.at(worker));
        }
        return received;
    };
    const auto assign = [&](WorkerSet set) {
        ASSERT_TRUE(plane.assign_receivers(PortIndex{0}, all_to(set)));
        stepped.settle();
        EXPECT_EQ(set, plane.port_status(PortIndex{0}).receivers);
    };
    EXPECT_EQ((std::vector<std::uint64_t>{1, 1, 1, 1}), polled_by());

    assign(workers({1}));
    EXPECT_EQ((std::vector<std::uint64_t>{0, 4, 0, 0}), polled_by());
    assign(workers({0, 3}));
    EXPECT_EQ((std::vector<std::uint64_t>{2, 0, 0, 2}), polled_by());
    assign(workers({0, 1, 3}));
    const auto three = polled_by();
    EXPECT_EQ(0U, three[2]);
    EXPECT_EQ(1, std::count(three.begin(), three.end(), 2U));
    assign(workers({0, 1, 2, 3}));
    EXPECT_EQ((std::vector<std::uint64_t>{1, 1, 1, 1}), polled_by());
}

} // namespace
} // namespace strowger::test
