// SPDX-License-Identifier: Apache-2.0
//
// Frames of many kinds in one burst: each is treated as it would be by itself, and in its turn.
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace strowger::test {
namespace {

constexpr std::size_t kFrameBytes = 1'000;
constexpr std::uint16_t kToOne = 11; ///< QinQ to port 1
constexpr std::uint16_t kToTwo = 12; ///< QinQ to port 2
constexpr std::uint16_t kPops = 13;  ///< QinQ to one tag at port 1

class Bursts : public testing::Test {
protected:
    void SetUp() override {
        install(1, qinq(kToOne, 1));
        install(2, qinq(kToTwo, 2));
        install(
            3,
            program_of(
                endpoint_of(0, s_c_vlans(100, kPops, kPops), Tpid::STag88a8),
                endpoint_of(1, c_vlan(kPops))
            )
        );
    }

    static CircuitProgram qinq(std::uint16_t c_vid, std::uint16_t out) {
        return program_of(
            endpoint_of(0, s_c_vlans(100, c_vid, c_vid), Tpid::STag88a8),
            endpoint_of(out, s_c_vlans(200, c_vid, c_vid), Tpid::STag88a8)
        );
    }
    void install(std::uint64_t key, const CircuitProgram& program) {
        ASSERT_TRUE(stepped_.dataplane().stage(CircuitKey{key}, program));
        stepped_.dataplane().commit(CircuitKey{key}, key);
        ASSERT_EQ(1U, stepped_.settle().size());
    }
    /// The frames are told apart by their last byte.
    void inject(std::uint16_t c_vid, std::uint8_t number, bool l2cp = false) {
        FrameSpec spec;
        spec.tags = {{.tpid = 0x88A8, .vid = 100}, {.tpid = 0x8100, .vid = c_vid}};
        spec.size = kFrameBytes;
        if (l2cp) {
            spec.destination = {0x01, 0x80, 0xC2, 0x00, 0x00, 0x00};
        }
        FrameBytes frame = build_frame(spec);
        frame.back() = number;
        ASSERT_TRUE(stepped_.inject(0, frame));
    }
    [[nodiscard]] std::vector<unsigned> left(unsigned port) {
        std::vector<unsigned> numbers;
        for (const FrameBytes& frame : stepped_.collect(port)) {
            numbers.push_back(frame.back());
        }
        return numbers;
    }
    [[nodiscard]] std::uint64_t drops(DropReason reason) {
        return stepped_.dataplane()
            .port_counters(PortIndex{0})
            .drops.at(static_cast<std::size_t>(reason));
    }

    SteppedDataplane stepped_{{.ports = 3}};
};

TEST_F(Bursts, EachFrameLeavesByItsOwnPort) {
    for (std::uint8_t number = 1; number <= 6; ++number) {
        inject(number % 3 == 0 ? kToTwo : kToOne, number);
    }
    stepped_.settle();
    EXPECT_EQ((std::vector<unsigned>{1, 2, 4, 5}), left(1));
    EXPECT_EQ((std::vector<unsigned>{3, 6}), left(2));
}

TEST_F(Bursts, OnlyFramesTowardsTheDeadLinkAreDropped) {
    for (const bool mixed : {false, true}) {
        stepped_.set_link(2, false);
        if (mixed) {
            inject(kToOne, 1);
        }
        inject(kToTwo, 2);
        if (mixed) {
            inject(kPops, 3);
        }
        inject(kToTwo, 4);
        stepped_.settle();
        EXPECT_EQ(mixed ? (std::vector<unsigned>{1, 3}) : std::vector<unsigned>{}, left(1));
        EXPECT_TRUE(left(2).empty());
        EXPECT_EQ(mixed ? 4U : 2U, drops(DropReason::LinkDown));
    }
    stepped_.set_link(2, true);
    inject(kToTwo, 5);
    stepped_.settle();
    EXPECT_EQ((std::vector<unsigned>{5}), left(2));
    const CircuitCounters counters = stepped_.dataplane().counters(CircuitKey{2}).value();
    EXPECT_EQ(5U, counters.endpoints[0].ingress_green.frames);
    EXPECT_EQ(1U, counters.endpoints[1].egress_green.frames);
}

TEST_F(Bursts, AnotherPortsDeadLinkIsNobodysConcern) {
    stepped_.set_link(2, false);
    inject(kToOne, 1);
    inject(kPops, 2);
    stepped_.settle();
    EXPECT_EQ((std::vector<unsigned>{1, 2}), left(1));
    EXPECT_EQ(0U, drops(DropReason::LinkDown));
}

TEST_F(Bursts, AFrameThatIsLookedAtCloselyKeepsItsTurn) {
    // A bucket of two frames, and no time passes: the third frame is the one to go, also when a
    // frame that is dropped before the meter stands among them.
    CircuitProgram program = qinq(kToOne, 1);
    program.endpoints[0].bandwidth = one_burst_of(2 * (kFrameBytes + 4));
    install(1, program);
    inject(kToOne, 1);
    inject(kToOne, 2, true);
    inject(kToTwo, 3);
    inject(kToOne, 4);
    inject(kToOne, 5);
    inject(kToTwo, 6);
    stepped_.settle();
    EXPECT_EQ((std::vector<unsigned>{1, 4}), left(1));
    EXPECT_EQ((std::vector<unsigned>{3, 6}), left(2));
    EXPECT_EQ(1U, drops(DropReason::L2cp));
    EXPECT_EQ(1U, drops(DropReason::Policed));
}

TEST_F(Bursts, MoreFramesThanABurstLeaveInOrder) {
    std::vector<unsigned> wanted;
    for (std::uint8_t number = 0; number < 100; ++number) {
        inject(number == 40 ? kPops : kToOne, number);
        wanted.push_back(number);
    }
    stepped_.settle();
    EXPECT_EQ(wanted, left(1));
}

} // namespace
} // namespace strowger::test
