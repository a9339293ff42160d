// SPDX-License-Identifier: Apache-2.0
#include "pktgen/trial.h"

#include <algorithm>
#include <cmath>

namespace strowger::pktgen {

namespace {

constexpr double kRateTolerance = 0.005;
/// Below this share of refused bursts the device took all it was given.
constexpr double kRefusedShareMin = 0.02;
/// Above this share of whole bursts the receiver never saw its queue empty.
constexpr double kFullShareMax = 0.90;

double share(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

} // namespace

double TrialResult::tx_pps() const noexcept {
    return seconds > 0.0 ? static_cast<double>(sent) / seconds : 0.0;
}

double TrialResult::rx_pps() const noexcept {
    return seconds > 0.0 ? static_cast<double>(received_in_window) / seconds : 0.0;
}

double TrialResult::loss_ratio() const noexcept {
    return share(lost, sent);
}

std::uint64_t TrialResult::lost_in_generator() const noexcept {
    return std::min(lost, devices.received_and_lost());
}

std::uint64_t TrialResult::lost_in_device_under_test() const noexcept {
    return lost - lost_in_generator();
}

double TrialResult::blocked_us() const noexcept {
    const double offered = tx_pps();
    return offered > 0.0 ? static_cast<double>(lost) / offered * 1e6 : 0.0;
}

bool TrialResult::rate_held() const noexcept {
    return asked_pps <= 0.0 || std::abs(tx_pps() - asked_pps) <= asked_pps * kRateTolerance;
}

Bottleneck find_bottleneck(const TrialResult& trial) noexcept {
    const bool paced = trial.asked_pps > 0.0;
    const bool receiver_full = share(trial.rx_full, trial.rx_polls) > kFullShareMax;
    if (trial.lost_in_generator() > 0 || (receiver_full && trial.lost > 0)) {
        return Bottleneck::Receiver;
    }
    if (paced && trial.rate_held()) {
        return Bottleneck::None;
    }
    const bool refused = share(trial.tx_refused, trial.tx_bursts) > kRefusedShareMin ||
                         share(trial.tx_no_buffer, trial.tx_bursts) > kRefusedShareMin;
    if (refused || (!paced && trial.lost > 0)) {
        return Bottleneck::Device;
    }
    return Bottleneck::Sender;
}

LatencySummary summarise(const LatencyHistogram& histogram, std::uint64_t tsc_hz) {
    const double unit_us = std::ldexp(1e6 / static_cast<double>(tsc_hz), kTimeShift);
    return {
        .frames = histogram.count(),
        .least_us = histogram.least() * unit_us,
        .mean_us = histogram.mean() * unit_us,
        .p50_us = histogram.quantile(0.50) * unit_us,
        .p99_us = histogram.quantile(0.99) * unit_us,
        .p999_us = histogram.quantile(0.999) * unit_us,
        .most_us = histogram.most() * unit_us};
}

} // namespace strowger::pktgen
