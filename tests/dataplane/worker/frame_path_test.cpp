// SPDX-License-Identifier: Apache-2.0
#include "worker/frame_path.h"

#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace strowger::test {
namespace {

/// What leaves of a burst of frames of all kinds, on the frame path of one level.
std::vector<FrameBytes> forward_on(std::size_t frame_path) {
    SteppedDataplane stepped{{.frame_path = frame_path}};
    const std::vector<CircuitProgram> programs = {
        program_of(
            endpoint_of(0, s_c_vlans(10, 20, 20), Tpid::STag88a8),
            endpoint_of(1, s_c_vlans(11, 21, 21), Tpid::STag9100)
        ),
        program_of(endpoint_of(0, c_vlan(30)), endpoint_of(1, s_c_vlans(12, 31, 31))),
        program_of(
            endpoint_of(0, s_c_vlans(13, 40, 50), Tpid::STag88a8), endpoint_of(1, c_vlans(40, 50))
        ),
        program_of(endpoint_of(0, MapUntagged{}), endpoint_of(1, c_vlan(60))),
    };
    for (std::size_t i = 0; i < programs.size(); ++i) {
        EXPECT_TRUE(stepped.dataplane().stage(CircuitKey{i}, programs[i]));
        stepped.dataplane().commit(CircuitKey{i}, i);
    }
    EXPECT_EQ(programs.size(), stepped.settle().size());
    for (unsigned round = 0; round < 20; ++round) {
        const std::vector<std::vector<FrameTag>> all = {
            {{.tpid = 0x88A8, .vid = 10, .pcp = 5}, {.vid = 20, .dei = true}},
            {{.vid = 30, .pcp = 3}},
            {{.tpid = 0x88A8, .vid = 13}, {.vid = 45}},
            {},
            {{.vid = 0, .pcp = 7}},
            {{.tpid = 0x88A8, .vid = 10}, {.vid = 99}},
        };
        for (const std::vector<FrameTag>& tags : all) {
            EXPECT_TRUE(stepped.inject(0, build_frame({.tags = tags, .size = 60U + round})));
        }
    }
    stepped.settle();
    return stepped.collect(1);
}

TEST(FramePath, EveryLevelThatThisCpuRunsForwardsAlike) {
    ASSERT_FALSE(dataplane::frame_paths().empty());
    std::set<std::string> names;
    const std::vector<FrameBytes> wanted = forward_on(0);
    EXPECT_EQ(100U, wanted.size());
    for (std::size_t path = 0; path < dataplane::frame_paths().size(); ++path) {
        names.insert(dataplane::frame_paths()[path]->name);
        EXPECT_EQ(wanted, forward_on(path)) << dataplane::frame_paths()[path]->name;
    }
    EXPECT_EQ(dataplane::frame_paths().size(), names.size());
}

} // namespace
} // namespace strowger::test
