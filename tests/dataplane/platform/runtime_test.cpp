// SPDX-License-Identifier: Apache-2.0
// The whole dataplane on devices that need no NIC, no root and no hugepages. DPDK starts once in a
// process, so this program has one site for all of its tests.
#include "platform/dataplane_runtime.h"
#include "platform/packet_pools.h"
#include "platform/topology.h"
#include "tests/support/programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_mbuf.h>
#include <rte_memory.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace strowger::dataplane {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// net_null receives without end, so frames are there whenever a worker runs; its frames are all
/// zeros and 64 bytes long.
class RuntimeTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        auto started = Runtime::start(site(), [](Severity, const std::string& line) {
            const std::lock_guard lock{mutex_};
            lines_.push_back(line);
        });
        ASSERT_TRUE(started) << started.error().message;
        runtime_ = std::move(*started);
    }
    static void TearDownTestSuite() {
        runtime_.reset();
        EXPECT_THAT(lines_, Not(Contains(HasSubstr("never freed"))));
    }

    static DataplaneConfig site() {
        const std::uint32_t core = *read_machine().allowed.begin();
        DataplaneConfig config;
        config.control_core = core;
        config.workers = {{.core = core, .idle = IdlePolicy::Adaptive, .shared = true}};
        config.ports.resize(2);
        config.ports[0] = {.name = "a", .device = "net_null0", .rx_queues = 2, .steered_queues = 1};
        config.ports[1] = {.name = "b", .device = "net_null1,no-rx=1"};
        config.hugepages = HugepageUse::Never;
        config.memory_megabytes = 128;
        config.endpoints = 64;
        config.vlan_index_bytes = 8 * 16'384;
        return config;
    }

    static Dataplane& dataplane() { return runtime_->dataplane(); }

    /// The deadline only ends a test that has failed.
    static bool becomes_true(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            std::this_thread::yield();
        }
        return true;
    }

    static bool completes(std::uint64_t ticket) {
        return becomes_true([ticket] {
            std::array<Completion, 4> done;
            const std::size_t count = dataplane().poll(done);
            return count > 0 && done[0].ticket == ticket;
        });
    }

    static inline std::mutex mutex_;
    static inline std::vector<std::string> lines_;
    static inline std::unique_ptr<Runtime> runtime_;
};

TEST_F(RuntimeTest, SaysWhatEachPortIs) {
    ASSERT_EQ(2u, dataplane().port_count());
    const PortStatus port = dataplane().port_status(PortIndex{0});

    EXPECT_EQ("a", port.name);
    EXPECT_EQ("net_null", port.driver);
    EXPECT_EQ(17u, port.mac.size());
    EXPECT_TRUE(port.link_up);
    EXPECT_EQ(2'048u + 4u, port.frame_max.value) << "one standard buffer and the FCS";
}

TEST_F(RuntimeTest, ADeviceWithoutRulesGoesOnWithItsOtherQueues) {
    const PortStatus port = dataplane().port_status(PortIndex{0});

    EXPECT_EQ(2U, port.rx_queues);
    EXPECT_EQ(Steering::None, port.steering);
    const std::lock_guard lock{mutex_};
    EXPECT_THAT(lines_, Contains(HasSubstr("port 'a': the device takes no rule from VLAN")));
    EXPECT_THAT(lines_, Contains(HasSubstr("2 rx queues (its far end chooses one) polled")));
    ReceiverPlan plan = port.plan;
    plan.steered.push_back({VidRuns::of(100), plan.others});
    const auto answer = dataplane().assign_receivers(PortIndex{0}, plan);
    ASSERT_FALSE(answer);
    EXPECT_EQ(ErrorCode::Unavailable, answer.error().code);
}

TEST_F(RuntimeTest, SaysWhatMemoryWentTo) {
    EXPECT_THAT(lines_, Contains(HasSubstr(": 64 endpoints: slots 1 MiB, VLAN index 1 MiB, ")));
    EXPECT_THAT(
        lines_, Contains(HasSubstr("standard frame buffers on socket 0: 8191 of 2368 bytes, "))
    );
    EXPECT_THAT(lines_, Contains(HasSubstr(" taken of 128 MiB in pages of 4 KiB")));
}

/// A page that is not there when the workers start would be faulted in by one of them.
TEST_F(RuntimeTest, LeavesNoPageToTheFramePath) {
    std::size_t absent = 0;
    (void)rte_memseg_walk(
        [](const rte_memseg_list*, const rte_memseg* segment, void* count) {
            unsigned char present = 0;
            const bool known = ::mincore(segment->addr, segment->len, &present) == 0;
            *static_cast<std::size_t*>(count) += !known || (present & 1U) == 0 ? 1 : 0;
            return 0;
        },
        &absent
    );

    EXPECT_EQ(0u, absent);
}

TEST_F(RuntimeTest, ASharedWorkerIsAdaptiveAndAlive) {
    const auto before = dataplane().workers();
    ASSERT_EQ(1u, before.size());
    EXPECT_TRUE(before[0].shared);
    EXPECT_TRUE(before[0].adaptive);

    EXPECT_TRUE(becomes_true([&] {
        return dataplane().workers()[0].counters.loops > before[0].counters.loops;
    }));
}

TEST_F(RuntimeTest, CountsFramesThatNoCircuitMaps) {
    EXPECT_TRUE(becomes_true([] {
        const PortCounters counters = dataplane().port_counters(PortIndex{0});
        return counters.rx.frames > 0 &&
               counters.drops[static_cast<std::size_t>(DropReason::Unmatched)] > 0;
    }));
    EXPECT_EQ(0u, dataplane().port_counters(PortIndex{1}).rx.frames);
}

TEST_F(RuntimeTest, ForwardsThroughACircuitAndTellsTheLastCounters) {
    const CircuitKey key{7};
    CircuitProgram program{
        .endpoints = {endpoint_of(0, MapAll{}), endpoint_of(1, MapAll{})},
        .frame_max = Bytes{limits::kFrameBytesDefault},
        .forwarding = true,
        .l2cp_transparent = true};
    ASSERT_TRUE(dataplane().stage(key, program));
    dataplane().commit(key, 1);
    ASSERT_TRUE(completes(1));

    EXPECT_TRUE(becomes_true([&] {
        const auto counters = dataplane().counters(key);
        return counters && counters->endpoints[1].egress_green.frames > 1'000;
    }));
    EXPECT_GT(dataplane().port_counters(PortIndex{1}).tx.frames, 0u);
    dataplane().remove(key, 2);
    EXPECT_TRUE(completes(2));
    EXPECT_FALSE(dataplane().counters(key));
}

TEST_F(RuntimeTest, RefusesACircuitWhoseFramesThePortDoesNotPass) {
    CircuitProgram program{
        .endpoints = {endpoint_of(0, MapAll{}), endpoint_of(1, MapAll{})},
        .frame_max = Bytes{2'053},
        .forwarding = true,
        .l2cp_transparent = false};

    const auto staged = dataplane().stage(CircuitKey{8}, program);

    ASSERT_FALSE(staged);
    EXPECT_EQ(ErrorCode::Conflict, staged.error().code);
}

TEST_F(RuntimeTest, PollsLinksWithoutChangingThoseThatStand) {
    ASSERT_GE(runtime_->link_descriptor(), 0);
    runtime_->poll_links();

    EXPECT_TRUE(dataplane().port_status(PortIndex{0}).link_up);
}

/// What net_af_xdp takes for granted when it registers a pool's memory with the kernel.
TEST_F(RuntimeTest, PoolSharedWithTheKernelHasNoGaps) {
    const BufferNeed need{.descriptors = 4'096, .ring_entries = 0, .workers = 1, .page_each = true};
    const auto pools = PacketPools::create({{{SOCKET_ID_ANY, BufferClass::Standard}, need}});
    ASSERT_TRUE(pools) << pools.error().message;
    rte_mempool* const pool = (*pools)->pool(SOCKET_ID_ANY, BufferClass::Standard);
    struct Span {
        std::uintptr_t first = UINTPTR_MAX;
        std::uintptr_t last = 0;
    } span;

    rte_mempool_obj_iter(
        pool,
        [](rte_mempool*, void* seen, void* object, unsigned) {
            const auto address = reinterpret_cast<std::uintptr_t>(object);
            static_cast<Span*>(seen)->first = std::min(static_cast<Span*>(seen)->first, address);
            static_cast<Span*>(seen)->last = std::max(static_cast<Span*>(seen)->last, address);
        },
        &span
    );

    const std::uint32_t object = rte_mempool_calc_obj_size(pool->elt_size, pool->flags, nullptr);
    EXPECT_EQ(std::uint64_t{pool->populated_size - 1} * object, span.last - span.first);
    EXPECT_EQ(2'048U + RTE_PKTMBUF_HEADROOM, rte_pktmbuf_data_room_size(pool));
}

} // namespace
} // namespace strowger::dataplane
