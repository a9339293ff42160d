// SPDX-License-Identifier: Apache-2.0
#include "pktgen/device.h"

#include "pktgen/frame.h"
#include "platform/eal.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include <algorithm>

namespace strowger::pktgen {

namespace {

using dataplane::Eal;

constexpr std::uint32_t kStandardFrameBytes = 1'518;

Error unavailable(const std::string& device, const std::string& why) {
    return {
        .code = ErrorCode::Unavailable,
        .message = "device '" + device + "': " + why,
        .problems = {}};
}

std::string address_of(const std::string& device) {
    return is_pci(device) ? dataplane::full_pci_address(device)
                          : device.substr(0, device.find(','));
}

std::string driver_hint(const std::string& device) {
    return is_pci(device)
               ? "is it there ('lspci -D'), and bound ('dpdk-devbind.py --bind=vfio-pci " +
                     address_of(device) + "')?"
               : "virtual devices are net_memif0, net_virtio_user0, net_vhost0, net_af_xdp0, "
                 "net_tap0, net_ring0, net_null0 or net_pcap0, with their arguments behind a comma";
}

} // namespace

bool is_pci(const std::string& device) {
    const std::string address = device.substr(0, device.find(','));
    return address.size() >= 7 && address[address.size() - 2] == '.' &&
           std::ranges::count(address, ':') >= 1 && !address.starts_with("net_");
}

std::string allowed_pci(const std::string& device) {
    const std::size_t comma = device.find(',');
    return dataplane::full_pci_address(device) +
           (comma == std::string::npos ? "" : device.substr(comma));
}

Result<std::unique_ptr<Device>> Device::attach(const std::string& device) {
    int code = 0;
    (void)Eal::take_last_line();
    if (!is_pci(device)) { // PCI functions were probed when the EAL started
        code = rte_dev_probe(device.c_str());
    }
    std::uint16_t id = 0;
    if (code < 0 || rte_eth_dev_get_port_by_name(address_of(device).c_str(), &id) != 0) {
        const std::string line = Eal::take_last_line();
        std::string why = "DPDK cannot open it";
        why += line.empty() ? "" : " (" + line + ")";
        return unavailable(device, why + "; " + driver_hint(device));
    }
    return std::unique_ptr<Device>{new Device(device, id)};
}

Device::~Device() {
    if (started_) {
        (void)rte_eth_dev_stop(id_);
    }
    rte_eth_dev_info info{};
    const bool known = rte_eth_dev_info_get(id_, &info) == 0;
    (void)rte_eth_dev_close(id_);
    if (known && info.device != nullptr && !is_pci(device_)) {
        (void)rte_dev_remove(info.device);
    }
}

Result<void> Device::configure(const DeviceTerms& terms) {
    rte_eth_dev_info info{};
    if (const int code = rte_eth_dev_info_get(id_, &info); code != 0) {
        return failed("reading its properties", code);
    }
    if (terms.rx_queues > info.max_rx_queues) {
        return unavailable(
            device_,
            "it has " + std::to_string(info.max_rx_queues) +
                " receive queue(s), --rx-queues asks for " + std::to_string(terms.rx_queues)
        );
    }
    rte_eth_conf conf{};
    if (terms.frame_bytes_max > kStandardFrameBytes) {
        // Tags count as payload to most drivers; a greater MTU than needed harms none.
        const std::uint32_t mtu = terms.frame_bytes_max - kMacBytes - 2 - kFcsBytes;
        if (mtu > info.max_mtu) {
            return unavailable(
                device_,
                "its frames are at most " +
                    std::to_string(info.max_mtu + kMacBytes + 2 + kFcsBytes) + " bytes with FCS"
            );
        }
        conf.rxmode.mtu = mtu;
    }
    if (const int code = rte_eth_dev_configure(id_, terms.rx_queues, 1, &conf); code != 0) {
        return failed("configuring it", code);
    }
    return {};
}

Result<void> Device::start(const DeviceTerms& terms) {
    if (auto configured = configure(terms); !configured) {
        return configured;
    }
    std::uint16_t rx = terms.descriptors;
    std::uint16_t tx = terms.descriptors;
    if (const int code = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx, &tx); code != 0) {
        return failed("choosing the number of descriptors", code);
    }
    const unsigned socket = rte_socket_id();
    for (std::uint16_t queue = 0; queue < terms.rx_queues; ++queue) {
        if (const int code = rte_eth_rx_queue_setup(id_, queue, rx, socket, nullptr, terms.rx_pool);
            code != 0) {
            return failed("setting up its rx queue", code);
        }
    }
    if (const int code = rte_eth_tx_queue_setup(id_, 0, tx, socket, nullptr); code != 0) {
        return failed("setting up its tx queue", code);
    }
    if (const int code = rte_eth_dev_start(id_); code != 0) {
        return failed("starting it", code);
    }
    started_ = true;
    rx_queues_ = terms.rx_queues;
    (void)rte_eth_promiscuous_enable(id_); // virtual devices without a filter refuse, and pass all
    (void)rte_eth_dev_set_vlan_offload(id_, 0);
    return {};
}

bool Device::link_up() const {
    rte_eth_link link{};
    return rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

DeviceLoss Device::counted() const {
    rte_eth_stats stats{};
    if (rte_eth_stats_get(id_, &stats) != 0) {
        return {};
    }
    return {
        .rx_missed = stats.imissed,
        .rx_no_buffer = stats.rx_nombuf,
        .rx_errors = stats.ierrors,
        .tx_errors = stats.oerrors};
}

Error Device::failed(const std::string& step, int code) const {
    const std::string line = Eal::take_last_line();
    return unavailable(
        device_, step + " failed: " + rte_strerror(-code) + (line.empty() ? "" : " (" + line + ")")
    );
}

} // namespace strowger::pktgen
