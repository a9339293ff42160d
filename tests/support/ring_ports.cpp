// SPDX-License-Identifier: Apache-2.0
#include "tests/support/ring_ports.h"

#include "strowger/base/check.h"

#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>

namespace strowger::test {

namespace {

constexpr unsigned kQueueEntries = 256; // holds one less
constexpr unsigned kPoolFrames = 8'191;
constexpr std::uint16_t kBufferBytes = RTE_PKTMBUF_HEADROOM + kRingPortFrameMax;
/// What a buffer's former life left there.
constexpr int kStale = 0xEE;

rte_ring* make_ring(const std::string& name) {
    rte_ring* const ring =
        rte_ring_create(name.c_str(), kQueueEntries, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    STROWGER_CHECK(ring != nullptr);
    return ring;
}

} // namespace

RingPorts& RingPorts::instance() {
    static RingPorts ports;
    return ports;
}

RingPorts::RingPorts() {
    // No cache: the number of frames in use is exact.
    pool_ = rte_pktmbuf_pool_create("test_frames", kPoolFrames, 0, 0, kBufferBytes, SOCKET_ID_ANY);
    STROWGER_CHECK(pool_ != nullptr);
    for (unsigned index = 0; index < kRingPorts; ++index) {
        open(index);
    }
}

void RingPorts::open(unsigned index) {
    Port& port = ports_[index];
    const std::string name = "ring_port" + std::to_string(index);
    for (unsigned queue = 0; queue < kRingPortQueues; ++queue) {
        port.rx[queue] = make_ring(name + "_rx" + std::to_string(queue));
        port.tx[queue] = make_ring(name + "_tx" + std::to_string(queue));
    }
    const int device = rte_eth_from_rings(
        name.c_str(), port.rx.data(), kRingPortQueues, port.tx.data(), kRingPortQueues, 0
    );
    STROWGER_CHECK(device >= 0);
    port.device = static_cast<std::uint16_t>(device);
    const rte_eth_conf conf{};
    STROWGER_CHECK(
        rte_eth_dev_configure(port.device, kRingPortQueues, kRingPortQueues, &conf) == 0
    );
    for (std::uint16_t queue = 0; queue < kRingPortQueues; ++queue) {
        STROWGER_CHECK(rte_eth_rx_queue_setup(port.device, queue, 0, 0, nullptr, pool_) == 0);
        STROWGER_CHECK(rte_eth_tx_queue_setup(port.device, queue, 0, 0, nullptr) == 0);
    }
    STROWGER_CHECK(rte_eth_dev_start(port.device) == 0);
}

rte_mbuf* RingPorts::make(std::span<const std::uint8_t> bytes) {
    rte_mbuf* const frame = rte_pktmbuf_alloc(pool_);
    STROWGER_CHECK(frame != nullptr && bytes.size() <= rte_pktmbuf_tailroom(frame));
    std::memset(frame->buf_addr, kStale, frame->buf_len);
    std::memcpy(
        rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())),
        bytes.data(),
        bytes.size()
    );
    return frame;
}

bool RingPorts::inject(unsigned port, unsigned queue, rte_mbuf* frame) {
    if (rte_ring_sp_enqueue(ports_[port].rx[queue], frame) == 0) {
        return true;
    }
    rte_pktmbuf_free(frame);
    return false;
}

std::vector<std::vector<std::uint8_t>> RingPorts::collect(unsigned port) {
    std::vector<std::vector<std::uint8_t>> frames;
    for (unsigned queue = 0; queue < kRingPortQueues; ++queue) {
        std::vector<std::vector<std::uint8_t>> more = collect(port, queue);
        std::move(more.begin(), more.end(), std::back_inserter(frames));
    }
    return frames;
}

std::vector<std::vector<std::uint8_t>> RingPorts::collect(unsigned port, unsigned queue) {
    std::vector<std::vector<std::uint8_t>> frames;
    void* object = nullptr;
    while (rte_ring_sc_dequeue(ports_[port].tx[queue], &object) == 0) {
        auto* const frame = static_cast<rte_mbuf*>(object);
        const auto* const bytes = rte_pktmbuf_mtod(frame, const std::uint8_t*);
        frames.emplace_back(bytes, bytes + frame->pkt_len);
        rte_pktmbuf_free(frame);
    }
    return frames;
}

void RingPorts::drain() {
    for (unsigned index = 0; index < kRingPorts; ++index) {
        collect(index);
        for (rte_ring* const ring : ports_[index].rx) {
            void* object = nullptr;
            while (rte_ring_sc_dequeue(ring, &object) == 0) {
                rte_pktmbuf_free(static_cast<rte_mbuf*>(object));
            }
        }
    }
}

} // namespace strowger::test
