// SPDX-License-Identifier: Apache-2.0
#include "platform/device.h"

#include "platform/eal.h"
#include "platform/packet_pools.h"
#include "strowger/model/limits.h"

#include <rte_dev.h>
#include <rte_errno.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

namespace strowger::dataplane {

namespace {

constexpr std::uint32_t kFcsBytes = RTE_ETHER_CRC_LEN;
constexpr std::uint32_t kHeaderBytes = RTE_ETHER_HDR_LEN;
// The kernel lets one VLAN tag pass above the MTU (__is_skb_forwardable).
constexpr std::uint32_t kNetdevTagBytes = 4;
// XDP keeps this much of each buffer for itself; measured: 1792-byte frames in 2176-byte buffers.
constexpr std::uint32_t kXdpHeadroomBytes = 256;
// net_af_packet cuts longer frames and says nothing (2048-byte ring frames; measured).
constexpr std::uint32_t kAfPacketFrameBytes = 1'982;

bool is_af_xdp(const std::string& driver) {
    return driver == "net_af_xdp";
}
bool is_af_packet(const std::string& driver) {
    return driver == "net_af_packet";
}
bool is_memif(const std::string& driver) {
    return driver == "net_memif";
}

/// net_virtio (a VM's NIC) and net_virtio_user.
bool is_virtio(const std::string& driver) {
    return driver.starts_with("net_virtio");
}

/// A tap's MTU is the customer's, and net_memif's is not more than a habit: both pass what fits.
bool passes_what_fits(const std::string& driver) {
    return driver == "net_tap" || is_memif(driver);
}

Error unavailable(const PortConfig& port, const std::string& why) {
    return {
        .code = ErrorCode::Unavailable,
        .message = "port '" + port.name + "' (" + port.device + "): " + why,
        .problems = {}};
}

std::string name_in_eal(const std::string& device) {
    return is_pci(device) ? full_pci_address(device) : device.substr(0, device.find(','));
}

Result<std::uint16_t> find_pci(const PortConfig& config) {
    const std::string address = full_pci_address(config.device);
    const std::filesystem::path entry = "/sys/bus/pci/devices/" + address;
    std::error_code ignored;
    if (!std::filesystem::exists(entry, ignored)) {
        return unavailable(
            config, "this machine has no PCI device " + address + "; 'lspci -D' shows those it has"
        );
    }
    std::uint16_t id = 0;
    if (rte_eth_dev_get_port_by_name(address.c_str(), &id) != 0) {
        const auto driver = std::filesystem::read_symlink(entry / "driver", ignored).filename();
        return unavailable(
            config,
            "DPDK cannot open it, its kernel driver is '" + driver.string() +
                "'; is it in use, or not yet bound? Try: dpdk-devbind.py --bind=vfio-pci " + address
        );
    }
    return id;
}

bool sits_on_netdev(const std::string& device) {
    return device.starts_with("net_af_xdp") || device.starts_with("net_af_packet");
}

Result<std::unique_ptr<NetdevClaim>>
claim_netdev(const PortConfig& config, const NetdevWatch& netdevs) {
    const auto interface = interface_of(config.device);
    if (!interface) {
        return unavailable(
            config, "it needs the interface to sit on: add ',iface=NAME' to the device"
        );
    }
    const auto netdev = netdevs.find(*interface);
    if (!netdev) {
        return unavailable(
            config,
            "there is no interface '" + *interface +
                "' in this network namespace; 'ip link' shows those there are"
        );
    }
    auto claim = std::make_unique<NetdevClaim>();
    if (!claim->take(netdev->index)) {
        return unavailable(
            config,
            "another strowgerd, or another port of this one, uses interface '" + *interface + "'"
        );
    }
    return claim;
}

Result<std::uint16_t> probe_virtual(const PortConfig& config) {
    (void)Eal::take_last_line();
    const int probed = rte_dev_probe(config.device.c_str());
    std::uint16_t id = 0;
    if (probed < 0 || rte_eth_dev_get_port_by_name(name_in_eal(config.device).c_str(), &id) != 0) {
        const std::string line = Eal::take_last_line();
        return unavailable(
            config, "DPDK cannot open the device: " + (line.empty() ? rte_strerror(-probed) : line)
        );
    }
    return id;
}

} // namespace

Device::Device(PortConfig config, std::uint16_t id, std::unique_ptr<NetdevClaim> claim)
    : config_(std::move(config)), claim_(std::move(claim)), id_(id), rules_(id) {}

Result<std::unique_ptr<Device>>
Device::attach(const PortConfig& config, const NetdevWatch& netdevs) {
    std::unique_ptr<NetdevClaim> claim;
    if (sits_on_netdev(config.device)) {
        auto claimed = claim_netdev(config, netdevs);
        if (!claimed) {
            return claimed.error();
        }
        claim = std::move(*claimed);
    }
    const auto id = is_pci(config.device) ? find_pci(config) : probe_virtual(config);
    if (!id) {
        return id.error();
    }
    std::unique_ptr<Device> device{new Device(config, *id, std::move(claim))};
    if (const int code = rte_eth_dev_info_get(*id, &device->info_); code != 0) {
        return device->failed("reading its properties", code);
    }
    device->driver_ = device->info_.driver_name;
    if (is_memif(device->driver_)) {
        // How many rings there are is settled with each peer, and a queue without a ring would
        // write into another's (22.11): one, which every peer has.
        device->info_.max_rx_queues = 1;
        device->info_.max_tx_queues = 1;
    }
    if (const auto interface = interface_of(config.device);
        interface && device->link_source() == LinkSource::Netdev) {
        device->netdev_ = netdevs.find(*interface);
    }
    if (auto fits = device->check_buffers(); !fits) {
        return fits.error();
    }
    if (auto chosen = device->choose_rx_queues(); !chosen) {
        return chosen.error();
    }
    return device;
}

Device::~Device() {
    (void)rules_.replace({}); // while there is a device to take them from
    if (started_) {
        (void)rte_eth_dev_stop(id_);
    }
    rte_eth_dev_info info{};
    const bool known = rte_eth_dev_info_get(id_, &info) == 0;
    (void)rte_eth_dev_close(id_);
    if (known && info.device != nullptr && !is_pci(config_.device)) {
        (void)rte_dev_remove(info.device);
    }
}

Result<void> Device::check_buffers() const {
    if (config_.buffers == BufferClass::Jumbo && is_af_xdp(driver_)) {
        return unavailable(
            config_,
            "net_af_xdp needs a whole buffer within one 4096-byte page; use 'buffers: standard'"
        );
    }
    if (info_.max_tx_queues == 0 || info_.max_rx_queues == 0) {
        return unavailable(config_, "the device has no queues");
    }
    return {};
}

Result<void> Device::choose_rx_queues() {
    const std::uint32_t wanted = config_.rx_queues + config_.steered_queues;
    if (wanted > info_.max_rx_queues || (wanted > 1 && is_af_xdp(driver_))) {
        const std::uint32_t has = is_af_xdp(driver_) ? 1U : info_.max_rx_queues;
        return unavailable(
            config_,
            "rx_queues and steered_queues ask for " + std::to_string(wanted) +
                " queues to receive from, and the device has " + std::to_string(has)
        );
    }
    rx_queues_ = {
        .shared = static_cast<std::uint16_t>(config_.rx_queues),
        .steered = static_cast<std::uint16_t>(config_.steered_queues)};
    if (rx_queues_.shared > 1) {
        hash_ = vlan_hash(info_.flow_type_rss_offloads);
        // A virtual device's far end chooses. A NIC would hash addresses, and one circuit's frames
        // overtake each other.
        if (hash_ == 0 && is_pci(config_.device)) {
            rx_queues_.shared = 1;
        }
    }
    return {};
}

Steering Device::steering() const noexcept {
    if (rx_queues_.steered != 0) {
        return Steering::Rules;
    }
    return hash_ != 0 ? Steering::Hash : Steering::None;
}

Result<void> Device::steer(std::span<const SteeringRule> rules) {
    return rules_.replace(rules);
}

Result<void> Device::start(const Terms& terms, const Report& report) {
    if (auto configured = configure(terms); !configured) {
        return configured;
    }
    if (auto ready = set_up_queues(terms); !ready) {
        return ready;
    }
    if (const int code = rte_eth_dev_start(id_); code != 0) {
        return failed("starting it", code);
    }
    started_ = true;
    if (auto steers = begin_steering(report); !steers) {
        return steers;
    }
    open_to_all_addresses(report);
    return turn_off_offloads(report);
}

Result<void> Device::configure(const Terms& terms) {
    rte_eth_conf conf{};
    conf.intr_conf.lsc = link_interrupt() ? 1 : 0;
    if (link_source() == LinkSource::Driver && !passes_what_fits(driver_)) {
        // virtio counts its own header in, and refuses to start when that exceeds a buffer.
        const std::uint32_t fcs = is_virtio(driver_) ? 0 : kFcsBytes;
        const std::uint32_t frame = std::min(
            {buffer_room_bytes(config_.buffers) + fcs, limits::kFrameBytesMax, info_.max_rx_pktlen}
        );
        conf.rxmode.mtu = std::min<std::uint32_t>(frame - overhead_bytes(), info_.max_mtu);
    }
    if (hash_ != 0) {
        conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        conf.rx_adv_conf.rss_conf.rss_hf = hash_;
    }
    if (const int code = rte_eth_dev_configure(id_, rx_queues_.total(), terms.tx_queues, &conf);
        code != 0) {
        return failed("configuring it", code);
    }
    return {};
}

Result<void> Device::set_up_queues(const Terms& terms) {
    auto rx = static_cast<std::uint16_t>(config_.rx_descriptors);
    auto tx = static_cast<std::uint16_t>(config_.tx_descriptors);
    if (const int code = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx, &tx); code != 0) {
        return failed("choosing the number of descriptors", code);
    }
    rx_descriptors_ = rx;
    tx_descriptors_ = tx;
    const auto socket = static_cast<unsigned>(terms.socket);
    for (std::uint16_t i = 0; i < rx_queues_.total(); ++i) {
        if (const int code = rte_eth_rx_queue_setup(id_, i, rx, socket, nullptr, terms.pool);
            code != 0) {
            return failed("setting up its rx queue", code);
        }
    }
    rte_eth_rxq_info queue{};
    if (rte_eth_rx_queue_info_get(id_, 0, &queue) == 0 && queue.scattered_rx != 0) {
        return unavailable(config_, "it would spread a frame over several buffers");
    }
    for (std::uint16_t i = 0; i < terms.tx_queues; ++i) {
        if (const int code = rte_eth_tx_queue_setup(id_, i, tx, socket, nullptr); code != 0) {
            return failed("setting up its tx queue", code);
        }
    }
    return {};
}

/// What the started device makes of the wish for several queues: probed, and told.
Result<void> Device::begin_steering(const Report& report) {
    const std::string name = "port '" + config_.name + "': ";
    if (rx_queues_.shared < config_.rx_queues) {
        report(
            Severity::Warning,
            name +
                "the device cannot spread frames by VLAN alone, so one queue takes them all, and "
                "workers hand them over"
        );
    }
    rte_eth_rss_conf hashed{};
    if (hash_ != 0 && rte_eth_dev_rss_hash_conf_get(id_, &hashed) == 0 &&
        (hashed.rss_hf & ~hash_) != 0) {
        return unavailable(
            config_,
            "it hashes more than the VLAN, which would spread one circuit's frames: set "
            "'rx_queues: 1'"
        );
    }
    if (rx_queues_.steered == 0) {
        return {};
    }
    const std::string refusal = rules_.refusal(rx_queues_.shared);
    if (!refusal.empty()) {
        rx_queues_.steered = 0;
        report(
            Severity::Warning,
            name + "the device takes no rule from VLAN to queue (" + refusal +
                "), so 'steered_queues' stay empty: slices share this port's other queues"
        );
    }
    if (hash_ != 0) {
        if (const int code = spread_hash_over(id_, rx_queues_.shared); code != 0) {
            return failed("keeping hashed frames out of 'steered_queues' (set them to 0?)", code);
        }
    }
    return {};
}

Result<void> Device::turn_off_offloads(const Report& report) const {
    const int wanted = rte_eth_dev_set_vlan_offload(id_, 0);
    const int vlan = rte_eth_dev_get_vlan_offload(id_);
    if (vlan > 0) {
        return unavailable(
            config_, "it keeps stripping or filtering VLAN tags, which would mix up circuits"
        );
    }
    // A customer's PAUSE frames must not stop a port that others send through.
    rte_eth_fc_conf flow{};
    int code = rte_eth_dev_flow_ctrl_get(id_, &flow);
    if (code == 0 && flow.mode != RTE_ETH_FC_NONE) {
        flow.mode = RTE_ETH_FC_NONE;
        code = rte_eth_dev_flow_ctrl_set(id_, &flow);
        rte_eth_fc_conf after{};
        if (code != 0 || rte_eth_dev_flow_ctrl_get(id_, &after) != 0 ||
            after.mode != RTE_ETH_FC_NONE) {
            report(
                Severity::Warning,
                "port '" + config_.name +
                    "': flow control stays on; a customer's PAUSE frames can stop this port"
            );
        }
    }
    report(
        Severity::Debug,
        "port '" + config_.name + "': VLAN offloads off" +
            (wanted == -ENOTSUP ? " (it has none)" : "") + ", flow control " +
            (code == -ENOTSUP ? "none" : "off")
    );
    return {};
}

void Device::open_to_all_addresses(const Report& report) const {
    const int promiscuous = rte_eth_promiscuous_enable(id_);
    const int multicast = rte_eth_allmulticast_enable(id_);
    const bool open = rte_eth_promiscuous_get(id_) == 1;
    // Virtual devices without a filter say "not supported" and pass everything.
    if (!open && (promiscuous != -ENOTSUP || is_pci(config_.device))) {
        report(
            Severity::Warning,
            "port '" + config_.name + "': not promiscuous (" + rte_strerror(-promiscuous) +
                "); frames to other addresses may be lost before they get here"
        );
    }
    if (multicast != 0 && !open && multicast != -ENOTSUP) {
        report(Severity::Warning, "port '" + config_.name + "': not all multicast");
    }
}

std::optional<int> Device::socket() const {
    const int socket = rte_eth_dev_socket_id(id_);
    return socket < 0 || !is_pci(config_.device) ? std::nullopt : std::optional{socket};
}

std::uint64_t Device::buffers_held(std::uint16_t tx_queues) const {
    return std::uint64_t{config_.rx_descriptors} * rx_queues_.total() +
           std::uint64_t{config_.tx_descriptors} * tx_queues + buffers_lost_at_close();
}

bool Device::shares_buffers_with_kernel() const {
    return is_af_xdp(driver_);
}

std::uint64_t Device::buffers_lost_at_close() const {
    return is_af_xdp(driver_) ? kAfXdpBuffers : 0;
}

std::uint32_t Device::overhead_bytes() const {
    // As ethdev itself reckons: a driver that knows its overhead has both maxima.
    const bool knows = info_.max_mtu != std::numeric_limits<std::uint16_t>::max() &&
                       info_.max_rx_pktlen > info_.max_mtu;
    return knows ? info_.max_rx_pktlen - info_.max_mtu : kHeaderBytes + kFcsBytes;
}

std::uint32_t Device::frame_max() const {
    const std::uint32_t room = buffer_room_bytes(config_.buffers);
    std::uint32_t frame = room + kFcsBytes;
    if (netdev_) {
        const std::uint32_t passes = netdev_->mtu + kHeaderBytes + kNetdevTagBytes;
        const std::uint32_t fits =
            is_af_xdp(driver_) ? room - kXdpHeadroomBytes : std::min(room, kAfPacketFrameBytes);
        frame = std::min(passes, fits) + kFcsBytes;
    } else if (!passes_what_fits(driver_)) {
        std::uint16_t mtu = 0;
        if (rte_eth_dev_get_mtu(id_, &mtu) == 0) {
            frame = std::min(frame, mtu + overhead_bytes());
        }
    }
    return std::min(frame, limits::kFrameBytesMax);
}

Device::LinkSource Device::link_source() const noexcept {
    return is_af_xdp(driver_) || is_af_packet(driver_) ? LinkSource::Netdev : LinkSource::Driver;
}

bool Device::link_interrupt() const noexcept {
    return link_source() == LinkSource::Driver && info_.dev_flags != nullptr &&
           (*info_.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
}

Error Device::failed(const std::string& step, int code) const {
    const std::string line = Eal::take_last_line();
    std::string why =
        step + " failed: " + rte_strerror(-code) + (line.empty() ? "" : " (" + line + ")");
    if (is_memif(driver_)) {
        why += ". A memif client needs its server to be there when it starts";
    }
    if (is_af_xdp(driver_)) {
        why +=
            ". Does another process hold the interface's queue 0, or is its MTU above 3506, "
            "which XDP does not take?";
    }
    return unavailable(config_, why);
}

} // namespace strowger::dataplane
