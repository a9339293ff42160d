// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/frame.h"
#include "pktgen/frame_sizes.h"
#include "pktgen/tag_plan.h"
#include "strowger/base/result.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace strowger::pktgen {

enum class Mode : std::uint8_t { Blast, Check, Throughput, LossCurve, BackToBack, Calibrate };

[[nodiscard]] const char* name_of(Mode mode) noexcept;

/// A command line that can be acted on.
struct Options {
    Mode mode = Mode::Blast;
    std::string tx_device;
    std::string rx_device;
    std::vector<unsigned> cores{0};
    std::uint32_t memory_megabytes = 0;
    bool hugepages = true;
    std::uint16_t rx_queues = 1;
    std::uint16_t descriptors = 1'024;
    std::uint16_t burst = 32;
    std::vector<std::string> eal_arguments;
    double wait_link_seconds = 30.0;

    TagPlanSpec tags;
    std::vector<SizeProfile> sizes;
    MacAddresses addresses;
    std::uint64_t seed = 1;
    std::vector<std::uint32_t> watched;
    std::uint32_t worst = 10;

    double pps = 0.0;     ///< 0: as fast as it goes
    double pps_max = 0.0; ///< where searches start; 0: measure it
    double warm_seconds = 0.0;
    double seconds = 5.0;
    double precision = 0.005;
    std::vector<double> loss_ratios{0.005}; ///< of PDR; NDR is always searched
    std::uint32_t repeats = 5;              ///< of the back-to-back search
    bool verify = false;

    std::string json; ///< "": none, "-": standard output
    bool quiet = false;
};

/// What to print instead of acting, and the exit status: help, or the version.
struct Instead {
    std::string text;
    int status = 0;
};

/// Reads a command line without its first word. Fails with Invalid, naming every option that is
/// wrong.
Result<std::variant<Options, Instead>> parse_options(const std::vector<std::string>& words);

/// "2.5M", "14.88Mpps" or "500k" frames a second. Fails with Invalid.
Result<double> parse_rate(const std::string& text);
/// "0,5,100-199": ascending, each once, below `circuits`. Fails with Invalid.
Result<std::vector<std::uint32_t>> parse_circuits(const std::string& text, std::uint32_t circuits);

} // namespace strowger::pktgen
