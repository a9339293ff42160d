// SPDX-License-Identifier: Apache-2.0
#include "platform/hugepages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace strowger::dataplane {
namespace {

using testing::HasSubstr;

HugepageStock pages(int socket, std::uint64_t kilobytes, std::uint64_t free, std::uint64_t total) {
    return {.socket = socket, .page_kilobytes = kilobytes, .free = free, .total = total};
}

TEST(Hugepages, AreUsedWhenEachSocketHasEnoughInAllSizesTogether) {
    const std::vector stock{pages(0, 2'048, 100, 100), pages(0, 1'048'576, 1, 1)};

    EXPECT_TRUE(choose_hugepages(HugepageUse::Auto, {{0, 1'224}}, stock)->use);
    EXPECT_FALSE(choose_hugepages(HugepageUse::Auto, {{0, 1'225}}, stock)->use);
    EXPECT_FALSE(choose_hugepages(HugepageUse::Auto, {{0, 64}, {1, 64}}, stock)->use);
}

TEST(Hugepages, WhenRequiredAndTooFewTheErrorHoldsTheExactCommand) {
    // 40 of 50 pages are taken by others: what they hold stays theirs.
    const auto choice =
        choose_hugepages(HugepageUse::Required, {{1, 256}}, {pages(1, 2'048, 10, 50)});

    ASSERT_FALSE(choice);
    EXPECT_EQ(ErrorCode::Unavailable, choice.error().code);
    EXPECT_THAT(choice.error().message, HasSubstr("socket 1 has 20 of 256 MB"));
    EXPECT_THAT(
        choice.error().message,
        HasSubstr("echo 168 > "
                  "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages")
    );
}

TEST(Hugepages, AutomaticGoesWithoutAndSaysHowToChangeThat) {
    const auto choice = choose_hugepages(HugepageUse::Auto, {{0, 64}}, {});

    ASSERT_TRUE(choice);
    EXPECT_FALSE(choice->use);
    EXPECT_THAT(choice->remark, HasSubstr("echo 32 > "));
}

TEST(Hugepages, NeverMeansNeverHoweverManyThereAre) {
    EXPECT_FALSE(choose_hugepages(HugepageUse::Never, {{0, 1}}, {pages(0, 2'048, 9, 9)})->use);
}

TEST(PlainMemory, IsWhatTheKernelSaysIsAvailable) {
    const std::string path = testing::TempDir() + "strowger_meminfo";
    std::ofstream(path) << "MemTotal:  9000 kB\nMemFree:  100 kB\nMemAvailable:  2049 kB\n";

    EXPECT_EQ(2u, read_available_megabytes(path));
    EXPECT_EQ(0u, read_available_megabytes("/nonexistent"));
}

TEST(Hugepages, AreReadForEachNodeAndSize) {
    std::string root = testing::TempDir() + "nodes_XXXXXX";
    ASSERT_NE(nullptr, ::mkdtemp(root.data()));
    const std::filesystem::path sizes = root + "/node1/hugepages/hugepages-2048kB";
    std::filesystem::create_directories(sizes);
    std::filesystem::create_directories(root + "/power");
    std::ofstream(sizes / "free_hugepages") << "7\n";
    std::ofstream(sizes / "nr_hugepages") << "9\n";

    const auto stock = read_hugepages(root);
    std::filesystem::remove_all(root);

    ASSERT_EQ(1u, stock.size());
    EXPECT_EQ(1, stock[0].socket);
    EXPECT_EQ(2'048u, stock[0].page_kilobytes);
    EXPECT_EQ(7u, stock[0].free);
    EXPECT_EQ(9u, stock[0].total);
    EXPECT_TRUE(read_hugepages("/nonexistent").empty());
}

} // namespace
} // namespace strowger::dataplane
