// SPDX-License-Identifier: Apache-2.0
#include "throughput/endless_rig.h"

#include "lib/pcap_file.h"
#include "platform/worker_threads.h"
#include "strowger/base/check.h"

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_mbuf.h>

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace strowger::bench {

namespace {

constexpr unsigned kLcore = 1; // where WorkerThreads puts the first worker of a group
constexpr std::uint32_t kCyclingBuffers = 8'192;
constexpr std::uint16_t kBurst = 32;
// Caches, branch predictors and the clock of the core settle first.
constexpr std::chrono::milliseconds kWarmUp{200};

struct FloorLoop {
    std::uint16_t source = 0;
    std::uint16_t sink = 0;
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> frames{0};
};

int run_floor(void* argument) {
    auto& loop = *static_cast<FloorLoop*>(argument);
    std::array<rte_mbuf*, kBurst> frames;
    std::uint64_t moved = 0;
    while (!loop.stop.load(std::memory_order_relaxed)) {
        const std::uint16_t count = rte_eth_rx_burst(loop.source, 0, frames.data(), kBurst);
        const std::uint16_t sent = rte_eth_tx_burst(loop.sink, 0, frames.data(), count);
        if (sent < count) {
            rte_pktmbuf_free_bulk(&frames[sent], count - sent);
        }
        moved += sent;
        loop.frames.store(moved, std::memory_order_relaxed);
    }
    return 0;
}

/// DPDK's names are unique in a process.
std::string next_number() {
    static unsigned made = 0;
    return std::to_string(made++);
}

/// Watches a loop that runs on the lcore: `frames_so_far` is read together with the clock.
template <typename FramesSoFar>
Round watch(const LcoreClock& clock, double seconds, const FramesSoFar& frames_so_far) {
    std::this_thread::sleep_for(kWarmUp);
    const std::uint64_t frames = frames_so_far();
    const std::uint64_t on_core = clock.on_core_ns();
    const auto began = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    Round round;
    round.frames = frames_so_far() - frames;
    round.on_core_ns = static_cast<double>(clock.on_core_ns() - on_core);
    round.wall_ns =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count();
    return round;
}

} // namespace

Result<std::unique_ptr<EndlessRig>> EndlessRig::create(const Terms& terms) {
    std::unique_ptr<EndlessRig> rig{new EndlessRig(terms)};
    auto opened = terms.source == Source::Pcap ? rig->open_pcap() : rig->open_loop();
    if (!opened) {
        return opened.error();
    }
    if (auto made = rig->make_product(); !made) {
        return made.error();
    }
    // A worker holds a burst in its pipeline between turns. From here on it does so at the begin
    // and at the end of a round alike, and what it received and transmitted can be compared.
    (void)rig->measure_product(0);
    return rig;
}

Result<void> EndlessRig::open_pcap() {
    const std::string number = next_number();
    const std::uint32_t buffers = std::bit_ceil(pcap_frames(terms_.circuits) + kCyclingBuffers) - 1;
    auto pool = make_pool("endless" + number, buffers);
    if (!pool) {
        return pool.error();
    }
    pool_ = std::move(*pool);
    auto source = BenchDevice::open(
        "net_pcap" + number + ",rx_pcap=" + terms_.pcap + ",infinite_rx=1", pool_.get(), {}
    );
    if (!source) {
        return source.error();
    }
    source_ = std::move(*source);
    for (std::size_t i = 0; i < out_ports(terms_.work, terms_.circuits); ++i) {
        auto sink = BenchDevice::open(
            "net_null" + number + "_" + std::to_string(i) + ",no-rx=1", pool_.get(), {}
        );
        if (!sink) {
            return sink.error();
        }
        sinks_.push_back(std::move(*sink));
    }
    return {};
}

Result<void> EndlessRig::open_loop() {
    const std::string number = next_number();
    auto pool = make_pool("loop" + number, 2 * kCyclingBuffers - 1);
    if (!pool) {
        return pool.error();
    }
    pool_ = std::move(*pool);
    const std::string name = "loop" + number;
    auto loop = make_ring(name, 2 * kCyclingBuffers);
    auto idle = make_ring(name + "idle", 2);
    if (!loop || !idle) {
        return loop ? idle.error() : loop.error();
    }
    loop_ = std::move(*loop);
    idle_ = std::move(*idle);
    for (const bool in : {true, false}) {
        rte_ring* rx = in ? loop_.get() : idle_.get();
        rte_ring* tx = in ? idle_.get() : loop_.get();
        const int id = rte_eth_from_rings((name + (in ? "in" : "out")).c_str(), &rx, 1, &tx, 1, 0);
        if (id < 0) {
            return Error{ErrorCode::Unavailable, "DPDK makes no port of a ring", {}};
        }
        auto device = BenchDevice::adopt(static_cast<std::uint16_t>(id), pool_.get(), {});
        if (!device) {
            return device.error();
        }
        (in ? source_ : sinks_.emplace_back()) = std::move(*device);
    }
    return fill_loop();
}

Result<void> EndlessRig::fill_loop() {
    const std::vector<std::uint32_t> order = shuffled(terms_.circuits);
    for (std::uint32_t i = 0; i < kCyclingBuffers; ++i) {
        const std::vector<std::uint8_t> bytes =
            frame_of(order[i % terms_.circuits], terms_.frame_bytes);
        rte_mbuf* const frame = rte_pktmbuf_alloc(pool_.get());
        if (frame == nullptr) {
            return Error{ErrorCode::Unavailable, "no frame buffers for the loop", {}};
        }
        std::memcpy(
            rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())),
            bytes.data(),
            bytes.size()
        );
        STROWGER_CHECK(rte_ring_sp_enqueue(loop_.get(), frame) == 0);
    }
    return {};
}

Result<void> EndlessRig::make_product() {
    ports_ = std::make_unique<dataplane::PortSet>();
    STROWGER_CHECK(1 + sinks_.size() <= ports_->ports.size());
    ports_->count = static_cast<std::uint16_t>(1 + sinks_.size());
    for (std::size_t i = 0; i < ports_->count; ++i) {
        dataplane::PortQueues& port = ports_->ports[i];
        port.device = i == 0 ? source_->id() : sinks_[i - 1]->id();
        port.frame_max = limits::kFrameBytesMax;
        // Nothing arrives at a sink: polling it would add to the cost of every frame.
        port.rx_queues = i == 0 ? 1 : 0;
        port.tx_queue[0] = 0;
    }
    auto product = Product::create({.ports = ports_.get(), .endpoints = 2 * terms_.circuits});
    if (!product) {
        return product.error();
    }
    product_ = std::move(*product);
    if (terms_.source == Source::Pcap) {
        return product_->install(terms_.circuits, [this](std::uint32_t circuit) {
            return program_of(circuit, terms_.work, {0}, {1});
        });
    }
    return product_->install(
        terms_.circuits,
        [next = random_tour(terms_.circuits)](std::uint32_t circuit) {
            return program_between(arriving_tags(circuit), arriving_tags(next[circuit]), {0}, {1});
        }
    );
}

Round EndlessRig::measure_floor(double seconds) {
    FloorLoop loop;
    loop.source = source_->id();
    loop.sink = sinks_.front()->id();
    STROWGER_CHECK(rte_eal_remote_launch(run_floor, &loop, kLcore) == 0);
    Round round =
        watch(clock_, seconds, [&loop] { return loop.frames.load(std::memory_order_relaxed); });
    loop.stop.store(true, std::memory_order_relaxed);
    rte_eal_wait_lcore(kLcore);
    return round;
}

Round EndlessRig::measure_product(double seconds) {
    const Totals before = totals();
    Round round;
    {
        auto threads = dataplane::WorkerThreads::start(product_->config(), product_->group());
        STROWGER_CHECK(threads.has_value());
        const dataplane::PortStats* const stats = product_->group().worker(0).parts().port_stats;
        round = watch(clock_, seconds, [stats] { return stats[0].rx.frames.read(); });
    }
    round.fault = fault(before, totals());
    return round;
}

EndlessRig::Totals EndlessRig::totals() const {
    Totals totals;
    for (std::uint16_t port = 0; port < ports_->count; ++port) {
        const PortCounters counters = product_->seam().port_counters(PortIndex{port});
        totals.rx += counters.rx.frames;
        totals.tx += counters.tx.frames;
        for (const std::uint64_t dropped : counters.drops) {
            totals.drops += dropped;
        }
    }
    for (const auto& sink : sinks_) {
        totals.device_tx += sink->sent();
    }
    for (std::uint32_t circuit = 0; circuit < terms_.circuits; ++circuit) {
        const auto counters = product_->seam().counters(CircuitKey{circuit});
        STROWGER_CHECK(counters.has_value());
        totals.green_in += counters->endpoints[0].ingress_green.frames;
        totals.green_out += counters->endpoints[1].egress_green.frames;
    }
    return totals;
}

std::string EndlessRig::fault(const Totals& before, const Totals& after) const {
    const std::uint64_t rx = after.rx - before.rx;
    const auto differs = [rx](const char* what, std::uint64_t count) {
        return std::string{what} + " " + std::to_string(count) + " of " + std::to_string(rx) +
               " frames";
    };
    if (rx == 0) {
        return "nothing was received";
    }
    if (after.drops != before.drops) {
        return differs("the worker dropped", after.drops - before.drops);
    }
    if (after.tx - before.tx != rx) {
        return differs("the worker transmitted", after.tx - before.tx);
    }
    if (after.device_tx - before.device_tx != rx) {
        return differs("the sink got", after.device_tx - before.device_tx);
    }
    if (after.green_in - before.green_in != rx) {
        return differs("the circuits counted as green", after.green_in - before.green_in);
    }
    if (after.green_out - before.green_out != rx) {
        return differs("the circuits counted as sent", after.green_out - before.green_out);
    }
    return {};
}

} // namespace strowger::bench
