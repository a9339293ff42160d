// SPDX-License-Identifier: Apache-2.0
#include "pktgen/search.h"

#include <algorithm>
#include <utility>

namespace strowger::pktgen {

ThroughputSearch::ThroughputSearch(std::vector<SearchTarget> targets, double most, double precision)
    : most_(most), precision_(precision) {
    for (SearchTarget& target : targets) {
        intervals_.push_back({.target = std::move(target), .holds = 0.0, .fails = 0.0});
    }
}

bool ThroughputSearch::found(const Interval& interval) const noexcept {
    if (interval.fails == 0.0) {
        return interval.holds >= most_;
    }
    return interval.fails - interval.holds <= most_ * precision_;
}

std::optional<double> ThroughputSearch::next() const {
    for (const Interval& interval : intervals_) {
        if (!found(interval)) {
            return interval.fails == 0.0 ? most_ : (interval.holds + interval.fails) / 2.0;
        }
    }
    return std::nullopt;
}

void ThroughputSearch::note(double rate, double loss_ratio) {
    for (Interval& interval : intervals_) {
        if (loss_ratio > interval.target.loss_ratio) {
            interval.fails = interval.fails == 0.0 ? rate : std::min(interval.fails, rate);
            // What held before and fails now does not hold: the answer is the careful one.
            interval.holds = interval.holds >= interval.fails ? 0.0 : interval.holds;
        } else if (interval.fails == 0.0 || rate < interval.fails) {
            interval.holds = std::max(interval.holds, rate);
        }
    }
}

std::vector<ThroughputSearch::Answer> ThroughputSearch::answers() const {
    std::vector<Answer> answers;
    for (const Interval& interval : intervals_) {
        answers.push_back(
            {.target = interval.target, .pps = interval.holds, .above = interval.fails}
        );
    }
    return answers;
}

std::optional<double> LossCurve::next() const noexcept {
    if (tenths_ == 0 || lossless_ == 2) {
        return std::nullopt;
    }
    return most_ * tenths_ / 10.0;
}

void LossCurve::note(double loss_ratio) noexcept {
    --tenths_;
    lossless_ = loss_ratio > 0.0 ? 0 : lossless_ + 1;
}

std::uint64_t
longest_burst(std::uint64_t most, const std::function<bool(std::uint64_t frames)>& passes) {
    if (passes(most)) {
        return most;
    }
    std::uint64_t holds = 0;
    std::uint64_t fails = most;
    while (fails - holds > std::max<std::uint64_t>(1, fails / 100)) {
        const std::uint64_t middle = holds + (fails - holds) / 2;
        (passes(middle) ? holds : fails) = middle;
    }
    return holds;
}

} // namespace strowger::pktgen
