// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/bandwidth_profile.h"

#include "strowger/model/limits.h"

#include <algorithm>
#include <string_view>

namespace strowger {
namespace {

// 50 ms of a rate in bits a second, in bytes: below it TCP cannot keep a policed circuit full over
// the round-trip times of a metropolitan network.
constexpr std::uint64_t kDefaultBurstBitsPerSecondPerByte = std::uint64_t{8} * 20;

/// One of the two buckets, as asked for.
struct Bucket {
    std::string_view rate_pointer;
    std::string_view burst_pointer;
    BitsPerSecond rate;
    std::optional<Bytes> burst;
    bool fed = false; ///< tokens can come in, by the rate or by coupling
};

Bytes default_burst(const Bucket& bucket, Bytes frame_max) {
    if (!bucket.fed) {
        return Bytes{0};
    }
    constexpr std::uint64_t kPer = kDefaultBurstBitsPerSecondPerByte;
    const std::uint64_t of_rate = (bucket.rate.value + kPer - 1) / kPer;
    return Bytes{std::min(std::max(2 * frame_max.value, of_rate), limits::kBurstBytesMax)};
}

void check_rate(const Bucket& bucket, std::vector<Problem>& problems) {
    if (bucket.rate.value <= limits::kRateBpsMax) {
        return;
    }
    problems.push_back(
        {std::string(bucket.rate_pointer),
         "out_of_range",
         std::to_string(bucket.rate.value) + " b/s is too much.",
         "0 to " + std::to_string(limits::kRateBpsMax) + ".",
         ""}
    );
}

void check_burst(const Bucket& bucket, Bytes frame_max, std::vector<Problem>& problems) {
    if (!bucket.burst.has_value()) {
        return;
    }
    const std::uint64_t burst = bucket.burst->value;
    const bool unused = burst == 0 && !bucket.fed;
    if (burst > limits::kBurstBytesMax) {
        problems.push_back(
            {std::string(bucket.burst_pointer),
             "out_of_range",
             std::to_string(burst) + " bytes is too much.",
             "At most " + std::to_string(limits::kBurstBytesMax) + ".",
             ""}
        );
    } else if (burst < frame_max.value && !unused) {
        problems.push_back(
            {std::string(bucket.burst_pointer),
             "burst_below_frame",
             "A burst of " + std::to_string(burst) + " bytes never passes a frame of " +
                 std::to_string(frame_max.value) + ".",
             "At least one largest frame, " + std::to_string(frame_max.value) +
                 "; two or more are recommended (MEF 23.2).",
             ""}
        );
    }
}

} // namespace

Result<BandwidthProfile>
BandwidthProfile::resolve(const BandwidthProfileSpec& spec, Bytes frame_max) {
    const Bucket committed{"/cir_bps", "/cbs_bytes", spec.cir, spec.cbs, spec.cir.value > 0};
    const bool excess_fed = spec.eir.value > 0 || (spec.coupling_flag && spec.cir.value > 0);
    const Bucket excess{"/eir_bps", "/ebs_bytes", spec.eir, spec.ebs, excess_fed};

    std::vector<Problem> problems;
    for (const Bucket* bucket : {&committed, &excess}) {
        check_rate(*bucket, problems);
        check_burst(*bucket, frame_max, problems);
    }
    if (!problems.empty()) {
        return Error{
            ErrorCode::Invalid, "The bandwidth profile breaks a rule.", std::move(problems)};
    }
    BandwidthProfile profile;
    profile.cir_ = spec.cir;
    profile.cbs_ = spec.cbs.value_or(default_burst(committed, frame_max));
    profile.eir_ = spec.eir;
    profile.ebs_ = spec.ebs.value_or(default_burst(excess, frame_max));
    profile.color_mode_ = spec.color_mode;
    profile.coupling_flag_ = spec.coupling_flag;
    return profile;
}

bool BandwidthProfile::burst_is_tight(Bytes frame_max) const noexcept {
    const auto tight = [frame_max](Bytes burst) {
        return burst.value > 0 && burst.value < 2 * frame_max.value;
    };
    return tight(cbs_) || tight(ebs_);
}

} // namespace strowger
