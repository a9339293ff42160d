// SPDX-License-Identifier: Apache-2.0
#include "workers/two_workers.h"

#include "lib/circuits.h"
#include "lib/pcap_file.h"

#include <utility>

namespace strowger::bench {

Result<std::unique_ptr<TwoWorkers>> TwoWorkers::create(const Terms& terms) {
    std::unique_ptr<TwoWorkers> rig{new TwoWorkers};
    if (auto ready = rig->set_up(terms); !ready) {
        return ready.error();
    }
    return rig;
}

Result<void> TwoWorkers::set_up(const Terms& terms) {
    auto pool = make_pool("two_workers", pcap_frames(terms.circuits) + terms.under_way);
    if (!pool) {
        return pool.error();
    }
    pool_ = std::move(*pool);
    auto source = BenchDevice::open(
        "net_pcap_workers,rx_pcap=" + terms.pcap + ",infinite_rx=1", pool_.get(), {}
    );
    if (!source) {
        return source.error();
    }
    source_ = std::move(*source);
    auto sink = BenchDevice::open("net_null_workers,no-rx=1", pool_.get(), {.tx_queues = 2});
    if (!sink) {
        return sink.error();
    }
    sink_ = std::move(*sink);
    ports_.count = 2;
    for (std::size_t i = 0; i < 2; ++i) {
        ports_.ports[i].device = (i == 0 ? source_ : sink_)->id();
        ports_.ports[i].frame_max = limits::kFrameBytesMax;
    }
    ports_.ports[0].rx_queues = 1;
    ports_.ports[0].rx_poller[0] = static_cast<std::uint16_t>(terms.poller);
    ports_.ports[0].tx_queue[terms.poller] = 0;
    ports_.ports[1].tx_queue[0] = 0;
    ports_.ports[1].tx_queue[1] = 1;
    auto product = Product::create(
        {.ports = &ports_,
         .cores = {1, 0},
         .endpoints = terms.endpoints,
         .handover_ring = terms.handover_ring,
         .rebalance = terms.rebalance}
    );
    if (!product) {
        return product.error();
    }
    product_ = std::move(*product);
    return {};
}

} // namespace strowger::bench
