// SPDX-License-Identifier: Apache-2.0
#include "platform/ports.h"

#include "platform/eal.h"
#include "platform/memory_need.h"
#include "platform/socket_end.h"
#include "strowger/base/check.h"

#include <rte_ether.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>

namespace strowger::dataplane {

namespace {

// On a thread of the EAL. The only other writer is poll_links(), with the same answer.
int on_link_change(std::uint16_t device, rte_eth_event_type, void* argument, void*) {
    auto& ports = *static_cast<PortSet*>(argument);
    rte_eth_link link{};
    if (rte_eth_link_get_nowait(device, &link) != 0) {
        return 0;
    }
    for (std::size_t index = 0; index < ports.count; ++index) {
        if (ports.ports[index].device == device) {
            ports.set_link(index, link.link_status == RTE_ETH_LINK_UP);
        }
    }
    return 0;
}

} // namespace

std::vector<std::vector<std::size_t>> choose_pollers(
    const DataplaneConfig& config,
    const std::vector<WorkerPlace>& places,
    const std::vector<PollingNeed>& ports
) {
    const bool all_shared =
        std::all_of(config.workers.begin(), config.workers.end(), [](const auto& worker) {
            return worker.shared;
        });
    std::vector<std::size_t> candidates;
    for (std::size_t id = 0; id < places.size(); ++id) {
        if (all_shared || !config.workers[id].shared) {
            candidates.push_back(id);
        }
    }
    std::vector<std::size_t> load(places.size(), 0);
    std::vector<std::vector<std::size_t>> pollers(ports.size());
    for (std::size_t port = 0; port < ports.size(); ++port) {
        const auto rank = [&](std::size_t worker) {
            const bool far = ports[port].socket && *ports[port].socket != places[worker].socket;
            const auto here = std::count(pollers[port].begin(), pollers[port].end(), worker);
            return std::tuple{far, here, load[worker]};
        };
        for (std::uint16_t queue = 0; queue < ports[port].queues; ++queue) {
            const std::size_t best = *std::min_element(
                candidates.begin(),
                candidates.end(),
                [&rank](std::size_t a, std::size_t b) { return rank(a) < rank(b); }
            );
            ++load[best];
            pollers[port].push_back(best);
        }
    }
    return pollers;
}

Ports::Ports(const DataplaneConfig& config, Report report)
    : config_(config), report_(std::move(report)), set_(std::make_unique<PortSet>()) {}

Ports::~Ports() {
    for (std::size_t index = 0; index < devices_.size(); ++index) {
        if (devices_[index]->link_interrupt()) {
            // With what it was registered with, or it would be called when the set is gone.
            (void)rte_eth_dev_callback_unregister(
                devices_[index]->id(), RTE_ETH_EVENT_INTR_LSC, on_link_change, set_.get()
            );
        }
    }
    std::uint64_t lost_at_close = 0;
    for (const auto& device : devices_) {
        lost_at_close += device->buffers_lost_at_close();
    }
    devices_.clear();
    if (pools_ != nullptr && pools_->in_use() > lost_at_close) {
        report_(
            Severity::Error,
            std::to_string(pools_->in_use() - lost_at_close) + " frame buffers were never freed"
        );
    }
}

Result<std::unique_ptr<Ports>>
Ports::start(const DataplaneConfig& config, const std::vector<WorkerPlace>& places, Report report) {
    std::unique_ptr<Ports> ports{new Ports(config, std::move(report))};
    if (auto attached = ports->attach_all(); !attached) {
        return attached.error();
    }
    if (auto started = ports->start_all(places); !started) {
        return started.error();
    }
    return ports;
}

Result<void> Ports::attach_all() {
    STROWGER_CHECK(config_.ports.size() <= set_->ports.size());
    if (!netdevs_.open()) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message =
                std::string{"cannot ask the kernel for its interfaces: "} + std::strerror(errno),
            .problems = {}};
    }
    // All of them first: the sockets of this process's own ports are nobody else's.
    for (const PortConfig& port : config_.ports) {
        if (auto ready = prepare_socket(port); !ready) {
            return ready;
        }
    }
    for (const PortConfig& port : config_.ports) {
        auto device = Device::attach(port, netdevs_);
        if (!device) {
            return device.error();
        }
        devices_.push_back(std::move(*device));
    }
    return {};
}

Result<void> Ports::start_all(const std::vector<WorkerPlace>& places) {
    std::vector<PollingNeed> ports;
    for (const auto& device : devices_) {
        ports.push_back({.socket = device->socket(), .queues = device->rx_queues().shared});
    }
    pollers_ = choose_pollers(config_, places, ports);
    auto pools = PacketPools::create(needs(places));
    if (!pools) {
        return pools.error();
    }
    pools_ = std::move(*pools);
    for (std::size_t index = 0; index < devices_.size(); ++index) {
        const int socket = places[pollers_[index].front()].socket;
        const Device::Terms terms{
            .pool = pools_->pool(socket, config_.ports[index].buffers),
            .socket = socket,
            .tx_queues = tx_queues(index)};
        if (auto started = devices_[index]->start(terms, report_); !started) {
            return started;
        }
        fill_queues(index, places);
        log_port(index, socket);
    }
    set_->count = static_cast<std::uint16_t>(devices_.size());
    return {};
}

void Ports::fill_queues(std::size_t index, const std::vector<WorkerPlace>& places) {
    const Device& device = *devices_[index];
    PortQueues& port = set_->ports.at(index);
    port.device = device.id();
    port.frame_max = device.frame_max();
    port.socket = device.socket().value_or(places[pollers_[index].front()].socket);
    port.rx_descriptors = device.rx_descriptors();
    port.tx_descriptors = device.tx_descriptors();
    port.rx_queues = device.rx_queues().shared;
    port.steered_queues = device.rx_queues().steered;
    std::copy(pollers_[index].begin(), pollers_[index].end(), port.rx_poller.begin());
    // The poller comes first: a circuit's owner is mostly the worker its frames arrive at.
    for (std::uint16_t queue = 0; queue < tx_queues(index); ++queue) {
        port.tx_queue.at((pollers_[index].front() + queue) % places.size()) = queue;
    }
    links_told_.push_back(link_up(index));
    set_->set_link(index, links_told_.back());
    if (device.link_interrupt()) {
        (void)rte_eth_dev_callback_register(
            device.id(), RTE_ETH_EVENT_INTR_LSC, on_link_change, set_.get()
        );
    }
}

std::uint16_t Ports::tx_queues(std::size_t index) const {
    return static_cast<std::uint16_t>(
        std::min<std::size_t>(config_.workers.size(), devices_[index]->tx_queues_max())
    );
}

std::uint64_t Ports::rx_held(std::size_t index) const {
    return std::uint64_t{config_.ports[index].rx_descriptors} *
           devices_[index]->rx_queues().total();
}

std::map<PacketPools::Key, BufferNeed> Ports::needs(const std::vector<WorkerPlace>& places) const {
    std::vector<PortBuffers> ports;
    for (std::size_t index = 0; index < devices_.size(); ++index) {
        ports.push_back(
            {.key = {places[pollers_[index].front()].socket, config_.ports[index].buffers},
             .received = rx_held(index),
             .held = devices_[index]->buffers_held(tx_queues(index)),
             .tx_queues = tx_queues(index),
             .page_each = devices_[index]->shares_buffers_with_kernel()}
        );
    }
    return buffer_needs(config_, ports);
}

void Ports::log_port(std::size_t index, int poller_socket) const {
    const Device& device = *devices_[index];
    const PortQueues& port = set_->ports.at(index);
    const std::string name = "port '" + config_.ports[index].name + "': ";
    report_(
        Severity::Info,
        name + config_.ports[index].device + ", passes frames up to " +
            std::to_string(port.frame_max) + " bytes with FCS, " + reception(index) + ", " +
            std::to_string(tx_queues(index)) + " tx queue(s), link " +
            (set_->link_up(index) ? "up" : "down")
    );
    if (device.socket() && *device.socket() != poller_socket) {
        report_(
            Severity::Warning,
            name + "is on socket " + std::to_string(*device.socket()) + " but polled from socket " +
                std::to_string(poller_socket) + ": put a worker on a core of its own socket"
        );
    }
    warn_about(index);
}

/// Who polls it, and how frames come to several queues.
std::string Ports::reception(std::size_t index) const {
    const Device& device = *devices_[index];
    std::vector<std::uint32_t> cores;
    for (const std::size_t worker : pollers_[index]) {
        cores.push_back(config_.workers[worker].core);
    }
    std::string text = "polled by the worker on core " + std::to_string(cores.front());
    if (cores.size() > 1) {
        text = std::to_string(cores.size()) + " rx queues (" +
               (device.hashes_vlans() ? "by VLAN" : "its far end chooses one") +
               ") polled by the workers on cores " + std::to_string(cores.front());
        for (std::size_t queue = 1; queue < cores.size(); ++queue) {
            text += ", " + std::to_string(cores[queue]);
        }
    }
    if (device.rx_queues().steered != 0) {
        text += ", " + std::to_string(device.rx_queues().steered) + " for VLANs of slices";
    }
    return text;
}

/// What an operator should know of a device before a customer does.
void Ports::warn_about(std::size_t index) const {
    const std::string name = "port '" + config_.ports[index].name + "': ";
    const auto end = socket_end_of(config_.ports[index].device);
    if (end && end->kind != SocketEnd::Kind::VhostUser) {
        report_(
            Severity::Warning,
            name + devices_[index]->driver() +
                " trusts the program at its other end, which can stop this process: for the "
                "operator's own programs, never a tenant's"
        );
    }
    if (devices_[index]->driver() == "net_af_packet") {
        report_(
            Severity::Warning,
            name + "net_af_packet turns 0x88a8 tags into 0x8100: for C-tagged UNIs only"
        );
    }
}

bool Ports::link_up(std::size_t index) const {
    const Device& device = *devices_[index];
    if (device.netdev()) {
        const auto now = netdevs_.find(device.netdev()->index);
        return now && now->up;
    }
    rte_eth_link link{};
    return rte_eth_link_get_nowait(device.id(), &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

void Ports::poll_links() {
    netdevs_.update();
    for (std::size_t index = 0; index < devices_.size(); ++index) {
        const bool up = link_up(index);
        set_->set_link(index, up);
        // Not the links' word: a driver's interrupt may have been faster.
        if (links_told_[index] != up) {
            links_told_[index] = up;
            report_(
                Severity::Info,
                "port '" + config_.ports[index].name + "': link " + (up ? "up" : "down")
            );
        }
    }
}

PortStatus Ports::status(PortIndex port) const {
    const Device& device = *devices_.at(port.value);
    const PortQueues& queues = set_->ports.at(port.value);
    PortStatus status;
    status.name = config_.ports.at(port.value).name;
    status.driver = device.driver();
    rte_ether_addr address{};
    if (rte_eth_macaddr_get(device.id(), &address) == 0) {
        std::array<char, RTE_ETHER_ADDR_FMT_SIZE> text{};
        rte_ether_format_addr(text.data(), text.size(), &address);
        status.mac = text.data();
        std::transform(status.mac.begin(), status.mac.end(), status.mac.begin(), [](char c) {
            return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        });
    }
    status.socket = queues.socket;
    status.link_up = set_->link_up(port.value);
    rte_eth_link link{};
    // Where the kernel must be asked for the link, the driver's speed is made up too.
    if (device.link_source() == Device::LinkSource::Driver &&
        rte_eth_link_get_nowait(device.id(), &link) == 0 &&
        link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN) {
        status.speed_bps = std::uint64_t{link.link_speed} * 1'000'000;
    }
    status.frame_max = Bytes{queues.frame_max};
    status.steering = device.steering();
    return status;
}

Result<void> Ports::steer(PortIndex port, std::span<const SteeringRule> rules) {
    auto told = devices_.at(port.value)->steer(rules);
    if (!told) {
        report_(
            Severity::Warning,
            "port '" + config_.ports.at(port.value).name + "': " + told.error().message +
                "; slices share its other queues"
        );
    }
    return told;
}

DeviceCounters Ports::counters(PortIndex port) const {
    rte_eth_stats stats{};
    if (rte_eth_stats_get(devices_.at(port.value)->id(), &stats) != 0) {
        return {};
    }
    return {.rx_missed = stats.imissed, .rx_no_mbuf = stats.rx_nombuf, .rx_errors = stats.ierrors};
}

} // namespace strowger::dataplane
