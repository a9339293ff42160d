// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/uni.h"

#include <gtest/gtest.h>

namespace strowger {
namespace {

VlanId vid(std::uint16_t raw) {
    return VlanId::from(raw).value();
}

UniSpec whole_port(const char* port = "p0") {
    return {Name::from("uni").value(), "", {}, Name::from(port).value(), Tpid::CTag8100, {}};
}

UniSpec shared_port(std::uint16_t first, std::uint16_t last) {
    UniSpec uni = whole_port();
    uni.s_vlans = SVlanRange{vid(first), vid(last)};
    return uni;
}

TEST(Uni, IsSoundWhenItsRangeHoldsAVlan) {
    EXPECT_TRUE(check_uni(whole_port()).empty());
    EXPECT_TRUE(check_uni(shared_port(100, 199)).empty());
    EXPECT_TRUE(check_uni(shared_port(100, 100)).empty());
}

TEST(Uni, ReportsEveryFault) {
    UniSpec uni = shared_port(100, 99);
    uni.display_name = "\n";
    uni.tags.emplace("", "");

    const std::vector<Problem> problems = check_uni(uni);

    ASSERT_EQ(problems.size(), 3U);
    EXPECT_EQ(problems[0].pointer, "/display_name");
    EXPECT_EQ(problems[1].pointer, "/tags/");
    EXPECT_EQ(problems[2].pointer, "/s_vlans/last");
    EXPECT_EQ(problems[2].code, "out_of_range");
}

TEST(Uni, WholePortTakesEveryMap) {
    const VlanSet set = VlanSet::single(vid(5));
    for (const VlanMap& map :
         {VlanMap{MapAll{}},
          VlanMap{MapUntagged{}},
          VlanMap{MapCVlans{set}},
          VlanMap{MapSVlan{vid(5)}},
          VlanMap{MapSCVlans{vid(5), set}}}) {
        EXPECT_TRUE(check_map_on_uni(map, whole_port(), "/m").empty());
    }
}

TEST(Uni, SharedPortTakesOnlyItsSVlans) {
    const UniSpec uni = shared_port(100, 199);
    const VlanSet set = VlanSet::single(vid(150));
    const auto fault = [&uni](const VlanMap& map) {
        const std::vector<Problem> problems = check_map_on_uni(map, uni, "/m");
        return problems.empty() ? "" : problems[0].pointer + " " + problems[0].code;
    };
    EXPECT_EQ(fault(MapSVlan{vid(100)}), "");
    EXPECT_EQ(fault(MapSVlan{vid(199)}), "");
    EXPECT_EQ(fault(MapSVlan{vid(99)}), "/m/s_vlan map_not_on_uni");
    EXPECT_EQ(fault(MapSVlan{vid(200)}), "/m/s_vlan map_not_on_uni");
    EXPECT_EQ(fault(MapSCVlans{vid(150), set}), "");
    EXPECT_EQ(fault(MapSCVlans{vid(200), set}), "/m/s_vlan map_not_on_uni");
    EXPECT_EQ(fault(MapCVlans{set}), "/m map_not_on_uni");
    EXPECT_EQ(fault(MapAll{}), "/m map_not_on_uni");
    EXPECT_EQ(fault(MapUntagged{}), "/m map_not_on_uni");
}

TEST(Uni, CollidesWhenBothCouldClaimAFrame) {
    EXPECT_TRUE(unis_collide(whole_port(), whole_port()));
    EXPECT_TRUE(unis_collide(whole_port(), shared_port(1, 1)));
    EXPECT_TRUE(unis_collide(shared_port(1, 1), whole_port()));
    EXPECT_FALSE(unis_collide(whole_port("p0"), whole_port("p1")));
    EXPECT_TRUE(unis_collide(shared_port(100, 199), shared_port(199, 300)));
    EXPECT_TRUE(unis_collide(shared_port(199, 300), shared_port(100, 199)));
    EXPECT_TRUE(unis_collide(shared_port(100, 400), shared_port(200, 300)));
    EXPECT_FALSE(unis_collide(shared_port(100, 199), shared_port(200, 300)));
    EXPECT_FALSE(unis_collide(shared_port(200, 300), shared_port(100, 199)));
}

TEST(Uni, DoesNotCollideAcrossTpids) {
    UniSpec other = shared_port(100, 199);
    other.tpid = Tpid::STag88a8;
    EXPECT_FALSE(unis_collide(shared_port(100, 199), other));

    // A whole port may map everything, whatever its TPID.
    UniSpec whole = whole_port();
    whole.tpid = Tpid::STag88a8;
    EXPECT_TRUE(unis_collide(shared_port(100, 199), whole));
}

} // namespace
} // namespace strowger
