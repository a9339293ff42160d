// SPDX-License-Identifier: Apache-2.0
//
// The product's worker loop on core 1 between two ports of any driver, with circuits installed
// through the seam; a generator in another process sends and counts. Says {"ready":...} when frames
// pass, answers each line of standard input with its counters, and ends with its input.
#include "lib/not_measured.h"
#include "lib/rig.h"
#include "platform/worker_threads.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace strowger::bench {
namespace {

constexpr std::uint32_t kBuffers = 65'535;
constexpr std::uint32_t kCircuitBytes = 1'000;

class DeviceUnderTest {
public:
    Result<void> set_up(const std::array<std::string, 2>& devices, std::uint32_t circuits) {
        const std::uint64_t megabytes = 256 + (std::uint64_t{circuits} * kCircuitBytes >> 20U);
        if (auto started = start_eal("device_under_test", {1}, megabytes); !started) {
            return started;
        }
        auto pool = make_pool("frames", kBuffers);
        if (!pool) {
            return pool.error();
        }
        pool_ = std::move(*pool);
        ports_.count = 2;
        for (std::size_t i = 0; i < 2; ++i) {
            auto device = BenchDevice::open(devices[i], pool_.get(), {.descriptors = 1'024});
            if (!device) {
                return device.error();
            }
            devices_[i] = std::move(*device);
            ports_.ports[i].device = devices_[i]->id();
            ports_.ports[i].frame_max = limits::kFrameBytesMax;
            ports_.ports[i].rx_queues = 1;
            ports_.ports[i].tx_queue[0] = 0;
        }
        auto product = Product::create({.ports = &ports_, .endpoints = 2 * circuits});
        if (!product) {
            return product.error();
        }
        product_ = std::move(*product);
        if (auto installed = product_->install(
                circuits,
                [](std::uint32_t circuit) { return program_of(circuit, Work::TwoToTwo, {0}, {1}); }
            );
            !installed) {
            return installed;
        }
        auto threads = dataplane::WorkerThreads::start(product_->config(), product_->group());
        if (!threads) {
            return threads.error();
        }
        threads_ = std::move(*threads);
        return {};
    }

    void print_counters() const {
        const PortCounters in = product_->seam().port_counters({0});
        const PortCounters out = product_->seam().port_counters({1});
        std::uint64_t drops = 0;
        std::uint64_t full = 0;
        for (std::size_t reason = 0; reason < in.drops.size(); ++reason) {
            (static_cast<DropReason>(reason) == DropReason::TxFull ? full : drops) +=
                in.drops[reason];
        }
        fmt::print(
            "{{\"rx\":{},\"tx\":{},\"dropped\":{},\"tx_full\":{}}}\n",
            in.rx.frames,
            out.tx.frames,
            drops,
            full
        );
        std::fflush(stdout);
    }

private:
    Pool pool_;
    std::array<std::unique_ptr<BenchDevice>, 2> devices_;
    dataplane::PortSet ports_;
    std::unique_ptr<Product> product_;
    std::unique_ptr<dataplane::WorkerThreads> threads_;
};

int run(const std::array<std::string, 2>& devices, std::uint32_t circuits) {
    static DeviceUnderTest device;
    if (auto ready = device.set_up(devices, circuits); !ready) {
        return not_measured(ready.error().message);
    }
    fmt::print("{{\"ready\":true}}\n");
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        device.print_counters();
    }
    return 0;
}

} // namespace
} // namespace strowger::bench

int main(int argc, char** argv) {
    const long circuits = argc == 4 ? std::strtol(argv[3], nullptr, 10) : 0;
    if (circuits < 1 || circuits > 1'000'000) {
        fmt::print(stderr, "usage: device_under_test IN_DEVARGS OUT_DEVARGS CIRCUITS\n");
        return 2;
    }
    strowger::bench::end_process(
        strowger::bench::run({argv[1], argv[2]}, static_cast<std::uint32_t>(circuits))
    );
}
