// SPDX-License-Identifier: Apache-2.0
#include "pktgen/latency_histogram.h"

#include <cmath>

namespace strowger::pktgen {

void LatencyHistogram::clear() noexcept {
    std::ranges::fill(counts_, 0);
    count_ = 0;
    sum_ = 0;
    least_ = ~std::uint32_t{0};
    most_ = 0;
}

double LatencyHistogram::mean() const noexcept {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint32_t LatencyHistogram::quantile(double share) const noexcept {
    if (count_ == 0) {
        return 0;
    }
    const double wanted = std::ceil(share * static_cast<double>(count_));
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
    std::uint64_t below = 0;
    for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
        below += counts_[bucket];
        if (below >= rank) {
            return std::min(ceiling_of(bucket), most_);
        }
    }
    return most_;
}

} // namespace strowger::pktgen
