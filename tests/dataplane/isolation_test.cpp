// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>

namespace strowger::test {
namespace {

constexpr std::array<std::uint16_t, 8> kOuterTpids =
    {0x8100, 0x88A8, 0x9100, 0x9200, 0x9300, 0x0800, 0x8847, 0x88E7};
constexpr std::array<std::uint16_t, 8> kVids = {0, 1, 2, 100, 101, 2'000, 4'094, 4'095};

/// Two tenants with the same C-VIDs, each on its own two ports: A on 0 and 1, B on 2 and 3. And one
/// S-VLAN each of port 4, with the same C-VIDs again, to ports 5 and 6.
class Isolation : public testing::Test {
protected:
    void SetUp() override {
        std::uint64_t key = 0;
        for (const unsigned vlan : {1U, 2U, 100U, 101U, 2000U, 4094U}) {
            install(++key, program_of(endpoint_of(0, c_vlan(vlan)), endpoint_of(1, c_vlan(vlan))));
            install(++key, program_of(endpoint_of(2, c_vlan(vlan)), endpoint_of(3, c_vlan(vlan))));
        }
        install(
            ++key,
            program_of(
                endpoint_of(4, s_c_vlans(100, 100, 101), Tpid::STag88a8),
                endpoint_of(5, c_vlans(100, 101))
            )
        );
        install(
            ++key,
            program_of(
                endpoint_of(4, s_c_vlans(101, 100, 101), Tpid::STag88a8),
                endpoint_of(6, c_vlans(100, 101))
            )
        );
    }

    void install(std::uint64_t key, const CircuitProgram& program) {
        ASSERT_TRUE(stepped_.dataplane().stage(CircuitKey{key}, program));
        stepped_.dataplane().commit(CircuitKey{key}, key);
        ASSERT_EQ(1U, stepped_.settle().size());
    }

    /// The ports at which a frame came out.
    std::vector<unsigned> send(unsigned port, const FrameBytes& frame) {
        EXPECT_TRUE(stepped_.inject(port, frame));
        stepped_.settle();
        std::vector<unsigned> reached;
        for (unsigned other = 0; other < 7; ++other) {
            reached.insert(reached.end(), stepped_.collect(other).size(), other);
        }
        return reached;
    }

    static bool is_mapped(std::uint16_t vlan) { return vlan != 0 && vlan != 4'095; }

    SteppedDataplane stepped_{{.ports = 7}};
};

TEST_F(Isolation, NoCombinationOfTagsReachesAnotherTenant) {
    unsigned passed = 0;
    for (const std::uint16_t tpid : kOuterTpids) {
        for (const std::uint16_t outer : kVids) {
            for (const std::uint16_t inner : kVids) {
                SCOPED_TRACE(
                    testing::Message()
                    << std::hex << tpid << std::dec << " " << outer << " " << inner
                );
                const FrameBytes frame = build_frame({.tags = {{tpid, outer}, {0x8100, inner}}});
                const bool mapped = tpid == 0x8100 && is_mapped(outer);
                using Ports = std::vector<unsigned>;

                EXPECT_EQ(mapped ? Ports{1} : Ports{}, send(0, frame));
                EXPECT_EQ(mapped ? Ports{0} : Ports{}, send(1, frame));
                EXPECT_EQ(mapped ? Ports{3} : Ports{}, send(2, frame));
                EXPECT_EQ(mapped ? Ports{2} : Ports{}, send(3, frame));

                const bool is_c = inner == 100 || inner == 101;
                const bool shared = tpid == 0x88A8 && is_c && (outer == 100 || outer == 101);
                EXPECT_EQ(shared ? Ports{outer == 100 ? 5U : 6U} : Ports{}, send(4, frame));
                passed += mapped ? 1U : 0U;
            }
        }
    }
    EXPECT_EQ(6U * 8U, passed);
}

TEST_F(Isolation, NoTagBehindAnotherReachesAForeignVlanOfTheFarPort) {
    // Port 7's UNI gives its customer untagged frames only; port 1 maps six VIDs of A.
    SteppedDataplane stepped{{.ports = 4}};
    auto& plane = stepped.dataplane();
    ASSERT_TRUE(plane.stage(
        CircuitKey{1}, program_of(endpoint_of(0, c_vlan(10)), endpoint_of(1, MapUntagged{}))
    ));
    plane.commit(CircuitKey{1}, 1);
    ASSERT_TRUE(plane.stage(
        CircuitKey{2}, program_of(endpoint_of(2, c_vlan(10)), endpoint_of(1, c_vlan(20)))
    ));
    plane.commit(CircuitKey{2}, 2);
    ASSERT_EQ(2U, stepped.settle().size());

    ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{0x8100, 10}, {0x8100, 20}}})));
    stepped.settle();

    EXPECT_TRUE(stepped.collect(1).empty()) << "a tag behind the own one must not become another's";
    const auto drops = plane.counters(CircuitKey{1})->endpoints[0].drops;
    EXPECT_EQ(1U, drops[static_cast<std::size_t>(DropReason::EgressUnmapped)]);
}

TEST_F(Isolation, PaddingNeverShowsWhatABufferHeldBefore) {
    ASSERT_TRUE(stepped_.inject(0, build_frame({.tags = {{0x8100, 100}}, .size = 18})));
    stepped_.settle();

    const auto left = stepped_.collect(1);
    ASSERT_EQ(1U, left.size());
    ASSERT_EQ(60U, left[0].size());
    for (std::size_t i = 18; i < left[0].size(); ++i) {
        EXPECT_EQ(0, left[0][i]) << "byte " << i;
    }
}

} // namespace
} // namespace strowger::test
