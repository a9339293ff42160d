// SPDX-License-Identifier: Apache-2.0
#include "stage/receive.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>

namespace strowger::dataplane {

void receive(const RxQueue& from, Burst& burst, PortStats* stats) noexcept {
    burst.dropped_count = 0;
    burst.count = rte_eth_rx_burst(from.device, from.queue, burst.frames.data(), kBurstMax);
    if (burst.count == 0) {
        return;
    }
    std::uint64_t bytes = 0;
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        rte_prefetch0(rte_pktmbuf_mtod(burst.frames[i], const void*));
        burst.ports[i] = from.port;
        bytes += burst.frames[i]->pkt_len + kFcsBytes;
    }
    stats[from.port].rx.frames.add(burst.count);
    stats[from.port].rx.bytes.add(bytes);
}

} // namespace strowger::dataplane
