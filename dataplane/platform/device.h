// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/netdev.h"
#include "platform/report.h"
#include "platform/vlan_steering.h"
#include "strowger/base/result.h"
#include "strowger/seam/dataplane.h"
#include "strowger/seam/site.h"

#include <rte_ethdev.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace strowger::dataplane {

/// net_af_xdp keeps a fill ring of 2048 buffers and as many on their way to it.
inline constexpr std::uint64_t kAfXdpBuffers = 4'096;

/// One ethdev, from probe to removal. Control thread only.
class Device {
public:
    /// Where its link state is known.
    enum class LinkSource : std::uint8_t { Driver, Netdev };

    /// Opens the device. Fails with Unavailable: absent, in use, no driver, not permitted.
    static Result<std::unique_ptr<Device>>
    attach(const PortConfig& config, const NetdevWatch& netdevs);
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    Device(Device&&) = delete;
    Device& operator=(Device&&) = delete;
    /// Stops, closes and removes it; on af_xdp that also takes the XDP program off the interface.
    ~Device();

    /// Those that share what arrives, and those behind them for VLANs of their own.
    struct RxQueues {
        std::uint16_t shared = 1;
        std::uint16_t steered = 0;
        [[nodiscard]] std::uint16_t total() const {
            return static_cast<std::uint16_t>(shared + steered);
        }
    };
    struct Terms {
        rte_mempool* pool = nullptr;
        int socket = 0; ///< of the worker that polls it
        std::uint16_t tx_queues = 1;
    };
    /// Sets it up with rx_queues() and starts it: promiscuous, no VLAN offloads, no flow control,
    /// each frame in one buffer. Fails with Unavailable when the device does otherwise.
    Result<void> start(const Terms& terms, const Report& report);

    [[nodiscard]] std::uint16_t id() const noexcept { return id_; }
    [[nodiscard]] const std::string& driver() const noexcept { return driver_; }
    /// NUMA node; nothing for virtual devices.
    [[nodiscard]] std::optional<int> socket() const;
    /// Of each queue, as the driver took them; after it was started.
    [[nodiscard]] std::uint16_t rx_descriptors() const noexcept { return rx_descriptors_; }
    [[nodiscard]] std::uint16_t tx_descriptors() const noexcept { return tx_descriptors_; }
    [[nodiscard]] std::uint16_t tx_queues_max() const noexcept { return info_.max_tx_queues; }
    /// What the site asks for, or one where frames of a VLAN would spread over several. Fewer
    /// once it was started, when it takes no rules.
    [[nodiscard]] RxQueues rx_queues() const noexcept { return rx_queues_; }
    [[nodiscard]] Steering steering() const noexcept;
    /// Whether a hash of the VLAN spreads frames over the shared queues.
    [[nodiscard]] bool hashes_vlans() const noexcept { return hash_ != 0; }
    /// As PortSteering::steer; of a started device.
    Result<void> steer(std::span<const SteeringRule> rules);
    /// How many buffers its queues may hold at worst.
    [[nodiscard]] std::uint64_t buffers_held(std::uint16_t tx_queues) const;
    /// How many of those its driver does not give back when it is closed: the kernel had them.
    [[nodiscard]] std::uint64_t buffers_lost_at_close() const;
    /// Whether the kernel reads and writes frames in the buffers of its pool.
    [[nodiscard]] bool shares_buffers_with_kernel() const;
    /// The longest frame that really passes, with FCS.
    [[nodiscard]] std::uint32_t frame_max() const;
    [[nodiscard]] LinkSource link_source() const noexcept;
    [[nodiscard]] bool link_interrupt() const noexcept;
    /// The interface behind it, when LinkSource::Netdev.
    [[nodiscard]] const std::optional<Netdev>& netdev() const noexcept { return netdev_; }

private:
    Device(PortConfig config, std::uint16_t id, std::unique_ptr<NetdevClaim> claim);
    Result<void> check_buffers() const;
    Result<void> choose_rx_queues();
    Result<void> configure(const Terms& terms);
    Result<void> set_up_queues(const Terms& terms);
    Result<void> begin_steering(const Report& report);
    Result<void> turn_off_offloads(const Report& report) const;
    void open_to_all_addresses(const Report& report) const;
    [[nodiscard]] std::uint32_t overhead_bytes() const;
    [[nodiscard]] Error failed(const std::string& step, int code) const;

    PortConfig config_;
    std::unique_ptr<NetdevClaim> claim_; ///< null when no interface is behind it
    std::uint16_t id_;
    rte_eth_dev_info info_{};
    std::string driver_;
    std::optional<Netdev> netdev_;
    std::uint16_t rx_descriptors_ = 0;
    std::uint16_t tx_descriptors_ = 0;
    RxQueues rx_queues_;
    std::uint64_t hash_ = 0; ///< that spreads frames over the shared queues; 0: none
    VlanRules rules_;        ///< of a started device
    bool started_ = false;
};

} // namespace strowger::dataplane
