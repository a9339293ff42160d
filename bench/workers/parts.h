// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <cstdint>
#include <string>

namespace strowger::bench {

struct WorkersOptions {
    unsigned rounds = 5;
    double seconds = 1;
    std::string pcap_dir;
};

/// Writes the frames of `circuits` circuits and starts the EAL on lcores 1 and 0. The pcap file.
Result<std::string> begin_on_two_cores(const WorkersOptions& options, std::uint32_t circuits);

// Each prints lines of JSON and returns the program's status. What they show stands at the top of
// their files.
int measure_handover(const WorkersOptions& options);
int measure_hard_slice(const WorkersOptions& options);
int measure_fairness(const WorkersOptions& options);
int measure_yellow_first(const WorkersOptions& options);
int measure_moves(const WorkersOptions& options);
int measure_rebalance(const WorkersOptions& options);

} // namespace strowger::bench
