// SPDX-License-Identifier: Apache-2.0
//
// A port that takes less than it is sent: half of the frames are green, half yellow, and it has
// room for all green ones and half of the yellow. Whoever loses a green frame while yellow ones
// pass has refused the wrong one.
//
// Measured in slices, each from an empty port to an empty port. One in which the machine kept this
// thread or the worker from running does not count: what piles up meanwhile comes at once, and no
// port has the room for that.
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
constexpr double kOffered = 2'000'000; ///< frames a second, half of them green
constexpr double kTaken = 1'500'000;
constexpr double kSliceSeconds = 0.01;
constexpr unsigned kSlicesMin = 10;      ///< of a round that counts: 100,000 green frames
constexpr double kHeldUpSeconds = 50e-6; ///< 50 green frames: fewer than wait for a device
constexpr double kQuietSeconds = 0.002;  ///< nothing came for so long: the port is empty
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

/// Says when one of two threads has not come round for too long.
class HeldUp {
public:
    HeldUp(const dataplane::Worker& worker, std::uint64_t now, double tsc_hz)
        : worker_(worker),
          limit_(static_cast<std::uint64_t>(kHeldUpSeconds * tsc_hz)),
          here_(now),
          there_(now),
          loops_(worker.stats().loops.read()) {}

    void look(std::uint64_t now) {
        const std::uint64_t loops = worker_.stats().loops.read();
        seen_ = seen_ || now - here_ > limit_ || now - there_ > limit_;
        here_ = now;
        there_ = loops == loops_ ? there_ : now;
        loops_ = loops;
    }
    [[nodiscard]] bool seen() const { return seen_; }

private:
    const dataplane::Worker& worker_;
    std::uint64_t limit_;
    std::uint64_t here_;
    std::uint64_t there_;
    std::uint64_t loops_;
    bool seen_ = false;
};

/// One slice: the port gives up a burst whenever its rate allows one, and all that is left at the
/// end. Returns whether both threads ran all the time.
bool stall(PacedSource& source, const dataplane::Worker& worker, double tsc_hz) {
    source.set_rate(kOffered, tsc_hz);
    const std::uint64_t began = rte_rdtsc();
    const auto end = began + static_cast<std::uint64_t>(kSliceSeconds * tsc_hz);
    HeldUp held_up(worker, began, tsc_hz);
    double taken = 0;
    for (std::uint64_t now = began; now < end; now = rte_rdtsc()) {
        held_up.look(now);
        source.offer_due();
        const double due = static_cast<double>(now - began) / tsc_hz * kTaken;
        if (due - taken >= PacedSource::kBurst) {
            taken += PacedSource::kBurst;
            (void)source.collect();
        }
    }
    const auto quiet = static_cast<std::uint64_t>(kQuietSeconds * tsc_hz);
    for (std::uint64_t last = rte_rdtsc(); rte_rdtsc() - last < quiet;) {
        last = source.collect() ? rte_rdtsc() : last;
    }
    return !held_up.seen();
}

struct Counted {
    unsigned slices = 0;
    unsigned held_up = 0;
    Tally green;
    Tally yellow;
};

void add(Tally& sum, const Tally& more) {
    sum.offered += more.offered;
    sum.received += more.received;
}

Counted measure(PacedSource& source, const dataplane::Worker& worker, double seconds, double hz) {
    Counted counted;
    const auto slices = std::max(1U, static_cast<unsigned>(seconds / kSliceSeconds));
    for (unsigned slice = 0; slice < slices; ++slice) {
        const Tally green = source.tally(kGreen);
        const Tally yellow = source.tally(kYellow);
        if (!stall(source, worker, hz)) {
            ++counted.held_up;
            continue;
        }
        ++counted.slices;
        add(counted.green, source.tally(kGreen) - green);
        add(counted.yellow, source.tally(kYellow) - yellow);
    }
    return counted;
}

const char* why_void(const Counted& counted) {
    if (counted.slices < kSlicesMin) {
        return "the machine kept the threads from running in nearly all slices";
    }
    return counted.yellow.lost() == 0 ? "the port never backed up" : "";
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
        const Counted counted =
            measure(**source, product.group().worker(0), options.seconds, (*bench)->tsc_hz());
        fmt::print(
            R"({{"case":"yellow_first","slices":{},"held_up":{},"green_offered":{},"green_lost":{},)"
            R"("yellow_offered":{},"yellow_lost":{},"void":"{}"}})"
            "\n",
            counted.slices,
            counted.held_up,
            counted.green.offered,
            counted.green.lost(),
            counted.yellow.offered,
            counted.yellow.lost(),
            why_void(counted)
        );
        std::fflush(stdout);
    }
    return 0;
}

} // namespace strowger::bench
