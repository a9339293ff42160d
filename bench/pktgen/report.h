// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/options.h"
#include "pktgen/search.h"
#include "pktgen/trial.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strowger::pktgen {

enum class ExitStatus : std::uint8_t {
    Done = 0,
    CouldNotRun = 1,
    WrongInput = 2,
    Faults = 3,
    NothingCameBack = 4,
    Interrupted = 130,
};

/// What one frame size gave.
struct RunReport {
    SizeProfile sizes{};
    std::vector<TrialResult> trials{}; ///< in the order they were made; blast and check have one
    std::vector<ThroughputSearch::Answer> answers{}; ///< throughput
    std::vector<std::uint64_t> bursts{};             ///< back-to-back: the longest of each repeat
};

/// What this program reaches by itself, in frames a second.
struct Calibration {
    double blast_pps = 0.0;
    double check_pps = 0.0;
};

struct Report {
    Options options;
    std::string cpu;
    std::uint64_t tsc_hz = 0;
    std::optional<Calibration> calibration;
    std::vector<RunReport> runs;
    bool interrupted = false;
};

/// Why the figures must not be trusted, or are bad; empty when all is well.
std::vector<std::string> find_faults(const Report& report);
ExitStatus status_of(const Report& report);

/// Everything, as one JSON object (docs/benchmarking.md describes it).
std::string to_json(const Report& report);
/// For people.
std::string to_table(const Report& report);

[[nodiscard]] const char* name_of(Bottleneck bottleneck) noexcept;
/// Bits a second that `pps` frames of a profile take on a wire, with preamble and gap.
[[nodiscard]] double line_bps(const SizeProfile& sizes, double pps);

} // namespace strowger::pktgen
