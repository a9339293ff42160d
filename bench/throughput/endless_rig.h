// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/lcore.h"
#include "lib/rig.h"
#include "lib/ring_port.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace strowger::bench {

/// What one round measured.
struct Round {
    std::uint64_t frames = 0;
    double on_core_ns = 0; ///< of the device under test's core
    double wall_ns = 0;
    std::string fault; ///< why the round is void; empty: it counts

    [[nodiscard]] double ns_per_frame() const {
        return frames == 0 ? 0 : on_core_ns / static_cast<double>(frames);
    }
};

/// Where frames come from and go to.
enum class Source : std::uint8_t {
    /// An endless pcap, and a sink that frees what it gets: what peers can be given as well.
    Pcap,
    /// 8,192 frames on a ring that go round: each leaves with the tags of another random circuit
    /// and so arrives there next. Hardly any cost of its own.
    Loop,
};

/// An endless source, the product's worker on lcore 1, and a sink, in one process: the worker's
/// core is the only bottleneck, and no generator needs another.
class EndlessRig {
public:
    struct Terms {
        std::uint32_t circuits = 1;
        Source source = Source::Pcap;
        Work work = Work::TwoToTwo;     ///< of Source::Pcap
        std::string pcap;               ///< written by write_pcap for as many circuits
        std::uint32_t frame_bytes = 64; ///< with FCS; of Source::Loop
    };
    static Result<std::unique_ptr<EndlessRig>> create(const Terms& terms);

    /// Receives and transmits bursts and nothing else: what source and sink cost.
    Round measure_floor(double seconds);
    /// The product's worker loop as strowgerd runs it.
    Round measure_product(double seconds);

    /// For a load beside what is measured, on another lcore.
    [[nodiscard]] dataplane::Worker& worker() { return product_->group().worker(0); }
    [[nodiscard]] const Terms& terms() const { return terms_; }

private:
    struct Totals {
        std::uint64_t rx = 0;
        std::uint64_t tx = 0;
        std::uint64_t drops = 0;
        std::uint64_t device_tx = 0;
        std::uint64_t green_in = 0;  ///< summed over the circuits' own counters
        std::uint64_t green_out = 0; ///< likewise
    };

    explicit EndlessRig(Terms terms) : terms_(std::move(terms)), clock_(1) {}
    Result<void> open_pcap();
    Result<void> open_loop();
    Result<void> fill_loop();
    Result<void> make_product();
    [[nodiscard]] Totals totals() const;
    [[nodiscard]] std::string fault(const Totals& before, const Totals& after) const;

    Terms terms_;
    LcoreClock clock_;
    Pool pool_;
    Ring loop_;
    Ring idle_; ///< the way of a port that is not used
    std::unique_ptr<BenchDevice> source_;
    std::vector<std::unique_ptr<BenchDevice>> sinks_;
    std::unique_ptr<dataplane::PortSet> ports_;
    std::unique_ptr<Product> product_;
};

} // namespace strowger::bench
