// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/bandwidth_profile.h"

#include <algorithm>
#include <cstdint>

namespace strowger::dataplane {

enum class Color : std::uint8_t { Green, Yellow, Red };

/// Shortest length metered: a frame is at least this long on any Ethernet.
inline constexpr std::uint32_t kMeteredBytesMin = 64;
inline constexpr std::uint32_t kFcsBytes = 4;

/// Length that counts against a profile (MEF 10.4 section 12.2): destination MAC to FCS.
[[nodiscard]] constexpr std::uint32_t metered_bytes(std::uint32_t packet_bytes) noexcept {
    return std::max(packet_bytes + kFcsBytes, kMeteredBytesMin);
}

/// A bandwidth profile in clock ticks. Made on the control thread; travels inside commands.
struct MeterConfig {
    std::uint64_t committed_multiplier = 0; ///< 2^-52 bytes that a tick earns
    std::uint64_t excess_multiplier = 0;
    std::uint32_t committed_burst_bytes = 0;
    std::uint32_t excess_burst_bytes = 0;
    bool color_aware = false;
    bool coupling = false;
};

/// Two-rate three-colour meter (RFC 4115, MEF 10.4 section 12.2) without a division a frame.
///
/// rte_meter rounds its period to whole cycles and so gives up to 1 % too much. Here tokens are
/// counted in 2^-32 bytes and earned in 2^-52 bytes, and what a refill leaves below one token is
/// carried to the next. The one systematic error is that a multiplier is rounded down, which is
/// below 1e-5 of any rate from 1 b/s up.
class Meter {
public:
    static constexpr unsigned kTokenBits = 32;     ///< a byte is 2^32 tokens
    static constexpr unsigned kRemainderBits = 20; ///< a token is 2^20 of the multiplier's units

    /// Starts with full buckets.
    void start(const MeterConfig& config, std::uint64_t now) noexcept {
        config_ = config;
        committed_tokens_ = committed_cap();
        excess_tokens_ = excess_cap();
        committed_remainder_ = 0;
        excess_remainder_ = 0;
        refilled_at_ = now;
    }

    /// Changes the profile. Tokens are kept, up to the new bursts; the time until now earns the old
    /// rates.
    void reconfigure(const MeterConfig& config, std::uint64_t now) noexcept {
        refill(now);
        config_ = config;
        committed_tokens_ = std::min(committed_tokens_, committed_cap());
        excess_tokens_ = std::min(excess_tokens_, excess_cap());
    }

    /// Colours one frame and takes its tokens. `arrived_yellow` counts only when colour-aware.
    [[nodiscard]] Color
    color(std::uint32_t bytes, bool arrived_yellow, std::uint64_t now) noexcept {
        refill(now);
        const std::uint64_t price = std::uint64_t{bytes} << kTokenBits;
        const bool may_be_green = !(config_.color_aware && arrived_yellow);
        if (may_be_green && committed_tokens_ >= price) {
            committed_tokens_ -= price;
            return Color::Green;
        }
        if (excess_tokens_ >= price) {
            excess_tokens_ -= price;
            return Color::Yellow;
        }
        return Color::Red;
    }

    [[nodiscard]] std::uint64_t committed_tokens() const noexcept { return committed_tokens_; }
    [[nodiscard]] std::uint64_t excess_tokens() const noexcept { return excess_tokens_; }

private:
    __extension__ using Wide = unsigned __int128;

    [[nodiscard]] std::uint64_t committed_cap() const noexcept {
        return std::uint64_t{config_.committed_burst_bytes} << kTokenBits;
    }
    [[nodiscard]] std::uint64_t excess_cap() const noexcept {
        return std::uint64_t{config_.excess_burst_bytes} << kTokenBits;
    }

    /// Cannot overflow: 0 < ticks < 2^63 (80 years at 3.7 GHz) and a multiplier is below 2^64, so
    /// their product and a remainder stay below 2^127; what the buckets cannot hold is cut off
    /// before it is narrowed.
    void refill(std::uint64_t now) noexcept {
        const auto ticks = static_cast<std::int64_t>(now - refilled_at_);
        if (ticks <= 0) {
            // The clock went back (another core's TSC), or this is the same burst.
            return;
        }
        refilled_at_ = now;
        const auto elapsed = static_cast<std::uint64_t>(ticks);
        const Wide committed = earned(elapsed, config_.committed_multiplier, committed_remainder_);
        const Wide spilled = pour(committed, committed_tokens_, committed_cap());
        Wide excess = earned(elapsed, config_.excess_multiplier, excess_remainder_);
        if (config_.coupling) {
            excess += spilled;
        }
        pour(excess, excess_tokens_, excess_cap());
    }

    [[nodiscard]] static Wide
    earned(std::uint64_t elapsed, std::uint64_t multiplier, std::uint32_t& remainder) noexcept {
        constexpr std::uint32_t kRemainderMask = (1U << kRemainderBits) - 1;
        const Wide sum = Wide{elapsed} * multiplier + remainder;
        remainder = static_cast<std::uint32_t>(sum) & kRemainderMask;
        return sum >> kRemainderBits;
    }

    /// Fills a bucket and returns what did not fit.
    static Wide pour(Wide gain, std::uint64_t& tokens, std::uint64_t cap) noexcept {
        const std::uint64_t room = cap - tokens;
        if (gain > room) {
            tokens = cap;
            return gain - room;
        }
        tokens += static_cast<std::uint64_t>(gain);
        return 0;
    }

    std::uint64_t committed_tokens_ = 0;
    std::uint64_t excess_tokens_ = 0;
    std::uint64_t refilled_at_ = 0;
    std::uint32_t committed_remainder_ = 0;
    std::uint32_t excess_remainder_ = 0;
    MeterConfig config_;
};
static_assert(sizeof(Meter) == 64, "a meter is one cache line");

/// The slowest clock for which the highest rate's multiplier fits into 64 bits.
inline constexpr std::uint64_t kMeterClockHzMin = 50'000'000;

/// Bytes a second in 2^-52 bytes a tick, rounded down: a meter never gives more than was bought.
[[nodiscard]] constexpr std::uint64_t
meter_multiplier(std::uint64_t rate_bps, std::uint64_t clock_hz) noexcept {
    __extension__ using Wide = unsigned __int128;
    constexpr unsigned kShift = Meter::kTokenBits + Meter::kRemainderBits;
    return static_cast<std::uint64_t>((Wide{rate_bps} << kShift) / (Wide{8} * clock_hz));
}

/// Control thread only: divides. `clock_hz` is at least kMeterClockHzMin.
[[nodiscard]] inline MeterConfig
compile_meter(const BandwidthProfile& profile, std::uint64_t clock_hz) noexcept {
    return MeterConfig{
        .committed_multiplier = meter_multiplier(profile.cir().value, clock_hz),
        .excess_multiplier = meter_multiplier(profile.eir().value, clock_hz),
        .committed_burst_bytes = static_cast<std::uint32_t>(profile.cbs().value),
        .excess_burst_bytes = static_cast<std::uint32_t>(profile.ebs().value),
        .color_aware = profile.color_mode() == ColorMode::ColorAware,
        .coupling = profile.coupling_flag(),
    };
}

} // namespace strowger::dataplane
