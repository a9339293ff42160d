// SPDX-License-Identifier: Apache-2.0
#include "service/vlan_index.h"

#include "auth/digest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

namespace strowger::service {
namespace {

/// The model's word for two maps is the law; the index must say the same of many.
class VlanIndexTest : public ::testing::Test {
protected:
    VlanIndexTest() {
        const char* given = std::getenv("STROWGER_SEED");
        seed_ = given != nullptr ? std::stoul(given) : std::random_device{}();
        random_.seed(seed_);
    }

    /// From few VIDs, so that maps often meet.
    VlanMap any_map() {
        const auto vid = [this] {
            return *VlanId::from(1 + std::uniform_int_distribution<unsigned>(0, 7)(random_));
        };
        const auto vlans = [&] {
            VlanSet set = VlanSet::single(vid());
            if (random_() % 2 == 0) {
                set.insert(vid());
            }
            return set;
        };
        switch (random_() % 12) {
            case 0:
                return MapAll{};
            case 1:
            case 2:
                return MapUntagged{};
            case 3:
            case 4:
            case 5:
                return MapCVlans{vlans()};
            case 6:
            case 7:
                return MapSVlan{vid()};
            default:
                return MapSCVlans{vid(), vlans()};
        }
    }
    ObjectId next_circuit() { return ids_.next(ObjectKind::Circuit, 1); }

    unsigned long seed_ = 0;
    std::mt19937 random_;

private:
    ObjectIdSource ids_{auth::random_bytes};
};

TEST_F(VlanIndexTest, AgreesWithTheModelOnRandomHistories) {
    VlanIndex index;
    std::vector<std::pair<ObjectId, VlanMap>> held;
    std::size_t met = 0;
    for (int step = 0; step < 5'000; ++step) {
        if (random_() % 3 == 0 && !held.empty()) {
            const std::size_t which = random_() % held.size();
            index.release(held[which].first, held[which].second);
            held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
            continue;
        }
        const VlanMap map = any_map();
        // Sometimes a circuit that is there changes its map, and may meet itself.
        const ObjectId self = random_() % 4 == 0 && !held.empty()
                                  ? held[random_() % held.size()].first
                                  : next_circuit();
        std::set<ObjectId> expected;
        for (const auto& [circuit, other] : held) {
            if (circuit != self && overlaps(map, other)) {
                expected.insert(circuit);
            }
        }

        ASSERT_EQ(index.conflicts(map, self), expected) << "seed " << seed_ << " step " << step;

        met += expected.size();
        if (expected.empty()) {
            index.hold(self, map);
            held.emplace_back(self, map);
        }
    }
    EXPECT_GT(met, 500U) << "seed " << seed_ << ": maps hardly met, so little was shown";
    for (const auto& [circuit, map] : held) {
        index.release(circuit, map);
    }
    EXPECT_TRUE(index.holders().empty());
    EXPECT_TRUE(index.conflicts(MapAll{}, next_circuit()).empty());
}

} // namespace
} // namespace strowger::service
