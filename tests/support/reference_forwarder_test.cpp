// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reference_forwarder.h"

#include "tests/support/programs.h"

#include <gtest/gtest.h>

#include <ostream>

// The reference is judged by hand-written cases, one rule of seam/program.h each; the real
// dataplane is judged by the reference.
namespace strowger {
namespace {

constexpr std::uint64_t kClockHz = 1ULL << 30U;
constexpr CircuitKey kKey{1};

ReferenceForwarder two_ports() {
    return ReferenceForwarder({{{"p0"}, {"p1"}}, kClockHz, SIZE_MAX});
}
void install(ReferenceForwarder& plane, const CircuitProgram& program, CircuitKey key = kKey) {
    ASSERT_TRUE(plane.stage(key, program));
    plane.commit(key, 1);
    std::array<Completion, 1> done;
    ASSERT_EQ(plane.poll(done), 1U);
}
FrameBytes tagged(std::vector<FrameTag> tags, std::size_t size = 80) {
    FrameSpec spec;
    spec.tags = std::move(tags);
    spec.size = size;
    return build_frame(spec);
}

struct RewriteCase {
    const char* what;
    EndpointProgram a;
    EndpointProgram z;
    std::vector<FrameTag> in;
    std::optional<std::vector<FrameTag>> out; ///< nothing: dropped as `reason`
    DropReason reason = DropReason::Unmatched;
};
std::ostream& operator<<(std::ostream& out, const RewriteCase& c) {
    return out << c.what;
}

class Rewrite : public testing::TestWithParam<RewriteCase> {};

TEST_P(Rewrite, GivesTheFrameWrittenDown) {
    const RewriteCase& c = GetParam();
    ReferenceForwarder plane = two_ports();
    install(plane, program_of(c.a, c.z));

    const auto departure = plane.forward(PortIndex{0}, tagged(c.in), 0);

    ASSERT_EQ(departure.has_value(), c.out.has_value());
    if (!c.out.has_value()) {
        EXPECT_EQ(plane.port_counters(PortIndex{0}).drops[static_cast<std::size_t>(c.reason)], 1U);
        return;
    }
    // The payload's pattern depends on its place, so the wanted frame is put together by parts.
    FrameBytes wanted = tagged(*c.out, 14 + 4 * c.out->size());
    const FrameBytes in = tagged(c.in);
    wanted.insert(
        wanted.end(), in.begin() + static_cast<std::ptrdiff_t>(14 + 4 * c.in.size()), in.end()
    );
    EXPECT_EQ(departure->port, PortIndex{1});
    EXPECT_EQ(describe_frame(departure->bytes), describe_frame(wanted));
    EXPECT_EQ(departure->bytes, wanted);
}

constexpr Tpid kC = Tpid::CTag8100;
constexpr Tpid kS = Tpid::STag88a8;
constexpr Tpid kQ = Tpid::STag9100;
using Tags = std::vector<FrameTag>;

INSTANTIATE_TEST_SUITE_P(
    Forms,
    Rewrite,
    testing::Values(
        RewriteCase{
            "EPL is transparent, whatever the TPIDs",
            endpoint_of(0, MapAll{}, kC),
            endpoint_of(1, MapAll{}, kS),
            {{0x8100, 5, 3, true}, {0x88A8, 7, 1, false}},
            Tags{{0x8100, 5, 3, true}, {0x88A8, 7, 1, false}}},
        RewriteCase{
            "one C-VID is translated, PCP and DEI stay",
            endpoint_of(0, c_vlan(5), kC),
            endpoint_of(1, c_vlan(9), kQ),
            {{0x8100, 5, 6, true}},
            Tags{{0x9100, 9, 6, true}}},
        RewriteCase{
            "what follows one C-VID is the customer's",
            endpoint_of(0, c_vlan(5), kC),
            endpoint_of(1, c_vlan(9), kC),
            {{0x8100, 5, 6, true}, {0x9100, 33, 1, false}},
            Tags{{0x8100, 9, 6, true}, {0x9100, 33, 1, false}}},
        RewriteCase{
            "a foreign TPID does not match a C-VID",
            endpoint_of(0, c_vlan(5), kC),
            endpoint_of(1, c_vlan(9), kC),
            {{0x88A8, 5, 0, false}},
            std::nullopt,
            DropReason::Unmatched},
        RewriteCase{
            "untagged gets both tags, priority 0",
            endpoint_of(0, MapUntagged{}, kC),
            endpoint_of(1, s_c_vlans(100, 10, 10), kS),
            {},
            Tags{{0x88A8, 100, 0, false}, {0x8100, 10, 0, false}}},
        RewriteCase{
            "a priority tag gives way and leaves its priority to both",
            endpoint_of(0, MapUntagged{}, kC),
            endpoint_of(1, s_c_vlans(100, 10, 10), kS),
            {{0x8100, 0, 7, true}},
            Tags{{0x88A8, 100, 7, true}, {0x8100, 10, 7, true}}},
        RewriteCase{
            "a priority tag stays when none is pushed, under the far TPID",
            endpoint_of(0, MapUntagged{}, kC),
            endpoint_of(1, MapUntagged{}, kS),
            {{0x8100, 0, 7, true}},
            Tags{{0x88A8, 0, 7, true}}},
        RewriteCase{
            "a priority tag of a foreign TPID is not untagged",
            endpoint_of(0, MapUntagged{}, kC),
            endpoint_of(1, MapUntagged{}, kC),
            {{0x88A8, 0, 7, true}},
            std::nullopt,
            DropReason::Unmatched},
        RewriteCase{
            "S and C keep their own priorities",
            endpoint_of(0, s_c_vlans(100, 10, 10), kS),
            endpoint_of(1, s_c_vlans(200, 20, 20), kQ),
            {{0x88A8, 100, 5, false}, {0x8100, 10, 2, true}},
            Tags{{0x9100, 200, 5, false}, {0x8100, 20, 2, true}}},
        RewriteCase{
            "C takes the removed C's, not the first tag's",
            endpoint_of(0, s_c_vlans(100, 10, 10), kS),
            endpoint_of(1, c_vlan(20), kC),
            {{0x88A8, 100, 5, false}, {0x8100, 10, 2, true}},
            Tags{{0x8100, 20, 2, true}}},
        RewriteCase{
            "S takes the first tag's when only a C was removed",
            endpoint_of(0, c_vlan(10), kC),
            endpoint_of(1, s_c_vlans(200, 20, 20), kS),
            {{0x8100, 10, 4, true}},
            Tags{{0x88A8, 200, 4, true}, {0x8100, 20, 4, true}}},
        RewriteCase{
            "S-VID removes one tag only",
            endpoint_of(0, s_vlan(100), kS),
            endpoint_of(1, s_vlan(200), kS),
            {{0x88A8, 100, 1, false}, {0x9100, 33, 2, false}},
            Tags{{0x88A8, 200, 1, false}, {0x9100, 33, 2, false}}},
        RewriteCase{
            "the inner tag of S+C must be 0x8100",
            endpoint_of(0, s_c_vlans(100, 10, 10), kS),
            endpoint_of(1, MapAll{}, kC),
            {{0x88A8, 100, 1, false}, {0x88A8, 10, 2, false}},
            std::nullopt,
            DropReason::Unmatched},
        RewriteCase{
            "a bundle keeps its tag and takes the far TPID",
            endpoint_of(0, c_vlans(10, 12), kC),
            endpoint_of(1, c_vlans(10, 12), kS),
            {{0x8100, 11, 3, true}},
            Tags{{0x88A8, 11, 3, true}}},
        RewriteCase{
            "a bundle's tag is a C-tag behind an S-tag",
            endpoint_of(0, c_vlans(10, 12), kQ),
            endpoint_of(1, s_c_vlans(100, 10, 12), kS),
            {{0x9100, 11, 3, true}},
            Tags{{0x88A8, 100, 3, true}, {0x8100, 11, 3, true}}},
        RewriteCase{
            "and comes back as the first one",
            endpoint_of(0, s_c_vlans(100, 10, 12), kS),
            endpoint_of(1, c_vlans(10, 12), kQ),
            {{0x88A8, 100, 1, false}, {0x8100, 11, 3, true}},
            Tags{{0x9100, 11, 3, true}}},
        RewriteCase{
            "nobody leaves on a VLAN that the far endpoint does not own",
            endpoint_of(0, MapAll{}, kC),
            endpoint_of(1, c_vlans(10, 12), kC),
            {{0x8100, 13, 0, false}},
            std::nullopt,
            DropReason::EgressUnmapped},
        RewriteCase{
            "a tag behind the removed one must not show at an untagged endpoint",
            endpoint_of(0, c_vlan(5), kC),
            endpoint_of(1, MapUntagged{}, kC),
            {{0x8100, 5, 0, false}, {0x8100, 6, 0, false}},
            std::nullopt,
            DropReason::EgressUnmapped},
        RewriteCase{
            "a priority tag behind the removed one may",
            endpoint_of(0, c_vlan(5), kC),
            endpoint_of(1, MapUntagged{}, kS),
            {{0x8100, 5, 0, false}, {0x8100, 0, 4, false}},
            Tags{{0x88A8, 0, 4, false}}}
    )
);

TEST(ReferenceForwarder, PadsShortFramesWithZerosAndCountsThemPadded) {
    ReferenceForwarder plane = two_ports();
    install(plane, program_of(endpoint_of(0, c_vlan(5)), endpoint_of(1, MapUntagged{})));

    const auto departure = plane.forward(PortIndex{0}, tagged({{0x8100, 5, 0, false}}, 20), 0);

    ASSERT_TRUE(departure.has_value());
    ASSERT_EQ(departure->bytes.size(), 60U);
    EXPECT_EQ(departure->bytes[16], 0);
    EXPECT_EQ(departure->bytes[59], 0);
    const CircuitCounters counters = plane.counters(kKey).value();
    EXPECT_EQ(counters.endpoints[0].ingress_green, (FrameCount{1, 24}));
    EXPECT_EQ(counters.endpoints[1].egress_green, (FrameCount{1, 64}));
}

TEST(ReferenceForwarder, CallsAFrameWithoutRoomForItsTagsMalformed) {
    ReferenceForwarder plane = two_ports();
    install(plane, program_of(endpoint_of(0, MapAll{}), endpoint_of(1, MapAll{})));
    const Tags two = {{0x8100, 5, 0, false}, {0x88A8, 6, 0, false}};
    const auto passes = [&plane](const FrameBytes& bytes) {
        return plane.forward(PortIndex{0}, bytes, 0).has_value();
    };

    EXPECT_FALSE(passes({}));
    EXPECT_FALSE(passes(tagged({}, 13)));
    EXPECT_TRUE(passes(tagged({}, 14)));
    EXPECT_FALSE(passes(tagged({{0x8100, 5, 0, false}}, 17)));
    EXPECT_TRUE(passes(tagged({{0x8100, 5, 0, false}}, 18)));
    EXPECT_FALSE(passes(tagged(two, 21)));
    EXPECT_TRUE(passes(tagged(two, 22)));
    EXPECT_EQ(
        plane.port_counters(PortIndex{0}).drops[static_cast<std::size_t>(DropReason::Malformed)], 4U
    );
}

/// Each frame breaks the rule named and every later one that it can.
TEST(ReferenceForwarder, DropsForTheFirstReason) {
    struct Case {
        DropReason reason;
        bool forwarding;
        std::size_t size;
        std::uint8_t last_of_destination;
        std::uint8_t first_of_source;
    };
    const Case cases[] = {
        {DropReason::Suspended, false, 1'523, 0x00, 0x03},
        {DropReason::Oversize, true, 1'523, 0x00, 0x03},
        {DropReason::L2cp, true, 1'522, 0x0F, 0x03},
        {DropReason::SourceMac, true, 1'522, 0x10, 0x03},
        {DropReason::Policed, true, 1'522, 0x10, 0x02},
    };
    for (const Case& c : cases) {
        ReferenceForwarder plane = two_ports();
        plane.set_link(PortIndex{1}, false);
        CircuitProgram program = program_of(
            endpoint_of(0, MapUntagged{}, kC, one_burst_of(1'526)), endpoint_of(1, MapUntagged{})
        );
        program.forwarding = true;
        install(plane, program);
        plane.forward(PortIndex{0}, tagged({}, 1'522), 0); // takes the whole burst
        program.forwarding = c.forwarding;
        install(plane, program);
        FrameSpec spec;
        spec.destination = {0x01, 0x80, 0xC2, 0, 0, c.last_of_destination};
        spec.source[0] = c.first_of_source;
        spec.size = c.size;

        plane.forward(PortIndex{0}, build_frame(spec), 0);

        const EndpointCounters counters = plane.counters(kKey)->endpoints[0];
        EXPECT_EQ(counters.drops[static_cast<std::size_t>(c.reason)], 1U)
            << kDropReasonNames[static_cast<std::size_t>(c.reason)];
        EXPECT_EQ(counters.drops[static_cast<std::size_t>(DropReason::LinkDown)], 1U);
    }
}

TEST(ReferenceForwarder, EplPassesReservedAddressesButPause) {
    ReferenceForwarder plane = two_ports();
    CircuitProgram program = program_of(endpoint_of(0, MapAll{}), endpoint_of(1, MapAll{}));
    program.l2cp_transparent = true;
    install(plane, program);
    for (unsigned last = 0; last <= 0x10; ++last) {
        FrameSpec spec;
        spec.destination = {0x01, 0x80, 0xC2, 0, 0, static_cast<std::uint8_t>(last)};
        EXPECT_EQ(plane.forward(PortIndex{0}, build_frame(spec), 0).has_value(), last != 1) << last;
    }
}

TEST(ReferenceMeter, FollowsRfc4115ByHand) {
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{8'000}; // 1000 bytes a second
    spec.eir = BitsPerSecond{16'000};
    spec.cbs = Bytes{2'000};
    spec.ebs = Bytes{2'000};
    ReferenceMeter meter(profile_of(spec), 1'000, 0);
    using enum ReferenceColor;

    EXPECT_EQ(meter.color(1'500, false, 0), Green);  // C 500, E 2000
    EXPECT_EQ(meter.color(1'500, false, 0), Yellow); // C 500, E 500
    EXPECT_EQ(meter.color(501, false, 0), Red);
    EXPECT_EQ(meter.color(500, false, 0), Green);        // C 0, E 500
    EXPECT_EQ(meter.color(1'001, false, 250), Red);      // C 250, E 1000
    EXPECT_EQ(meter.color(1'000, true, 250), Yellow);    // blind: C 250 is not enough; E 0
    EXPECT_EQ(meter.color(250, true, 250), Green);       // blind to the colour it came with
    EXPECT_EQ(meter.color(1'999, false, 2'248), Yellow); // C 1998; E was full at 2000
    EXPECT_EQ(meter.color(1'999, false, 2'249), Green);
}

TEST(ReferenceMeter, HeedsTheColourAndTheCouplingFlag) {
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{8'000};
    spec.cbs = Bytes{2'000};
    spec.ebs = Bytes{2'000};
    spec.color_mode = ColorMode::ColorAware;
    spec.coupling_flag = true;
    ReferenceMeter meter(profile_of(spec), 1'000, 0);
    using enum ReferenceColor;

    EXPECT_EQ(meter.color(2'000, true, 0), Yellow); // C 2000, E 0
    EXPECT_EQ(meter.color(1'000, true, 0), Red);    // never from C
    EXPECT_EQ(meter.color(1'000, true, 999), Red);  // C 2000, E 999 by overflow
    EXPECT_EQ(meter.color(1'000, true, 1'000), Yellow);
    EXPECT_EQ(meter.color(2'000, false, 1'000), Green);
}

TEST(ReferenceMeter, KeepsTokensUpToTheNewBurst) {
    ReferenceMeter meter(one_burst_of(2'000), 1'000'000'000, 0);
    using enum ReferenceColor;
    EXPECT_EQ(meter.color(100, false, 0), Green);

    meter.reconfigure(one_burst_of(9'000), 0); // a larger burst gives nothing

    EXPECT_EQ(meter.color(1'901, false, 0), Red);
    meter.reconfigure(one_burst_of(1'600), 0); // a smaller one takes
    EXPECT_EQ(meter.color(1'601, false, 0), Red);
    EXPECT_EQ(meter.color(1'600, false, 0), Green);
}

TEST(ReferenceForwarder, RemembersTheLastUnmatchedTags) {
    ReferenceForwarder plane = two_ports();
    for (std::uint16_t vlan = 1; vlan <= 9; ++vlan) {
        plane.forward(PortIndex{0}, tagged({{0x88A8, vlan, 0, false}, {0x8100, 7, 0, false}}), 0);
    }
    plane.forward(PortIndex{0}, tagged({{0x88A8, 3, 0, false}, {0x8100, 7, 0, false}}), 0);

    const std::vector<UnmatchedTags> seen = plane.port_counters(PortIndex{0}).unmatched;

    ASSERT_EQ(seen.size(), kUnmatchedTagsKept);
    EXPECT_EQ(seen.front().outer_vid, 3);
    EXPECT_EQ(seen.front().outer_tpid, 0x88A8);
    EXPECT_EQ(seen.front().inner_vid, 7);
    EXPECT_EQ(seen.front().frames, 2U);
    EXPECT_EQ(seen.back().outer_vid, 2);
}

} // namespace
} // namespace strowger
