// SPDX-License-Identifier: Apache-2.0
#include "tests/seam/subject.h"
#include "tests/support/programs.h"

#include <gmock/gmock.h>

#include <array>
#include <set>

namespace strowger {
namespace {

// More circuits than any subject has room for.
constexpr std::uint64_t kCircuitsMax = 1'000;

/// A frame with one tag, told apart by `mark`.
FrameBytes tagged(std::uint16_t vlan, std::uint8_t mark = 1, std::size_t size = 96) {
    FrameSpec spec;
    spec.tags = {{0x8100, vlan, 0, false}};
    spec.source[5] = mark;
    spec.size = size;
    return build_frame(spec);
}
std::uint8_t mark_of(const FrameBytes& bytes) {
    return bytes.at(11);
}

/// Circuit number n: C-VID n + 1 of port 0 to the same of port 1.
CircuitKey key_of(std::uint64_t n) {
    return CircuitKey{n + 1};
}
CircuitProgram line(std::uint64_t n) {
    return program_of(endpoint_of(0, c_vlan(n + 1)), endpoint_of(1, c_vlan(n + 1)));
}
/// The same with maps that take index memory of their own: an S-VLAN by C-VID on both ports.
CircuitProgram deep_line(std::uint64_t n) {
    return program_of(
        endpoint_of(0, s_c_vlans(n + 1, 10, 20), Tpid::STag88a8),
        endpoint_of(1, s_c_vlans(n + 1, 10, 20), Tpid::STag88a8)
    );
}

/// Stages circuits until one is refused, and returns how many found room.
std::uint64_t fill(Dataplane& plane, CircuitProgram (*program)(std::uint64_t)) {
    for (std::uint64_t n = 0; n < kCircuitsMax; ++n) {
        const Result<void> staged = plane.stage(key_of(n), program(n));
        if (!staged) {
            EXPECT_EQ(staged.error().code, ErrorCode::Conflict);
            EXPECT_EQ(staged.error().problems.at(0).code, "capacity_exceeded");
            return n;
        }
    }
    ADD_FAILURE() << "nothing bounds the number of circuits";
    return kCircuitsMax;
}

TEST_P(SeamContract, GivesBackWhatWasReserved) {
    for (auto* const program : {line, deep_line}) {
        const std::uint64_t room = fill(plane(), program);
        ASSERT_GT(room, 2U);

        for (std::uint64_t n = 0; n < room; ++n) {
            plane().unstage(key_of(n));
        }
        EXPECT_EQ(fill(plane(), program), room);

        // One place is worth as much as another.
        plane().unstage(key_of(room / 2));
        EXPECT_TRUE(plane().stage(key_of(room / 2), program(room / 2)));
        EXPECT_FALSE(plane().stage(key_of(room), program(room)));
        for (std::uint64_t n = 0; n < room; ++n) {
            plane().unstage(key_of(n));
        }
    }
    EXPECT_EQ(plane().outstanding(), 0U);
}

TEST_P(SeamContract, RemovalGivesBackWhatWasInstalled) {
    for (auto* const program : {line, deep_line}) {
        const std::uint64_t room = fill(plane(), program);
        for (std::uint64_t n = 0; n < room; ++n) {
            plane().commit(key_of(n), next_ticket());
        }
        EXPECT_EQ(completed(), room);
        for (std::uint64_t n = 0; n < room; ++n) {
            plane().remove(key_of(n), next_ticket());
        }
        EXPECT_EQ(completed(), room);

        EXPECT_EQ(fill(plane(), program), room);
        for (std::uint64_t n = 0; n < room; ++n) {
            plane().unstage(key_of(n));
        }
    }
}

TEST_P(SeamContract, RefusalForWantOfRoomChangesNothing) {
    const std::uint64_t room = fill(plane(), line);
    for (std::uint64_t n = 0; n < room; ++n) {
        plane().commit(key_of(n), next_ticket());
    }
    EXPECT_EQ(completed(), room);

    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(plane().stage(key_of(room), line(room)));
    }

    EXPECT_EQ(plane().outstanding(), 0U);
    EXPECT_FALSE(plane().counters(key_of(room)).has_value());
    for (std::uint64_t n = 0; n < room; ++n) {
        EXPECT_TRUE(plane().counters(key_of(n)).has_value());
    }
    remove(key_of(0));
    install(key_of(room), line(room));
}

TEST_P(SeamContract, RefusesCircuitsAboveWhatAPortPasses) {
    const Bytes port_max = plane().port_status(PortIndex{1}).frame_max;
    CircuitProgram program = line(0);
    program.frame_max = Bytes{port_max.value + 1};

    const Result<void> staged = plane().stage(key_of(0), program);

    ASSERT_FALSE(staged);
    EXPECT_EQ(staged.error().code, ErrorCode::Conflict);
    EXPECT_EQ(staged.error().problems.at(0).code, "frame_too_large_for_port");
    EXPECT_EQ(plane().outstanding(), 0U);
    install(key_of(0), line(0));
}

TEST_P(SeamContract, JudgesFramesAsTheyLeaveToo) {
    // Two tags more at port 1: what arrives with 9208 bytes leaves with 9216.
    const Bytes port_max = plane().port_status(PortIndex{1}).frame_max;
    CircuitProgram program =
        program_of(endpoint_of(0, MapUntagged{}), endpoint_of(1, s_c_vlans(5, 6, 6)));
    program.frame_max = Bytes{port_max.value - 7};
    EXPECT_FALSE(plane().stage(key_of(0), program));

    program.frame_max = Bytes{port_max.value - 8};
    EXPECT_TRUE(plane().stage(key_of(0), program));
    plane().unstage(key_of(0));
}

TEST_P(SeamContract, CompletesEveryChangeOnceUnderItsTicket) {
    std::set<std::uint64_t> asked;
    for (std::uint64_t n = 0; n < 3; ++n) {
        ASSERT_TRUE(plane().stage(key_of(n), line(n)));
        asked.insert(1'000 + n);
        plane().commit(key_of(n), 1'000 + n);
    }
    EXPECT_EQ(plane().outstanding(), 3U);

    std::set<std::uint64_t> told;
    for (const Completion& completion : subject().settle()) {
        EXPECT_TRUE(told.insert(completion.ticket).second) << completion.ticket << " told twice";
        EXPECT_FALSE(completion.final_counters.has_value());
    }

    EXPECT_EQ(told, asked);
    EXPECT_EQ(plane().outstanding(), 0U);
    EXPECT_EQ(completed(), 0U);
}

TEST_P(SeamContract, HandsOutNoMoreCompletionsThanThereIsRoomFor) {
    for (std::uint64_t n = 0; n < 3; ++n) {
        ASSERT_TRUE(plane().stage(key_of(n), line(n)));
        plane().commit(key_of(n), n);
    }
    std::set<std::uint64_t> told;
    for (int turn = 0; turn < 1'000 && told.size() < 3; ++turn) {
        subject().step();
        std::array<Completion, 1> one;
        if (plane().poll(one) == 1) {
            told.insert(one[0].ticket);
        }
    }
    EXPECT_THAT(told, testing::ElementsAre(0, 1, 2));
    EXPECT_EQ(plane().outstanding(), 0U);
}

TEST_P(SeamContract, CountersLiveAsLongAsTheCircuit) {
    EXPECT_FALSE(plane().counters(key_of(0)).has_value());
    ASSERT_TRUE(plane().stage(key_of(0), line(0)));
    EXPECT_FALSE(plane().counters(key_of(0)).has_value());

    plane().commit(key_of(0), next_ticket());
    EXPECT_EQ(completed(), 1U);
    EXPECT_EQ(plane().counters(key_of(0)), CircuitCounters{});

    EXPECT_EQ(remove(key_of(0)), CircuitCounters{});
    EXPECT_FALSE(plane().counters(key_of(0)).has_value());
}

TEST_P(SeamContract, ReceiversAreThoseThatWereAssigned) {
    EXPECT_TRUE(plane().port_status(PortIndex{0}).receivers.contains(0));
    WorkerSet last;
    last.add(plane().workers().size() - 1);

    ASSERT_TRUE(plane().assign_receivers(PortIndex{0}, {.others = last, .steered = {}}));
    subject().settle();

    EXPECT_EQ(plane().port_status(PortIndex{0}).receivers, last);
    EXPECT_EQ(plane().port_status(PortIndex{0}).plan.others, last);
    EXPECT_EQ(plane().outstanding(), 0U);
    EXPECT_FALSE(plane().assign_receivers(PortIndex{0}, ReceiverPlan{}));
    EXPECT_EQ(plane().port_status(PortIndex{0}).receivers, last);
}

TEST_P(SeamContract, DescribesItsPortsAndWorkers) {
    ASSERT_GE(plane().port_count(), 2U);
    EXPECT_NE(plane().port_status(PortIndex{0}).name, plane().port_status(PortIndex{1}).name);
    EXPECT_TRUE(plane().port_status(PortIndex{0}).link_up);
    subject().set_link(PortIndex{0}, false);
    EXPECT_FALSE(plane().port_status(PortIndex{0}).link_up);
    EXPECT_TRUE(plane().port_status(PortIndex{1}).link_up);

    ASSERT_GE(plane().workers().size(), 1U);
    install(key_of(0), line(0));
    std::uint32_t circuits = 0;
    for (const WorkerStatus& worker : plane().workers()) {
        circuits += worker.circuits;
    }
    EXPECT_EQ(circuits, 1U);
}

TEST_P(SeamForwarding, CarriesFramesOnceTheChangeIsCompletedAndNotBeforeItIsCommitted) {
    ASSERT_TRUE(plane().stage(key_of(4), line(4)));
    EXPECT_EQ(pass(0, 1, tagged(5)), 0U);
    EXPECT_EQ(drops(0, DropReason::Unmatched), 1U);

    plane().commit(key_of(4), next_ticket());
    EXPECT_EQ(completed(), 1U);

    EXPECT_EQ(pass(0, 1, tagged(5)), 1U);
    EXPECT_EQ(pass(1, 0, tagged(5)), 1U);
    EXPECT_EQ(pass(0, 1, tagged(6)), 0U);
}

TEST_P(SeamForwarding, RemovedCircuitsCarryNothing) {
    install(key_of(4), line(4));
    remove(key_of(4));

    EXPECT_EQ(pass(0, 1, tagged(5)), 0U);
    EXPECT_EQ(drops(0, DropReason::Unmatched), 1U);
}

TEST_P(SeamForwarding, UnstagedChangesLeaveTheOldProgram) {
    install(key_of(4), line(4));
    ASSERT_TRUE(plane().stage(key_of(4), line(7)));
    plane().unstage(key_of(4));

    EXPECT_EQ(pass(0, 1, tagged(5)), 1U);
    EXPECT_EQ(pass(0, 1, tagged(8)), 0U);
}

TEST_P(SeamForwarding, CountersGoOnOverAChange) {
    install(key_of(4), line(4));
    EXPECT_EQ(pass(0, 1, tagged(5, 1, 96)), 1U);

    install(key_of(4), line(7));
    EXPECT_EQ(pass(0, 1, tagged(8, 1, 196)), 1U);

    const CircuitCounters counters = plane().counters(key_of(4)).value();
    EXPECT_EQ(counters.endpoints[0].ingress_green, (FrameCount{2, 300}));
    EXPECT_EQ(counters.endpoints[1].egress_green, (FrameCount{2, 300}));
    EXPECT_EQ(counters.endpoints[1].ingress_green, FrameCount{});
}

TEST_P(SeamForwarding, TokensAreKeptUpToTheNewBurst) {
    CircuitProgram program = line(4);
    program.endpoints[0].bandwidth = one_burst_of(2'000);
    install(key_of(4), program);
    EXPECT_EQ(pass(0, 1, tagged(5, 1, 1'496)), 1U); // leaves 500

    program.endpoints[0].bandwidth = one_burst_of(9'000);
    install(key_of(4), program);

    EXPECT_EQ(pass(0, 1, tagged(5, 1, 497)), 0U);
    EXPECT_EQ(pass(0, 1, tagged(5, 1, 496)), 1U);
    EXPECT_EQ(plane().counters(key_of(4))->endpoints[0].ingress_red, (FrameCount{1, 501}));
}

TEST_P(SeamForwarding, WhatDidNotChangeIsNotDisturbed) {
    CircuitProgram program = program_of(endpoint_of(0, c_vlans(5, 6)), endpoint_of(1, MapAll{}));
    install(key_of(0), program);
    std::size_t arrived = 0;
    std::size_t sent = 0;

    // VLAN 5 is in every map; the others come and go.
    for (std::uint64_t turn = 0; turn < 20; ++turn) {
        program.endpoints[0].map = c_vlans(5, turn % 2 == 0 ? 200 : 6);
        ASSERT_TRUE(plane().stage(key_of(0), program));
        plane().commit(key_of(0), next_ticket());
        for (int i = 0; i < 1'000 && plane().outstanding() > 0; ++i) {
            subject().send(PortIndex{0}, tagged(5));
            ++sent;
            subject().step();
            std::array<Completion, 4> done;
            plane().poll(done);
            arrived += subject().receive(PortIndex{1}).size();
        }
        ASSERT_EQ(plane().outstanding(), 0U);
    }
    subject().settle();
    arrived += subject().receive(PortIndex{1}).size();

    EXPECT_GE(sent, 20U);
    EXPECT_EQ(arrived, sent);
}

TEST_P(SeamForwarding, SeesTheOldProgramOrTheNewOneNeverAMix) {
    // The C-VID of both ends changes at once: 5 arrives as 15, 6 as 16, and nothing as anything
    // else.
    const CircuitProgram before = program_of(endpoint_of(0, c_vlan(5)), endpoint_of(1, c_vlan(15)));
    const CircuitProgram after = program_of(endpoint_of(0, c_vlan(6)), endpoint_of(1, c_vlan(16)));
    install(key_of(0), before);
    for (int turn = 0; turn < 20; ++turn) {
        ASSERT_TRUE(plane().stage(key_of(0), turn % 2 == 0 ? after : before));
        plane().commit(key_of(0), next_ticket());
        std::vector<FrameBytes> left;
        const auto collect = [&] {
            for (FrameBytes& bytes : subject().receive(PortIndex{1})) {
                left.push_back(std::move(bytes));
            }
        };
        for (int i = 0; i < 1'000 && plane().outstanding() > 0; ++i) {
            subject().send(PortIndex{0}, tagged(5, 5));
            subject().step();
            subject().send(PortIndex{0}, tagged(6, 6));
            subject().step();
            std::array<Completion, 4> done;
            plane().poll(done);
            collect();
        }
        subject().settle();
        collect();
        for (const FrameBytes& bytes : left) {
            EXPECT_EQ(bytes.at(15), mark_of(bytes) + 10) << describe_frame(bytes);
        }
    }
}

TEST_P(SeamForwarding, FinalCountersAreExact) {
    install(key_of(4), line(4));
    std::size_t arrived = 0;
    for (int i = 0; i < 50; ++i) {
        subject().send(PortIndex{0}, tagged(5));
        subject().step();
        arrived += subject().receive(PortIndex{1}).size();
    }

    // Frames go on arriving while the circuit goes.
    plane().remove(key_of(4), next_ticket());
    std::optional<CircuitCounters> last;
    for (int i = 0; i < 1'000 && !last.has_value(); ++i) {
        subject().send(PortIndex{0}, tagged(5));
        subject().step();
        std::array<Completion, 1> done;
        if (plane().poll(done) == 1) {
            last = done[0].final_counters;
        }
        arrived += subject().receive(PortIndex{1}).size();
    }
    subject().settle();
    arrived += subject().receive(PortIndex{1}).size();

    ASSERT_TRUE(last.has_value());
    EXPECT_GE(arrived, 50U);
    EXPECT_EQ(last->endpoints[1].egress_green.frames, arrived);
    EXPECT_EQ(last->endpoints[0].ingress_green, last->endpoints[1].egress_green);
    const PortCounters port = plane().port_counters(PortIndex{0});
    EXPECT_EQ(
        port.rx.frames, arrived + port.drops[static_cast<std::size_t>(DropReason::Unmatched)]
    );
}

TEST_P(SeamForwarding, ReusedRoomNeverMixesCircuits) {
    // There is room for one circuit only, so each in turn takes the place of the one before, while
    // frames of that one are still under way.
    const auto filler = [](std::uint64_t n) { return line(2'000 + n); };
    const std::uint64_t room = fill(plane(), filler);
    for (std::uint64_t n = 0; n + 1 < room; ++n) {
        plane().commit(key_of(n), next_ticket());
    }
    plane().unstage(key_of(room - 1));
    EXPECT_EQ(completed(), room - 1);
    const auto guest = [](std::uint64_t n) { return CircuitKey{10'000 + n}; };

    install(guest(0), line(0));
    for (std::uint64_t n = 0; n < 60; ++n) {
        ASSERT_EQ(plane().counters(guest(n)), CircuitCounters{}) << n;
        plane().remove(guest(n), next_ticket());
        bool next_is_in = false;
        std::uint64_t sent = 0;
        for (int i = 0; i < 1'000 && (plane().outstanding() > 0 || !next_is_in); ++i, ++sent) {
            const auto own = static_cast<std::uint8_t>(n + 1);
            subject().send(PortIndex{0}, tagged(own, own));
            subject().step();
            if (!next_is_in && plane().stage(guest(n + 1), line(n + 1))) {
                plane().commit(guest(n + 1), next_ticket());
                next_is_in = true;
            }
            std::array<Completion, 4> done;
            plane().poll(done);
        }
        subject().settle();
        const std::vector<FrameBytes> left = subject().receive(PortIndex{1});
        EXPECT_LE(left.size(), sent);
        for (const FrameBytes& bytes : left) {
            EXPECT_EQ(bytes.at(15), mark_of(bytes)) << describe_frame(bytes);
        }
        ASSERT_EQ(plane().counters(guest(n + 1)), CircuitCounters{})
            << "frames of circuit " << n << " were counted for the next";
    }
}

TEST_P(SeamForwarding, SuspendedCircuitsDropUnderTheirReason) {
    CircuitProgram program = line(4);
    program.forwarding = false;
    install(key_of(4), program);

    EXPECT_EQ(pass(0, 1, tagged(5)), 0U);

    EXPECT_EQ(drops(0, DropReason::Suspended), 1U);
    const auto suspended = static_cast<std::size_t>(DropReason::Suspended);
    EXPECT_EQ(plane().counters(key_of(4))->endpoints[0].drops.at(suspended), 1U);
    program.forwarding = true;
    install(key_of(4), program);
    EXPECT_EQ(pass(0, 1, tagged(5)), 1U);
}

TEST_P(SeamForwarding, DropsTowardsADeadLink) {
    install(key_of(4), line(4));
    subject().set_link(PortIndex{1}, false);

    EXPECT_EQ(pass(0, 1, tagged(5)), 0U);
    EXPECT_EQ(drops(0, DropReason::LinkDown), 1U);

    subject().set_link(PortIndex{1}, true);
    EXPECT_EQ(pass(0, 1, tagged(5)), 1U);
}

TEST_P(SeamForwarding, MapsOfEveryFormTakeTheirFramesAndNoOthers) {
    struct Form {
        VlanMap map;
        std::vector<FrameTag> belongs;
        std::vector<FrameTag> foreign;
    };
    const std::vector<Form> forms = {
        {MapUntagged{}, {}, {{0x8100, 5, 0, false}}},
        {c_vlan(5), {{0x8100, 5, 0, false}}, {{0x8100, 6, 0, false}}},
        {c_vlans(5, 7), {{0x8100, 7, 0, false}}, {{0x8100, 8, 0, false}}},
        {s_vlan(5), {{0x8100, 5, 0, false}}, {{0x88A8, 5, 0, false}}},
        {s_c_vlans(5, 9, 9),
         {{0x8100, 5, 0, false}, {0x8100, 9, 0, false}},
         {{0x8100, 5, 0, false}, {0x8100, 10, 0, false}}},
        {s_c_vlans(5, 9, 11),
         {{0x8100, 5, 0, false}, {0x8100, 11, 0, false}},
         {{0x8100, 5, 0, false}, {0x88A8, 9, 0, false}}},
    };
    const auto frame_of = [](const std::vector<FrameTag>& tags) {
        FrameSpec spec;
        spec.tags = tags;
        return build_frame(spec);
    };
    std::uint64_t n = 0;
    for (const Form& form : forms) {
        install(key_of(n), program_of(endpoint_of(0, form.map), endpoint_of(1, MapAll{})));
        EXPECT_EQ(pass(0, 1, frame_of(form.belongs)), 1U) << form.map.index();
        EXPECT_EQ(pass(0, 1, frame_of(form.foreign)), 0U) << form.map.index();
        remove(key_of(n));
        EXPECT_EQ(pass(0, 1, frame_of(form.belongs)), 0U) << form.map.index();
        ++n;
    }
}

} // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SeamForwarding);

} // namespace strowger
