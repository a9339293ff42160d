// SPDX-License-Identifier: Apache-2.0
//
// What a worker of its own loses to a loaded worker beside it: rounds with the neighbour idle, with
// it idle again (A/A, the noise of the machine), and with it at its limit.
#include "lib/not_measured.h"
#include "lib/pcap_file.h"
#include "strowger/base/check.h"
#include "throughput/endless_rig.h"
#include "workers/parts.h"

#include <rte_launch.h>

#include <atomic>
#include <cstdio>
#include <fmt/format.h>
#include <string>

namespace strowger::bench {
namespace {

constexpr std::uint32_t kCircuits = 10'000;
constexpr unsigned kNeighbour = 2; // lcore

struct Load {
    dataplane::Worker* worker = nullptr;
    std::atomic<bool> stop{false};
};

int run_load(void* argument) {
    auto& load = *static_cast<Load*>(argument);
    while (!load.stop.load(std::memory_order_relaxed)) {
        load.worker->turn();
    }
    return 0;
}

Round beside(EndlessRig& slice, EndlessRig& neighbour, bool loaded, double seconds) {
    if (!loaded) {
        return slice.measure_product(seconds);
    }
    Load load;
    load.worker = &neighbour.worker();
    STROWGER_CHECK(rte_eal_remote_launch(run_load, &load, kNeighbour) == 0);
    const Round round = slice.measure_product(seconds);
    load.stop.store(true, std::memory_order_relaxed);
    rte_eal_wait_lcore(kNeighbour);
    return round;
}

} // namespace

int measure_hard_slice(const WorkersOptions& options) {
    const auto pcap = begin_on_two_cores(options, kCircuits);
    if (!pcap) {
        return not_measured(pcap.error().message);
    }
    auto slice = EndlessRig::create({.circuits = kCircuits, .pcap = *pcap});
    auto neighbour = EndlessRig::create({.circuits = kCircuits, .pcap = *pcap});
    if (!slice || !neighbour) {
        return not_measured((slice ? neighbour : slice).error().message);
    }
    for (unsigned round = 0; round < options.rounds; ++round) {
        const Round before = beside(**slice, **neighbour, false, options.seconds);
        const Round loaded = beside(**slice, **neighbour, true, options.seconds);
        const Round after = beside(**slice, **neighbour, false, options.seconds);
        const std::string fault = before.fault + loaded.fault + after.fault;
        fmt::print(
            R"({{"case":"hard_slice","idle_ns":{:.3f},"loaded_ns":{:.3f},"idle_again_ns":{:.3f},)"
            R"("void":"{}"}})"
            "\n",
            before.ns_per_frame(),
            loaded.ns_per_frame(),
            after.ns_per_frame(),
            fault
        );
        std::fflush(stdout);
    }
    return 0;
}

} // namespace strowger::bench
