// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/paced_source.h"
#include "lib/ring_port.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace strowger::bench {

/// The product's workers, the first on lcore 1, between ports made of rings, with sources and sinks
/// on the calling thread.
class RingBench {
public:
    struct Terms {
        std::uint16_t ports = 2; ///< the second half is where circuits of the first half lead
        std::uint32_t circuits = 1;
        std::uint32_t out_entries = 8'192; ///< of the rings that they lead to
        /// Of the workers; the first one polls every port and has every tx queue.
        std::vector<std::uint32_t> cores = {1};
    };
    static Result<std::unique_ptr<RingBench>> create(const Terms& terms);

    [[nodiscard]] Product& product() { return *product_; }
    [[nodiscard]] double tsc_hz() const { return tsc_hz_; }
    /// A source into port `in` whose frames come back from port `out`; circuits from `first` on.
    /// `group`: by circuit counted from `first`.
    Result<std::unique_ptr<PacedSource>> source(
        std::uint16_t in,
        std::uint16_t out,
        std::uint32_t first,
        const std::vector<std::uint8_t>& group
    );

private:
    explicit RingBench(double tsc_hz) : tsc_hz_(tsc_hz) {}
    Result<void> set_up(const Terms& terms);

    double tsc_hz_;
    Pool pool_;
    std::vector<RingPort> ring_ports_;
    dataplane::PortSet ports_;
    std::unique_ptr<Product> product_;
};

/// What two tallies of one group, read before and after, count between them.
[[nodiscard]] constexpr Tally operator-(const Tally& after, const Tally& before) {
    return {
        after.offered - before.offered,
        after.received - before.received,
        after.reordered - before.reordered};
}

} // namespace strowger::bench
