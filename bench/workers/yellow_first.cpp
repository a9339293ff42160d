// SPDX-License-Identifier: Apache-2.0
//
// A port that takes less than it is sent: half of the frames are green, half yellow, and it has
// room for all green ones and half of the yellow. Whoever loses a green frame while yellow ones
// pass has refused the wrong one.
#include "lib/not_measured.h"
#include "platform/worker_threads.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"
#include "workers/parts.h"
#include "workers/ring_bench.h"

#include <rte_cycles.h>

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

namespace strowger::bench {
namespace {

constexpr std::uint32_t kCircuits = 1'000;
constexpr std::uint32_t kOutEntries = 512;
constexpr double kOffered = 2'000'000;
constexpr double kTaken = 1'500'000;
constexpr std::size_t kGreen = 0;
constexpr std::size_t kYellow = 1;

CircuitProgram yellow_program(std::uint32_t circuit) {
    CircuitProgram program = program_of(circuit, Work::TwoToTwo, {0}, {1});
    BandwidthProfileSpec spec;
    spec.eir = BitsPerSecond{limits::kRateBpsMax};
    spec.ebs = Bytes{limits::kBurstBytesMax};
    program.endpoints[0].bandwidth =
        BandwidthProfile::resolve(spec, Bytes{limits::kFrameBytesDefault}).value();
    return program;
}

/// The port gives up a burst whenever its rate allows one.
void stall(PacedSource& source, double seconds, double tsc_hz) {
    source.set_rate(kOffered, tsc_hz);
    const std::uint64_t began = rte_rdtsc();
    const auto end = began + static_cast<std::uint64_t>(seconds * tsc_hz);
    double taken = 0;
    for (std::uint64_t now = began; now < end; now = rte_rdtsc()) {
        source.offer_due();
        const double due = static_cast<double>(now - began) / tsc_hz * kTaken;
        if (due - taken >= PacedSource::kBurst) {
            taken += PacedSource::kBurst;
            (void)source.collect();
        }
    }
    const auto quiet = static_cast<std::uint64_t>(0.005 * tsc_hz);
    for (std::uint64_t last = rte_rdtsc(); rte_rdtsc() - last < quiet;) {
        last = source.collect() ? rte_rdtsc() : last;
    }
}

} // namespace

int measure_yellow_first(const WorkersOptions& options) {
    auto bench = RingBench::create({.circuits = kCircuits, .out_entries = kOutEntries});
    if (!bench) {
        return not_measured(bench.error().message);
    }
    Product& product = (*bench)->product();
    const auto installed = product.install(kCircuits, [](std::uint32_t circuit) {
        return circuit % 2 == 0 ? program_of(circuit, Work::TwoToTwo, {0}, {1})
                                : yellow_program(circuit);
    });
    if (!installed) {
        return not_measured(installed.error().message);
    }
    std::vector<std::uint8_t> group(kCircuits);
    for (std::uint32_t circuit = 0; circuit < kCircuits; ++circuit) {
        group[circuit] = circuit % 2 == 0 ? kGreen : kYellow;
    }
    auto source = (*bench)->source(0, 1, 0, group);
    if (!source) {
        return not_measured(source.error().message);
    }
    const auto threads = dataplane::WorkerThreads::start(product.config(), product.group());
    STROWGER_CHECK(threads.has_value());
    for (unsigned round = 0; round < options.rounds; ++round) {
        const Tally green = (*source)->tally(kGreen);
        const Tally yellow = (*source)->tally(kYellow);
        stall(**source, options.seconds, (*bench)->tsc_hz());
        const Tally green_now = (*source)->tally(kGreen) - green;
        const Tally yellow_now = (*source)->tally(kYellow) - yellow;
        fmt::print(
            R"({{"case":"yellow_first","green_offered":{},"green_lost":{},"yellow_offered":{},)"
            R"("yellow_lost":{},"void":"{}"}})"
            "\n",
            green_now.offered,
            green_now.lost(),
            yellow_now.offered,
            yellow_now.lost(),
            yellow_now.lost() == 0 ? "the port never backed up" : ""
        );
        std::fflush(stdout);
    }
    return 0;
}

} // namespace strowger::bench
