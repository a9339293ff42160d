// SPDX-License-Identifier: Apache-2.0
// Sender, receiver and runner over a ring, with a device under test that does wrong on purpose and
// counts what it did. What the report says must be exactly that.
#include "pktgen/runner.h"
#include "tests/support/bare_eal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

namespace strowger::pktgen {
namespace {

constexpr std::uint16_t kRoom = RTE_PKTMBUF_HEADROOM + 9'216;
constexpr unsigned kBuffers = 2'047;

/// A burst on its way through the device under test.
using Burst = std::vector<rte_mbuf*>;
using Wrong = std::function<void(Burst&)>;

std::uint8_t* bytes_of(rte_mbuf* frame) {
    return rte_pktmbuf_mtod(frame, std::uint8_t*);
}

/// Stands between the sender's ring and the receiver: runs where frames are received.
class LoopbackTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        pool_ = rte_pktmbuf_pool_create("frames", kBuffers, 0, 0, kRoom, SOCKET_ID_ANY);
        ASSERT_NE(nullptr, pool_);
        prepare_buffers(pool_);
        auto attached = Device::attach("net_ring0");
        ASSERT_TRUE(attached) << attached.error().message;
        device_ = std::move(*attached);
        const auto started = device_->start({.frame_bytes_max = 64, .rx_pool = pool_});
        ASSERT_TRUE(started) << started.error().message;
        ASSERT_NE(nullptr, rte_eth_add_rx_callback(device_->id(), 0, meddle, nullptr));
    }
    static void TearDownTestSuite() {
        device_.reset();
        rte_mempool_free(pool_);
    }
    void TearDown() override {
        wrong_ = nullptr;
        EXPECT_EQ(0u, rte_mempool_in_use_count(pool_)) << "buffers did not come back";
    }

    TrialResult run(Scrutiny scrutiny, std::uint64_t frames, std::uint32_t circuits = 100) {
        auto plan = TagPlan::from(
            {.circuits = circuits,
             .received = received_,
             .s_offset = s_offset_,
             .c_offset = c_offset_}
        );
        EXPECT_TRUE(plan);
        const auto order = shuffled_circuits(*plan, 3);
        FlowSetup setup;
        setup.tx = device_.get();
        setup.rx = device_.get();
        setup.pool = pool_;
        setup.plan = &*plan;
        setup.order = &order;
        setup.sizes = &sizes_;
        setup.scrutiny = scrutiny;
        setup.watched =
            circuits == 1 ? std::vector<std::uint32_t>{0} : std::vector<std::uint32_t>{0, 1};
        setup.worst = 3;
        setup.tsc_hz = rte_get_tsc_hz();
        Runner runner{setup, stop_, nullptr};
        // The time never ends these trials: the number of frames does.
        return runner.run({.seconds = 3'600.0, .frames_max = frames}, "test");
    }

    // The six parameters are DPDK's.
    static std::uint16_t // NOLINTNEXTLINE(readability-function-size)
    meddle(std::uint16_t, std::uint16_t, rte_mbuf* frames[], std::uint16_t count, std::uint16_t most, void*) {
        if (!wrong_ || count == 0) {
            return count;
        }
        Burst burst(frames, frames + count);
        wrong_(burst);
        EXPECT_LE(burst.size(), most);
        std::ranges::copy(burst, frames);
        return static_cast<std::uint16_t>(burst.size());
    }

    SizeProfile sizes_{.name = "64", .pattern = {64}};
    TagLayout received_{};
    std::int32_t s_offset_ = 0;
    std::int32_t c_offset_ = 0;
    std::atomic<bool> stop_{false};
    static inline Wrong wrong_;
    static inline rte_mempool* pool_ = nullptr;
    static inline std::unique_ptr<Device> device_;
};

TEST_F(LoopbackTest, AllFramesComeBackClean) {
    const TrialResult trial = run(Scrutiny::Whole, 10'000);

    EXPECT_EQ(10'000u, trial.sent);
    EXPECT_EQ(10'000u, trial.fates.delivered);
    EXPECT_TRUE(trial.fates.clean());
    EXPECT_EQ(10'000u, trial.latency.frames);
    EXPECT_EQ(640'000u, trial.received_bytes);
    EXPECT_EQ(0u, trial.foreign);
    EXPECT_EQ(5u, trial.circuits.size()) << "two watched, and the three worst of the others";
}

TEST_F(LoopbackTest, EveryCircuitGetsItsShare) {
    const TrialResult trial = run(Scrutiny::Follow, 1'000, 100);

    for (const CircuitLine& line : trial.circuits) {
        EXPECT_EQ(10u, line.fates.fates.sent) << line.fates.circuit;
    }
}

TEST_F(LoopbackTest, LossIsCountedToTheFrame) {
    std::uint64_t seen = 0;
    std::uint64_t dropped = 0;
    wrong_ = [&](Burst& burst) {
        std::erase_if(burst, [&](rte_mbuf* frame) {
            const bool drop = ++seen % 17 == 0;
            dropped += drop ? 1 : 0;
            if (drop) {
                rte_pktmbuf_free(frame);
            }
            return drop;
        });
    };

    for (const Scrutiny scrutiny : {Scrutiny::Count, Scrutiny::Tags, Scrutiny::Follow}) {
        dropped = 0;
        const TrialResult trial = run(scrutiny, 5'000);
        EXPECT_EQ(dropped, trial.lost);
        EXPECT_EQ(0u, trial.lost_in_generator());
        EXPECT_EQ(5'000u - dropped, trial.received);
    }
}

TEST_F(LoopbackTest, FramesTurnedRoundAreReorderedAndNothingElse) {
    std::uint64_t turned = 0;
    wrong_ = [&](Burst& burst) { // with one circuit, each second frame comes before the first
        for (std::size_t i = 0; i + 1 < burst.size(); i += 2) {
            std::swap(burst[i], burst[i + 1]);
            ++turned;
        }
    };

    const TrialResult trial = run(Scrutiny::Follow, 5'000, 1);

    EXPECT_GT(turned, 0u);
    EXPECT_EQ(turned, trial.fates.reordered);
    EXPECT_EQ(5'000u, trial.fates.delivered);
    EXPECT_EQ(0u, trial.fates.lost + trial.fates.duplicates + trial.fates.late);
}

TEST_F(LoopbackTest, DisorderBetweenCircuitsIsNone) {
    wrong_ = [](Burst& burst) { // 100 circuits: a burst holds each at most once
        std::ranges::reverse(burst);
    };

    EXPECT_TRUE(run(Scrutiny::Follow, 5'000, 100).fates.clean());
}

TEST_F(LoopbackTest, DuplicatesAreCountedToTheFrame) {
    std::uint64_t doubled = 0;
    wrong_ = [&](Burst& burst) {
        if (burst.size() < Receiver::kBurst) {
            rte_mbuf* const copy = rte_pktmbuf_copy(burst[0], pool_, 0, UINT32_MAX);
            ASSERT_NE(nullptr, copy);
            burst.push_back(copy);
            ++doubled;
        }
    };

    const TrialResult trial = run(Scrutiny::Follow, 5'000);

    EXPECT_GT(doubled, 0u);
    // The last burst's copy may come after the last frame has, when nobody waits any more.
    EXPECT_EQ(doubled, trial.fates.duplicates);
    EXPECT_EQ(5'000u, trial.fates.delivered);
    EXPECT_EQ(0u, trial.fates.lost);
}

TEST_F(LoopbackTest, FramesOnAnotherCircuitAreMisdelivered) {
    std::uint64_t swapped = 0;
    wrong_ = [&](Burst& burst) {
        std::uint8_t* const frame = bytes_of(burst[0]);
        frame[19] = static_cast<std::uint8_t>(frame[19] ^ 1); // the C-VID of a neighbour
        ++swapped;
    };

    for (const Scrutiny scrutiny : {Scrutiny::Tags, Scrutiny::Follow}) {
        swapped = 0;
        const TrialResult trial = run(scrutiny, 5'000);
        EXPECT_GT(swapped, 0u);
        EXPECT_EQ(swapped, trial.misdelivered);
        EXPECT_TRUE(trial.faulty());
    }
}

TEST_F(LoopbackTest, TranslatedTagsAreRightAndUntranslatedAreNot) {
    s_offset_ = 100;
    c_offset_ = 10;
    wrong_ = [](Burst& burst) {
        for (rte_mbuf* const frame : burst) {
            for (const auto& [at, offset] : {std::pair{14, 100}, std::pair{18, 10}}) {
                const auto vid = wire::be16(wire::get<std::uint16_t>(bytes_of(frame) + at));
                wire::put(
                    bytes_of(frame) + at, wire::be16(static_cast<std::uint16_t>(vid + offset))
                );
            }
        }
    };
    EXPECT_TRUE(run(Scrutiny::Whole, 5'000).fates.clean());

    wrong_ = nullptr;
    EXPECT_EQ(5'000u, run(Scrutiny::Follow, 5'000).fates.misdelivered);
}

TEST_F(LoopbackTest, APoppedTagIsRightWhereItIsExpected) {
    received_ = {.count = 1, .outer_tpid = kTpidCustomer};
    sizes_ = {.name = "128", .pattern = {128}};
    wrong_ = [](Burst& burst) {
        for (rte_mbuf* const frame : burst) {
            std::memmove(bytes_of(frame) + 4, bytes_of(frame), 12);
            (void)rte_pktmbuf_adj(frame, 4);
        }
    };

    EXPECT_TRUE(run(Scrutiny::Whole, 5'000).fates.clean());
    // The buffers went back with the device's traces in them, and are used again: still right.
    received_ = {};
    wrong_ = nullptr;
    EXPECT_TRUE(run(Scrutiny::Follow, 5'000).fates.clean());
}

TEST_F(LoopbackTest, AChangedByteOfTheFillingIsDamage) {
    sizes_ = {.name = "1518", .pattern = {1'518}};
    std::uint64_t changed = 0;
    std::vector<std::uint8_t*> places;
    wrong_ = [&](Burst& burst) {
        std::uint8_t* const last = bytes_of(burst[0]) + burst[0]->pkt_len - 1;
        *last = static_cast<std::uint8_t>(*last ^ 0x80);
        places.push_back(last);
        ++changed;
    };

    const TrialResult trial = run(Scrutiny::Whole, 3'000);

    EXPECT_GT(changed, 0u);
    // A buffer that comes round again brings its damage along, or loses it to the second change.
    EXPECT_GE(trial.damaged, 1u);
    wrong_ = nullptr;
    prepare_buffers(pool_);
    EXPECT_EQ(0u, run(Scrutiny::Whole, 3'000).damaged);
}

TEST_F(LoopbackTest, StrangersAreSetAside) {
    std::uint64_t strangers = 0;
    wrong_ = [&](Burst& burst) {
        if (burst.size() < Receiver::kBurst) {
            rte_mbuf* const stranger = rte_pktmbuf_copy(burst[0], pool_, 0, UINT32_MAX);
            ASSERT_NE(nullptr, stranger);
            bytes_of(stranger)[50] ^= 0xFF; // its sequence number does not fit the seal
            burst.push_back(stranger);
            ++strangers;
        }
    };

    const TrialResult trial = run(Scrutiny::Follow, 5'000);

    EXPECT_GT(strangers, 0u);
    EXPECT_EQ(strangers, trial.foreign);
    EXPECT_TRUE(trial.fates.clean());
    EXPECT_EQ(5'000u, trial.received);
}

TEST_F(LoopbackTest, AMixGivesEverySizeItsShare) {
    sizes_ = {.name = "mix", .pattern = {64, 594, 1'518}};

    const TrialResult trial = run(Scrutiny::Whole, 3'000, 3);

    EXPECT_TRUE(trial.fates.clean());
    EXPECT_EQ(1'000u * (64 + 594 + 1'518), trial.received_bytes);
}

TEST_F(LoopbackTest, TheLargestFramesComeBackWhole) {
    sizes_ = {.name = "9216", .pattern = {9'216}};
    EXPECT_TRUE(run(Scrutiny::Whole, 1'000).fates.clean());
}

TEST_F(LoopbackTest, AStopEndsTheTrialWithItsFiguresSoFar) {
    std::uint64_t passed = 0;
    wrong_ = [&](Burst& burst) {
        passed += burst.size();
        stop_ = passed > 1'000;
    };

    const TrialResult trial = run(Scrutiny::Follow, 0);

    EXPECT_TRUE(trial.interrupted);
    EXPECT_GT(trial.sent, 1'000u);
    EXPECT_EQ(trial.sent, trial.fates.delivered);
    EXPECT_TRUE(trial.fates.clean());
}

TEST_F(LoopbackTest, TheReceiversLagIsBackPressureAndNotLoss) {
    bool slow = true;
    std::uint64_t turns = 0;
    wrong_ = [&](Burst&) { slow = ++turns < 2; };
    // A ring holds 1,023 frames: without the receiver, the sender is refused, and keeps its frames.
    auto plan = TagPlan::from({.circuits = 10});
    ASSERT_TRUE(plan);
    const auto order = shuffled_circuits(*plan, 1);
    Sender sender{
        {.port = device_->id(),
         .pool = pool_,
         .order = &order,
         .sizes = &sizes_,
         .layout = plan->spec().sent,
         .tsc_hz = rte_get_tsc_hz(),
         .numbered = true}};
    CircuitLedger ledger{*plan, {}};
    Receiver receiver{
        {.port = device_->id(), .scrutiny = Scrutiny::Follow, .plan = &*plan, .ledger = &ledger}};
    receiver.begin(1);
    sender.begin(1, 0.0, 0, rte_rdtsc());

    for (int i = 0; i < 100; ++i) {
        sender.turn(rte_rdtsc());
    }

    EXPECT_EQ(1'023u, sender.sent());
    EXPECT_GT(sender.refused(), 60u);
    sender.end();
    while (receiver.turn() > 0) {
    }
    EXPECT_TRUE(ledger.totals(sender.sent_of_circuits()).clean())
        << "frames that the ring never took are not sent, and not lost";
    EXPECT_EQ(1'023u, receiver.received());
}

TEST(Device, SaysWhatIsWrongWithAnUnknownOne) {
    const auto device = Device::attach("net_frobnicator0");

    ASSERT_FALSE(device);
    EXPECT_EQ(ErrorCode::Unavailable, device.error().code);
    EXPECT_THAT(device.error().message, testing::HasSubstr("net_frobnicator0"));
    EXPECT_THAT(device.error().message, testing::HasSubstr("net_memif0"));
    EXPECT_FALSE(Device::attach("0000:ff:1f.7"));
}

TEST(Device, KnowsPciAddressesFromVirtualDevices) {
    EXPECT_TRUE(is_pci("0000:3b:00.0"));
    EXPECT_TRUE(is_pci("3b:00.1,mprq_en=1"));
    EXPECT_EQ("0000:3b:00.1,mprq_en=1", allowed_pci("3b:00.1,mprq_en=1"));
    EXPECT_FALSE(is_pci("net_tap0,mac=02:00:00:00:00.1"));
    EXPECT_FALSE(is_pci(""));
}

} // namespace
} // namespace strowger::pktgen

/// GoogleTest behind an EAL that needs neither root nor hugepages nor devices.
int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (strowger::test::start_bare_eal(argv[0]) < 0) {
        std::fprintf(stderr, "EAL did not start: %s\n", rte_strerror(rte_errno));
        return 1;
    }
    const int failed = RUN_ALL_TESTS();
    rte_eal_cleanup();
    return failed;
}
