// SPDX-License-Identifier: Apache-2.0
//
// How many circuits a second the seam brings to a running worker: created, modified, deleted, each
// counted when the worker has acknowledged the last one. No store, no API: what they could reach.
#include "lib/not_measured.h"
#include "lib/rig.h"
#include "lib/ring_port.h"
#include "platform/worker_threads.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

namespace strowger::bench {
namespace {

constexpr std::uint32_t kOutstandingMax = 1'024;

double seconds_since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

class Bench {
public:
    Result<void> set_up(std::uint32_t circuits) {
        if (auto started = start_eal("apply_rate", {1}, 256 + circuits / 500); !started) {
            return started;
        }
        auto pool = make_pool("frames", 8'191);
        if (!pool) {
            return pool.error();
        }
        pool_ = std::move(*pool);
        ports_.count = 2;
        for (std::size_t i = 0; i < 2; ++i) {
            auto opened = RingPort::open("port" + std::to_string(i), pool_.get(), {});
            if (!opened) {
                return opened.error();
            }
            ring_ports_[i] = std::move(*opened);
            ports_.ports[i].device = ring_ports_[i].device->id();
            ports_.ports[i].frame_max = limits::kFrameBytesMax;
            ports_.ports[i].rx_queues = 1;
            ports_.ports[i].tx_queue[0] = 0;
        }
        auto product =
            Product::create({.ports = &ports_, .endpoints = 2 * circuits + 4 * kOutstandingMax});
        if (!product) {
            return product.error();
        }
        product_ = std::move(*product);
        auto threads = dataplane::WorkerThreads::start(product_->config(), product_->group());
        if (!threads) {
            return threads.error();
        }
        threads_ = std::move(*threads);
        for (std::uint32_t circuit = 0; circuit < circuits; ++circuit) {
            programs_.push_back(program_of(circuit, Work::TwoToTwo, {0}, {1}));
            changed_.push_back(programs_.back());
            changed_.back().forwarding = false;
        }
        return {};
    }

    /// Circuits a second of creating, modifying and deleting all of them, in this order.
    std::array<double, 3> round() {
        return {
            rate([this](std::uint32_t i) { bring(i, programs_[i]); }),
            rate([this](std::uint32_t i) { bring(i, changed_[i]); }),
            rate(
                [this](std::uint32_t i) { product_->seam().remove(CircuitKey{base_ + i}, i); }, true
            ),
        };
    }

private:
    void bring(std::uint32_t circuit, const CircuitProgram& program) {
        const CircuitKey key{base_ + circuit};
        STROWGER_CHECK(product_->seam().stage(key, program).has_value());
        product_->seam().commit(key, circuit);
    }
    template <typename Order>
    double rate(const Order& order, bool last = false) {
        std::array<Completion, 256> completions;
        dataplane::RingDataplane& seam = product_->seam();
        const auto count = static_cast<std::uint32_t>(programs_.size());
        const auto began = std::chrono::steady_clock::now();
        for (std::uint32_t i = 0; i < count; ++i) {
            order(i);
            while (seam.outstanding() >= kOutstandingMax) {
                (void)seam.poll(completions);
            }
        }
        while (seam.outstanding() != 0) {
            (void)seam.poll(completions);
        }
        const double seconds = seconds_since(began);
        base_ += last ? count : 0; // keys are never used again
        return count / seconds;
    }

    Pool pool_;
    std::array<RingPort, 2> ring_ports_;
    dataplane::PortSet ports_;
    std::unique_ptr<Product> product_;
    std::unique_ptr<dataplane::WorkerThreads> threads_;
    std::vector<CircuitProgram> programs_;
    std::vector<CircuitProgram> changed_;
    std::uint64_t base_ = 0;
};

int run(std::uint32_t circuits, unsigned rounds) {
    static Bench bench;
    if (auto ready = bench.set_up(circuits); !ready) {
        return not_measured(ready.error().message);
    }
    for (unsigned round = 0; round < rounds; ++round) {
        const auto [created, modified, deleted] = bench.round();
        fmt::print(
            R"({{"case":"apply","circuits":{},"created_per_s":{:.0f},"modified_per_s":{:.0f},)"
            R"("deleted_per_s":{:.0f}}})"
            "\n",
            circuits,
            created,
            modified,
            deleted
        );
        std::fflush(stdout);
    }
    return 0;
}

} // namespace
} // namespace strowger::bench

int main(int argc, char** argv) {
    const long circuits = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 100'000;
    const long rounds = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 5;
    if (argc > 3 || circuits < 1 || circuits > 1'000'000 || rounds < 1 || rounds > 1'000) {
        fmt::print(stderr, "usage: apply_rate [CIRCUITS (1 to 1000000) [ROUNDS (1 to 1000)]]\n");
        return 2;
    }
    strowger::bench::end_process(
        strowger::bench::run(static_cast<std::uint32_t>(circuits), static_cast<unsigned>(rounds))
    );
}
