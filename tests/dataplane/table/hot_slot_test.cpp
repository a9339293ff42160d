// SPDX-License-Identifier: Apache-2.0
#include "table/hot_slot.h"

#include "strowger/model/vlan.h"
#include "table/cold_slot.h"

#include <gtest/gtest.h>

#include <random>

namespace strowger::dataplane {
namespace {

Forwarding any_forwarding(std::mt19937& random) {
    Forwarding forwarding;
    forwarding.out_port = static_cast<std::uint16_t>(random() % limits::kPortsMax);
    forwarding.frame_max_bytes = static_cast<std::uint16_t>(1'522 + random() % 7'695);
    forwarding.flags = static_cast<std::uint8_t>(random() % 32 | Forwarding::Forwards);
    forwarding.push_count = static_cast<std::uint8_t>(random() % 3);
    if (forwarding.push_count > 0) {
        forwarding.outer_tpid = static_cast<std::uint8_t>(random() % kTpidCount);
        forwarding.push_vid[0] = static_cast<std::uint16_t>(random() % 4'096);
    } else {
        forwarding.remaining_tpid = static_cast<std::uint8_t>(random() % kTpidCount);
    }
    if (forwarding.push_count > 1) {
        forwarding.push_vid[1] = static_cast<std::uint16_t>(random() % 4'096);
    }
    return forwarding;
}

TEST(HotSlot, UnpacksWhatWasPackedAndTheMeterKeepsItToo) {
    std::mt19937 random{3};
    const MeterClock clock = MeterClock::from_hz(1'000'000'000);
    const MeterConfig config{
        .committed_bps = limits::kRateBpsMax,
        .excess_bps = limits::kRateBpsMax - 1,
        .committed_burst_bytes = limits::kBurstBytesMax,
        .excess_burst_bytes = limits::kBurstBytesMax,
        .color_aware = true,
        .coupling = true};
    HotSlot slot;
    slot.meter.start(config, 17, clock);
    for (unsigned round = 0; round < 2'000; ++round) {
        const Forwarding forwarding = any_forwarding(random);
        const unsigned version = random() % 2;
        slot.pack(forwarding, version);
        (void)slot.meter.color(9'216, false, 17 + round, clock.byte_tokens());

        ASSERT_EQ(forwarding, slot.unpack()) << "round " << round;
        ASSERT_EQ(version, slot.version());
        ASSERT_EQ(forwarding.out_port, slot.out_port());
    }
    EXPECT_EQ(limits::kRateBpsMax, Meter::CommittedRate::get(slot.meter.committed()));
    EXPECT_EQ(limits::kBurstBytesMax, Meter::ExcessBurst::get(slot.meter.bursts()));
}

TEST(HotSlot, ASuspendedCircuitPassesNoFrame) {
    HotSlot slot;
    Forwarding forwarding;
    forwarding.frame_max_bytes = 1'526;
    slot.pack(forwarding, 0);
    EXPECT_FALSE(slot.unpack().has(Forwarding::Forwards));
    EXPECT_EQ(0U, slot.unpack().frame_max_bytes);
}

TEST(ColdSlot, SettlesWhatWasCountedUnderAnotherGrowth) {
    ColdSlot cold{};
    cold.reset_counters();
    cold.set_growth(4, 0);
    cold.set_growth(-8, 10); // ten frames grew by 4
    EXPECT_EQ(40U, cold.green_extra_bytes.read());
    cold.lose(Color::Green, 100);
    EXPECT_EQ(std::uint64_t{40} - 100, cold.green_extra_bytes.read());
    cold.regain(Color::Green, 100);
    EXPECT_EQ(40U, cold.green_extra_bytes.read());
    EXPECT_EQ(0U, cold.green_lost.read());
    cold.set_growth(0, 13); // three more shrank by 8
    EXPECT_EQ(16U, cold.green_extra_bytes.read());
}

} // namespace
} // namespace strowger::dataplane
