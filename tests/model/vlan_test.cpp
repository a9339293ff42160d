// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/vlan.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace strowger {
namespace {

VlanId vid(std::uint16_t raw) {
    return VlanId::from(raw).value();
}
VlanSet set_of(std::initializer_list<std::uint16_t> vlans) {
    VlanSet set = VlanSet::single(vid(*vlans.begin()));
    for (const std::uint16_t vlan : vlans) {
        set.insert(vid(vlan));
    }
    return set;
}

TEST(VlanId, IsOneTo4094) {
    EXPECT_FALSE(VlanId::from(0));
    EXPECT_EQ(VlanId::from(1)->value(), 1);
    EXPECT_EQ(VlanId::from(4094)->value(), 4094);
    EXPECT_FALSE(VlanId::from(4095));
    EXPECT_FALSE(VlanId::from(65'537)); // 1 when cut to 16 bits
    EXPECT_EQ(VlanId::from(0).error().problems.at(0).code, "out_of_range");
}

TEST(Tpid, ReadsBackItsText) {
    for (const Tpid tpid : {Tpid::CTag8100, Tpid::STag88a8, Tpid::STag9100}) {
        EXPECT_EQ(tpid_from(to_string(tpid)).value(), tpid);
    }
    EXPECT_EQ(to_string(Tpid::STag88a8), "0x88a8");
    EXPECT_EQ(tpid_ethertype(Tpid::STag9100), 0x9100);
}

TEST(Tpid, RefusesOtherTexts) {
    for (const char* text : {"", "0x9200", "0x88A8", "8100", "0x8100 "}) {
        const Result<Tpid> tpid = tpid_from(text);
        ASSERT_FALSE(tpid) << text;
        EXPECT_EQ(tpid.error().problems.at(0).code, "unknown_value");
    }
}

TEST(VlanSet, RangeHoldsBothEnds) {
    const VlanSet set = VlanSet::range(vid(10), vid(12)).value();

    EXPECT_FALSE(set.contains(9));
    EXPECT_TRUE(set.contains(10));
    EXPECT_TRUE(set.contains(12));
    EXPECT_FALSE(set.contains(13));
    EXPECT_EQ(set.size(), 3U);
    EXPECT_EQ(set.first(), vid(10));
}

TEST(VlanSet, RangeOfAllIsTheLargest) {
    const VlanSet set = VlanSet::range(vid(1), vid(4094)).value();

    EXPECT_EQ(set.size(), 4094U);
    EXPECT_FALSE(set.contains(0));
    EXPECT_FALSE(set.contains(4095));
    EXPECT_FALSE(set.contains(4096));
    EXPECT_EQ(set.to_string(), "1-4094");
}

TEST(VlanSet, RangeOfOneIsSound) {
    EXPECT_EQ(VlanSet::range(vid(7), vid(7)).value(), VlanSet::single(vid(7)));
}

TEST(VlanSet, RefusesABackwardRange) {
    const auto backward = VlanSet::range(vid(8), vid(7));

    ASSERT_FALSE(backward);
    EXPECT_EQ(backward.error().problems.at(0).code, "out_of_range");
}

TEST(VlanSet, PrintsRangesAscending) {
    EXPECT_EQ(set_of({299, 200, 100, 201}).to_string(), "100,200-201,299");
    EXPECT_EQ(set_of({4094}).to_string(), "4094");
    EXPECT_EQ(set_of({1, 3, 4094, 4093}).to_string(), "1,3,4093-4094");
}

TEST(VlanSet, MergesAndOverlaps) {
    VlanSet set = set_of({1, 2});
    EXPECT_FALSE(set.overlaps(set_of({3, 4})));

    set.merge(set_of({3}));

    EXPECT_TRUE(set.overlaps(set_of({3, 4})));
    EXPECT_EQ(set.to_string(), "1-3");
}

TEST(VlanSet, IsTheSameHoweverItWasPutTogether) {
    VlanSet filled = set_of({10, 12});
    EXPECT_FALSE(filled == VlanSet::range(vid(10), vid(12)).value());

    filled.insert(vid(11));

    EXPECT_EQ(filled, VlanSet::range(vid(10), vid(12)).value());
    EXPECT_EQ(set_of({5, 9, 7}), set_of({7, 5, 9}));
    EXPECT_FALSE(set_of({5, 7, 9}) == set_of({5, 8, 9}));
}

TEST(VlanSet, KnowsItsGaps) {
    const VlanSet odd = set_of({1, 3, 5});

    EXPECT_EQ(odd.size(), 3U);
    EXPECT_FALSE(odd.contains(2));
    EXPECT_FALSE(odd.overlaps(set_of({2, 4})));
    EXPECT_FALSE(odd.overlaps(set_of({2})));
    EXPECT_TRUE(odd.overlaps(VlanSet::range(vid(4), vid(5)).value()));
}

struct OverlapCase {
    const char* what;
    VlanMap left;
    VlanMap right;
    bool overlap;
};

TEST(VlanMap, OverlapsWhenSomeFrameCouldBelongToBoth) {
    const OverlapCase cases[] = {
        {"all, all", MapAll{}, MapAll{}, true},
        {"all, untagged", MapAll{}, MapUntagged{}, true},
        {"all, C", MapAll{}, MapCVlans{set_of({5})}, true},
        {"untagged twice", MapUntagged{}, MapUntagged{}, true},
        {"untagged, C", MapUntagged{}, MapCVlans{set_of({5})}, false},
        {"untagged, S", MapUntagged{}, MapSVlan{vid(5)}, false},
        {"C, C apart", MapCVlans{set_of({4, 6})}, MapCVlans{set_of({5, 7})}, false},
        {"C, C sharing", MapCVlans{set_of({4, 5})}, MapCVlans{set_of({5, 7})}, true},
        {"C, S same VID", MapCVlans{set_of({5, 7})}, MapSVlan{vid(5)}, true},
        {"C, S other VID", MapCVlans{set_of({5, 7})}, MapSVlan{vid(6)}, false},
        {"C, SC same outer", MapCVlans{set_of({5})}, MapSCVlans{vid(5), set_of({9})}, true},
        {"C, SC inner only", MapCVlans{set_of({9})}, MapSCVlans{vid(5), set_of({9})}, false},
        {"S twice", MapSVlan{vid(5)}, MapSVlan{vid(5)}, true},
        {"S apart", MapSVlan{vid(5)}, MapSVlan{vid(6)}, false},
        {"S, SC same S", MapSVlan{vid(5)}, MapSCVlans{vid(5), set_of({9})}, true},
        {"S, SC other S", MapSVlan{vid(6)}, MapSCVlans{vid(5), set_of({9})}, false},
        {"SC same S, C apart",
         MapSCVlans{vid(5), set_of({8})},
         MapSCVlans{vid(5), set_of({9})},
         false},
        {"SC same S, C shared",
         MapSCVlans{vid(5), set_of({8, 9})},
         MapSCVlans{vid(5), set_of({9})},
         true},
        {"SC other S, C shared",
         MapSCVlans{vid(6), set_of({9})},
         MapSCVlans{vid(5), set_of({9})},
         false},
    };
    for (const OverlapCase& c : cases) {
        EXPECT_EQ(overlaps(c.left, c.right), c.overlap) << c.what;
        EXPECT_EQ(overlaps(c.right, c.left), c.overlap) << c.what << ", the other way round";
    }
}

TEST(VlanMap, ConsumesTheTagsThatAreTheCircuits) {
    EXPECT_EQ(circuit_tag_count(MapAll{}), 0U);
    EXPECT_EQ(circuit_tag_count(MapUntagged{}), 0U);
    EXPECT_EQ(circuit_tag_count(MapCVlans{set_of({5})}), 1U);
    EXPECT_EQ(circuit_tag_count(MapCVlans{set_of({5, 6})}), 0U);
    EXPECT_EQ(circuit_tag_count(MapSVlan{vid(5)}), 1U);
    EXPECT_EQ(circuit_tag_count(MapSCVlans{vid(5), set_of({6})}), 2U);
    EXPECT_EQ(circuit_tag_count(MapSCVlans{vid(5), set_of({6, 7})}), 1U);
}

} // namespace
} // namespace strowger
