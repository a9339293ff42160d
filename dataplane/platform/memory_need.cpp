// SPDX-License-Identifier: Apache-2.0
#include "platform/memory_need.h"

#include "platform/memory_text.h"
#include "platform/ports.h"

#include <algorithm>
#include <array>

namespace strowger::dataplane {

namespace {

constexpr std::uint64_t kMebibyte = 1'048'576;
constexpr std::uint64_t kGibibyteInMegabytes = 1'024;

// What DPDK itself takes; measured: 0.16 MB, and 0.44 with a first port.
constexpr std::uint64_t kEalBytes = kMebibyte;
// Of a device, beside its queues; and of each descriptor: its ring's entry, its driver's.
constexpr std::uint64_t kDeviceBytes = kMebibyte / 4;
constexpr std::uint64_t kDescriptorBytes = 96;
// Blocks that do not fit into what others left, drivers that take more than those above.
constexpr std::uint64_t kMarginBytes = 4 * kMebibyte;
constexpr std::uint64_t kMarginShare = 64;

/// As the site asks for; a device may go on with fewer.
std::uint64_t rx_queues(const PortConfig& port) {
    return std::uint64_t{port.rx_queues} + port.steered_queues;
}

/// Devices that have one tx queue unless their arguments say more. All others have one for each
/// worker; where they have not, more hugepages are taken as buffers and rings are made.
bool may_have_one_queue(const std::string& device) {
    constexpr std::array kDrivers{
        "net_af_xdp", "net_af_packet", "net_memif", "net_vhost", "net_virtio_user"};
    return std::any_of(kDrivers.begin(), kDrivers.end(), [&](const char* driver) {
        return device.starts_with(driver);
    });
}

/// A port's buffers before it is open: the most that its device may come to.
PortBuffers bound_of(const PortConfig& port, std::size_t workers, int socket) {
    const std::uint64_t received = port.rx_descriptors * rx_queues(port);
    const bool af_xdp = port.device.starts_with("net_af_xdp");
    const std::size_t tx_queues = may_have_one_queue(port.device) ? 1 : workers;
    return {
        .key = {socket, port.buffers},
        .received = received,
        .held =
            received + port.tx_descriptors * std::uint64_t{workers} + (af_xdp ? kAfXdpBuffers : 0),
        .tx_queues = static_cast<std::uint16_t>(tx_queues),
        .page_each = af_xdp};
}

std::uint64_t device_bytes(const DataplaneConfig& config) {
    std::uint64_t bytes = kEalBytes;
    for (const PortConfig& port : config.ports) {
        const std::uint64_t descriptors =
            port.rx_descriptors * rx_queues(port) +
            std::uint64_t{port.tx_descriptors} * config.workers.size();
        bytes += kDeviceBytes + descriptors * kDescriptorBytes;
    }
    return bytes;
}

/// In pages of 1 GiB when there are enough: they are of use for nothing else.
std::uint32_t
in_whole_pages(std::uint32_t megabytes, int socket, const std::vector<HugepageStock>& stock) {
    const std::uint64_t pages = (megabytes + kGibibyteInMegabytes - 1) / kGibibyteInMegabytes;
    const bool enough = std::any_of(stock.begin(), stock.end(), [&](const HugepageStock& size) {
        return size.socket == socket && size.page_kilobytes == kMebibyte && size.free >= pages;
    });
    return enough ? static_cast<std::uint32_t>(pages * kGibibyteInMegabytes) : megabytes;
}

Result<std::map<int, std::uint32_t>>
wanted(const DataplaneConfig& config, const std::map<int, MemoryNeed>& needs) {
    std::map<int, std::uint32_t> megabytes;
    for (const auto& [socket, need] : needs) {
        const std::uint32_t set = config.memory_megabytes;
        if (set != 0 && set < need.megabytes()) {
            return Error{
                .code = ErrorCode::Unavailable,
                .message = "memory.megabytes: " + std::to_string(set) + " are set, " +
                           std::to_string(need.megabytes()) + " are needed on socket " +
                           std::to_string(socket) + " (" + need.parts() +
                           "). Leave it out, and the start takes what it needs; or lower "
                           "endpoints, vlan_index_bytes, or the descriptors of the ports",
                .problems = {}};
        }
        megabytes[socket] = set != 0 ? set : need.megabytes();
    }
    return megabytes;
}

/// Before the kernel kills some process to find it.
Result<void> check_plain(
    const std::map<int, std::uint32_t>& megabytes,
    std::uint64_t available,
    const std::string& remark
) {
    std::uint64_t sum = 0;
    for (const auto& [socket, here] : megabytes) {
        sum += here;
    }
    if (available == 0 || sum <= available) {
        return {};
    }
    return Error{
        .code = ErrorCode::Unavailable,
        .message = std::to_string(sum) + " MB of plain memory are needed, " +
                   std::to_string(available) + " are available; no hugepages: " + remark,
        .problems = {}};
}

} // namespace

std::map<PacketPools::Key, BufferNeed>
buffer_needs(const DataplaneConfig& config, const std::vector<PortBuffers>& ports) {
    std::map<PacketPools::Key, BufferNeed> needs;
    const std::uint64_t workers = config.workers.size();
    // A circuit that moves parks as many frames as a ring takes.
    std::uint64_t rings = workers * (workers - 1) + (workers > 1 ? kMovesMax : 0);
    for (const PortBuffers& port : ports) {
        needs[port.key].descriptors += port.received;
        needs[port.key].page_each |= port.page_each;
        rings += workers - port.tx_queues;
    }
    for (auto& [key, need] : needs) {
        need.workers = static_cast<std::uint32_t>(workers);
        need.ring_entries = rings * config.handover_ring;
        // Any port may transmit the frames of any pool, and hold on to them.
        for (const PortBuffers& port : ports) {
            need.descriptors += port.held - port.received;
        }
    }
    return needs;
}

std::uint32_t MemoryNeed::megabytes() const noexcept {
    const std::uint64_t pages = (total() + kHugePageBytes - 1) / kHugePageBytes;
    return static_cast<std::uint32_t>(pages * (kHugePageBytes / kMebibyte));
}

std::string MemoryNeed::parts() const {
    return "tables " + mebibytes(tables) + ", frame buffers " + mebibytes(buffers) + ", devices " +
           mebibytes(devices) + ", margin " + mebibytes(margin);
}

std::map<int, MemoryNeed> memory_needs(
    const DataplaneConfig& config,
    const std::vector<WorkerPlace>& places,
    const std::vector<std::optional<int>>& port_sockets,
    std::uint64_t page_bytes
) {
    std::map<int, MemoryNeed> needs;
    const TableBytes tables = table_bytes(config, config.ports.size());
    for (const WorkerPlace& place : places) {
        needs[place.socket].tables += tables.total();
    }
    std::vector<PortBuffers> ports;
    std::vector<PollingNeed> polling;
    for (std::size_t index = 0; index < config.ports.size(); ++index) {
        polling.push_back(
            {.socket = port_sockets[index],
             .queues = static_cast<std::uint16_t>(config.ports[index].rx_queues)}
        );
    }
    const auto pollers = choose_pollers(config, places, polling);
    for (std::size_t index = 0; index < config.ports.size(); ++index) {
        const int socket = places[pollers[index].front()].socket;
        ports.push_back(bound_of(config.ports[index], places.size(), socket));
    }
    for (const auto& [key, buffers] : buffer_needs(config, ports)) {
        needs[key.first].buffers += pool_size(key.second, buffers, page_bytes).bytes;
    }
    std::uint64_t relays = 0;
    for (const PortBuffers& port : ports) {
        relays += places.size() - port.tx_queues;
    }
    for (auto& [socket, need] : needs) {
        need.tables += relays * tables.handover_ring;
        need.devices = device_bytes(config);
        need.margin = kMarginBytes + (need.tables + need.buffers) / kMarginShare;
    }
    return needs;
}

Result<MemoryPlan> plan_memory(
    const DataplaneConfig& config,
    const std::vector<WorkerPlace>& places,
    const std::vector<std::optional<int>>& port_sockets,
    const MemoryStock& stock
) {
    const std::uint64_t page =
        config.hugepages == HugepageUse::Never ? kPlainPageBytes : kHugePageBytes;
    auto megabytes = wanted(config, memory_needs(config, places, port_sockets, page));
    if (!megabytes) {
        return megabytes.error();
    }
    auto choice = choose_hugepages(config.hugepages, *megabytes, stock.hugepages);
    if (!choice) {
        return choice.error();
    }
    if (!choice->use) {
        megabytes = wanted(config, memory_needs(config, places, port_sockets, kPlainPageBytes));
        if (!megabytes) {
            return megabytes.error();
        }
        if (auto there = check_plain(*megabytes, stock.plain_megabytes, choice->remark); !there) {
            return there.error();
        }
    } else if (config.memory_megabytes == 0) {
        for (auto& [socket, count] : *megabytes) {
            count = in_whole_pages(count, socket, stock.hugepages);
        }
    }
    return MemoryPlan{
        .hugepages = choice->use,
        .megabytes = std::move(*megabytes),
        .remark = std::move(choice->remark)};
}

} // namespace strowger::dataplane
