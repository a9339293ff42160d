// SPDX-License-Identifier: Apache-2.0
#include "control/ring_dataplane.h"

#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <random>
#include <vector>

namespace strowger::test {
namespace {

constexpr auto kUnmatched = static_cast<std::size_t>(DropReason::Unmatched);

/// Four workers, tiny rings, and whatever order a test steps them in.
class RingDataplaneTest : public testing::Test {
protected:
    void begin(std::uint64_t key, const CircuitProgram& program) {
        ASSERT_TRUE(plane().stage(CircuitKey{key}, program));
        plane().commit(CircuitKey{key}, ++ticket_);
    }
    void install(std::uint64_t key, const CircuitProgram& program) {
        begin(key, program);
        ASSERT_EQ(1U, stepped_.settle().size());
    }
    void remove(std::uint64_t key) {
        plane().remove(CircuitKey{key}, ++ticket_);
        ASSERT_EQ(1U, stepped_.settle().size());
    }
    /// Sizes of what left `to` of one frame sent into `from`, polled by `poller`.
    std::vector<FrameBytes>
    pass(unsigned from, unsigned to, const std::vector<FrameTag>& tags, unsigned poller = 0) {
        EXPECT_TRUE(stepped_.inject(from, build_frame({.tags = tags}), poller));
        stepped_.settle();
        return stepped_.collect(to);
    }
    static std::uint16_t first_vid(const FrameBytes& frame) {
        return static_cast<std::uint16_t>((frame.at(14) << 8U | frame.at(15)) & 0xFFFU);
    }
    Dataplane& plane() { return stepped_.dataplane(); }

    SteppedDataplane stepped_{
        {.workers = 4, .ports = 4, .rx_queues = 4, .endpoints = 8, .vlan_index_bytes = 7 * 16'384}};
    std::uint64_t ticket_ = 0;
};

CircuitProgram line(unsigned in, unsigned out) {
    return program_of(endpoint_of(0, c_vlan(in)), endpoint_of(1, c_vlan(out)));
}

TEST_F(RingDataplaneTest, IsInstalledOnEveryPollerWhenItSaysSo) {
    begin(1, line(100, 200));
    EXPECT_EQ(1U, plane().outstanding());
    EXPECT_FALSE(plane().counters(CircuitKey{1}).has_value());
    for (unsigned worker = 0; worker < 3; ++worker) {
        for (unsigned turn = 0; turn < 10; ++turn) {
            stepped_.step(worker);
            ASSERT_TRUE(stepped_.poll().empty()) << "worker 3 has not taken it over yet";
        }
    }
    ASSERT_EQ(1U, stepped_.settle().size());

    EXPECT_EQ(0U, plane().outstanding());
    for (unsigned poller = 0; poller < 4; ++poller) {
        EXPECT_EQ(1U, pass(0, 1, {{.vid = 100}}, poller).size());
        EXPECT_EQ(1U, pass(1, 0, {{.vid = 200}}, poller).size());
    }
}

TEST_F(RingDataplaneTest, SpreadsCircuitsOverWorkers) {
    for (unsigned i = 1; i <= 8; ++i) {
        install(i, line(i, i));
    }
    for (const WorkerStatus& worker : plane().workers()) {
        EXPECT_EQ(2U, worker.circuits);
    }
}

TEST_F(RingDataplaneTest, RefusesWhatHasNoSlotAndTakesItWhenOneIsFree) {
    for (unsigned i = 1; i <= 16; ++i) {
        install(i, line(i, i));
    }

    const auto refused = plane().stage(CircuitKey{17}, line(17, 17));
    ASSERT_FALSE(refused);
    EXPECT_EQ(ErrorCode::Conflict, refused.error().code);
    EXPECT_EQ("capacity_exceeded", refused.error().problems.at(0).code);

    remove(3);
    install(17, line(17, 17));
    EXPECT_EQ(1U, pass(0, 1, {{.vid = 17}}).size());
    EXPECT_EQ(0U, pass(0, 1, {{.vid = 3}}).size());
}

TEST_F(RingDataplaneTest, UsesIndexBlocksAgainWhenTheirLastCircuitLeaves) {
    // Two roots and four S-VLANs by so many C-VIDs that their blocks are direct: all six.
    const auto program = [](unsigned s) {
        return program_of(
            endpoint_of(0, s_c_vlans(s, 1, 4'000), Tpid::STag88a8), endpoint_of(1, c_vlan(s))
        );
    };
    for (unsigned round = 0; round < 5; ++round) {
        for (unsigned s = 1; s <= 4; ++s) {
            install(s + 100 * round, program(s + round));
        }
        const auto refused = plane().stage(CircuitKey{99}, program(50));
        ASSERT_FALSE(refused);
        EXPECT_EQ("capacity_exceeded", refused.error().problems.at(0).code);
        // One more in an S-VLAN that has its block costs none.
        EXPECT_TRUE(plane().stage(
            CircuitKey{99},
            program_of(
                endpoint_of(0, s_c_vlans(1 + round, 4'001, 4'001), Tpid::STag88a8),
                endpoint_of(1, c_vlan(99))
            )
        ));
        plane().unstage(CircuitKey{99});
        for (unsigned s = 1; s <= 4; ++s) {
            ASSERT_EQ(
                1U, pass(1, 0, {{.vid = static_cast<std::uint16_t>(s + round)}, {.vid = 7}}).size()
            );
            ASSERT_EQ(
                1U,
                pass(0, 1, {{0x88A8, static_cast<std::uint16_t>(s + round)}, {.vid = 1}}, s % 4)
                    .size()
            );
            remove(s + 100 * round);
        }
        stepped_.settle();
    }
}

TEST_F(RingDataplaneTest, ManyCVlansBehindOneSVlanComeAndGo) {
    // One after the other, so that the S-VLAN's block grows from one line to a direct one.
    SteppedDataplane stepped{{.workers = 2, .rx_queues = 2, .endpoints = 4'096}};
    auto& plane = stepped.dataplane();
    const auto program = [](unsigned vlan) {
        return program_of(
            endpoint_of(0, s_c_vlans(7, vlan, vlan), Tpid::STag88a8), endpoint_of(1, c_vlan(vlan))
        );
    };
    const auto passes = [&stepped](unsigned vlan, unsigned poller) {
        const FrameBytes frame =
            build_frame({.tags = {{0x88A8, 7}, {.vid = static_cast<std::uint16_t>(vlan)}}});
        EXPECT_TRUE(stepped.inject(0, frame, poller));
        stepped.settle();
        const auto left = stepped.collect(1);
        return left.size() == 1 && first_vid(left[0]) == vlan;
    };
    std::vector<unsigned> order(1'300);
    std::iota(order.begin(), order.end(), 1U);
    std::shuffle(order.begin(), order.end(), std::mt19937{2});
    std::size_t there = 0;
    for (const unsigned vlan : order) {
        ASSERT_TRUE(plane.stage(CircuitKey{vlan}, program(vlan)));
        plane.commit(CircuitKey{vlan}, vlan);
        ASSERT_EQ(1U, stepped.settle().size());
        ++there;
        ASSERT_TRUE(passes(vlan, vlan % 2)) << vlan;
        ASSERT_TRUE(passes(order[0], vlan % 2)) << "the first one, with " << there;
        if (there < order.size()) {
            ASSERT_FALSE(passes(order[there], 0)) << "not yet there";
        }
    }
    for (const unsigned vlan : order) {
        ASSERT_TRUE(passes(vlan, 0)) << vlan;
        plane.remove(CircuitKey{vlan}, vlan);
        ASSERT_EQ(1U, stepped.settle().size());
        ASSERT_FALSE(passes(vlan, 1)) << vlan;
    }
}

TEST_F(RingDataplaneTest, UnstageGivesEverythingBack) {
    for (unsigned i = 0; i < 100; ++i) {
        ASSERT_TRUE(plane().stage(
            CircuitKey{i},
            program_of(
                endpoint_of(0, s_c_vlans(i + 1, 1, 9), Tpid::STag88a8),
                endpoint_of(1, s_c_vlans(i + 1, 1, 9), Tpid::STag9100)
            )
        )) << i;
        plane().unstage(CircuitKey{i});
    }
    EXPECT_EQ(0U, plane().outstanding());
    EXPECT_TRUE(stepped_.settle().empty());
}

TEST_F(RingDataplaneTest, RefusesFramesThatAPortDoesNotPassTagsIncluded) {
    SteppedDataplane stepped{{.frame_max = 1'526}};
    CircuitProgram program = program_of(
        endpoint_of(0, MapUntagged{}), endpoint_of(1, s_c_vlans(1, 1, 1), Tpid::STag88a8)
    );
    program.frame_max = Bytes{1'522};
    const auto refused = stepped.dataplane().stage(CircuitKey{1}, program);
    ASSERT_FALSE(refused);
    EXPECT_EQ("frame_too_large_for_port", refused.error().problems.at(0).code);

    program.endpoints[1] = endpoint_of(1, c_vlan(1));
    EXPECT_TRUE(stepped.dataplane().stage(CircuitKey{1}, program));
    stepped.dataplane().unstage(CircuitKey{1});
    program.frame_max = Bytes{1'527};
    program.endpoints[1] = endpoint_of(1, MapUntagged{});
    EXPECT_FALSE(stepped.dataplane().stage(CircuitKey{1}, program));
}

TEST_F(RingDataplaneTest, AChangeOfBandwidthKeepsTokensAndCounters) {
    CircuitProgram program = line(100, 100);
    program.endpoints[0].bandwidth = one_burst_of(3'052);
    install(1, program);
    const auto send = [&] {
        EXPECT_TRUE(stepped_.inject(0, build_frame({.tags = {{.vid = 100}}, .size = 1'000})));
        stepped_.settle();
        return stepped_.collect(1).size();
    };
    ASSERT_EQ(1U, send());
    ASSERT_EQ(1U, send());
    ASSERT_EQ(1U, send());
    ASSERT_EQ(0U, send()) << "3,052 bytes of burst are three frames of 1,004";

    // A larger burst gives room, not tokens; a rate of a byte each ns gives them.
    program.endpoints[0].bandwidth =
        profile_of({.cir = {8'000'000'000}, .cbs = Bytes{5'000}, .eir = {}, .ebs = {}});
    install(1, program);
    EXPECT_EQ(0U, send());
    stepped_.advance(964);
    EXPECT_EQ(1U, send()) << "40 that were left and 964 earned are one frame";

    const CircuitCounters counters = *plane().counters(CircuitKey{1});
    EXPECT_EQ((FrameCount{4, 4'016}), counters.endpoints[0].ingress_green);
    EXPECT_EQ((FrameCount{2, 2'008}), counters.endpoints[0].ingress_red);
}

TEST_F(RingDataplaneTest, SuspendsAndResumesInPlace) {
    CircuitProgram program = line(100, 100);
    install(1, program);
    program.forwarding = false;
    install(1, program);
    EXPECT_EQ(0U, pass(0, 1, {{.vid = 100}}).size());
    EXPECT_EQ(0U, pass(1, 0, {{.vid = 100}}).size());
    const auto suspended = static_cast<std::size_t>(DropReason::Suspended);
    EXPECT_EQ(1U, plane().counters(CircuitKey{1})->endpoints[1].drops[suspended]);
    program.forwarding = true;
    install(1, program);
    EXPECT_EQ(1U, pass(0, 1, {{.vid = 100}}).size());
}

TEST_F(RingDataplaneTest, AFrameUnderWayDuringAChangeOfMapsSeesOneProgram) {
    install(1, line(100, 200));
    // Both maps change. A frame with the old VID waits in worker 3's queue, one in the owner's
    // ring.
    ASSERT_TRUE(stepped_.inject(0, build_frame({.tags = {{.vid = 100}}}), 2));
    stepped_.step(2);
    ASSERT_TRUE(stepped_.inject(0, build_frame({.tags = {{.vid = 100}}}), 3));
    begin(1, line(101, 201));
    const std::uint32_t owner = stepped_.parts().dataplane->place(CircuitKey{1})->worker;
    ASSERT_EQ(0U, owner);
    for (unsigned turn = 0; turn < 20; ++turn) {
        stepped_.step(0); // the owner knows both programs now
        stepped_.poll();
    }
    ASSERT_TRUE(stepped_.inject(0, build_frame({.tags = {{.vid = 101}}}), 0));
    ASSERT_EQ(1U, stepped_.settle().size());

    std::map<std::uint16_t, unsigned> left;
    for (const FrameBytes& frame : stepped_.collect(1)) {
        ++left[first_vid(frame)];
    }
    EXPECT_EQ((std::map<std::uint16_t, unsigned>{{200, 2}, {201, 1}}), left);
    EXPECT_EQ(0U, pass(0, 1, {{.vid = 100}}).size());
    EXPECT_EQ(0U, pass(1, 0, {{.vid = 200}}, 2).size());
    EXPECT_EQ(1U, pass(1, 0, {{.vid = 201}}, 2).size());
    EXPECT_EQ(
        4U,
        plane().counters(CircuitKey{1})->endpoints[1].egress_green.frames +
            plane().counters(CircuitKey{1})->endpoints[0].egress_green.frames
    );
}

TEST_F(RingDataplaneTest, EveryFormOfMapCanBecomeEveryOther) {
    struct Form {
        VlanMap map;
        std::vector<FrameTag> tags;
    };
    const std::vector<Form> forms = {
        {MapAll{}, {{.vid = 4'000}}},
        {MapUntagged{}, {}},
        {c_vlan(10), {{.vid = 10}}},
        {c_vlans(10, 19), {{.vid = 15}}},
        {s_vlan(10), {{.vid = 10}, {.vid = 5}}},
        {s_c_vlans(10, 5, 5), {{.vid = 10}, {.vid = 5}}},
        {s_c_vlans(10, 5, 9), {{.vid = 10}, {.vid = 7}}},
    };
    for (const Form& from : forms) {
        for (const Form& to : forms) {
            // The other end takes anything, so that only the map decides.
            install(1, program_of(endpoint_of(0, from.map), endpoint_of(1, MapAll{})));
            ASSERT_EQ(1U, pass(0, 1, from.tags, 1).size()) << from.map.index();
            install(1, program_of(endpoint_of(0, to.map), endpoint_of(1, MapAll{})));
            EXPECT_EQ(1U, pass(0, 1, to.tags, 2).size())
                << from.map.index() << " to " << to.map.index();
            remove(1);
            EXPECT_EQ(0U, pass(0, 1, from.tags, 3).size());
            EXPECT_EQ(0U, pass(0, 1, to.tags, 3).size());
        }
    }
}

TEST_F(RingDataplaneTest, ExchangesTheMapsOfTwoEndpointsOfOnePort) {
    const auto hairpin = [](unsigned a, unsigned z) {
        return program_of(endpoint_of(0, c_vlan(a)), endpoint_of(0, c_vlan(z)));
    };
    install(1, hairpin(100, 200));
    install(1, hairpin(200, 100));

    const auto left = pass(0, 0, {{.vid = 100}}, 2);
    ASSERT_EQ(1U, left.size());
    EXPECT_EQ(200, first_vid(left[0]));
    EXPECT_EQ(1U, plane().counters(CircuitKey{1})->endpoints[1].ingress_green.frames);
    EXPECT_EQ(1U, pass(0, 0, {{.vid = 200}}, 3).size());
}

TEST_F(RingDataplaneTest, CarriesMapsOfManyRunsThroughATinyCommandRing) {
    VlanSet odd = VlanSet::single(vid(1));
    for (unsigned vlan = 3; vlan <= 4'093; vlan += 2) {
        odd.insert(vid(vlan));
    }
    install(1, program_of(endpoint_of(0, MapCVlans{odd}), endpoint_of(1, MapCVlans{odd})));

    for (const std::uint16_t vlan : std::to_array<std::uint16_t>({1, 3, 2'047, 4'093})) {
        EXPECT_EQ(1U, pass(0, 1, {{.vid = vlan}}, vlan % 4U).size()) << vlan;
    }
    const std::uint64_t before = plane().port_counters(PortIndex{0}).drops[kUnmatched];
    for (const std::uint16_t vlan : std::to_array<std::uint16_t>({2, 4, 2'048, 4'094})) {
        EXPECT_EQ(0U, pass(0, 1, {{.vid = vlan}}, vlan % 4U).size()) << vlan;
    }
    EXPECT_EQ(before + 4, plane().port_counters(PortIndex{0}).drops[kUnmatched]);
}

} // namespace
} // namespace strowger::test
