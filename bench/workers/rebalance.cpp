// SPDX-License-Identifier: Apache-2.0
//
// All the traffic is that of circuits on one of two workers; the other has as many circuits, whose
// customers are silent. The rebalancer runs as it does in service, from this thread. How long until
// the difference of the workers' busy shares is half of what it was?
#include "lib/circuits.h"
#include "lib/lcore.h"
#include "lib/not_measured.h"
#include "lib/pcap_file.h"
#include "platform/worker_threads.h"
#include "strowger/base/check.h"
#include "workers/parts.h"
#include "workers/two_workers.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <thread>

namespace strowger::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::uint32_t kCircuits = 10'000;
constexpr std::size_t kLoaded = 0;
constexpr std::size_t kSilent = 1;
constexpr std::chrono::milliseconds kPause{1}; ///< between looks of the control thread
constexpr std::chrono::milliseconds kWindow{200};
constexpr std::chrono::seconds kGiveUp{20};

double seconds_since(steady_clock::time_point began) {
    return std::chrono::duration<double>(steady_clock::now() - began).count();
}

class Rebalance {
public:
    explicit Rebalance(Product& product) : product_(product) {}

    /// Silent circuits first, bound to their worker; so the loaded ones, which may live anywhere,
    /// are placed on the other.
    Result<void> install() {
        return product_.install(2 * kCircuits, [](std::uint32_t number) {
            if (number >= kCircuits) {
                return program_of(number - kCircuits, Work::TwoToTwo, {0}, {1});
            }
            CircuitProgram silent = program_of(kCircuits + number, Work::TwoToTwo, {0}, {1});
            silent.workers.add(kSilent);
            return silent;
        });
    }
    /// Busy share of the loaded worker less that of the other, over one window. What is moved is
    /// moved meanwhile.
    double imbalance() {
        const std::array<std::uint64_t, 2> before = busy();
        const auto began = steady_clock::now();
        while (steady_clock::now() - began < kWindow) {
            std::array<Completion, 1> none;
            (void)product_.seam().poll(none);
            std::this_thread::sleep_for(kPause);
        }
        const std::array<std::uint64_t, 2> after = busy();
        const auto ticks = seconds_since(began) * static_cast<double>(product_.group().clock_hz());
        const auto share = [&](std::size_t worker) {
            return static_cast<double>(after.at(worker) - before.at(worker)) / ticks;
        };
        return share(kLoaded) - share(kSilent);
    }

private:
    [[nodiscard]] std::array<std::uint64_t, 2> busy() const {
        return {
            product_.group().worker(kLoaded).stats().busy_cycles.read(),
            product_.group().worker(kSilent).stats().busy_cycles.read()};
    }
    Product& product_;
};

} // namespace

int measure_rebalance(const WorkersOptions& options) {
    const auto pcap = begin_on_two_cores(options, kCircuits);
    if (!pcap) {
        return not_measured(pcap.error().message);
    }
    for (unsigned round = 0; round < options.rounds; ++round) {
        auto rig = TwoWorkers::create(
            {.pcap = *pcap,
             .circuits = kCircuits,
             .endpoints = 4 * kCircuits + 64,
             .poller = kLoaded,
             .rebalance = true}
        );
        if (!rig) {
            return not_measured(rig.error().message);
        }
        Rebalance rebalance{(*rig)->product()};
        if (auto installed = rebalance.install(); !installed) {
            return not_measured(installed.error().message);
        }
        const auto threads =
            dataplane::WorkerThreads::start((*rig)->product().config(), (*rig)->product().group());
        STROWGER_CHECK(threads.has_value());
        const auto began = steady_clock::now();
        const double first = rebalance.imbalance();
        double last = first;
        while (last > first / 2 && steady_clock::now() - began < kGiveUp) {
            last = rebalance.imbalance();
        }
        fmt::print(
            R"({{"case":"rebalance","imbalance_before":{:.3f},"imbalance_after":{:.3f},)"
            R"("halved_s":{:.2f},"void":"{}"}})"
            "\n",
            first,
            last,
            seconds_since(began),
            first < 0.2 ? "there was no imbalance to begin with" : ""
        );
        std::fflush(stdout);
    }
    return 0;
}

} // namespace strowger::bench
