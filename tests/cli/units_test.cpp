// SPDX-License-Identifier: Apache-2.0
#include "cli/units.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace strowger::cli {
namespace {

std::optional<std::uint64_t> rate(std::string_view text) {
    auto parsed = parse_rate(text);
    const auto* value = std::get_if<std::uint64_t>(&parsed);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::uint64_t> size(std::string_view text) {
    auto parsed = parse_size(text);
    const auto* value = std::get_if<std::uint64_t>(&parsed);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

TEST(Units, RatesAreDecimalAndExact) {
    const std::vector<std::pair<std::string, std::uint64_t>> rates = {
        {"0", 0},
        {"64k", 64'000},
        {"100M", 100'000'000},
        {"1G", 1'000'000'000},
        {"12.5k", 12'500},
        {"1.234567M", 1'234'567},
        {"0.1G", 100'000'000},
        {"100Mbps", 100'000'000},
        {"100 Mb/s", 100'000'000},
        {"9007199254740991", kJsonIntegerMax},
    };

    for (const auto& [text, expected] : rates) {
        EXPECT_EQ(rate(text), expected) << text;
    }
}

TEST(Units, WhatIsNoWholeNumberOfBitsIsRefused) {
    for (const char* text :
         {"",
          "M",
          ".",
          "1.",
          ".5M",
          "0.5",
          "1.0001k",
          "-1",
          "+1",
          "1e6",
          "1 0",
          "fast",
          "1X",
          "1.2.3M",
          "9007199254740992",
          "99999999999999999999",
          "0x10",
          "1MM",
          "1Mi"}) {
        EXPECT_EQ(rate(text), std::nullopt) << text;
    }
}

TEST(Units, SizesKnowDecimalAndBinaryMultiples) {
    EXPECT_EQ(size("128k"), 128'000U);
    EXPECT_EQ(size("64KiB"), 65'536U);
    EXPECT_EQ(size("1.5MiB"), 1'572'864U);
    EXPECT_EQ(size("12000B"), 12'000U);
    EXPECT_EQ(size("1.5"), std::nullopt);
}

TEST(Units, DurationsAreBounded) {
    auto second = parse_duration("1s");
    auto half = parse_duration("500ms");
    auto zero = parse_duration("0");
    auto long_one = parse_duration("1441m");

    EXPECT_EQ(std::get<std::chrono::milliseconds>(second).count(), 1000);
    EXPECT_EQ(std::get<std::chrono::milliseconds>(half).count(), 500);
    EXPECT_NE(failure_of(zero), nullptr);
    EXPECT_NE(failure_of(long_one), nullptr);
}

TEST(Units, WhatIsPrintedReadsBackAsTheSameNumber) {
    for (const std::uint64_t value :
         {0ULL,
          1ULL,
          999ULL,
          1'000ULL,
          1'001ULL,
          12'500ULL,
          1'234'567ULL,
          100'000'000ULL,
          999'999'999ULL,
          1'000'000'001ULL,
          400'000'000'000ULL,
          9'007'199'254'740'991ULL}) {
        EXPECT_EQ(rate(format_units(value)), value) << format_units(value);
    }
    EXPECT_EQ(format_units(100'000'000), "100M");
    EXPECT_EQ(format_units(12'500), "12.5k");
    EXPECT_EQ(format_units(1'234'567), "1234.567k");
}

TEST(Units, RatesForTheEyeChangeUnitBeforeTheyGetLong) {
    EXPECT_EQ(format_rate_for_humans(0), "0 b/s");
    EXPECT_EQ(format_rate_for_humans(49'871'000), "49.87 Mb/s");
    EXPECT_EQ(format_rate_for_humans(999'999'999), "1.00 Gb/s");
}

} // namespace
} // namespace strowger::cli
