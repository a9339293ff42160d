// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/rig.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace strowger::bench {

/// Two workers of the product on lcores 1 and 0, an endless source that one of them polls, and a
/// sink that both may send to. Frame buffers are taken from their pool by whoever polls and given
/// back by whoever sends, as with a NIC.
class TwoWorkers {
public:
    struct Terms {
        std::string pcap;            ///< of `circuits` frames, one a circuit
        std::uint32_t circuits = 0;  ///< in the file
        std::uint32_t endpoints = 0; ///< of each worker
        std::uint32_t handover_ring = 2'048;
        /// Frames under way at once: with fewer than the hand-over ring holds, none is lost unless
        /// hand-over loses it. Both workers' stocks of buffers are part of it.
        std::uint32_t under_way = 1'536;
        std::size_t poller = 0; ///< the worker that polls the source
        bool rebalance = false;
    };
    static Result<std::unique_ptr<TwoWorkers>> create(const Terms& terms);

    [[nodiscard]] Product& product() { return *product_; }

private:
    TwoWorkers() = default;
    Result<void> set_up(const Terms& terms);

    Pool pool_;
    std::unique_ptr<BenchDevice> source_;
    std::unique_ptr<BenchDevice> sink_;
    dataplane::PortSet ports_;
    std::unique_ptr<Product> product_;
};

} // namespace strowger::bench
