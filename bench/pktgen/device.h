// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/trial.h"
#include "strowger/base/result.h"

#include <cstdint>
#include <memory>
#include <string>

struct rte_mempool;

namespace strowger::pktgen {

/// What a port needs.
struct DeviceTerms {
    std::uint16_t rx_queues = 1;
    std::uint16_t descriptors = 1'024;
    std::uint16_t frame_bytes_max = 64; ///< with FCS
    rte_mempool* rx_pool = nullptr;
};

/// "0000:3b:00.0" and "3b:00.0" are; "net_memif0,id=0" is not.
[[nodiscard]] bool is_pci(const std::string& device);
/// The arguments for the EAL's allow list: the address with its domain, and what follows.
[[nodiscard]] std::string allowed_pci(const std::string& device);

/// One port, from probe to removal.
class Device {
public:
    /// `device`: a PCI address or a virtual device, with its arguments, as the EAL takes them.
    /// Fails with Unavailable and DPDK's own words.
    static Result<std::unique_ptr<Device>> attach(const std::string& device);
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    Device(Device&&) = delete;
    Device& operator=(Device&&) = delete;
    ~Device();

    /// Promiscuous, no offloads, one tx queue.
    Result<void> start(const DeviceTerms& terms);
    [[nodiscard]] bool link_up() const;
    [[nodiscard]] DeviceLoss counted() const;

    [[nodiscard]] std::uint16_t id() const noexcept { return id_; }
    [[nodiscard]] std::uint16_t rx_queues() const noexcept { return rx_queues_; }
    [[nodiscard]] const std::string& name() const noexcept { return device_; }

private:
    Device(std::string device, std::uint16_t id) : device_(std::move(device)), id_(id) {}
    Result<void> configure(const DeviceTerms& terms);
    [[nodiscard]] Error failed(const std::string& step, int code) const;

    std::string device_;
    std::uint16_t id_;
    std::uint16_t rx_queues_ = 1;
    bool started_ = false;
};

} // namespace strowger::pktgen
