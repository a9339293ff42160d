// SPDX-License-Identifier: Apache-2.0
#include "pktgen/lab.h"

#include "pktgen/frame.h"
#include "pktgen/sender.h"
#include "platform/hugepages.h"
#include "platform/tsc_rate.h"

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <sched.h>
#include <set>
#include <thread>

namespace strowger::pktgen {

namespace {

constexpr unsigned kPoolCache = 256;
constexpr std::uint32_t kBufferOverheadBytes = 256; ///< descriptor of the buffer, pool header
constexpr std::uint32_t kOtherMegabytes = 96;       ///< rings and queues of the devices, EAL

Error unavailable(std::string message) {
    return {.code = ErrorCode::Unavailable, .message = std::move(message), .problems = {}};
}

std::uint16_t room_bytes(const LabSpec& spec) {
    const std::uint32_t frame = std::max<std::uint32_t>(spec.frame_bytes_max, 2'048);
    // Devices give room in steps of 1 KiB; two tags more than were sent fit as well.
    const std::uint32_t rounded = (frame + 2 * kTagBytes + 1'023) / 1'024 * 1'024;
    return static_cast<std::uint16_t>(
        (frame <= 2'048 ? 2'048 : rounded) + std::uint32_t{RTE_PKTMBUF_HEADROOM}
    );
}

/// Enough that all queues may be full at once: one ring here, one in the device under test.
std::uint32_t pool_buffers(const LabSpec& spec) {
    const std::uint32_t queues = std::uint32_t{spec.descriptors} * (spec.rx_queues + 1U);
    return std::max<std::uint32_t>(8'191, queues * 2 + 4 * kBurstMax + 2 * kPoolCache);
}

/// net_af_xdp keeps a fill ring of 2,048 buffers and as many on their way to it.
constexpr std::uint32_t kAfXdpBuffers = 8'192;

std::uint32_t rx_pool_buffers(const LabSpec& spec) {
    const bool af_xdp =
        spec.rx_device.starts_with("net_af_xdp") || spec.tx_device.starts_with("net_af_xdp");
    return pool_buffers(spec) + (af_xdp ? kAfXdpBuffers : 0);
}

bool same_device(const LabSpec& spec) {
    return spec.rx_device.empty() || spec.rx_device == spec.tx_device;
}

} // namespace

std::uint32_t memory_needed_megabytes(const LabSpec& spec) {
    const std::uint64_t buffer = std::uint64_t{room_bytes(spec)} + kBufferOverheadBytes;
    const std::uint64_t bytes = buffer * (pool_buffers(spec) + rx_pool_buffers(spec));
    return static_cast<std::uint32_t>(bytes >> 20) + kOtherMegabytes;
}

std::vector<std::string> eal_arguments(const LabSpec& spec) {
    std::string lcores;
    for (std::size_t i = 0; i < spec.cores.size(); ++i) {
        lcores += fmt::format("{}{}@{}", i == 0 ? "" : ",", i, spec.cores[i]);
    }
    const std::string memory = std::to_string(
        spec.memory_megabytes != 0 ? spec.memory_megabytes : memory_needed_megabytes(spec)
    );
    std::vector<std::string> arguments{
        "strowger-pktgen",
        "--lcores",
        lcores,
        "--main-lcore",
        "0",
        "--no-telemetry",
        "--log-level=*:error",
        "-m",
        memory};
    if (spec.hugepages) {
        // Anonymous, so that nothing stays behind; one file a page size, because vhost-user peers
        // take a handful of them at most.
        arguments.insert(arguments.end(), {"--in-memory", "--single-file-segments"});
    } else {
        arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
    }
    bool any_pci = false;
    for (const std::string& device : {spec.tx_device, spec.rx_device}) {
        if (is_pci(device)) {
            any_pci = true;
            arguments.insert(arguments.end(), {"-a", allowed_pci(device)});
        }
    }
    if (!any_pci) {
        arguments.insert(arguments.end(), {"--no-pci", "--iova-mode=va"});
    }
    arguments.insert(arguments.end(), spec.eal_arguments.begin(), spec.eal_arguments.end());
    return arguments;
}

Result<void> check_machine(const LabSpec& spec) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    (void)sched_getaffinity(0, sizeof allowed, &allowed);
    for (const unsigned core : spec.cores) {
        if (core >= CPU_SETSIZE || CPU_ISSET(core, &allowed) == 0) {
            return unavailable(fmt::format(
                "core {} is not there, or this process may not use it; it may use {} core(s): "
                "choose with --cores",
                core,
                CPU_COUNT(&allowed)
            ));
        }
    }
    if (!spec.hugepages) {
        return {};
    }
    const std::uint32_t megabytes =
        spec.memory_megabytes != 0 ? spec.memory_megabytes : memory_needed_megabytes(spec);
    const auto choice = dataplane::choose_hugepages(
        HugepageUse::Required,
        {{0, megabytes}},
        dataplane::read_hugepages("/sys/devices/system/node")
    );
    if (!choice) {
        return unavailable(choice.error().message + "; or give --no-huge, for tests of function");
    }
    return {};
}

Result<std::unique_ptr<Lab>> Lab::open(const LabSpec& spec) {
    if (auto fits = check_machine(spec); !fits) {
        return fits.error();
    }
    std::unique_ptr<Lab> lab{new Lab(spec)};
    auto eal = dataplane::Eal::start(eal_arguments(spec), nullptr);
    if (!eal) {
        return eal.error();
    }
    lab->eal_ = std::move(*eal);
    lab->tsc_hz_ = dataplane::measure_tsc_hz();
    if (auto made = lab->make_pools(); !made) {
        return made.error();
    }
    if (auto opened = lab->open_devices(); !opened) {
        return opened.error();
    }
    return lab;
}

Lab::~Lab() {
    rx_.reset(); // the devices hold buffers of the pools
    tx_.reset();
    rte_mempool_free(rx_pool_);
    rte_mempool_free(tx_pool_);
}

Result<void> Lab::make_pools() {
    const auto socket = static_cast<int>(rte_socket_id());
    const std::uint16_t room = room_bytes(spec_);
    tx_pool_ =
        rte_pktmbuf_pool_create("pktgen_tx", pool_buffers(spec_), kPoolCache, 0, room, socket);
    rx_pool_ =
        rte_pktmbuf_pool_create("pktgen_rx", rx_pool_buffers(spec_), kPoolCache, 0, room, socket);
    if (tx_pool_ == nullptr || rx_pool_ == nullptr) {
        return unavailable(fmt::format(
            "the buffers do not fit into the memory: {}; raise --memory above {} MB",
            rte_strerror(rte_errno),
            memory_needed_megabytes(spec_)
        ));
    }
    prepare_buffers(tx_pool_);
    return {};
}

DeviceTerms Lab::terms() const {
    return {
        .rx_queues = spec_.rx_queues,
        .descriptors = spec_.descriptors,
        .frame_bytes_max = spec_.frame_bytes_max,
        .rx_pool = rx_pool_};
}

Result<void> Lab::open_devices() {
    auto tx = Device::attach(spec_.tx_device);
    if (!tx) {
        return tx.error();
    }
    tx_ = std::move(*tx);
    if (!same_device(spec_)) {
        auto rx = Device::attach(spec_.rx_device);
        if (!rx) {
            return rx.error();
        }
        rx_ = std::move(*rx);
    }
    if (auto started = tx_->start(terms()); !started) {
        return started;
    }
    return rx_ ? rx_->start(terms()) : Result<void>{};
}

Result<std::unique_ptr<Device>> Lab::open_loopback() {
    auto device = Device::attach("net_ring_self");
    if (!device) {
        return device;
    }
    DeviceTerms own = terms();
    own.rx_queues = 1;
    own.frame_bytes_max = 64; // rings know no MTU
    if (auto started = (*device)->start(own); !started) {
        return started.error();
    }
    return device;
}

Result<void> Lab::wait_for_links(double seconds, const std::atomic<bool>& stop) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>{seconds};
    while (!stop.load()) {
        Device& lacking = tx().link_up() ? rx() : tx();
        if (lacking.link_up()) {
            return {};
        }
        if (std::chrono::steady_clock::now() > deadline) {
            return unavailable(fmt::format(
                "device '{}' has no link after {} s: is the other side there? (--wait-link)",
                lacking.name(),
                seconds
            ));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return {};
}

} // namespace strowger::pktgen
