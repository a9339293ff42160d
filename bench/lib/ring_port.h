// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/rig.h"

#include <rte_ring.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strowger::bench {

struct RingFree {
    void operator()(rte_ring* ring) const { rte_ring_free(ring); }
};
using Ring = std::unique_ptr<rte_ring, RingFree>;
/// Single producer, single consumer; holds one less than `entries`, a power of two.
Result<Ring> make_ring(const std::string& name, std::uint32_t entries);

/// A port whose queues are rings of one process: what a generator puts into `rx` arrives, what
/// leaves lies in `tx`.
struct RingPort {
    std::vector<Ring> rx; ///< one a queue
    std::vector<Ring> tx;
    std::unique_ptr<BenchDevice> device;

    struct Terms {
        std::uint16_t rx_queues = 1;
        std::uint16_t tx_queues = 1;
        std::uint32_t entries = 8'192; ///< of each ring
    };
    static Result<RingPort> open(const std::string& name, rte_mempool* pool, const Terms& terms);
    /// Frees the frames that lie in its rings.
    void drain();
};

} // namespace strowger::bench
