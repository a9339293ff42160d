// SPDX-License-Identifier: Apache-2.0
//
// A loaded circuit is moved to and fro between two workers a thousand times while its frames go
// on: each is numbered, so that one that is missing or overtaken is seen. The rate is such that two
// workers that share a core, as on a machine of two cores, keep up with it.
#include "lib/not_measured.h"
#include "platform/worker_threads.h"
#include "strowger/base/check.h"
#include "workers/parts.h"
#include "workers/ring_bench.h"

#include <rte_cycles.h>

#include <array>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace strowger::bench {
namespace {

constexpr std::uint64_t kMoves = 1'000;
constexpr double kSecondsAMoveMax = 1;
constexpr double kRateShared = 200'000;
constexpr double kRateApart = 1'000'000;
constexpr CircuitKey kCircuit{0};

CircuitProgram on_worker(std::size_t worker) {
    CircuitProgram program = program_of(0, Work::TwoToTwo, {0}, {1});
    program.workers.add(worker);
    return program;
}

class Moves {
public:
    Moves(RingBench& bench, std::unique_ptr<PacedSource> source)
        : bench_(bench), source_(std::move(source)) {}

    struct Outcome {
        std::uint64_t moves = 0;
        Tally frames;
    };
    Outcome run(double rate) {
        const Tally before = source_->tally(0);
        source_->set_rate(rate, bench_.tsc_hz());
        Outcome outcome;
        while (outcome.moves < kMoves && move_once()) {
            ++outcome.moves;
        }
        const auto quiet = static_cast<std::uint64_t>(0.05 * bench_.tsc_hz());
        for (std::uint64_t last = rte_rdtsc(); rte_rdtsc() - last < quiet;) {
            last = source_->collect() ? rte_rdtsc() : last;
        }
        outcome.frames = source_->tally(0) - before;
        return outcome;
    }

private:
    /// To the other worker. False: it did not arrive there.
    bool move_once() {
        dataplane::RingDataplane& seam = bench_.product().seam();
        const std::uint32_t from = seam.place(kCircuit)->worker;
        if (!seam.stage(kCircuit, on_worker(1 - from))) {
            return false;
        }
        seam.commit(kCircuit, 0);
        std::array<Completion, 4> completions;
        const auto end =
            rte_rdtsc() + static_cast<std::uint64_t>(kSecondsAMoveMax * bench_.tsc_hz());
        while (seam.outstanding() != 0 && rte_rdtsc() < end) {
            source_->step();
            (void)seam.poll(completions);
        }
        return seam.place(kCircuit)->worker == 1 - from;
    }

    RingBench& bench_;
    std::unique_ptr<PacedSource> source_;
};

} // namespace

int measure_moves(const WorkersOptions& options) {
    const bool apart = std::thread::hardware_concurrency() >= 3;
    const std::vector<std::uint32_t> cores = {1, apart ? 2U : 1U};
    auto bench = RingBench::create({.cores = cores});
    if (!bench) {
        return not_measured(bench.error().message);
    }
    Product& product = (*bench)->product();
    if (auto installed = product.install(1, [](std::uint32_t) { return on_worker(0); });
        !installed) {
        return not_measured(installed.error().message);
    }
    auto source = (*bench)->source(0, 1, 0, {0});
    if (!source) {
        return not_measured(source.error().message);
    }
    const auto threads = dataplane::WorkerThreads::start(product.config(), product.group());
    STROWGER_CHECK(threads.has_value());
    Moves moves(**bench, std::move(*source));
    for (unsigned round = 0; round < options.rounds; ++round) {
        const Moves::Outcome outcome = moves.run(apart ? kRateApart : kRateShared);
        if (outcome.moves < kMoves) {
            return not_measured(
                fmt::format("a circuit did not move: {} of {} moves", outcome.moves, kMoves)
            );
        }
        fmt::print(
            R"({{"case":"moves","moves":{},"offered":{},"lost":{},"reordered":{},"void":""}})"
            "\n",
            outcome.moves,
            outcome.frames.offered,
            outcome.frames.lost(),
            outcome.frames.reordered
        );
        std::fflush(stdout);
    }
    return 0;
}

} // namespace strowger::bench
