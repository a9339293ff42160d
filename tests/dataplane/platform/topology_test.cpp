// SPDX-License-Identifier: Apache-2.0
#include "platform/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strowger::dataplane {
namespace {

using testing::HasSubstr;

/// Two sockets of two cores, core 3 switched off, core 2 not for us.
Machine machine() {
    return {.cores = {{0, 0}, {1, 0}, {2, 1}}, .offline = {3}, .allowed = {0, 1}};
}

DataplaneConfig site(std::uint32_t control, std::vector<std::uint32_t> workers) {
    DataplaneConfig config;
    config.control_core = control;
    for (const std::uint32_t core : workers) {
        config.workers.push_back({.core = core, .idle = IdlePolicy::Poll, .shared = false});
    }
    return config;
}

TEST(Topology, PutsAWorkersMemoryOnTheSocketOfItsCore) {
    Machine all = machine();
    all.allowed = {0, 1, 2};

    const auto places = place_workers(site(0, {1, 2}), all);

    ASSERT_TRUE(places);
    ASSERT_EQ(2u, places->size());
    EXPECT_EQ(0, (*places)[0].socket);
    EXPECT_EQ(1, (*places)[1].socket);
}

TEST(Topology, NamesEveryCoreThatCannotBeUsedAndThoseThatCan) {
    const auto places = place_workers(site(9, {1, 2, 3}), machine());

    ASSERT_FALSE(places);
    const auto& problems = places.error().problems;
    ASSERT_EQ(3u, problems.size());
    EXPECT_EQ("cores.control", problems[0].pointer);
    EXPECT_THAT(problems[0].message, HasSubstr("no core 9"));
    EXPECT_THAT(problems[0].hint, HasSubstr("0, 1"));
    EXPECT_EQ("cores.workers[1].core", problems[1].pointer);
    EXPECT_THAT(problems[1].message, HasSubstr("may not run on core 2"));
    EXPECT_EQ("cores.workers[2].core", problems[2].pointer);
    EXPECT_THAT(problems[2].message, HasSubstr("core 3 is switched off"));
}

TEST(Topology, ReadsThisMachineWithTheCoreItRunsOn) {
    const Machine here = read_machine();

    ASSERT_FALSE(here.allowed.empty());
    for (const std::uint32_t core : here.allowed) {
        EXPECT_TRUE(here.cores.contains(core)) << core;
        EXPECT_FALSE(here.offline.contains(core)) << core;
    }
}

} // namespace
} // namespace strowger::dataplane
