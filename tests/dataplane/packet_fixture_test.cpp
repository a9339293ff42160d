// SPDX-License-Identifier: Apache-2.0
#include "tests/dataplane/fixtures/guard_cases.h"
#include "tests/dataplane/fixtures/packet_case.h"
#include "tests/dataplane/fixtures/rewrite_cases.h"
#include "tests/support/stepped_dataplane.h"

#include <gtest/gtest.h>

#include <numeric>

namespace strowger::test {
namespace {

std::uint64_t total(const std::array<std::uint64_t, kDropReasonCount>& drops) {
    return std::accumulate(drops.begin(), drops.end(), std::uint64_t{0});
}

/// Workers 0 and 1: a circuit is owned by 0, and frames arrive at either.
class PacketFixture : public testing::TestWithParam<std::tuple<PacketCase, unsigned>> {
protected:
    void SetUp() override {
        const auto& program = packet().program;
        ASSERT_TRUE(stepped_.dataplane().stage(CircuitKey{1}, program));
        stepped_.dataplane().commit(CircuitKey{1}, 1);
        ASSERT_EQ(1U, stepped_.settle().size());
    }
    [[nodiscard]] static const PacketCase& packet() { return std::get<0>(GetParam()); }
    [[nodiscard]] static unsigned poller() { return std::get<1>(GetParam()); }
    [[nodiscard]] PortCounters port(std::uint16_t index) {
        return stepped_.dataplane().port_counters(PortIndex{index});
    }

    SteppedDataplane stepped_{{.workers = 2, .rx_queues = 2}};
};

TEST_P(PacketFixture, LeavesByTheDoorThatTheTableSays) {
    const FrameBytes arrived = build_frame(packet().arrives);

    ASSERT_TRUE(stepped_.inject(0, arrived, poller()));
    stepped_.settle();

    const std::vector<FrameBytes> left = stepped_.collect(1);
    const CircuitCounters counters = stepped_.dataplane().counters(CircuitKey{1}).value();
    EXPECT_EQ(1U, port(0).rx.frames);
    EXPECT_EQ(arrived.size() + 4, port(0).rx.bytes);
    EXPECT_TRUE(stepped_.collect(0).empty());
    if (const auto* leaves = std::get_if<Leaves>(&packet().outcome)) {
        ASSERT_EQ(1U, left.size());
        EXPECT_EQ(bytes_of(arrived, *leaves), left[0])
            << "wanted " << describe_frame(bytes_of(arrived, *leaves)) << "\nleft   "
            << describe_frame(left[0]);
        EXPECT_EQ((FrameCount{1, arrived.size() + 4}), counters.endpoints[0].ingress_green);
        EXPECT_EQ((FrameCount{1, left[0].size() + 4}), counters.endpoints[1].egress_green);
        EXPECT_EQ((FrameCount{1, left[0].size() + 4}), port(1).tx);
        EXPECT_EQ(0U, total(port(0).drops));
        return;
    }
    const auto reason = std::get<DropReason>(packet().outcome);
    EXPECT_TRUE(left.empty());
    EXPECT_EQ(0U, port(1).tx.frames);
    EXPECT_EQ(1U, total(port(0).drops));
    EXPECT_EQ(1U, port(0).drops.at(static_cast<std::size_t>(reason)))
        << "wanted " << kDropReasonNames.at(static_cast<std::size_t>(reason));
    const bool has_circuit = reason != DropReason::Malformed && reason != DropReason::Unmatched;
    EXPECT_EQ(
        has_circuit ? 1U : 0U, counters.endpoints[0].drops.at(static_cast<std::size_t>(reason))
    );
    EXPECT_EQ(reason == DropReason::Unmatched ? 1U : 0U, port(0).unmatched.size());
}

std::string name_of(const testing::TestParamInfo<std::tuple<PacketCase, unsigned>>& info) {
    std::string name;
    for (const char letter : std::get<0>(info.param).name) {
        name += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
    }
    return name + (std::get<1>(info.param) == 0 ? "_here" : "_handed_over");
}

INSTANTIATE_TEST_SUITE_P(
    Rewrite,
    PacketFixture,
    testing::Combine(testing::ValuesIn(rewrite_cases()), testing::Values(0U, 1U)),
    name_of
);
INSTANTIATE_TEST_SUITE_P(
    Guard,
    PacketFixture,
    testing::Combine(testing::ValuesIn(guard_cases()), testing::Values(0U, 1U)),
    name_of
);

} // namespace
} // namespace strowger::test
