// SPDX-License-Identifier: Apache-2.0
#include "lib/rig.h"

#include "platform/eal.h"
#include "platform/hugepages.h"
#include "platform/topology.h"
#include "platform/tsc_rate.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

namespace strowger::bench {

namespace {

constexpr std::uint16_t kBufferBytes = 2'176;
constexpr std::uint32_t kPoolCache = 256;
constexpr std::size_t kOutstandingMax = 256;

Error unavailable(std::string why) {
    return {.code = ErrorCode::Unavailable, .message = std::move(why), .problems = {}};
}

DataplaneConfig config_of(const std::vector<std::uint32_t>& cores) {
    DataplaneConfig config;
    for (const std::uint32_t core : cores) {
        WorkerConfig worker;
        worker.core = core;
        config.workers.push_back(worker);
    }
    return config;
}

} // namespace

Result<void> start_eal(
    const std::string& program,
    const std::vector<std::uint32_t>& cores,
    std::uint64_t megabytes
) {
    DataplaneConfig config = config_of(cores);
    std::set<std::uint32_t> taken = {config.control_core};
    for (WorkerConfig& worker : config.workers) {
        worker.shared = !taken.insert(worker.core).second;
    }
    if (const auto places = dataplane::place_workers(config, dataplane::read_machine()); !places) {
        const Error& error = places.error();
        return unavailable(
            "needs a control core and a worker core: " +
            (error.problems.empty() ? error.message : error.problems.front().message)
        );
    }
    const auto choice = dataplane::choose_hugepages(
        HugepageUse::Required,
        {{0, static_cast<std::uint32_t>(megabytes)}},
        dataplane::read_hugepages("/sys/devices/system/node")
    );
    if (!choice) {
        return choice.error();
    }
    // Not --socket-mem: a benchmark takes pages as it needs them, and gives them back.
    std::vector<std::string> arguments = dataplane::eal_arguments(config, false, {});
    arguments.front() = program;
    std::erase(arguments, "--no-huge");
    std::erase(arguments, "--no-shconf");
    if (const auto m = std::find(arguments.begin(), arguments.end(), "-m"); m != arguments.end()) {
        arguments.erase(m, m + 2);
    }
    arguments.insert(arguments.end(), {"--in-memory", "--iova-mode=va"});
    static std::unique_ptr<dataplane::Eal> eal;
    auto started =
        dataplane::Eal::start(arguments, [](dataplane::Severity severity, const std::string& line) {
            if (severity == dataplane::Severity::Error) {
                std::fprintf(stderr, "%s\n", line.c_str());
            }
        });
    if (!started) {
        return started.error();
    }
    eal = std::move(*started);
    return {};
}

void end_process(int status) {
    std::fflush(nullptr);
    std::_Exit(status);
}

Result<std::unique_ptr<BenchDevice>>
BenchDevice::open(const std::string& devargs, rte_mempool* pool, const Terms& terms) {
    const std::string name = devargs.substr(0, devargs.find(','));
    std::uint16_t id = 0;
    if (const int probed = rte_dev_probe(devargs.c_str());
        probed < 0 || rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
        return unavailable(
            "DPDK cannot open " + name + " (" + rte_strerror(-probed) +
            "): is its driver installed (librte-net-*)?"
        );
    }
    return adopt(id, pool, terms);
}

Result<std::unique_ptr<BenchDevice>>
BenchDevice::adopt(std::uint16_t id, rte_mempool* pool, const Terms& terms) {
    std::unique_ptr<BenchDevice> device{new BenchDevice(id)};
    const rte_eth_conf conf{};
    int code = rte_eth_dev_configure(id, terms.rx_queues, terms.tx_queues, &conf);
    std::uint16_t rx = terms.descriptors;
    std::uint16_t tx = terms.descriptors;
    code = code == 0 ? rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx, &tx) : code;
    for (std::uint16_t queue = 0; queue < terms.rx_queues && code == 0; ++queue) {
        code = rte_eth_rx_queue_setup(id, queue, rx, 0, nullptr, pool);
    }
    for (std::uint16_t queue = 0; queue < terms.tx_queues && code == 0; ++queue) {
        code = rte_eth_tx_queue_setup(id, queue, tx, 0, nullptr);
    }
    code = code == 0 ? rte_eth_dev_start(id) : code;
    if (code != 0) {
        return unavailable(
            "DPDK cannot set up port " + std::to_string(id) + ": " + rte_strerror(-code)
        );
    }
    return device;
}

BenchDevice::~BenchDevice() {
    (void)rte_eth_dev_stop(id_);
    rte_eth_dev_info info{};
    const bool known = rte_eth_dev_info_get(id_, &info) == 0;
    (void)rte_eth_dev_close(id_);
    if (known && info.device != nullptr) {
        (void)rte_dev_remove(info.device);
    }
}

std::uint64_t BenchDevice::sent() const {
    rte_eth_stats stats{};
    return rte_eth_stats_get(id_, &stats) == 0 ? stats.opackets : 0;
}

Result<Pool> make_pool(const std::string& name, std::uint32_t buffers) {
    rte_mempool* const pool =
        rte_pktmbuf_pool_create(name.c_str(), buffers, kPoolCache, 0, kBufferBytes, 0);
    if (pool == nullptr) {
        return unavailable(
            "no memory for " + std::to_string(buffers) + " frame buffers (" +
            rte_strerror(rte_errno) + "): reserve more hugepages"
        );
    }
    return Pool{pool};
}

/// What the platform would say of a port of a benchmark.
class Product::Ports final : public dataplane::PortReader {
public:
    explicit Ports(const dataplane::PortSet& set) : set_(set) {}
    [[nodiscard]] PortStatus status(PortIndex port) const override {
        PortStatus status;
        status.link_up = true;
        status.frame_max = Bytes{set_.ports.at(port.value).frame_max};
        return status;
    }
    [[nodiscard]] dataplane::DeviceCounters counters(PortIndex /*port*/) const override {
        return {};
    }

private:
    const dataplane::PortSet& set_;
};

Product::~Product() = default;

Result<std::unique_ptr<Product>> Product::create(const Terms& terms) {
    std::unique_ptr<Product> product{new Product};
    product->config_ = config_of(terms.cores);
    product->config_.endpoints = terms.endpoints;
    product->config_.handover_ring = terms.handover_ring;
    product->config_.rebalance = terms.rebalance;
    product->ports_ = std::make_unique<Ports>(*terms.ports);
    auto group = dataplane::WorkerGroup::create({
        .config = &product->config_,
        .ports = terms.ports,
        .places = std::vector<dataplane::WorkerPlace>(terms.cores.size()),
        .virtual_clock = nullptr,
        .clock_hz = dataplane::measure_tsc_hz(),
    });
    if (!group) {
        return group.error();
    }
    product->group_ = std::move(*group);
    product->seam_ = std::make_unique<dataplane::RingDataplane>(
        product->config_, *product->group_, *product->ports_
    );
    return product;
}

Result<void> Product::install(std::uint32_t circuits, const Programs& program_of_circuit) {
    for (std::uint32_t circuit = 0; circuit < circuits; ++circuit) {
        const CircuitKey key{circuit};
        if (auto staged = seam_->stage(key, program_of_circuit(circuit)); !staged) {
            return staged;
        }
        seam_->commit(key, circuit);
        if (seam_->outstanding() >= kOutstandingMax) {
            settle();
        }
    }
    settle();
    return {};
}

void Product::settle() {
    std::array<Completion, kOutstandingMax> completions;
    while (seam_->outstanding() != 0) {
        for (std::size_t id = 0; id < group_->size(); ++id) {
            dataplane::Worker& worker = group_->worker(id);
            worker.take_commands();
            worker.apply_commands();
            worker.acknowledge();
        }
        (void)seam_->poll(completions);
    }
}

} // namespace strowger::bench
