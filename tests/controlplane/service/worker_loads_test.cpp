// SPDX-License-Identifier: Apache-2.0
#include "service/worker_loads.h"

#include "tests/support/fake_dataplane.h"

#include <gtest/gtest.h>

namespace strowger::service {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(BusyPermille, IsCyclesAgainstTheClockOnTheWall) {
    EXPECT_EQ(busy_permille(0, 2'000'000'000, kSecond), 0U);
    EXPECT_EQ(busy_permille(500'000'000, 2'000'000'000, kSecond), 250U);
    EXPECT_EQ(busy_permille(1'000'000'000, 2'000'000'000, 2 * kSecond), 250U);
    EXPECT_EQ(busy_permille(999'600'000, 1'000'000'000, kSecond), 1'000U) << "rounded";
}

TEST(BusyPermille, IsNeverMoreThanAll) {
    EXPECT_EQ(busy_permille(2'100'000'000, 2'000'000'000, kSecond), 1'000U);
}

TEST(BusyPermille, IsUnknownWithoutAClockOrAnInterval) {
    EXPECT_EQ(busy_permille(1, 0, kSecond), std::nullopt);
    EXPECT_EQ(busy_permille(1, 1'000, 0), std::nullopt);
}

class WorkerLoadsTest : public ::testing::Test {
protected:
    WorkerLoadsTest() {
        dataplane_.set_workers(
            {{.core = 1, .clock_hz = 1'000'000'000}, {.core = 2, .clock_hz = 1'000'000'000}}
        );
    }
    FakeDataplane dataplane_;
    WorkerLoads loads_;
};

TEST_F(WorkerLoadsTest, KnowsNothingUntilItLookedTwice) {
    EXPECT_EQ(loads_.permille(0), std::nullopt);
    loads_.observe(dataplane_, kSecond);
    EXPECT_EQ(loads_.permille(0), std::nullopt);
    loads_.observe(dataplane_, 2 * kSecond);
    EXPECT_EQ(loads_.permille(0), 0U);
}

TEST_F(WorkerLoadsTest, MeasuresOverWholeIntervals) {
    loads_.observe(dataplane_, kSecond);
    dataplane_.set_busy_cycles(0, 300'000'000);
    dataplane_.set_busy_cycles(1, 800'000'000);
    loads_.observe(dataplane_, 2 * kSecond - 1);
    EXPECT_EQ(loads_.permille(0), std::nullopt);

    loads_.observe(dataplane_, 2 * kSecond);

    EXPECT_EQ(loads_.permille(0), 300U);
    EXPECT_EQ(loads_.permille(WorkerSet{3}), 550U);
    EXPECT_EQ(loads_.permille(WorkerSet{}), std::nullopt);
    loads_.observe(dataplane_, 3 * kSecond);
    EXPECT_EQ(loads_.permille(0), 0U) << "nothing was done since";
}

} // namespace
} // namespace strowger::service
