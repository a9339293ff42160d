// SPDX-License-Identifier: Apache-2.0
//
// What workers do to each other, and ports of one worker.
#include "lib/rig.h"
#include "workers/parts.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <getopt.h>
#include <map>
#include <string>

namespace strowger::bench {
namespace {

constexpr const char* kUsage =
    R"(usage: workers handover|hard_slice|fairness|yellow_first|moves|rebalance [option...]

  --rounds N       default 5
  --seconds S      of one round (default 1)
  --pcap-dir DIR   where frames are kept (default: the folder for temporary files)
)";

[[noreturn]] void refuse(const std::string& why) {
    fmt::print(stderr, "workers: {}\n{}", why, kUsage);
    std::exit(2);
}

WorkersOptions read_options(int argc, char** argv) {
    static const option kLong[] = {
        {"rounds", required_argument, nullptr, 'r'},
        {"seconds", required_argument, nullptr, 's'},
        {"pcap-dir", required_argument, nullptr, 'd'},
        {nullptr, 0, nullptr, 0},
    };
    WorkersOptions options;
    options.pcap_dir = std::filesystem::temp_directory_path();
    for (int given = 0; (given = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
        if (given == 'r') {
            options.rounds = static_cast<unsigned>(std::strtoul(optarg, nullptr, 10));
        } else if (given == 's') {
            options.seconds = std::strtod(optarg, nullptr);
        } else if (given == 'd') {
            options.pcap_dir = optarg;
        } else {
            refuse("unknown option");
        }
    }
    if (options.rounds < 1 || options.rounds > 1'000 || !(options.seconds >= 0.05) ||
        options.seconds > 600) {
        refuse("--rounds is 1 to 1000, --seconds 0.05 to 600");
    }
    return options;
}

int run(int argc, char** argv) {
    static const std::map<std::string, int (*)(const WorkersOptions&)> kMeasures = {
        {"handover", measure_handover},
        {"hard_slice", measure_hard_slice},
        {"fairness", measure_fairness},
        {"yellow_first", measure_yellow_first},
        {"moves", measure_moves},
        {"rebalance", measure_rebalance},
    };
    const auto measure = kMeasures.find(argc > 1 ? argv[1] : "");
    if (measure == kMeasures.end()) {
        refuse("say what to measure");
    }
    return measure->second(read_options(argc - 1, argv + 1));
}

} // namespace
} // namespace strowger::bench

int main(int argc, char** argv) {
    strowger::bench::end_process(strowger::bench::run(argc, argv));
}
