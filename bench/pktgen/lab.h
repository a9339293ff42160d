// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/device.h"
#include "platform/eal.h"
#include "strowger/base/result.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct rte_mempool;

namespace strowger::pktgen {

struct LabSpec {
    std::string tx_device;
    std::string rx_device;              ///< may be the same
    std::vector<unsigned> cores{0};     ///< one: sends and receives; two: one each
    std::uint32_t memory_megabytes = 0; ///< 0: what the buffers need
    bool hugepages = true;
    std::uint16_t rx_queues = 1;
    std::uint16_t descriptors = 1'024;
    std::uint16_t frame_bytes_max = 64;     ///< with FCS
    std::vector<std::string> eal_arguments; ///< behind ours
};

/// DPDK with its memory, and the ports of a measurement. Once in a process.
class Lab {
public:
    /// Fails with Unavailable: cores, hugepages or a device are lacking.
    static Result<std::unique_ptr<Lab>> open(const LabSpec& spec);
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;
    Lab(Lab&&) = delete;
    Lab& operator=(Lab&&) = delete;
    ~Lab();

    /// Waits until both ports have their link. Fails with Unavailable, naming the one that has
    /// none.
    Result<void> wait_for_links(double seconds, const std::atomic<bool>& stop);
    /// A port whose tx queue is its own rx queue, for measuring this program itself.
    Result<std::unique_ptr<Device>> open_loopback();

    [[nodiscard]] Device& tx() { return *tx_; }
    [[nodiscard]] Device& rx() { return rx_ ? *rx_ : *tx_; }
    [[nodiscard]] rte_mempool* tx_pool() const noexcept { return tx_pool_; }
    [[nodiscard]] std::uint64_t tsc_hz() const noexcept { return tsc_hz_; }
    [[nodiscard]] bool two_cores() const noexcept { return spec_.cores.size() == 2; }

private:
    explicit Lab(LabSpec spec) : spec_(std::move(spec)) {}
    Result<void> make_pools();
    Result<void> open_devices();
    [[nodiscard]] DeviceTerms terms() const;

    LabSpec spec_;
    std::unique_ptr<dataplane::Eal> eal_;
    rte_mempool* tx_pool_ = nullptr;
    rte_mempool* rx_pool_ = nullptr;
    std::unique_ptr<Device> tx_;
    std::unique_ptr<Device> rx_; ///< null: the port that sends receives
    std::uint64_t tsc_hz_ = 0;
};

/// Memory that a lab's buffers take, with room for the devices' own.
std::uint32_t memory_needed_megabytes(const LabSpec& spec);

/// The command line of the EAL.
std::vector<std::string> eal_arguments(const LabSpec& spec);

/// Whether the machine has the cores and the hugepages. Fails with Unavailable, saying how to get
/// them.
Result<void> check_machine(const LabSpec& spec);

} // namespace strowger::pktgen
