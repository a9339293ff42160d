// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace strowger::test {

inline constexpr unsigned kRingPorts = 8;
inline constexpr unsigned kRingPortQueues = 4;
inline constexpr std::uint32_t kRingPortFrameMax = 9'216;

/// Eight ethdevs whose queues are rings that tests fill and empty, made once a process because a
/// device costs more than most tests. Between tests their rings are empty.
class RingPorts {
public:
    static RingPorts& instance();

    [[nodiscard]] std::uint16_t device(unsigned port) const { return ports_[port].device; }
    [[nodiscard]] rte_mempool* pool() const { return pool_; }

    /// A frame of the pool; its buffer's unused bytes are set, so that leaks are seen.
    rte_mbuf* make(std::span<const std::uint8_t> bytes);
    bool inject(unsigned port, unsigned queue, rte_mbuf* frame);
    std::vector<std::vector<std::uint8_t>> collect(unsigned port);
    /// Of one queue, for the thread that owns it.
    std::vector<std::vector<std::uint8_t>> collect(unsigned port, unsigned queue);
    void drain();

private:
    struct Port {
        std::uint16_t device = 0;
        std::array<rte_ring*, kRingPortQueues> rx{};
        std::array<rte_ring*, kRingPortQueues> tx{};
    };

    RingPorts();
    void open(unsigned index);

    rte_mempool* pool_ = nullptr;
    std::array<Port, kRingPorts> ports_;
};

} // namespace strowger::test
