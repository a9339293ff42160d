// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>

namespace strowger {
namespace {

TEST(SteppedDataplane, CarriesAFrameThroughACircuit) {
    test::SteppedDataplane stepped{{}};
    ASSERT_TRUE(stepped.dataplane().stage(
        CircuitKey{1}, program_of(endpoint_of(0, c_vlan(100)), endpoint_of(1, c_vlan(200)))
    ));
    stepped.dataplane().commit(CircuitKey{1}, 7);
    const auto done = stepped.settle();
    ASSERT_EQ(1U, done.size());
    EXPECT_EQ(7U, done[0].ticket);

    ASSERT_TRUE(stepped.inject(0, build_frame({.tags = {{.vid = 100, .pcp = 5}}})));
    stepped.settle();

    const auto out = stepped.collect(1);
    ASSERT_EQ(1U, out.size());
    EXPECT_EQ(
        describe_frame(build_frame({.tags = {{.vid = 200, .pcp = 5}}})), describe_frame(out[0])
    );
}

} // namespace
} // namespace strowger
