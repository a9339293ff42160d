// SPDX-License-Identifier: Apache-2.0
#include "table/meter.h"

#include "table/slot_state.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace strowger::dataplane {
namespace {

__extension__ using Wide = unsigned __int128;

// A meter's clock: what MeterClock makes of 1, 2, 2.6 and 3.7 GHz, and the fastest.
constexpr std::array<std::uint64_t, 5> kClocksHz =
    {1'000'000'000, 2'000'000'000, 1'300'000'000, 1'850'000'000, MeterClock::kHzMax};
constexpr std::uint64_t kYearSeconds = 31'557'600;

struct Terms {
    std::uint64_t cir_bps = 0;
    std::uint32_t cbs_bytes = 0;
    std::uint64_t eir_bps = 0;
    std::uint32_t ebs_bytes = 0;
    bool color_aware = false;
    bool coupling = false;
};

/// A meter with its clock, whose ticks are the test's.
class ClockedMeter {
public:
    explicit ClockedMeter(std::uint64_t clock_hz) : clock_(MeterClock::from_hz(clock_hz)) {
        EXPECT_EQ(0U, clock_.shift) << "not a meter's clock";
    }
    void start(const Terms& terms, std::uint64_t now) {
        meter_.start(config_of(terms), now, clock_);
    }
    void reconfigure(const Terms& terms, std::uint64_t now) {
        meter_.reconfigure(config_of(terms), now, clock_);
    }
    Color color(std::uint32_t bytes, bool arrived_yellow, std::uint64_t now) {
        return meter_.color(bytes, arrived_yellow, now, clock_.byte_tokens());
    }
    [[nodiscard]] std::uint64_t tokens_of(std::uint64_t bytes) const {
        return bytes * clock_.byte_tokens();
    }
    [[nodiscard]] std::uint64_t committed_tokens() const { return meter_.committed_tokens(); }
    [[nodiscard]] std::uint64_t excess_tokens() const { return meter_.excess_tokens(); }
    [[nodiscard]] double committed_bytes() const { return bytes_of(committed_tokens()); }
    [[nodiscard]] double excess_bytes() const { return bytes_of(excess_tokens()); }

private:
    static MeterConfig config_of(const Terms& terms) {
        return {
            .committed_bps = terms.cir_bps,
            .excess_bps = terms.eir_bps,
            .committed_burst_bytes = terms.cbs_bytes,
            .excess_burst_bytes = terms.ebs_bytes,
            .color_aware = terms.color_aware,
            .coupling = terms.coupling,
        };
    }
    [[nodiscard]] double bytes_of(std::uint64_t tokens) const {
        return static_cast<double>(tokens) / static_cast<double>(clock_.byte_tokens());
    }

    MeterClock clock_;
    Meter meter_;
};

/// The same rules in whole numbers: a token is 1 / (8 * clock) byte, so that a tick earns exactly
/// the rate's number of them and nothing is ever rounded.
class ExactMeter {
public:
    ExactMeter(const Terms& terms, std::uint64_t clock_hz)
        : terms_(terms),
          byte_(Wide{8} * clock_hz),
          committed_(byte_ * terms.cbs_bytes),
          excess_(byte_ * terms.ebs_bytes) {}

    Color color(std::uint32_t bytes, bool arrived_yellow, std::uint64_t now) {
        refill(now);
        const Wide price = byte_ * bytes;
        if (!(terms_.color_aware && arrived_yellow) && committed_ >= price) {
            committed_ -= price;
            return Color::Green;
        }
        if (excess_ >= price) {
            excess_ -= price;
            return Color::Yellow;
        }
        return Color::Red;
    }
    [[nodiscard]] double committed_bytes() const { return bytes_of(committed_); }
    [[nodiscard]] double excess_bytes() const { return bytes_of(excess_); }

private:
    void refill(std::uint64_t now) {
        if (now <= last_) {
            return;
        }
        const Wide ticks = now - last_;
        last_ = now;
        committed_ += ticks * terms_.cir_bps;
        Wide spilled = 0;
        if (committed_ > byte_ * terms_.cbs_bytes) {
            spilled = committed_ - byte_ * terms_.cbs_bytes;
            committed_ = byte_ * terms_.cbs_bytes;
        }
        excess_ += ticks * terms_.eir_bps + (terms_.coupling ? spilled : 0);
        excess_ = std::min(excess_, byte_ * terms_.ebs_bytes);
    }
    [[nodiscard]] double bytes_of(Wide tokens) const {
        return static_cast<double>(tokens) / static_cast<double>(byte_);
    }

    Terms terms_;
    Wide byte_;
    Wide committed_;
    Wide excess_;
    std::uint64_t last_ = 0;
};

struct Delivered {
    double green_bps = 0;
    double all_bps = 0;
};

/// Offers twice what was bought, frame after frame, and returns what passed without the buckets'
/// first filling.
Delivered deliver(const Terms& terms, std::uint32_t bytes, std::uint64_t clock_hz) {
    constexpr std::uint64_t kFrames = 40'000;
    ClockedMeter meter{clock_hz};
    meter.start(terms, 0);
    const double offered_bps = 2.0 * static_cast<double>(terms.cir_bps + terms.eir_bps);
    const double ticks_per_frame = 8.0 * bytes * static_cast<double>(clock_hz) / offered_bps;

    // The buckets are emptied first, so that only what was earned is counted.
    while (meter.color(bytes, false, 0) != Color::Red) {
    }
    std::uint64_t green = 0;
    std::uint64_t passed = 0;
    std::uint64_t now = 0;
    for (std::uint64_t i = 1; i <= kFrames; ++i) {
        now = static_cast<std::uint64_t>(static_cast<double>(i) * ticks_per_frame);
        const Color color = meter.color(bytes, false, now);
        green += color == Color::Green ? 1U : 0U;
        passed += color != Color::Red ? 1U : 0U;
    }
    const double seconds = static_cast<double>(now) / static_cast<double>(clock_hz);
    return {
        .green_bps = static_cast<double>(green) * bytes * 8 / seconds,
        .all_bps = static_cast<double>(passed) * bytes * 8 / seconds,
    };
}

TEST(Meter, DeliversWhatWasBoughtWithinATenthOfAPercent) {
    constexpr std::array<std::uint64_t, 9> kRates = {
        64'000,
        1'000'000,
        10'000'000,
        100'000'000,
        1'000'000'000,
        10'000'000'000,
        40'000'000'000,
        100'000'000'000,
        400'000'000'000};
    constexpr std::array<std::uint32_t, 6> kSizes = {64, 65, 512, 1'518, 4'096, 9'216};
    for (const std::uint64_t clock_hz : kClocksHz) {
        for (const std::uint64_t rate : kRates) {
            for (const std::uint32_t bytes : kSizes) {
                SCOPED_TRACE(
                    testing::Message() << rate << " b/s, " << bytes << " bytes, " << clock_hz
                );
                const Terms committed{.cir_bps = rate, .cbs_bytes = 32'768};
                const Terms split{
                    .cir_bps = rate / 4,
                    .cbs_bytes = 32'768,
                    .eir_bps = rate - rate / 4,
                    .ebs_bytes = 40'000};
                const double wanted = static_cast<double>(rate);

                EXPECT_NEAR(1.0, deliver(committed, bytes, clock_hz).all_bps / wanted, 0.001);
                const Delivered both = deliver(split, bytes, clock_hz);
                EXPECT_NEAR(1.0, both.all_bps / wanted, 0.001);
                EXPECT_NEAR(1.0, both.green_bps / static_cast<double>(rate / 4), 0.001);
            }
        }
    }
}

TEST(Meter, EarnsExactlyWithAFrameEveryTick) {
    // A tick earns 1/231,250 of a byte here: rounding each refill down would earn nothing at all.
    constexpr std::uint64_t kClock = 1'850'000'000;
    const Terms terms{.cir_bps = 64'000, .cbs_bytes = 2'000};
    ClockedMeter meter{kClock};
    meter.start(terms, 0);
    while (meter.color(1'000, false, 0) == Color::Green) {
    }

    for (std::uint64_t now = 1; now <= 4'000'000; ++now) {
        ASSERT_EQ(Color::Red, meter.color(9'216, false, now));
    }

    EXPECT_NEAR(4'000'000.0 * 8'000 / 1.85e9, meter.committed_bytes(), 1e-4);
}

TEST(Meter, HoldsOneBurstAfterTenIdleYears) {
    for (const std::uint64_t clock_hz : kClocksHz) {
        for (const std::uint64_t rate : {64'000UL, 100'000'000'000UL, 400'000'000'000UL}) {
            const Terms terms{
                .cir_bps = rate,
                .cbs_bytes = 1U << 30,
                .eir_bps = rate,
                .ebs_bytes = 1U << 30,
                .coupling = true};
            ClockedMeter meter{clock_hz};
            meter.start(terms, 0);
            while (meter.color(1U << 20, false, 0) != Color::Red) {
            }

            EXPECT_EQ(Color::Green, meter.color(64, false, 10 * kYearSeconds * clock_hz));

            EXPECT_EQ(meter.tokens_of((1UL << 30) - 64), meter.committed_tokens());
            EXPECT_EQ(meter.tokens_of(1UL << 30), meter.excess_tokens());
        }
    }
}

TEST(Meter, GivesAGibibyteOfBurstAndNoByteMore) {
    ClockedMeter meter{1'300'000'000};
    meter.start({.cir_bps = 64'000, .cbs_bytes = 1U << 30}, 5);
    for (unsigned i = 0; i < (1U << 30) / 8'192; ++i) {
        ASSERT_EQ(Color::Green, meter.color(8'192, false, 5));
    }
    EXPECT_EQ(Color::Red, meter.color(64, false, 5));
}

TEST(Meter, EarnsNothingWhenTheClockGoesBack) {
    const Terms terms{.cir_bps = 8'000'000'000, .cbs_bytes = 10'000};
    ClockedMeter meter{1'000'000'000};
    meter.start(terms, 1'000'000);
    ASSERT_EQ(Color::Green, meter.color(10'000, false, 1'000'000));

    EXPECT_EQ(Color::Red, meter.color(64, false, 999'000));
    EXPECT_EQ(Color::Red, meter.color(64, false, 0));
    // Had going back moved the mark, the way forward would be paid twice.
    EXPECT_EQ(Color::Red, meter.color(64, false, 1'000'063));
    EXPECT_EQ(Color::Green, meter.color(64, false, 1'000'064));
}

TEST(Meter, PoursGreenOverflowIntoYellowOnlyWhenCoupled) {
    Terms terms{.cir_bps = 8'000'000'000, .cbs_bytes = 1'000, .eir_bps = 0, .ebs_bytes = 5'000};
    for (const bool coupling : {false, true}) {
        terms.coupling = coupling;
        ClockedMeter meter{1'000'000'000};
        meter.start(terms, 0);
        ASSERT_EQ(Color::Yellow, meter.color(5'000, false, 0));

        // A byte a tick: the green bucket was full, so all 700 overflow.
        EXPECT_EQ(Color::Green, meter.color(1'000, false, 700));

        EXPECT_EQ(meter.tokens_of(coupling ? 700 : 0), meter.excess_tokens());
    }
}

TEST(Meter, HeedsYellowArrivalsOnlyWhenColorAware) {
    for (const bool aware : {false, true}) {
        ClockedMeter meter{1'000'000'000};
        meter.start(
            {.cir_bps = 1'000, .cbs_bytes = 3'000, .ebs_bytes = 1'500, .color_aware = aware}, 0
        );

        EXPECT_EQ(aware ? Color::Yellow : Color::Green, meter.color(1'500, true, 0));
        EXPECT_EQ(aware ? Color::Red : Color::Green, meter.color(1'500, true, 0));
        EXPECT_EQ(aware ? Color::Green : Color::Yellow, meter.color(1'500, false, 0));
    }
}

TEST(Meter, KeepsTokensUpToTheNewBurstWhenReconfigured) {
    constexpr std::uint64_t kClock = 1'000'000'000;
    ClockedMeter meter{kClock};
    meter.start({.cir_bps = 8'000'000'000, .cbs_bytes = 10'000}, 0);
    ASSERT_EQ(Color::Green, meter.color(9'000, false, 0));

    // 500 ticks at the old rate are worth 500 bytes, at the new one 5,000.
    meter.reconfigure({.cir_bps = 80'000'000'000, .cbs_bytes = 20'000}, 500);
    EXPECT_EQ(meter.tokens_of(1'500), meter.committed_tokens());

    meter.reconfigure({.cir_bps = 80'000'000'000, .cbs_bytes = 1'200}, 500);
    EXPECT_EQ(meter.tokens_of(1'200), meter.committed_tokens());
}

TEST(MeterClock, HalvesFastClocksUntilAGibibyteOfTokensFits) {
    EXPECT_EQ(0U, MeterClock::from_hz(MeterClock::kHzMax).shift);
    EXPECT_EQ(1U, MeterClock::from_hz(MeterClock::kHzMax + 1).shift);
    const MeterClock clock = MeterClock::from_hz(5'000'000'001);
    EXPECT_EQ(2U, clock.shift);
    EXPECT_EQ(1'250'000'000U, clock.hz);
    EXPECT_EQ(10'000'000'000U, clock.byte_tokens());
    EXPECT_EQ(25U, clock.ticks(103));
}

TEST(Meter, LeavesTheBitsAloneThatAreNotItsOwn) {
    constexpr std::uint64_t kAll = ~std::uint64_t{0};
    const MeterClock clock = MeterClock::from_hz(1'000'000'000);
    Meter meter;
    meter.times() = meter.committed() = meter.excess() = meter.bursts() = kAll;
    const MeterConfig config{
        .committed_bps = 1'000,
        .excess_bps = 2'000,
        .committed_burst_bytes = 3'000,
        .excess_burst_bytes = 4'000};
    meter.start(config, 5, clock);
    (void)meter.color(64, false, 100, clock.byte_tokens());
    meter.reconfigure(config, 200, clock);

    EXPECT_EQ(~Meter::RefilledAt::kMask | 200U << 3U, meter.times());
    EXPECT_EQ(
        (kAll & ~(Meter::CommittedRate::kMask | Meter::Coupling::kMask | Meter::ColorAware::kMask)
        ) | 1'000U,
        meter.committed()
    );
    EXPECT_EQ((kAll & ~Meter::ExcessRate::kMask) | 2'000U, meter.excess());
    EXPECT_EQ(
        (kAll & ~(Meter::CommittedBurst::kMask | Meter::ExcessBurst::kMask)) |
            (std::uint64_t{4'000} << 31) | 3'000U,
        meter.bursts()
    );
}

TEST(Meter, MetersNoFrameAsShorterThan64Bytes) {
    EXPECT_EQ(64U, metered_bytes(14));
    EXPECT_EQ(64U, metered_bytes(60));
    EXPECT_EQ(65U, metered_bytes(61));
    EXPECT_EQ(9'216U, metered_bytes(9'212));
}

TEST(Meter, AgreesWithExactArithmetic) {
    std::mt19937_64 random{20'260'101};
    for (unsigned round = 0; round < 200; ++round) {
        const std::uint64_t clock_hz = kClocksHz[random() % kClocksHz.size()];
        const auto rate = [&] {
            return 64'000 + (random() % 400'000'000'000) / (1UL << (random() % 22));
        };
        const Terms terms{
            .cir_bps = rate(),
            .cbs_bytes = static_cast<std::uint32_t>(9'216 + random() % (1U << (4 + random() % 26))),
            .eir_bps = rate(),
            .ebs_bytes = static_cast<std::uint32_t>(9'216 + random() % (1U << (4 + random() % 26))),
            .color_aware = random() % 2 == 0,
            .coupling = random() % 2 == 0,
        };
        SCOPED_TRACE(testing::Message() << "round " << round);
        ClockedMeter meter{clock_hz};
        meter.start(terms, 0);
        ExactMeter exact{terms, clock_hz};
        std::uint64_t now = 0;
        const double total_bps = static_cast<double>(terms.cir_bps + terms.eir_bps);
        const double mean_ticks = 4'640.0 * 8 * static_cast<double>(clock_hz) / total_bps;
        for (unsigned i = 0; i < 5'000; ++i) {
            now += random() % (static_cast<std::uint64_t>(mean_ticks * 1.5) + 2);
            const auto bytes = static_cast<std::uint32_t>(64 + random() % 9'153);
            const bool yellow = random() % 4 == 0;

            const Color wanted = exact.color(bytes, yellow, now);
            const Color given = meter.color(bytes, yellow, now);

            // Both are exact: only the doubles round.
            const double bound = 1e-6;
            if (given != wanted) {
                ADD_FAILURE() << "frame " << i;
                break;
            }
            ASSERT_NEAR(exact.committed_bytes(), meter.committed_bytes(), bound);
            ASSERT_NEAR(exact.excess_bytes(), meter.excess_bytes(), bound);
        }
    }
}

/// A meter whose circuit moves to another worker after each frame, to a slot that was installed
/// there with the same terms.
class MovingMeter {
public:
    MovingMeter(const MeterConfig& config, std::uint64_t clock_hz)
        : config_(config), clock_(MeterClock::from_hz(clock_hz)) {
        slots_[0].hot.meter.start(config_, 0, clock_);
    }
    Color color(std::uint32_t bytes, std::uint64_t now) {
        return slots_[owner_].hot.meter.color(bytes, false, now, clock_.byte_tokens());
    }
    void move(std::uint64_t now) {
        SlotState in_the_ring;
        const Slot& from = slots_[owner_];
        export_slot(from.hot, from.cold, in_the_ring);
        owner_ = 1 - owner_;
        Slot& to = slots_[owner_];
        to.hot.meter.start(config_, now, clock_); // as InstallEndpoint does: with full buckets
        adopt_slot(in_the_ring, to.hot, to.cold);
    }
    [[nodiscard]] const Meter& meter() const { return slots_[owner_].hot.meter; }

private:
    struct Slot {
        HotSlot hot{};
        ColdSlot cold{};
    };
    MeterConfig config_;
    MeterClock clock_;
    std::array<Slot, 2> slots_;
    std::size_t owner_ = 0;
};

/// Rates and bursts at which the excess bucket is full at times, empty at times, and between.
MeterConfig any_config(std::mt19937_64& random) {
    return {
        .committed_bps = 1'000'000 + random() % 9'000'000,
        .excess_bps = random() % 3 == 0 ? 0 : 1'000'000 + random() % 9'000'000,
        .committed_burst_bytes = static_cast<std::uint32_t>(9'216 + random() % 20'000),
        .excess_burst_bytes = static_cast<std::uint32_t>(9'216 + random() % 20'000),
        .color_aware = false,
        .coupling = random() % 2 == 0,
    };
}

TEST(Meter, ColoursAfterAMoveAsIfItHadNotMoved) {
    constexpr std::uint64_t kClock = 1'000'000'000;
    const MeterClock clock = MeterClock::from_hz(kClock);
    std::mt19937_64 random{7};
    std::array<unsigned, 2> moved_full{};
    for (unsigned round = 0; round < 200; ++round) {
        SCOPED_TRACE(testing::Message() << "round " << round);
        const MeterConfig config = any_config(random);
        Meter stays;
        stays.start(config, 0, clock);
        MovingMeter moves{config, kClock};
        std::uint64_t now = 0;
        for (unsigned i = 0; i < 1'000; ++i) {
            // Mostly about what was bought, with pauses in which buckets fill.
            now += random() % (random() % 8 == 0 ? 40'000'000 : 4'000'000);
            const auto bytes = static_cast<std::uint32_t>(64 + random() % 9'153);
            const Color wanted = stays.color(bytes, false, now, clock.byte_tokens());
            ASSERT_EQ(wanted, moves.color(bytes, now)) << "frame " << i;
            ASSERT_EQ(stays.committed_tokens(), moves.meter().committed_tokens()) << "frame " << i;
            ASSERT_EQ(stays.excess_tokens(), moves.meter().excess_tokens()) << "frame " << i;
            moves.move(now);
            const std::uint64_t full = Meter::ExcessIsFull::get(stays.times());
            ASSERT_EQ(full, Meter::ExcessIsFull::get(moves.meter().times())) << "frame " << i;
            ++moved_full[full];
        }
    }
    EXPECT_GT(moved_full[0], 10'000U) << "hardly ever moved with room in the excess bucket";
    EXPECT_GT(moved_full[1], 10'000U) << "hardly ever moved with a full one";
}

/// A large bucket with little in it has the room for what does not fit in 64 bits.
void make_roomy(Meter& meter, MeterConfig config, std::uint64_t now, const MeterClock& clock) {
    config.committed_burst_bytes = 10'000;
    meter.reconfigure(config, now, clock);
    config.committed_burst_bytes = std::uint32_t{limits::kBurstBytesMax};
    meter.reconfigure(config, now, clock);
}

/// The short way says green only where the long one does, and leaves the same behind: also when
/// what was earned meanwhile does not fit in 64 bits, and when the clock stands still or goes back.
TEST(Meter, TakesGreenAsColorDoes) {
    const MeterClock clock = MeterClock::from_hz(1'000'000'000);
    std::mt19937_64 random{11};
    std::array<unsigned, 2> said{};
    for (unsigned round = 0; round < 200; ++round) {
        SCOPED_TRACE(testing::Message() << "round " << round);
        MeterConfig config = any_config(random);
        config.committed_bps = round % 4 == 0 ? limits::kRateBpsMax : config.committed_bps;
        Meter longer;
        longer.start(config, 1'000'000, clock);
        Meter shorter = longer;
        std::uint64_t now = 1'000'000;
        for (unsigned i = 0; i < 1'000; ++i) {
            constexpr std::array<std::uint64_t, 4> kPauses = {1, 4'000'000, 40'000'000, 1ULL << 40};
            if (i % 10 == 0) {
                make_roomy(longer, config, now, clock);
                make_roomy(shorter, config, now, clock);
            }
            now += random() % kPauses[random() % kPauses.size()];
            const std::uint64_t seen = random() % 16 == 0 ? now - random() % 1'000'000 : now;
            const auto bytes = static_cast<std::uint32_t>(64 + random() % 9'153);
            const Color wanted = longer.color(bytes, false, seen, clock.byte_tokens());
            const bool green = shorter.take_green(bytes, seen, clock.byte_tokens());
            ASSERT_EQ(
                wanted,
                green ? Color::Green : shorter.color(bytes, false, seen, clock.byte_tokens())
            );
            ASSERT_EQ(longer.committed_tokens(), shorter.committed_tokens()) << "frame " << i;
            ASSERT_EQ(longer.excess_tokens(), shorter.excess_tokens()) << "frame " << i;
            ASSERT_EQ(longer.times(), shorter.times()) << "frame " << i;
            ++said[green ? 1 : 0];
        }
    }
    EXPECT_GT(said[0], 10'000U) << "hardly ever left it to color()";
    EXPECT_GT(said[1], 10'000U) << "hardly ever said green";
}

} // namespace
} // namespace strowger::dataplane
