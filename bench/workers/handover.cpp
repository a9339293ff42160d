// SPDX-License-Identifier: Apache-2.0
//
// What hand-over adds to a frame: one worker polls, another owns the circuits, against one worker
// that does both, in the same run. Frame buffers are taken from their pool by the poller and given
// back by the owner, as with a NIC. There are never more frames under way than the hand-over ring
// holds, so that nothing is lost unless hand-over loses it.
#include "lib/lcore.h"
#include "lib/not_measured.h"
#include "lib/pcap_file.h"
#include "platform/tsc_rate.h"
#include "platform/worker_threads.h"
#include "strowger/base/check.h"
#include "throughput/endless_rig.h"
#include "workers/parts.h"
#include "workers/two_workers.h"

#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace strowger::bench {
namespace {

constexpr std::uint32_t kCircuits = 10'000;
constexpr std::size_t kOwner = 0;
constexpr std::size_t kPoller = 1;
constexpr std::chrono::milliseconds kWarmUp{200};

/// All circuits on one worker, the source polled by the other.
Result<void> install_on_owner(Product& product) {
    WorkerSet owner;
    owner.add(kOwner);
    auto installed = product.install(kCircuits, [owner](std::uint32_t circuit) {
        CircuitProgram program = program_of(circuit, Work::TwoToTwo, {0}, {1});
        program.workers = owner;
        return program;
    });
    if (!installed) {
        return installed;
    }
    const auto place = product.seam().place(CircuitKey{kCircuits - 1});
    if (!place || place->worker != kOwner) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message = "circuits do not go to the worker that their program names",
            .problems = {}};
    }
    return {};
}

struct Measured {
    std::uint64_t frames = 0;
    std::uint64_t lost = 0;
    double owner_ns = 0; ///< busy time a frame
    double poller_ns = 0;
};

Measured hand_over(Product& product, double seconds, double tsc_hz) {
    const auto threads = dataplane::WorkerThreads::start(product.config(), product.group());
    STROWGER_CHECK(threads.has_value());
    const dataplane::Worker& owner = product.group().worker(kOwner);
    const dataplane::Worker& poller = product.group().worker(kPoller);
    const auto drops = [&product] {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : product.seam().port_counters({0}).drops) {
            sum += count;
        }
        return sum;
    };
    std::this_thread::sleep_for(kWarmUp);
    const std::uint64_t frames = owner.stats().taken_over.read();
    const std::uint64_t owner_busy = owner.stats().busy_cycles.read();
    const std::uint64_t poller_busy = poller.stats().busy_cycles.read();
    const std::uint64_t lost = drops();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    Measured measured;
    measured.frames = owner.stats().taken_over.read() - frames;
    const auto ns_a_frame = [&](std::uint64_t cycles) {
        return measured.frames == 0 ? 0
                                    : static_cast<double>(cycles) * 1e9 / tsc_hz /
                                          static_cast<double>(measured.frames);
    };
    measured.owner_ns = ns_a_frame(owner.stats().busy_cycles.read() - owner_busy);
    measured.poller_ns = ns_a_frame(poller.stats().busy_cycles.read() - poller_busy);
    measured.lost = drops() - lost;
    return measured;
}

} // namespace

int measure_handover(const WorkersOptions& options) {
    const auto pcap = begin_on_two_cores(options, kCircuits);
    if (!pcap) {
        return not_measured(pcap.error().message);
    }
    auto alone = EndlessRig::create({.circuits = kCircuits, .pcap = *pcap});
    if (!alone) {
        return not_measured(alone.error().message);
    }
    auto pair = TwoWorkers::create(
        {.pcap = *pcap, .circuits = kCircuits, .endpoints = 2 * kCircuits + 64, .poller = kPoller}
    );
    if (!pair) {
        return not_measured(pair.error().message);
    }
    Product& product = (*pair)->product();
    if (auto installed = install_on_owner(product); !installed) {
        return not_measured(installed.error().message);
    }
    const auto tsc_hz = static_cast<double>(dataplane::measure_tsc_hz());
    for (unsigned round = 0; round < options.rounds; ++round) {
        const Round floor = (*alone)->measure_floor(options.seconds);
        const Round completion = (*alone)->measure_product(options.seconds);
        const Measured handed = hand_over(product, options.seconds, tsc_hz);
        fmt::print(
            R"({{"case":"handover","frames":{},"lost":{},"floor_ns":{:.2f},"run_to_completion_ns":{:.2f},)"
            R"("owner_ns":{:.2f},"poller_ns":{:.2f},"void":"{}"}})"
            "\n",
            handed.frames,
            handed.lost,
            floor.ns_per_frame(),
            completion.ns_per_frame(),
            handed.owner_ns,
            handed.poller_ns,
            handed.frames == 0 ? "nothing was handed over" : completion.fault
        );
        std::fflush(stdout);
    }
    return 0;
}

} // namespace strowger::bench
