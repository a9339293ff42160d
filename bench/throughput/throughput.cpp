// SPDX-License-Identifier: Apache-2.0
//
// What a frame costs the product's worker loop, from an endless source to a sink, by number of
// circuits; and what source and sink cost without it, in the same run.
#include "lib/lcore.h"
#include "lib/not_measured.h"
#include "lib/pcap_file.h"
#include "lib/rig.h"
#include "lib/statistics.h"
#include "platform/tsc_rate.h"
#include "throughput/endless_rig.h"

#include <bit>
#include <compare>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <getopt.h>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace strowger::bench {
namespace {

constexpr const char* kUsage = R"(usage: throughput [option...]

  --circuits N,...     numbers of circuits (default 1,1000,10000,100000)
  --source WHAT        pcap (what peers are fed with), loop (hardly any I/O), both (default pcap)
  --two-to-one N,...   also with two tags in and one out (at most 63 x 4,000 circuits; default 10000)
  --rounds N           default 5
  --seconds S          of one round (default 1)
  --frame-bytes N      with FCS (default 64)
  --pcap-dir DIR       where the frames are kept (default: the folder for temporary files)
  --pcap-only          write the files and end; needs neither hugepages nor cores
  --serve              set up, then answer each line of standard input with a line of JSON:
                       "probe", or "floor|product pcap|loop two_to_two|two_to_one N SECONDS"
)";
constexpr std::uint32_t kProbeMegabytes = 64;
constexpr std::uint32_t kCircuitsMax = 1'000'000;

struct Options {
    std::vector<std::uint32_t> two_to_two = {1, 1'000, 10'000, 100'000};
    std::vector<std::uint32_t> two_to_one = {10'000};
    unsigned rounds = 5;
    double seconds = 1;
    std::uint32_t frame_bytes = 64;
    std::string pcap_dir = std::filesystem::temp_directory_path();
    bool pcap = true;
    bool loop = false;
    bool pcap_only = false;
    bool serve = false;
};

[[noreturn]] void refuse(const std::string& why) {
    fmt::print(stderr, "throughput: {}\n{}", why, kUsage);
    std::exit(2);
}

std::uint32_t number(const std::string& text, std::uint32_t least, std::uint32_t most) {
    char* end = nullptr;
    const unsigned long value = std::strtoul(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || value < least || value > most) {
        refuse(fmt::format("'{}' is not a number from {} to {}", text, least, most));
    }
    return static_cast<std::uint32_t>(value);
}

std::vector<std::uint32_t> numbers(const std::string& text, std::uint32_t most) {
    std::vector<std::uint32_t> values;
    std::istringstream parts{text};
    for (std::string part; std::getline(parts, part, ',');) {
        values.push_back(number(part, 1, most));
    }
    return values;
}

void read_source(const std::string& text, Options& options) {
    if (text != "pcap" && text != "loop" && text != "both") {
        refuse("--source is pcap, loop or both, not '" + text + "'");
    }
    options.pcap = text != "loop";
    options.loop = text != "pcap";
}

Options read_options(int argc, char** argv) {
    static const option kLong[] = {
        {"circuits", required_argument, nullptr, 'c'},
        {"two-to-one", required_argument, nullptr, '1'},
        {"source", required_argument, nullptr, 'o'},
        {"rounds", required_argument, nullptr, 'r'},
        {"seconds", required_argument, nullptr, 's'},
        {"frame-bytes", required_argument, nullptr, 'b'},
        {"pcap-dir", required_argument, nullptr, 'd'},
        {"pcap-only", no_argument, nullptr, 'p'},
        {"serve", no_argument, nullptr, 'i'},
        {"help", no_argument, nullptr, 'h'},
        {nullptr, 0, nullptr, 0},
    };
    constexpr auto kOneTagMost =
        static_cast<std::uint32_t>((limits::kPortsMax - 1) * kCVidsPerSVlan);
    Options options;
    for (int given = 0; (given = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
        switch (given) {
            case 'c':
                options.two_to_two = numbers(optarg, kCircuitsMax);
                break;
            case '1':
                options.two_to_one = numbers(optarg, kOneTagMost);
                break;
            case 'o':
                read_source(optarg, options);
                break;
            case 'r':
                options.rounds = number(optarg, 1, 1'000);
                break;
            case 's':
                options.seconds = std::strtod(optarg, nullptr);
                break;
            case 'b':
                options.frame_bytes = number(optarg, 64, 1'518);
                break;
            case 'd':
                options.pcap_dir = optarg;
                break;
            case 'p':
                options.pcap_only = true;
                break;
            case 'i':
                options.serve = true;
                break;
            case 'h':
                fmt::print("{}", kUsage);
                std::exit(0);
            default:
                refuse("unknown option");
        }
    }
    if (!(options.seconds >= 0.01 && options.seconds <= 600)) {
        refuse("--seconds is 0.01 to 600");
    }
    return options;
}

/// Which rig of a run.
struct Key {
    Source source = Source::Pcap;
    Work work = Work::TwoToTwo;
    std::uint32_t circuits = 1;
    friend auto operator<=>(const Key&, const Key&) = default;
};

const char* name_of(Work work) {
    return work == Work::TwoToTwo ? "two_to_two" : "two_to_one";
}
const char* name_of(Source source) {
    return source == Source::Pcap ? "pcap" : "loop";
}

/// Every rig that the options ask for.
std::vector<Key> keys_of(const Options& options) {
    std::vector<Key> keys;
    for (const std::uint32_t circuits : options.two_to_two) {
        if (options.pcap) {
            keys.push_back({Source::Pcap, Work::TwoToTwo, circuits});
        }
        if (options.loop) {
            keys.push_back({Source::Loop, Work::TwoToTwo, circuits});
        }
    }
    for (const std::uint32_t circuits : options.two_to_one) {
        if (options.pcap) {
            keys.push_back({Source::Pcap, Work::TwoToOne, circuits});
        }
    }
    return keys;
}

std::string pcap_of(const Options& options, std::uint32_t circuits) {
    return fmt::format("{}/strowger-{}-{}.pcap", options.pcap_dir, circuits, options.frame_bytes);
}

/// Writes the files that are not there yet.
Result<void> write_pcaps(const Options& options) {
    for (const Key& key : keys_of(options)) {
        const std::string path = pcap_of(options, key.circuits);
        if (key.source != Source::Pcap || std::filesystem::exists(path)) {
            continue;
        }
        // A run that is killed meanwhile must not leave half a file under the name.
        const std::string unfinished = path + ".part";
        if (auto written = write_pcap(unfinished, key.circuits, options.frame_bytes); !written) {
            return written;
        }
        std::filesystem::rename(unfinished, path);
    }
    return {};
}

class Bench {
public:
    Result<void> set_up(const Options& options) {
        if (auto started = start_eal("throughput", {1}, megabytes(options)); !started) {
            return started;
        }
        tsc_hz_ = static_cast<double>(dataplane::measure_tsc_hz());
        for (const Key& key : keys_of(options)) {
            auto rig = EndlessRig::create(
                {.circuits = key.circuits,
                 .source = key.source,
                 .work = key.work,
                 .pcap = pcap_of(options, key.circuits),
                 .frame_bytes = options.frame_bytes}
            );
            if (!rig) {
                return rig.error();
            }
            rigs_.emplace(key, std::move(*rig));
        }
        return {};
    }

    /// One line of JSON. Floor: the bare loop on the ports of that rig.
    std::string run(const Key& key, bool floor, double seconds) {
        EndlessRig& rig = *rigs_.at(key);
        const Round round = floor ? rig.measure_floor(seconds) : rig.measure_product(seconds);
        const double ns = round.ns_per_frame();
        if (round.fault.empty()) {
            samples_[{floor, key}].push_back(ns);
        }
        return fmt::format(
            R"({{"case":"{}","source":"{}","work":"{}","circuits":{},"frames":{},"ns_per_frame":{:.3f},)"
            R"("cycles_per_frame":{:.2f},"on_core_share":{:.4f},"void":"{}"}})",
            floor ? "floor" : "product",
            name_of(key.source),
            name_of(key.work),
            key.circuits,
            round.frames,
            ns,
            ns * tsc_hz_ / 1e9,
            round.on_core_ns / round.wall_ns,
            round.fault
        );
    }
    [[nodiscard]] bool has(const Key& key) const { return rigs_.contains(key); }
    [[nodiscard]] std::string probe() const {
        return fmt::format(
            R"({{"case":"memory_latency","megabytes":{},"ns":{:.2f},"tsc_hz":{:.0f}}})",
            kProbeMegabytes,
            memory_latency_ns(1, kProbeMegabytes),
            tsc_hz_
        );
    }
    void run_all(const Options& options) {
        for (unsigned round = 0; round < options.rounds; ++round) {
            fmt::print("{}\n", probe());
            for (const auto& [key, rig] : rigs_) {
                fmt::print("{}\n", run(key, true, options.seconds));
                fmt::print("{}\n", run(key, false, options.seconds));
                std::fflush(stdout);
            }
        }
        print_table();
    }

private:
    static std::uint64_t megabytes(const Options& options) {
        constexpr std::uint64_t kBufferBytes = 2'400;
        constexpr std::uint64_t kCircuitBytes = 800;
        std::uint64_t bytes = 128ULL << 20;
        for (const Key& key : keys_of(options)) {
            const std::uint32_t held = key.source == Source::Pcap ? pcap_frames(key.circuits) : 0;
            bytes += std::bit_ceil(held + 8'192) * kBufferBytes;
            bytes += key.circuits * kCircuitBytes + (8ULL << 20);
        }
        return bytes >> 20;
    }
    /// For people; the lines before are for programs.
    void print_table() const {
        fmt::print(
            stderr, "\n  source work        circuits   floor ns   frame ns   net ns  net cycles\n"
        );
        for (const auto& [key, rig] : rigs_) {
            fmt::print(
                stderr,
                "  {:<6} {:<10} {:>9} ",
                name_of(key.source),
                name_of(key.work),
                key.circuits
            );
            const auto floor = samples_.find({true, key});
            const auto frame = samples_.find({false, key});
            if (floor == samples_.end() || frame == samples_.end()) {
                fmt::print(stderr, "every round was void\n");
                continue;
            }
            const double floor_ns = median(floor->second);
            const double frame_ns = median(frame->second);
            fmt::print(
                stderr,
                "{:>10.2f} {:>10.2f} {:>8.2f} {:>11.1f}\n",
                floor_ns,
                frame_ns,
                frame_ns - floor_ns,
                (frame_ns - floor_ns) * tsc_hz_ / 1e9
            );
        }
    }

    double tsc_hz_ = 0;
    std::map<Key, std::unique_ptr<EndlessRig>> rigs_;
    std::map<std::pair<bool, Key>, std::vector<double>> samples_;
};

/// Answers each line of standard input until it ends.
int serve(Bench& bench) {
    fmt::print("{{\"ready\":true}}\n");
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words{line};
        std::string what;
        std::uint32_t circuits = 0;
        double seconds = 0;
        words >> what;
        if (what == "probe") {
            fmt::print("{}\n", bench.probe());
            std::fflush(stdout);
            continue;
        }
        std::string source;
        std::string work;
        words >> source >> work >> circuits >> seconds;
        const Key key{
            source == "loop" ? Source::Loop : Source::Pcap,
            work == "two_to_one" ? Work::TwoToOne : Work::TwoToTwo,
            circuits,
        };
        if (!words || (what != "floor" && what != "product") || !bench.has(key)) {
            refuse(fmt::format("'{}' names no rig of this run", line));
        }
        fmt::print("{}\n", bench.run(key, what == "floor", seconds));
        std::fflush(stdout);
    }
    return 0;
}

int run(const Options& options) {
    if (auto written = write_pcaps(options); !written) {
        return not_measured(written.error().message);
    }
    if (options.pcap_only) {
        return 0;
    }
    static Bench bench; // its devices go with the process: DPDK's own clean-up has gone by then
    if (auto ready = bench.set_up(options); !ready) {
        return not_measured(ready.error().message);
    }
    if (options.serve) {
        return serve(bench);
    }
    bench.run_all(options);
    return 0;
}

} // namespace
} // namespace strowger::bench

int main(int argc, char** argv) {
    strowger::bench::end_process(strowger::bench::run(strowger::bench::read_options(argc, argv)));
}
