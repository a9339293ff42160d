// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/circuit_ledger.h"

#include <cstdint>
#include <vector>

namespace strowger::pktgen {

/// One trial: a flow of frames for some time or some number, and what came back.
struct TrialSpec {
    double pps = 0.0;          ///< 0: as fast as the device takes them
    double warm_seconds = 0.0; ///< the same traffic before it, not counted
    double seconds = 1.0;
    std::uint64_t frames_max = 0; ///< 0: until the time is over
};

/// What the devices themselves say about frames that never reached the counting, or never left.
struct DeviceLoss {
    std::uint64_t rx_missed = 0;    ///< the receive queue was full: our receiver was too slow
    std::uint64_t rx_no_buffer = 0; ///< no buffer for a received frame
    std::uint64_t rx_errors = 0;
    std::uint64_t tx_errors = 0;

    [[nodiscard]] std::uint64_t received_and_lost() const noexcept {
        return rx_missed + rx_no_buffer + rx_errors;
    }
};

/// Latencies in microseconds.
struct LatencySummary {
    std::uint64_t frames = 0;
    double least_us = 0.0;
    double mean_us = 0.0;
    double p50_us = 0.0;
    double p99_us = 0.0;
    double p999_us = 0.0;
    double most_us = 0.0;
};

/// Who kept the rate from being higher.
enum class Bottleneck : std::uint8_t {
    None,     ///< the asked rate was held
    Device,   ///< the device under test, or the link to it, took no more
    Sender,   ///< this program could not make frames faster
    Receiver, ///< this program could not take frames faster: loss may be its own
};

struct CircuitLine {
    CircuitFates fates{};
    LatencySummary latency{}; ///< frames is 0 unless it was watched; most_us always holds
};

struct TrialResult {
    double asked_pps = 0.0;
    double seconds = 0.0; ///< of sending
    std::uint64_t sent = 0;
    std::uint64_t received = 0;           ///< of ours, or of any when frames are not read
    std::uint64_t received_in_window = 0; ///< of those, while frames were being sent
    std::uint64_t received_bytes = 0;     ///< with FCS
    std::uint64_t foreign = 0;            ///< received and not ours
    std::uint64_t stray = 0;              ///< received on the port that sends
    std::uint64_t lost = 0;               ///< sent and not received (check: on its circuit)
    std::uint64_t misdelivered = 0;       ///< when frames are read
    std::uint64_t damaged = 0;            ///< when frames are read
    std::uint64_t skipped = 0;            ///< not sent, because they would have been too late
    std::uint64_t tx_bursts = 0;
    std::uint64_t tx_refused = 0;   ///< bursts that the device took in part or not at all
    std::uint64_t tx_no_buffer = 0; ///< turns without a buffer to send: all are on their way
    std::uint64_t rx_polls = 0;
    std::uint64_t rx_empty = 0;
    std::uint64_t rx_full = 0; ///< polls that brought a whole burst: more was waiting
    DeviceLoss devices;
    LatencySummary latency;
    Fates fates;                       ///< check mode
    std::vector<CircuitLine> circuits; ///< check mode: watched ones, then the worst
    Bottleneck bottleneck = Bottleneck::None;
    bool read_all = false; ///< every frame was read (check, or --verify)
    bool interrupted = false;

    [[nodiscard]] double tx_pps() const noexcept;
    [[nodiscard]] double rx_pps() const noexcept;
    [[nodiscard]] double loss_ratio() const noexcept;
    /// Frames lost by the devices of this program, not by the one under test.
    [[nodiscard]] std::uint64_t lost_in_generator() const noexcept;
    [[nodiscard]] std::uint64_t lost_in_device_under_test() const noexcept;
    /// CSIT's measure of a disturbance: how long the offered rate takes to send what was lost.
    [[nodiscard]] double blocked_us() const noexcept;
    /// Whether the rate that was asked for was held to half a percent.
    [[nodiscard]] bool rate_held() const noexcept;
    /// Whether anything is wrong that no rate excuses.
    [[nodiscard]] bool faulty() const noexcept { return misdelivered + damaged > 0; }
};

/// From the counts of a finished trial.
Bottleneck find_bottleneck(const TrialResult& trial) noexcept;

LatencySummary summarise(const LatencyHistogram& histogram, std::uint64_t tsc_hz);

} // namespace strowger::pktgen
