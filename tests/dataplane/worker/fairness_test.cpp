// SPDX-License-Identifier: Apache-2.0
// A worker's ports are served in turn: one that floods takes no more than its turn.
#include "stage/burst.h"
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"

#include <gtest/gtest.h>

namespace strowger::test {
namespace {

constexpr std::uint16_t kFlooded = 0;
constexpr std::uint16_t kQuiet = 2;

/// One worker, two circuits: from the flooded port 0 to 1, from the quiet port 2 to 3.
class Fairness : public testing::Test {
protected:
    void SetUp() override {
        for (const std::uint16_t from : {kFlooded, kQuiet}) {
            const auto to = static_cast<std::uint16_t>(from + 1);
            const CircuitKey key{from};
            ASSERT_TRUE(plane().stage(
                key, program_of(endpoint_of(from, MapAll{}), endpoint_of(to, MapAll{}))
            ));
            plane().commit(key, from);
            ASSERT_EQ(1U, stepped_.settle().size());
        }
    }
    Dataplane& plane() { return stepped_.dataplane(); }
    /// As much as the device holds: what comes at line rate.
    void flood() {
        while (waiting_ < SteppedDataplane::kQueueFrames && stepped_.inject(kFlooded, frame_)) {
            ++waiting_;
        }
    }
    void leave_flooded() { waiting_ -= stepped_.collect(kFlooded + 1).size(); }
    std::uint64_t received_flooded() {
        return plane().port_counters(PortIndex{kFlooded}).rx.frames;
    }

    FrameBytes frame_ = build_frame({});
    std::size_t waiting_ = 0;
    SteppedDataplane stepped_{{.workers = 1, .ports = 4}};
};

TEST_F(Fairness, AFloodedPortTakesOneBurstATurn) {
    for (unsigned turn = 1; turn <= 3; ++turn) {
        flood();
        stepped_.step(0);

        EXPECT_EQ(turn * dataplane::kBurstMax, received_flooded());
        leave_flooded();
    }
}

TEST_F(Fairness, FramesOfAQuietPortLeaveInTheTurnInWhichTheyAreThere) {
    constexpr unsigned kTurns = 500;
    for (unsigned turn = 0; turn < kTurns; ++turn) {
        flood();
        // All that its committed rate makes of a turn: less than a burst, or it would be a flood.
        const unsigned quiet = turn % dataplane::kBurstMax;
        for (unsigned i = 0; i < quiet; ++i) {
            ASSERT_TRUE(stepped_.inject(kQuiet, frame_));
        }

        stepped_.step(0);

        ASSERT_EQ(quiet, stepped_.collect(kQuiet + 1).size()) << "turn " << turn;
        leave_flooded();
    }
    EXPECT_EQ(kTurns * dataplane::kBurstMax, received_flooded()) << "and the flood has its share";
    const EndpointCounters quiet = plane().counters(CircuitKey{kQuiet})->endpoints[0];
    EXPECT_EQ((std::array<std::uint64_t, kDropReasonCount>{}), quiet.drops);
    stepped_.settle();
}

} // namespace
} // namespace strowger::test
