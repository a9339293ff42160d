// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/port_reader.h"
#include "control/port_steering.h"
#include "platform/device.h"
#include "platform/netdev.h"
#include "platform/packet_pools.h"
#include "platform/report.h"
#include "worker/port_set.h"
#include "worker/worker_group.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace strowger::dataplane {

/// A port as far as it matters for who polls it.
struct PollingNeed {
    std::optional<int> socket; ///< nothing: any
    std::uint16_t queues = 1;
};
/// By port, by queue, the worker that polls it: one on the port's socket when there is one, each in
/// turn. A worker that shares the control core polls only when no other can, as what it loses is
/// lost for all.
std::vector<std::vector<std::size_t>> choose_pollers(
    const DataplaneConfig& config,
    const std::vector<WorkerPlace>& places,
    const std::vector<PollingNeed>& ports
);

/// All ports of the site: attached, started, and followed while they run. Control thread only; the
/// PortSet is what workers see.
class Ports final : public PortReader, public PortSteering {
public:
    /// Opens every device and gives each its buffers and queues. Fails with Unavailable, naming the
    /// port and what to do.
    static Result<std::unique_ptr<Ports>>
    start(const DataplaneConfig& config, const std::vector<WorkerPlace>& places, Report report);
    Ports(const Ports&) = delete;
    Ports& operator=(const Ports&) = delete;
    Ports(Ports&&) = delete;
    Ports& operator=(Ports&&) = delete;
    ~Ports() override;

    [[nodiscard]] const PortSet& set() const noexcept { return *set_; }
    [[nodiscard]] const PacketPools& pools() const noexcept { return *pools_; }

    /// Brings the link words up to date; logs what changed. Every 100 ms, and when
    /// link_descriptor() is readable.
    void poll_links();
    [[nodiscard]] int link_descriptor() const noexcept { return netdevs_.descriptor(); }

    [[nodiscard]] PortStatus status(PortIndex port) const override;
    [[nodiscard]] DeviceCounters counters(PortIndex port) const override;
    Result<void> steer(PortIndex port, std::span<const SteeringRule> rules) override;

private:
    Ports(const DataplaneConfig& config, Report report);
    Result<void> attach_all();
    Result<void> start_all(const std::vector<WorkerPlace>& places);
    void fill_queues(std::size_t index, const std::vector<WorkerPlace>& places);
    [[nodiscard]] std::map<PacketPools::Key, BufferNeed> needs(
        const std::vector<WorkerPlace>& places
    ) const;
    [[nodiscard]] std::uint16_t tx_queues(std::size_t index) const;
    [[nodiscard]] std::uint64_t rx_held(std::size_t index) const;
    [[nodiscard]] bool link_up(std::size_t index) const;
    void log_port(std::size_t index, int poller_socket) const;
    [[nodiscard]] std::string reception(std::size_t index) const;
    void warn_about(std::size_t index) const;

    DataplaneConfig config_;
    Report report_;
    NetdevWatch netdevs_;
    std::vector<std::vector<std::size_t>> pollers_; ///< by port, by queue, at the start
    std::vector<bool> links_told_;                  ///< by port: whether the log says "up"
    std::unique_ptr<PortSet> set_;
    std::unique_ptr<PacketPools> pools_;
    std::vector<std::unique_ptr<Device>> devices_; ///< go before the pools
};

} // namespace strowger::dataplane
