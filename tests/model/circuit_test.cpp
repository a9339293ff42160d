// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/circuit.h"

#include "strowger/model/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strowger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

VlanId vid(std::uint16_t raw) {
    return VlanId::from(raw).value();
}
VlanSet vids(std::uint16_t first, std::uint16_t last) {
    return VlanSet::range(vid(first), vid(last)).value();
}
Name name(const char* text) {
    return Name::from(text).value();
}
BandwidthProfileSpec rate(std::uint64_t cir_bps) {
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{cir_bps};
    return spec;
}

CircuitSpec eline(VlanMap a = MapUntagged{}, VlanMap z = MapUntagged{}) {
    CircuitSpec spec{name("ny-dc"), "", {}, {}, {}, {}, rate(50'000'000), {}};
    spec.endpoints.emplace(name("a"), EndpointSpec{"uni-a", std::move(a), {}});
    spec.endpoints.emplace(name("z"), EndpointSpec{"uni-z", std::move(z), {}});
    return spec;
}

std::vector<std::string> faults(const CircuitSpec& spec) {
    std::vector<std::string> out;
    const auto effective = resolve_circuit(spec);
    if (!effective) {
        EXPECT_EQ(effective.error().code, ErrorCode::Invalid);
        for (const Problem& problem : effective.error().problems) {
            EXPECT_FALSE(problem.message.empty());
            EXPECT_FALSE(problem.hint.empty());
            out.push_back(problem.pointer + " " + problem.code);
        }
    }
    return out;
}

TEST(Circuit, ResolvesDefaults) {
    const auto effective = resolve_circuit(eline());

    ASSERT_TRUE(effective);
    EXPECT_EQ(effective->frame_max.value, limits::kFrameBytesDefault);
    ASSERT_EQ(effective->bandwidth.size(), 2U);
    EXPECT_EQ(effective->bandwidth.at(name("a")).cbs().value, 312'500U);
    EXPECT_EQ(effective->bandwidth.at(name("z")), effective->bandwidth.at(name("a")));
}

TEST(Circuit, EndpointBandwidthReplacesTheWhole) {
    CircuitSpec spec = eline();
    spec.bandwidth->eir = BitsPerSecond{1'000'000};
    spec.endpoints.at(name("z")).bandwidth = rate(10'000'000);

    const auto effective = resolve_circuit(spec);

    ASSERT_TRUE(effective);
    EXPECT_EQ(effective->bandwidth.at(name("a")).eir().value, 1'000'000U);
    EXPECT_EQ(effective->bandwidth.at(name("z")).cir().value, 10'000'000U);
    EXPECT_EQ(effective->bandwidth.at(name("z")).eir().value, 0U);
}

TEST(Circuit, NeedsABandwidthForEveryEndpoint) {
    CircuitSpec spec = eline();
    spec.bandwidth.reset();
    EXPECT_THAT(
        faults(spec),
        ElementsAre("/endpoints/a/bandwidth required", "/endpoints/z/bandwidth required")
    );

    spec.endpoints.at(name("a")).bandwidth = rate(1'000'000);
    EXPECT_THAT(faults(spec), ElementsAre("/endpoints/z/bandwidth required"));

    spec.endpoints.at(name("z")).bandwidth = rate(1'000'000);
    EXPECT_THAT(faults(spec), IsEmpty());
}

TEST(Circuit, BoundsTheFrameSize) {
    CircuitSpec spec = eline();
    for (const std::uint64_t sound : {1'522, 9'216}) {
        spec.frame_max = Bytes{sound};
        EXPECT_THAT(faults(spec), IsEmpty()) << sound;
    }
    for (const std::uint64_t wrong : {0, 1'521, 9'217}) {
        spec.frame_max = Bytes{wrong};
        EXPECT_THAT(faults(spec), ElementsAre("/max_frame_bytes out_of_range")) << wrong;
    }
}

TEST(Circuit, JudgesBurstsByItsOwnFrameSize) {
    CircuitSpec spec = eline();
    spec.bandwidth->cbs = Bytes{9'000};
    spec.frame_max = Bytes{9'000};
    EXPECT_THAT(faults(spec), IsEmpty());

    spec.frame_max = Bytes{9'001};
    EXPECT_THAT(faults(spec), ElementsAre("/bandwidth/cbs_bytes burst_below_frame"));
}

TEST(Circuit, HasExactlyTwoEndpoints) {
    CircuitSpec spec = eline();
    spec.endpoints.emplace(name("m"), EndpointSpec{"uni-m", MapUntagged{}, {}});
    EXPECT_THAT(faults(spec), ElementsAre("/endpoints out_of_range"));

    spec.endpoints.erase(name("m"));
    spec.endpoints.erase(name("z"));
    EXPECT_THAT(faults(spec), ElementsAre("/endpoints out_of_range"));

    spec.endpoints.clear();
    EXPECT_THAT(faults(spec), ElementsAre("/endpoints out_of_range"));
}

TEST(Circuit, RefusesBothEndpointsOnOneUni) {
    CircuitSpec spec = eline(MapSVlan{vid(1)}, MapSVlan{vid(2)});
    spec.endpoints.at(name("z")).uni = "uni-a";

    EXPECT_THAT(faults(spec), ElementsAre("/endpoints/z/uni same_uni"));
}

TEST(Circuit, BundlesTheSameVlansOnBothSides) {
    EXPECT_THAT(faults(eline(MapCVlans{vids(10, 12)}, MapCVlans{vids(10, 12)})), IsEmpty());
    EXPECT_THAT(
        faults(eline(MapCVlans{vids(10, 12)}, MapSCVlans{vid(7), vids(10, 12)})), IsEmpty()
    );
    EXPECT_THAT(
        faults(eline(MapCVlans{vids(10, 12)}, MapCVlans{vids(10, 13)})),
        ElementsAre("/endpoints/z/vlan_map/c_vlans bundle_mismatch")
    );
    EXPECT_THAT(
        faults(eline(MapSCVlans{vid(7), vids(10, 12)}, MapCVlans{vids(11, 12)})),
        ElementsAre("/endpoints/z/vlan_map/c_vlans bundle_mismatch")
    );
}

TEST(Circuit, LetsABundleMeetAnyFormThatIsNone) {
    for (const VlanMap& map :
         {VlanMap{MapAll{}},
          VlanMap{MapUntagged{}},
          VlanMap{MapCVlans{vids(99, 99)}},
          VlanMap{MapSVlan{vid(99)}},
          VlanMap{MapSCVlans{vid(99), vids(98, 98)}}}) {
        EXPECT_THAT(faults(eline(MapCVlans{vids(10, 12)}, map)), IsEmpty());
    }
}

TEST(Circuit, TellsEveryFaultAtOnce) {
    CircuitSpec spec = eline(MapCVlans{vids(10, 12)}, MapCVlans{vids(10, 13)});
    spec.display_name = "\x01";
    spec.tags.emplace("", "");
    spec.frame_max = Bytes{100};
    spec.bandwidth->cbs = Bytes{5};
    spec.endpoints.at(name("a")).uni = "uni-z";
    spec.endpoints.at(name("a")).bandwidth = rate(limits::kRateBpsMax + 1);

    EXPECT_THAT(
        faults(spec),
        ElementsAre(
            "/display_name invalid_text",
            "/tags/ out_of_range",
            "/max_frame_bytes out_of_range",
            "/bandwidth/cbs_bytes burst_below_frame",
            "/endpoints/a/bandwidth/cir_bps out_of_range",
            "/endpoints/z/uni same_uni",
            "/endpoints/z/vlan_map/c_vlans bundle_mismatch"
        )
    );
}

TEST(Circuit, NamesTheMefService) {
    EXPECT_EQ(mef_service(eline(MapAll{}, MapAll{})), "EPL");
    EXPECT_EQ(mef_service(eline(MapAll{}, MapUntagged{})), "EVPL");
    EXPECT_EQ(mef_service(eline(MapSVlan{vid(1)}, MapAll{})), "EVPL");
    EXPECT_EQ(mef_service(eline()), "EVPL");
}

} // namespace
} // namespace strowger
