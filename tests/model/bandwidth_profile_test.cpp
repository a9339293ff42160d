// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/bandwidth_profile.h"

#include "strowger/model/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strowger {
namespace {

constexpr Bytes kFrameMax{1'526};

BandwidthProfileSpec committed(std::uint64_t cir_bps) {
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{cir_bps};
    return spec;
}

std::vector<std::string> faults(const BandwidthProfileSpec& spec) {
    std::vector<std::string> out;
    const auto profile = BandwidthProfile::resolve(spec, kFrameMax);
    if (!profile) {
        EXPECT_EQ(profile.error().code, ErrorCode::Invalid);
        for (const Problem& problem : profile.error().problems) {
            out.push_back(problem.pointer + " " + problem.code);
        }
    }
    return out;
}

TEST(BandwidthProfile, KeepsWhatWasAskedFor) {
    BandwidthProfileSpec spec = committed(50'000'000);
    spec.cbs = Bytes{20'000};
    spec.eir = BitsPerSecond{10'000'000};
    spec.ebs = Bytes{30'000};
    spec.color_mode = ColorMode::ColorAware;
    spec.coupling_flag = true;

    const BandwidthProfile profile = BandwidthProfile::resolve(spec, kFrameMax).value();

    EXPECT_EQ(profile.cir().value, 50'000'000U);
    EXPECT_EQ(profile.cbs().value, 20'000U);
    EXPECT_EQ(profile.eir().value, 10'000'000U);
    EXPECT_EQ(profile.ebs().value, 30'000U);
    EXPECT_EQ(profile.color_mode(), ColorMode::ColorAware);
    EXPECT_TRUE(profile.coupling_flag());
}

TEST(BandwidthProfile, DefaultBurstIsFiftyMillisecondsOrTwoFrames) {
    const auto cbs = [](std::uint64_t cir_bps) {
        return BandwidthProfile::resolve(committed(cir_bps), kFrameMax)->cbs().value;
    };
    EXPECT_EQ(cbs(50'000'000), 312'500U);
    EXPECT_EQ(cbs(3'052 * 160), 3'052U);     // where both are equal
    EXPECT_EQ(cbs(3'052 * 160 + 1), 3'053U); // rounded up
    EXPECT_EQ(cbs(3'051 * 160), 3'052U);
    EXPECT_EQ(cbs(1), 3'052U);
    EXPECT_EQ(cbs(0), 0U);
    EXPECT_EQ(cbs(limits::kRateBpsMax), limits::kBurstBytesMax); // 50 ms would be 2.5 GB
}

TEST(BandwidthProfile, DefaultExcessBurstIsZeroUnlessSomethingFeedsIt) {
    BandwidthProfileSpec spec = committed(8'000'000);
    EXPECT_EQ(BandwidthProfile::resolve(spec, kFrameMax)->ebs().value, 0U);

    spec.coupling_flag = true;
    EXPECT_EQ(BandwidthProfile::resolve(spec, kFrameMax)->ebs().value, 3'052U);

    spec.eir = BitsPerSecond{1'600'000};
    EXPECT_EQ(BandwidthProfile::resolve(spec, kFrameMax)->ebs().value, 10'000U);

    spec.cir = BitsPerSecond{0};
    spec.eir = BitsPerSecond{0};
    EXPECT_EQ(BandwidthProfile::resolve(spec, kFrameMax)->ebs().value, 0U);
}

TEST(BandwidthProfile, RefusesABurstThatNeverPassesALargestFrame) {
    BandwidthProfileSpec spec = committed(8'000'000);
    spec.cbs = Bytes{1'525};
    EXPECT_THAT(faults(spec), testing::ElementsAre("/cbs_bytes burst_below_frame"));

    spec.cbs = Bytes{1'526};
    EXPECT_THAT(faults(spec), testing::IsEmpty());

    spec.cbs = Bytes{0};
    EXPECT_THAT(faults(spec), testing::ElementsAre("/cbs_bytes burst_below_frame"));
}

TEST(BandwidthProfile, AcceptsNoBurstWhereNothingFeedsIt) {
    BandwidthProfileSpec spec = committed(8'000'000);
    spec.ebs = Bytes{0};
    EXPECT_THAT(faults(spec), testing::IsEmpty());

    spec.coupling_flag = true;
    EXPECT_THAT(faults(spec), testing::ElementsAre("/ebs_bytes burst_below_frame"));

    spec.coupling_flag = false;
    spec.ebs = Bytes{1'525}; // would pass small frames once, and never again
    EXPECT_THAT(faults(spec), testing::ElementsAre("/ebs_bytes burst_below_frame"));
}

TEST(BandwidthProfile, BoundsRatesAndBursts) {
    BandwidthProfileSpec spec = committed(limits::kRateBpsMax);
    spec.eir = BitsPerSecond{limits::kRateBpsMax};
    spec.cbs = Bytes{limits::kBurstBytesMax};
    spec.ebs = Bytes{limits::kBurstBytesMax};
    EXPECT_THAT(faults(spec), testing::IsEmpty());

    ++spec.cir.value;
    ++spec.eir.value;
    ++spec.cbs->value;
    ++spec.ebs->value;

    EXPECT_THAT(
        faults(spec),
        testing::ElementsAre(
            "/cir_bps out_of_range",
            "/cbs_bytes out_of_range",
            "/eir_bps out_of_range",
            "/ebs_bytes out_of_range"
        )
    );
}

TEST(BandwidthProfile, CallsABurstUnderTwoFramesTight) {
    const auto tight = [](std::uint64_t cbs, std::optional<std::uint64_t> ebs) {
        BandwidthProfileSpec spec = committed(8'000'000);
        spec.cbs = Bytes{cbs};
        if (ebs.has_value()) {
            spec.eir = BitsPerSecond{8'000'000};
            spec.ebs = Bytes{*ebs};
        }
        return BandwidthProfile::resolve(spec, kFrameMax)->burst_is_tight(kFrameMax);
    };
    EXPECT_TRUE(tight(3'051, std::nullopt));
    EXPECT_FALSE(tight(3'052, std::nullopt));
    EXPECT_TRUE(tight(3'052, 3'051));
    EXPECT_FALSE(tight(3'052, 3'052));
}

} // namespace
} // namespace strowger
