// SPDX-License-Identifier: Apache-2.0
#include "lib/ring_port.h"

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>

#include <utility>

namespace strowger::bench {

namespace {

Result<std::vector<rte_ring*>> make_rings(
    const std::string& name,
    std::uint16_t count,
    std::uint32_t entries,
    std::vector<Ring>& rings
) {
    std::vector<rte_ring*> pointers;
    for (std::uint16_t queue = 0; queue < count; ++queue) {
        auto ring = make_ring(name + std::to_string(queue), entries);
        if (!ring) {
            return ring.error();
        }
        pointers.push_back(ring->get());
        rings.push_back(std::move(*ring));
    }
    return pointers;
}

} // namespace

Result<Ring> make_ring(const std::string& name, std::uint32_t entries) {
    Ring ring{rte_ring_create(name.c_str(), entries, 0, RING_F_SP_ENQ | RING_F_SC_DEQ)};
    if (ring == nullptr) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message = "no memory for a ring of " + std::to_string(entries) + " frames (" +
                       rte_strerror(rte_errno) + "): reserve more hugepages",
            .problems = {}};
    }
    return ring;
}

Result<RingPort> RingPort::open(const std::string& name, rte_mempool* pool, const Terms& terms) {
    RingPort port;
    auto rx = make_rings(name + "rx", terms.rx_queues, terms.entries, port.rx);
    if (!rx) {
        return rx.error();
    }
    auto tx = make_rings(name + "tx", terms.tx_queues, terms.entries, port.tx);
    if (!tx) {
        return tx.error();
    }
    const int id = rte_eth_from_rings(
        name.c_str(), rx->data(), terms.rx_queues, tx->data(), terms.tx_queues, 0
    );
    if (id < 0) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message = "DPDK makes no port of rings: is librte-net-ring installed?",
            .problems = {}};
    }
    auto device = BenchDevice::adopt(
        static_cast<std::uint16_t>(id),
        pool,
        {.rx_queues = terms.rx_queues, .tx_queues = terms.tx_queues}
    );
    if (!device) {
        return device.error();
    }
    port.device = std::move(*device);
    return port;
}

void RingPort::drain() {
    for (const auto* const rings : {&rx, &tx}) {
        for (const Ring& ring : *rings) {
            void* frame = nullptr;
            while (rte_ring_sc_dequeue(ring.get(), &frame) == 0) {
                rte_pktmbuf_free(static_cast<rte_mbuf*>(frame));
            }
        }
    }
}

} // namespace strowger::bench
