// SPDX-License-Identifier: Apache-2.0
#include "workers/ring_bench.h"

#include "platform/tsc_rate.h"
#include "strowger/model/limits.h"

#include <string>
#include <utility>

namespace strowger::bench {

namespace {

constexpr std::uint32_t kRingEntries = 8'192;

} // namespace

Result<std::unique_ptr<RingBench>> RingBench::create(const Terms& terms) {
    if (auto started = start_eal("workers", terms.cores, 512); !started) {
        return started.error();
    }
    std::unique_ptr<RingBench> bench{
        new RingBench(static_cast<double>(dataplane::measure_tsc_hz()))};
    if (auto ready = bench->set_up(terms); !ready) {
        return ready.error();
    }
    return bench;
}

Result<void> RingBench::set_up(const Terms& terms) {
    auto pool = make_pool("frames", 65'535);
    if (!pool) {
        return pool.error();
    }
    pool_ = std::move(*pool);
    ports_.count = terms.ports;
    for (std::uint16_t i = 0; i < terms.ports; ++i) {
        const std::uint32_t entries = i < terms.ports / 2 ? kRingEntries : terms.out_entries;
        auto port = RingPort::open("port" + std::to_string(i), pool_.get(), {.entries = entries});
        if (!port) {
            return port.error();
        }
        ports_.ports[i].device = port->device->id();
        ports_.ports[i].frame_max = limits::kFrameBytesMax;
        ports_.ports[i].rx_queues = 1;
        ports_.ports[i].tx_queue[0] = 0;
        ring_ports_.push_back(std::move(*port));
    }
    auto product = Product::create(
        {.ports = &ports_,
         .cores = terms.cores,
         .endpoints = 2 * terms.circuits + 64,
         .handover_ring = kRingEntries}
    );
    if (!product) {
        return product.error();
    }
    product_ = std::move(*product);
    return {};
}

Result<std::unique_ptr<PacedSource>> RingBench::source(
    std::uint16_t in,
    std::uint16_t out,
    std::uint32_t first,
    const std::vector<std::uint8_t>& group
) {
    std::vector<std::uint32_t> order = shuffled(static_cast<std::uint32_t>(group.size()));
    for (std::uint32_t& circuit : order) {
        circuit += first;
    }
    std::vector<std::uint8_t> groups(first, 0);
    groups.insert(groups.end(), group.begin(), group.end());
    auto source = PacedSource::create(
        {.into = ring_ports_[in].rx.front().get(),
         .from = ring_ports_[out].tx.front().get(),
         .pool = pool_.get(),
         .frames = kRingEntries,
         .order = std::move(order),
         .group = std::move(groups)}
    );
    if (!source) {
        return source.error();
    }
    return std::make_unique<PacedSource>(std::move(*source));
}

} // namespace strowger::bench
