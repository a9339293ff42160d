// SPDX-License-Identifier: Apache-2.0
#include "tests/support/bare_eal.h"
#include "tests/support/stepped_dataplane.h"

#include <gtest/gtest.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include <cstdio>

namespace {

/// Every frame that a test puts in leaves by some door, or the pool would run dry in a year.
class NoFrameIsLost final : public testing::EmptyTestEventListener {
    void OnTestEnd(const testing::TestInfo& /*info*/) override {
        EXPECT_EQ(0U, strowger::test::frames_in_use()) << "mbufs did not come back to their pool";
    }
};

} // namespace

/// GoogleTest behind an EAL that needs neither root nor hugepages nor devices.
int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (strowger::test::start_bare_eal(argv[0]) < 0) {
        std::fprintf(stderr, "EAL did not start: %s\n", rte_strerror(rte_errno));
        return 1;
    }
    testing::UnitTest::GetInstance()->listeners().Append(new NoFrameIsLost);
    const int failed = RUN_ALL_TESTS();
    rte_eal_cleanup();
    return failed;
}
