// SPDX-License-Identifier: Apache-2.0
// What a start needs, reckoned from the site alone.
#include "platform/memory_need.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strowger::dataplane {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMebibyte = 1'048'576;

DataplaneConfig site(std::size_t workers, std::size_t ports, const std::string& driver) {
    DataplaneConfig config;
    config.workers.resize(workers);
    config.ports.resize(ports);
    for (std::size_t index = 0; index < ports; ++index) {
        config.ports[index].device = driver + std::to_string(index);
    }
    return config;
}

std::vector<WorkerPlace> on_socket_0(const DataplaneConfig& config) {
    return std::vector<WorkerPlace>(config.workers.size());
}

std::map<int, MemoryNeed> needs_of(const DataplaneConfig& config, std::uint64_t page_bytes) {
    const std::vector<std::optional<int>> sockets(config.ports.size());
    return memory_needs(config, on_socket_0(config), sockets, page_bytes);
}

Result<MemoryPlan> plan_of(const DataplaneConfig& config, const MemoryStock& stock) {
    const std::vector<std::optional<int>> sockets(config.ports.size());
    return plan_memory(config, on_socket_0(config), sockets, stock);
}

HugepageStock small_pages(std::uint64_t free) {
    return {.socket = 0, .page_kilobytes = 2'048, .free = free, .total = free};
}
HugepageStock large_pages(std::uint64_t free) {
    return {.socket = 0, .page_kilobytes = 1'048'576, .free = free, .total = free};
}

TEST(TableBytes, AreAtMost600OfAnELineOnOneWorker) {
    DataplaneConfig config = site(1, 2, "net_null");
    config.endpoints = 2'000'000;
    const TableBytes bytes = table_bytes(config, 2);

    EXPECT_EQ(592u, 2 * bytes.of_endpoints() / config.endpoints);
    EXPECT_EQ(config.endpoints * sizeof(HotSlot), bytes.hot_slots);
    EXPECT_EQ(index_bytes(config), bytes.index);
    EXPECT_LT(bytes.total() - bytes.of_endpoints(), 2 * kMebibyte);
}

TEST(TableBytes, OfSeveralWorkersCountTheirHandOvers) {
    const TableBytes alone = table_bytes(site(1, 2, "net_null"), 2);
    const TableBytes of_four = table_bytes(site(4, 2, "net_null"), 2);

    EXPECT_EQ(
        alone.total() + 4 * 16'384 * sizeof(WorkerCounter) + 3 * of_four.handover_ring,
        of_four.total()
    );
}

TEST(PoolSize, IsOfBuffersThatDoNotCrossAPage) {
    const BufferNeed need{.descriptors = 2'048, .ring_entries = 0, .workers = 1};
    const PoolSize plain = pool_size(BufferClass::Standard, need, kPlainPageBytes);
    const PoolSize huge = pool_size(BufferClass::Standard, need, kHugePageBytes);
    const PoolSize jumbo = pool_size(BufferClass::Jumbo, need, kPlainPageBytes);

    EXPECT_EQ(4'095u, plain.count);
    EXPECT_EQ(2'368u, plain.object_bytes) << "mempool's line, mbuf, 2176 of buffer";
    EXPECT_GT(plain.bytes, 4'095u * kPlainPageBytes) << "a page each";
    EXPECT_LT(huge.bytes, plain.bytes);
    EXPECT_GT(jumbo.bytes, 4'095u * 3u * kPlainPageBytes) << "three pages each";
}

TEST(MemoryNeed, HasAllPartsAndWholePages) {
    const MemoryNeed need = needs_of(site(1, 2, "net_null"), kHugePageBytes).at(0);

    EXPECT_GT(need.tables, 12 * kMebibyte) << "4 MiB of slots, 8 MiB of index";
    EXPECT_GT(need.buffers, 8'191u * 2'368u);
    EXPECT_GE(need.margin, 4 * kMebibyte);
    EXPECT_EQ(0u, need.megabytes() % 2);
    EXPECT_GE(need.megabytes() * kMebibyte, need.total());
    EXPECT_LT(need.megabytes() * kMebibyte, need.total() + kHugePageBytes);
}

TEST(MemoryNeed, IsOfEachSocketWithAWorker) {
    const DataplaneConfig config = site(2, 1, "net_null");
    const auto needs =
        memory_needs(config, {{.socket = 0}, {.socket = 1}}, {std::optional{1}}, kHugePageBytes);

    ASSERT_EQ(2u, needs.size());
    EXPECT_EQ(needs.at(0).tables, needs.at(1).tables);
    EXPECT_EQ(0u, needs.at(0).buffers) << "its worker polls no port";
    EXPECT_GT(needs.at(1).buffers, 0u);
}

TEST(MemoryNeed, CountsRelaysToDevicesThatMayHaveOneQueue) {
    const MemoryNeed many = needs_of(site(4, 2, "net_null"), kHugePageBytes).at(0);
    const MemoryNeed one = needs_of(site(4, 2, "net_vhost"), kHugePageBytes).at(0);

    const TableBytes bytes = table_bytes(site(4, 2, "net_vhost"), 2);
    EXPECT_EQ(many.tables + 2 * 3 * bytes.handover_ring, one.tables);
}

TEST(MemoryNeed, CountsEveryRxQueue) {
    DataplaneConfig config = site(1, 1, "net_null");
    const MemoryNeed one = needs_of(config, kHugePageBytes).at(0);
    config.ports[0].rx_queues = 2;
    config.ports[0].steered_queues = 2;
    const MemoryNeed four = needs_of(config, kHugePageBytes).at(0);

    // 2 x 1024 descriptors and 512 with the worker are 4095; 5 x 1024 and 512, 8191.
    EXPECT_LT(one.buffers, 8'191u * 2'368u);
    EXPECT_GT(four.buffers, 8'191u * 2'368u);
    EXPECT_GT(four.devices, one.devices);
}

TEST(MemoryNeed, OfAfXdpIsAPageForEachBuffer) {
    const MemoryNeed null = needs_of(site(1, 1, "net_null"), kHugePageBytes).at(0);
    const MemoryNeed af_xdp = needs_of(site(1, 1, "net_af_xdp"), kHugePageBytes).at(0);

    // 2048 descriptors and 512 with the worker are 4095; with the kernel's 4096, 8191.
    EXPECT_GT(null.buffers, 4'095u * 2'368u);
    EXPECT_LT(null.buffers, 8'191u * 2'368u);
    EXPECT_GT(af_xdp.buffers, 8'191u * kPlainPageBytes);
}

TEST(MemoryPlan, TakesWhatTheSiteNeeds) {
    const DataplaneConfig config = site(1, 2, "net_null");
    const std::uint32_t need = needs_of(config, kHugePageBytes).at(0).megabytes();

    const auto plan = plan_of(config, {.hugepages = {small_pages(need / 2)}, .plain_megabytes = 0});

    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->hugepages);
    EXPECT_EQ(need, plan->megabytes.at(0));
}

TEST(MemoryPlan, TakesWholePagesOf1GiBWhenThereAreEnough) {
    DataplaneConfig config = site(1, 2, "net_null");
    config.endpoints = 4'000'000; // 1.2 GiB: two pages
    const std::uint32_t need = needs_of(config, kHugePageBytes).at(0).megabytes();

    EXPECT_EQ(
        2'048u,
        plan_of(config, {.hugepages = {small_pages(5'000), large_pages(2)}})->megabytes.at(0)
    );
    EXPECT_EQ(
        need, plan_of(config, {.hugepages = {small_pages(5'000), large_pages(1)}})->megabytes.at(0)
    ) << "the EAL takes the one, and the rest in pages of 2 MiB";
}

TEST(MemoryPlan, ASetValueWins) {
    DataplaneConfig config = site(1, 2, "net_null");
    config.memory_megabytes = 900;

    const auto plan = plan_of(config, {.hugepages = {small_pages(450), large_pages(2)}});

    ASSERT_TRUE(plan);
    EXPECT_EQ(900u, plan->megabytes.at(0));
}

TEST(MemoryPlan, ASetValueBelowTheNeedIsRefusedWithBothNumbers) {
    DataplaneConfig config = site(1, 2, "net_null");
    const std::uint32_t need = needs_of(config, kHugePageBytes).at(0).megabytes();
    const MemoryStock stock{.hugepages = {small_pages(5'000)}, .plain_megabytes = 0};

    config.memory_megabytes = need;
    EXPECT_TRUE(plan_of(config, stock));
    config.memory_megabytes = need - 1;
    const auto plan = plan_of(config, stock);

    ASSERT_FALSE(plan);
    EXPECT_EQ(ErrorCode::Unavailable, plan.error().code);
    EXPECT_THAT(
        plan.error().message,
        HasSubstr(
            "memory.megabytes: " + std::to_string(need - 1) + " are set, " + std::to_string(need) +
            " are needed on socket 0 (tables 13 MiB, frame buffers "
        )
    );
}

TEST(MemoryPlan, PlainMemoryIsReckonedInItsOwnPages) {
    const DataplaneConfig config = site(1, 2, "net_null");
    const std::uint32_t plain = needs_of(config, kPlainPageBytes).at(0).megabytes();

    const auto plan = plan_of(config, {.hugepages = {}, .plain_megabytes = plain});

    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->hugepages);
    EXPECT_EQ(plain, plan->megabytes.at(0));
    EXPECT_THAT(plan->remark, HasSubstr("echo "));
}

TEST(MemoryPlan, MorePlainMemoryThanTheMachineHasIsRefused) {
    const DataplaneConfig config = site(1, 2, "net_null");
    const std::uint32_t plain = needs_of(config, kPlainPageBytes).at(0).megabytes();

    const auto plan = plan_of(config, {.hugepages = {}, .plain_megabytes = plain - 1});

    ASSERT_FALSE(plan);
    EXPECT_THAT(plan.error().message, HasSubstr(std::to_string(plain) + " MB of plain memory"));
    EXPECT_THAT(plan.error().message, HasSubstr("nr_hugepages"));
}

} // namespace
} // namespace strowger::dataplane
