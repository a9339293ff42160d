// SPDX-License-Identifier: Apache-2.0
//
// Two tenants on different ports of one worker, one of which floods: what the other keeps of its
// committed rate. And with both on one port, where loss begins, for there the device's queue
// decides and no worker can.
#include "lib/not_measured.h"
#include "platform/worker_threads.h"
#include "strowger/base/check.h"
#include "workers/parts.h"
#include "workers/ring_bench.h"

#include <rte_cycles.h>

#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strowger::bench {
namespace {

constexpr std::uint32_t kCircuitsEach = 1'000;
constexpr double kLineRate = 14'880'952; // 64-byte frames of 10 Gb/s Ethernet
constexpr double kCommittedShare = 0.2;  // of what the worker can do
constexpr PortIndex kFlooded{0};
constexpr PortIndex kQuiet{1};
constexpr PortIndex kFloodedOut{2};
constexpr PortIndex kQuietOut{3};

/// Runs sources side by side, then lets what is under way come out.
void run_for(double seconds, double tsc_hz, const std::vector<PacedSource*>& sources) {
    const auto end = rte_rdtsc() + static_cast<std::uint64_t>(seconds * tsc_hz);
    while (rte_rdtsc() < end) {
        for (PacedSource* const source : sources) {
            source->step();
        }
    }
    const auto quiet = static_cast<std::uint64_t>(0.005 * tsc_hz);
    for (std::uint64_t last = rte_rdtsc(); rte_rdtsc() - last < quiet;) {
        for (PacedSource* const source : sources) {
            last = source->collect() ? rte_rdtsc() : last;
        }
    }
}

struct Outcome {
    Tally flood;
    Tally quiet;
};

class Fairness {
public:
    Fairness(
        RingBench& bench,
        std::unique_ptr<PacedSource> flood,
        std::unique_ptr<PacedSource> quiet
    )
        : bench_(bench), flood_(std::move(flood)), quiet_(std::move(quiet)) {}

    /// Frames a second that the worker passes when it is flooded.
    double capacity(double seconds) {
        flood_->set_rate(kLineRate, bench_.tsc_hz());
        const Tally before = flood_->tally(0);
        run_for(seconds, bench_.tsc_hz(), {flood_.get()});
        return static_cast<double>((flood_->tally(0) - before).received) / seconds;
    }
    Outcome flooded(double committed, double seconds) {
        flood_->set_rate(kLineRate, bench_.tsc_hz());
        quiet_->set_rate(committed, bench_.tsc_hz());
        const Outcome before{flood_->tally(0), quiet_->tally(0)};
        run_for(seconds, bench_.tsc_hz(), {flood_.get(), quiet_.get()});
        return {flood_->tally(0) - before.flood, quiet_->tally(0) - before.quiet};
    }
    /// The lowest rate at which frames of the shared port are lost, in steps of a twentieth.
    double loss_begins(double capacity, double seconds) {
        double lossy = capacity;
        for (double share = 1; share > 0.3; share -= 0.05) {
            flood_->set_rate(capacity * share, bench_.tsc_hz());
            const Tally before = flood_->tally(0);
            run_for(seconds, bench_.tsc_hz(), {flood_.get()});
            if ((flood_->tally(0) - before).lost() == 0) {
                break;
            }
            lossy = capacity * share;
        }
        return lossy;
    }

private:
    RingBench& bench_;
    std::unique_ptr<PacedSource> flood_;
    std::unique_ptr<PacedSource> quiet_;
};

Result<void> install(Product& product) {
    return product.install(2 * kCircuitsEach, [](std::uint32_t circuit) {
        return circuit < kCircuitsEach ? program_of(circuit, Work::TwoToTwo, kFlooded, kFloodedOut)
                                       : program_of(circuit, Work::TwoToTwo, kQuiet, kQuietOut);
    });
}

} // namespace

int measure_fairness(const WorkersOptions& options) {
    auto bench = RingBench::create({.ports = 4, .circuits = 2 * kCircuitsEach});
    if (!bench) {
        return not_measured(bench.error().message);
    }
    if (auto installed = install((*bench)->product()); !installed) {
        return not_measured(installed.error().message);
    }
    const std::vector<std::uint8_t> group(kCircuitsEach, 0);
    auto flood = (*bench)->source(kFlooded.value, kFloodedOut.value, 0, group);
    auto quiet = (*bench)->source(kQuiet.value, kQuietOut.value, kCircuitsEach, group);
    if (!flood || !quiet) {
        return not_measured((flood ? quiet : flood).error().message);
    }
    Product& product = (*bench)->product();
    const auto threads = dataplane::WorkerThreads::start(product.config(), product.group());
    STROWGER_CHECK(threads.has_value());
    Fairness fairness(**bench, std::move(*flood), std::move(*quiet));
    for (unsigned round = 0; round < options.rounds; ++round) {
        const double capacity = fairness.capacity(options.seconds);
        const Outcome both = fairness.flooded(capacity * kCommittedShare, options.seconds);
        const double begins = fairness.loss_begins(capacity, options.seconds / 2);
        fmt::print(
            R"({{"case":"fairness","capacity":{:.0f},"flood_offered":{},"flood_lost":{},)"
            R"("committed_offered":{},"committed_received":{},"shared_port_loss_begins":{:.0f},)"
            R"("void":"{}"}})"
            "\n",
            capacity,
            both.flood.offered,
            both.flood.lost(),
            both.quiet.offered,
            both.quiet.received,
            begins,
            both.flood.lost() == 0 ? "the source is too slow to flood the worker" : ""
        );
        std::fflush(stdout);
    }
    return 0;
}

} // namespace strowger::bench
