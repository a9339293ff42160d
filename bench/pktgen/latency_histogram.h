// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace strowger::pktgen {

/// Counts values of 32 bits in log-linear buckets, as HdrHistogram does: 128 to an octave, so that
/// a percentile is too high by 0.8 % at most, at 26 KB and one increment a value.
class LatencyHistogram {
public:
    static constexpr unsigned kSubBits = 7;
    static constexpr std::uint32_t kSubBuckets = 1U << kSubBits;
    static constexpr std::uint32_t kBuckets = (32 - kSubBits + 1) * kSubBuckets;

    LatencyHistogram() : counts_(kBuckets, 0) {}

    void record(std::uint32_t value) noexcept {
        ++counts_[bucket_of(value)];
        ++count_;
        sum_ += value;
        least_ = std::min(least_, value);
        most_ = std::max(most_, value);
    }
    void clear() noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint32_t least() const noexcept { return count_ == 0 ? 0 : least_; }
    [[nodiscard]] std::uint32_t most() const noexcept { return most_; }
    [[nodiscard]] double mean() const noexcept;
    /// The least value that at least `share` (0 to 1) of all values do not exceed; 0 when empty.
    [[nodiscard]] std::uint32_t quantile(double share) const noexcept;

    static constexpr std::uint32_t bucket_of(std::uint32_t value) noexcept {
        if (value < kSubBuckets) {
            return value;
        }
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
        return shift * kSubBuckets + (value >> shift);
    }
    /// The highest value of a bucket.
    static constexpr std::uint32_t ceiling_of(std::uint32_t bucket) noexcept {
        if (bucket < 2 * kSubBuckets) {
            return bucket;
        }
        const std::uint32_t shift = bucket / kSubBuckets - 1;
        const std::uint64_t lead = bucket - shift * kSubBuckets;
        return static_cast<std::uint32_t>(((lead + 1) << shift) - 1);
    }

private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::uint32_t least_ = ~std::uint32_t{0};
    std::uint32_t most_ = 0;
};
static_assert(LatencyHistogram::bucket_of(~std::uint32_t{0}) == LatencyHistogram::kBuckets - 1);

} // namespace strowger::pktgen
