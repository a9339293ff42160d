// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace strowger::pktgen {

/// The highest rate with no more loss than this. NDR has 0, PDR something above it.
struct SearchTarget {
    std::string name{};
    double loss_ratio = 0.0;
};

/// RFC 2544 section 26.1, throughput, by halving: says which rate to try next, is told how it went,
/// and knows the answer to `precision` in the end. Several targets share their trials.
class ThroughputSearch {
public:
    /// `most`: the highest rate to try, first. `precision`: of the answer, relative to `most`.
    ThroughputSearch(std::vector<SearchTarget> targets, double most, double precision);

    /// The next rate to try; nothing when every target is found.
    [[nodiscard]] std::optional<double> next() const;
    /// A trial at `rate` lost `loss_ratio` of its frames.
    void note(double rate, double loss_ratio);

    struct Answer {
        SearchTarget target{};
        double pps = 0.0;   ///< the highest that held; 0 when none did
        double above = 0.0; ///< the lowest that did not; 0 when the highest tried did hold
    };
    [[nodiscard]] std::vector<Answer> answers() const;

private:
    struct Interval {
        SearchTarget target;
        double holds = 0.0;
        double fails = 0.0; ///< 0: not known yet
    };
    [[nodiscard]] bool found(const Interval& interval) const noexcept;

    std::vector<Interval> intervals_;
    double most_;
    double precision_;
};

/// RFC 2544 section 26.3: the rates of a frame-loss curve, from `most` down by tenths, until two
/// rates in a row lost nothing.
class LossCurve {
public:
    explicit LossCurve(double most) noexcept : most_(most) {}

    [[nodiscard]] std::optional<double> next() const noexcept;
    void note(double loss_ratio) noexcept;

private:
    double most_;
    int tenths_ = 10;
    int lossless_ = 0;
};

/// RFC 2544 section 26.4: the longest burst, up to `most`, for which `passes` says true, to one
/// part in a hundred. 0 when a single frame does not pass.
std::uint64_t
longest_burst(std::uint64_t most, const std::function<bool(std::uint64_t frames)>& passes);

} // namespace strowger::pktgen
