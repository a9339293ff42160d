// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/port_reader.h"
#include "control/ring_dataplane.h"
#include "lib/circuits.h"
#include "strowger/base/result.h"
#include "strowger/seam/site.h"
#include "worker/port_set.h"
#include "worker/worker_group.h"

#include <rte_mempool.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strowger::bench {

/// The EAL of a benchmark: control thread on core 0, lcore 1 and so on on `cores`, all memory in
/// hugepages. A worker may be on core 0 where the control thread sleeps while it is measured. Fails
/// with Unavailable, saying what the machine lacks.
Result<void> start_eal(
    const std::string& program,
    const std::vector<std::uint32_t>& cores,
    std::uint64_t megabytes
);

/// How a benchmark's main returns once there may be an EAL. Hugepages of --in-memory go with the
/// process; workers may still run, and to take a million frames' devices apart would only take
/// time.
[[noreturn]] void end_process(int status);

/// An ethdev made for a benchmark. Removed when it goes.
class BenchDevice {
public:
    struct Terms {
        std::uint16_t rx_queues = 1;
        std::uint16_t tx_queues = 1;
        std::uint16_t descriptors = 512;
    };
    /// `devargs` as on the EAL's command line ("net_null3,no-rx=1").
    static Result<std::unique_ptr<BenchDevice>>
    open(const std::string& devargs, rte_mempool* pool, const Terms& terms);
    /// Of a device that is there already (rte_eth_from_rings).
    static Result<std::unique_ptr<BenchDevice>>
    adopt(std::uint16_t id, rte_mempool* pool, const Terms& terms);
    BenchDevice(const BenchDevice&) = delete;
    BenchDevice& operator=(const BenchDevice&) = delete;
    BenchDevice(BenchDevice&&) = delete;
    BenchDevice& operator=(BenchDevice&&) = delete;
    ~BenchDevice();

    [[nodiscard]] std::uint16_t id() const noexcept { return id_; }
    /// Frames the device says it sent since it was opened.
    [[nodiscard]] std::uint64_t sent() const;

private:
    explicit BenchDevice(std::uint16_t id) : id_(id) {}
    std::uint16_t id_;
};

/// Frame buffers as strowgerd has them: 2176 bytes, a stock of 256 for each worker.
struct PoolFree {
    void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
};
using Pool = std::unique_ptr<rte_mempool, PoolFree>;
Result<Pool> make_pool(const std::string& name, std::uint32_t buffers);

/// The product's workers and the seam to them, on ports of a benchmark. Nothing of the product is
/// replaced but the file that says what ports there are.
class Product {
public:
    struct Terms {
        dataplane::PortSet* ports = nullptr;    ///< outlives this
        std::vector<std::uint32_t> cores = {1}; ///< one worker each, as start_eal was told
        std::uint32_t endpoints = 0;            ///< slots of each worker
        std::uint32_t handover_ring = 2'048;
        bool rebalance = false;
    };
    static Result<std::unique_ptr<Product>> create(const Terms& terms);
    Product(const Product&) = delete;
    Product& operator=(const Product&) = delete;
    Product(Product&&) = delete;
    Product& operator=(Product&&) = delete;
    ~Product();

    [[nodiscard]] dataplane::RingDataplane& seam() { return *seam_; }
    [[nodiscard]] dataplane::WorkerGroup& group() { return *group_; }
    [[nodiscard]] const DataplaneConfig& config() const { return config_; }

    using Programs = std::function<CircuitProgram(std::uint32_t circuit)>;
    /// Installs circuits 0 to `circuits` - 1 while no worker runs.
    Result<void> install(std::uint32_t circuits, const Programs& program_of_circuit);
    /// Lets the workers take and acknowledge commands on this thread, without moving frames, until
    /// no change is outstanding.
    void settle();

private:
    class Ports;
    Product() = default;

    DataplaneConfig config_;
    std::unique_ptr<Ports> ports_;
    std::unique_ptr<dataplane::WorkerGroup> group_;
    std::unique_ptr<dataplane::RingDataplane> seam_;
};

} // namespace strowger::bench
