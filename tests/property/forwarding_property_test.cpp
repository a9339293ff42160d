// SPDX-License-Identifier: Apache-2.0
#include "tests/property/rig.h"

#include <gtest/gtest.h>

#include <ostream>

namespace strowger {

void PrintTo(const RigShape& shape, std::ostream* out) {
    *out << shape.name;
}

namespace {

// Hand-over rings hold seven frames: with no more under way none can be lost.
constexpr std::uint64_t kFramesWithoutLoss = 7;

class ForwardingProperty : public testing::TestWithParam<RigShape> {
protected:
    /// Runs `body` in many worlds, each of a seed of its own that can be told from the run's.
    template <typename Body>
    void in_worlds(std::uint64_t count, Rig::Meters meters, Body body) {
        for (std::uint64_t i = 0; i < count * soak_factor() && !HasFailure(); ++i) {
            SCOPED_TRACE(
                "world " + std::to_string(i) + " of STROWGER_SEED=" + std::to_string(run_seed())
            );
            const std::uint64_t shape = GetParam().workers * 100 + GetParam().tx_queues;
            Rig rig(GetParam(), run_seed() * 1'000'003 + shape * 10'007 + i, meters);
            body(rig);
            sent_ += rig.sent();
            collected_ += rig.collected();
            changes_ += rig.changes();
            moves_ += rig.moves();
            for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
                dropped_.at(reason) += rig.dropped(static_cast<DropReason>(reason));
            }
        }
        std::string text;
        for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
            text += " " + std::string(kDropReasonNames.at(reason)) + " " +
                    std::to_string(dropped_.at(reason));
        }
        std::cout << GetParam().name << ": " << changes_ << " changes, " << moves_ << " moves, "
                  << sent_ << " frames, " << collected_ << " left, dropped:" << text << std::endl;
    }

    /// What never happened was not tested.
    void expect_seen(std::initializer_list<DropReason> reasons) {
        if (HasFailure()) {
            return;
        }
        EXPECT_GT(collected_, sent_ / 10);
        EXPECT_GT(changes_, 0U);
        for (const DropReason reason : reasons) {
            const auto index = static_cast<std::size_t>(reason);
            EXPECT_GT(dropped_.at(index), 0U) << kDropReasonNames.at(index);
        }
    }

    [[nodiscard]] std::uint64_t moves() const { return moves_; }

private:
    std::uint64_t sent_ = 0;
    std::uint64_t collected_ = 0;
    std::uint64_t changes_ = 0;
    std::uint64_t moves_ = 0;
    std::array<std::uint64_t, kDropReasonCount> dropped_{};
};

/// Sends frames, with a worker's turn now and then, and with moves.
void send_some(
    Rig& rig,
    std::uint64_t count,
    unsigned percent_of_turns,
    unsigned percent_of_moves = 0
) {
    for (; count > 0; --count) {
        rig.send();
        if (rig.random().chance(percent_of_moves)) {
            rig.begin_move();
        }
        if (rig.random().chance(percent_of_turns)) {
            rig.step_any();
        }
    }
}

void expect_none_missing(Rig& rig) {
    const std::string missing = rig.describe_missing();
    EXPECT_EQ(rig.end_round(), 0U) << "frames that had to leave did not" << missing;
}

TEST_P(ForwardingProperty, SameFramesAndSameCountersAsTheReference) {
    in_worlds(12, Rig::Meters::Random, [](Rig& rig) {
        for (int round = 0; round < 120 && !HasFailure(); ++round) {
            rig.begin_changes(round == 0 ? 6 : rig.random().below(3));
            rig.settle();
            rig.end_changes();
            rig.disturb();
            send_some(rig, rig.random().between(1, kFramesWithoutLoss), 30, 15);
            rig.settle();
            rig.collect();
            expect_none_missing(rig);
            rig.expect_same_counters();
            rig.expect_conserved();
        }
    });
    expect_seen(
        {DropReason::Malformed,
         DropReason::Unmatched,
         DropReason::Suspended,
         DropReason::Oversize,
         DropReason::L2cp,
         DropReason::SourceMac,
         DropReason::Policed,
         DropReason::EgressUnmapped,
         DropReason::LinkDown}
    );
}

/// Frames and moves while changes are under way, until they are over.
void carry_on(Rig& rig, unsigned moves_percent) {
    for (int i = 0; i < 10'000 && rig.changes_under_way() > 0; ++i) {
        rig.send();
        if (rig.random().chance(moves_percent)) {
            rig.begin_move();
        }
        rig.step_all();
        rig.collect();
    }
}

TEST_P(ForwardingProperty, FramesSeeTheOldProgramOrTheNewOne) {
    in_worlds(12, Rig::Meters::AllGreen, [](Rig& rig) {
        for (int round = 0; round < 60 && !HasFailure(); ++round) {
            rig.disturb();
            rig.begin_changes(rig.random().between(1, round == 0 ? 6 : 3));
            carry_on(rig, 10);
            rig.settle();
            rig.collect();
            rig.end_changes();
            expect_none_missing(rig);
            rig.expect_conserved();
        }
    });
    expect_seen({DropReason::Unmatched});
    EXPECT_TRUE(HasFailure() || GetParam().workers == 1 || moves() > 0);
}

TEST_P(ForwardingProperty, FullRingsLoseFramesOnlyUnderTheirReason) {
    in_worlds(6, Rig::Meters::AllGreen, [](Rig& rig) {
        for (int round = 0; round < 8 && !HasFailure(); ++round) {
            rig.begin_changes(6);
            rig.settle();
            rig.end_changes();
            const std::uint64_t full_before =
                rig.dropped(DropReason::TxFull) + rig.dropped(DropReason::HandoverFull);
            send_some(rig, rig.random().below(900), 10);
            rig.settle();
            rig.collect();
            rig.settle();
            rig.collect();
            const std::uint64_t full =
                rig.dropped(DropReason::TxFull) + rig.dropped(DropReason::HandoverFull);
            EXPECT_LE(rig.end_round(), full - full_before);
            rig.expect_same_arrivals();
            rig.expect_conserved();
        }
    });
    expect_seen({DropReason::Unmatched, DropReason::EgressUnmapped});
}

/// The same behind the slots and index lines of very many others: STROWGER_SOAK=1 makes them
/// 100,000, and so does STROWGER_MANY_CIRCUITS=1, in as many rounds as ever.
class BesideManyCircuits : public ForwardingProperty {};

TEST_P(BesideManyCircuits, FramesSeeTheOldProgramOrTheNewOne) {
    Rig rig(GetParam(), run_seed(), Rig::Meters::AllGreen);
    for (std::uint64_t round = 0; round < 100 * soak_factor() && !HasFailure(); ++round) {
        rig.disturb();
        rig.begin_changes(rig.random().between(1, round == 0 ? 6 : 3));
        for (int i = 0; i < 10'000 && rig.changes_under_way() > 0; ++i) {
            rig.send();
            rig.send_background();
            if (rig.random().chance(50)) {
                rig.begin_move();
            }
            rig.step_all();
            rig.collect();
        }
        rig.settle();
        rig.collect();
        rig.end_changes();
        expect_none_missing(rig);
        rig.expect_conserved();
    }
    EXPECT_TRUE(HasFailure() || rig.moves() > 10);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes,
    BesideManyCircuits,
    testing::Values(RigShape{"ThreeWorkers", 3, 3, 3, many_circuits() ? 100'000U : 3'000U}),
    [](const auto& shape) { return shape.param.name; }
);

INSTANTIATE_TEST_SUITE_P(
    Shapes,
    ForwardingProperty,
    testing::Values(
        RigShape{"OneWorker", 1, 1, 1},
        RigShape{"FourWorkersOneTxQueue", 4, 4, 1},
        RigShape{"FourWorkersOneRxQueue", 4, 1, 4},
        RigShape{"ThreeWorkersTwoQueues", 3, 2, 2}
    ),
    [](const auto& shape) { return shape.param.name; }
);

} // namespace
} // namespace strowger
