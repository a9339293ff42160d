// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/bandwidth_profile.h"

#include <algorithm>
#include <cstdint>

namespace strowger {

enum class ReferenceColor : std::uint8_t { Green, Yellow, Red };

/// RFC 4115 in whole numbers: a token is 1/(8 * clock) byte, so a tick earns exactly as many tokens
/// as the rate has bits a second, and nothing is ever rounded.
class ReferenceMeter {
public:
    ReferenceMeter(const BandwidthProfile& profile, std::uint64_t clock_hz, std::uint64_t now)
        : profile_(profile), byte_(Wide{8} * clock_hz), refilled_at_(now) {
        committed_ = byte_ * profile_.cbs().value;
        excess_ = byte_ * profile_.ebs().value;
    }

    /// The time until now earns the old rates; tokens are kept up to the new bursts.
    void reconfigure(const BandwidthProfile& profile, std::uint64_t now) {
        refill(now);
        profile_ = profile;
        committed_ = std::min(committed_, byte_ * profile_.cbs().value);
        excess_ = std::min(excess_, byte_ * profile_.ebs().value);
    }

    ReferenceColor color(std::uint64_t bytes, bool arrived_yellow, std::uint64_t now) {
        refill(now);
        const Wide price = byte_ * bytes;
        const bool aware = profile_.color_mode() == ColorMode::ColorAware;
        if (committed_ >= price && !(aware && arrived_yellow)) {
            committed_ -= price;
            return ReferenceColor::Green;
        }
        if (excess_ >= price) {
            excess_ -= price;
            return ReferenceColor::Yellow;
        }
        return ReferenceColor::Red;
    }

private:
    __extension__ using Wide = unsigned __int128;

    void refill(std::uint64_t now) {
        if (now <= refilled_at_) {
            return;
        }
        const Wide ticks = now - refilled_at_;
        refilled_at_ = now;
        committed_ += ticks * profile_.cir().value;
        excess_ += ticks * profile_.eir().value;
        const Wide committed_max = byte_ * profile_.cbs().value;
        if (committed_ > committed_max) {
            // MEF 10.4 with one flow and the coupling flag: what overflows as green serves yellow.
            excess_ += profile_.coupling_flag() ? committed_ - committed_max : 0;
            committed_ = committed_max;
        }
        excess_ = std::min(excess_, byte_ * profile_.ebs().value);
    }

    BandwidthProfile profile_;
    Wide byte_;
    Wide committed_ = 0;
    Wide excess_ = 0;
    std::uint64_t refilled_at_;
};

} // namespace strowger
