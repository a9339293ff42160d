// SPDX-License-Identifier: Apache-2.0
#include "platform/dataplane_runtime.h"

#include "control/ring_dataplane.h"
#include "platform/eal.h"
#include "platform/hugepages.h"
#include "platform/memory_need.h"
#include "platform/memory_report.h"
#include "platform/ports.h"
#include "platform/topology.h"
#include "platform/tsc_rate.h"
#include "platform/turn_watch.h"
#include "platform/worker_threads.h"
#include "worker/worker_group.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace strowger::dataplane {

namespace {

// How long a circuit that moves leaves its old owner's transmit queue to itself, where the driver
// does not say what has left: software devices take a burst from a queue within microseconds.
constexpr std::uint64_t kTxSettleNs = 50'000;
// And where the driver, or a full queue, says that it has not left. Longer than a queue of 1024
// full frames takes at 1 Gb/s (12.6 ms): the port stands still, and order is no matter to it.
constexpr std::uint64_t kTxStallNs = 20'000'000;

// Above every ordinary process, below nothing that the kernel needs.
constexpr int kSharedControlNice = -15;

// The control thread must not wait behind a worker on its own core.
void raise_priority(const Report& report) {
    const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
    if (::setpriority(PRIO_PROCESS, thread, kSharedControlNice) != 0) {
        report(
            Severity::Warning,
            std::string{"a worker shares the control core, and the priority of the control thread "
                        "cannot be raised ("} +
                std::strerror(errno) + "): orders may be slow under load; CAP_SYS_NICE allows it"
        );
    }
    report(
        Severity::Warning,
        "a worker shares the control core: it is adaptive, and out of every loss and latency "
        "promise"
    );
}

/// What the kernel says of the ports' NICs, before the EAL opens them.
std::vector<std::optional<int>> sockets_of_ports(const DataplaneConfig& config) {
    std::vector<std::optional<int>> sockets;
    for (const PortConfig& port : config.ports) {
        std::optional<int> socket;
        if (is_pci(port.device)) {
            std::ifstream file(
                "/sys/bus/pci/devices/" + full_pci_address(port.device) + "/numa_node"
            );
            int node = -1;
            if (file >> node && node >= 0) {
                socket = node;
            }
        }
        sockets.push_back(socket);
    }
    return sockets;
}

Result<std::unique_ptr<Eal>> start_eal(
    const DataplaneConfig& config,
    const std::vector<WorkerPlace>& places,
    const Report& report
) {
    const auto plan = plan_memory(
        config,
        places,
        sockets_of_ports(config),
        {.hugepages = read_hugepages("/sys/devices/system/node"),
         .plain_megabytes = read_available_megabytes("/proc/meminfo")}
    );
    if (!plan) {
        return plan.error();
    }
    if (!plan->hugepages) {
        report(
            config.hugepages == HugepageUse::Auto ? Severity::Warning : Severity::Info,
            "memory: no hugepages, " + plan->remark
        );
    }
    auto eal = Eal::start(eal_arguments(config, plan->hugepages, plan->megabytes), report);
    if (!eal) {
        return eal;
    }
    if (auto populated = populate_plain_memory(); !populated) {
        return populated.error();
    }
    return eal;
}

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

TurnClocks turns_of(const WorkerGroup& group, std::size_t id) {
    const WorkerStats& stats = group.worker(id).stats();
    const auto microseconds = [&group](std::uint64_t ticks) {
        return ticks / std::max<std::uint64_t>(1, group.clock_hz() / 1'000'000);
    };
    TurnClocks clocks{
        .long_turns = stats.long_turns.read(),
        .long_us = microseconds(stats.long_turn_ticks.read()),
        .last_us = {},
    };
    std::transform(
        stats.last_long.begin(),
        stats.last_long.end(),
        clocks.last_us.begin(),
        [&](const WorkerCounter& ticks) { return microseconds(ticks.read()); }
    );
    return clocks;
}

} // namespace

/// In the order of their making: each uses those above it.
struct Runtime::Parts {
    std::unique_ptr<Eal> eal;
    std::unique_ptr<Ports> ports;
    std::unique_ptr<WorkerGroup> group;
    std::optional<RingDataplane> dataplane;
    std::unique_ptr<WorkerThreads> threads;
    std::optional<TurnWatch> turns;
    std::vector<std::uint32_t> cores; ///< of the workers

    ~Parts() {
        threads.reset();
        dataplane.reset();
        // Ports hold frames of the pools, rings hold frames too: both go before the pools, which
        // the ports own.
        group.reset();
        ports.reset();
        eal.reset();
    }
};

Runtime::Runtime() : parts_(std::make_unique<Parts>()) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>>
Runtime::start(const DataplaneConfig& config, const Report& report) {
    const auto places = place_workers(config, read_machine());
    if (!places) {
        return places.error();
    }
    std::unique_ptr<Runtime> runtime{new Runtime};
    Parts& parts = *runtime->parts_;
    auto eal = start_eal(config, *places, report);
    if (!eal) {
        return eal.error();
    }
    parts.eal = std::move(*eal);
    auto ports = Ports::start(config, *places, report);
    if (!ports) {
        return ports.error();
    }
    parts.ports = std::move(*ports);
    auto group = WorkerGroup::create(
        {.config = &config,
         .ports = &parts.ports->set(),
         .places = *places,
         .virtual_clock = nullptr,
         .clock_hz = measure_tsc_hz(),
         .tx_settle_ns = kTxSettleNs,
         .tx_stall_ns = kTxStallNs}
    );
    if (!group) {
        return group.error();
    }
    parts.group = std::move(*group);
    report_memory(config, *parts.group, parts.ports->pools(), report);
    parts.dataplane.emplace(config, *parts.group, *parts.ports, parts.ports.get());
    auto threads = WorkerThreads::start(config, *parts.group);
    if (!threads) {
        return threads.error();
    }
    parts.threads = std::move(*threads);
    parts.turns.emplace(report);
    for (const WorkerConfig& worker : config.workers) {
        parts.cores.push_back(worker.core);
    }
    if (std::any_of(config.workers.begin(), config.workers.end(), [](const WorkerConfig& worker) {
            return worker.shared;
        })) {
        raise_priority(report);
    }
    return runtime;
}

Dataplane& Runtime::dataplane() {
    return *parts_->dataplane;
}
void Runtime::poll_links() {
    parts_->ports->poll_links();
}
int Runtime::link_descriptor() const {
    return parts_->ports->link_descriptor();
}
void Runtime::watch_turns() {
    const std::string stat = text_of("/proc/stat");
    std::vector<TurnWatch::Source> workers;
    for (std::size_t id = 0; id < parts_->group->size(); ++id) {
        const std::uint32_t core = parts_->cores[id];
        TurnClocks clocks = turns_of(*parts_->group, id);
        clocks.stolen_us = stolen_us_in(stat, core);
        clocks.run_delay_us = run_delay_us_in(text_of(
            "/proc/self/task/" + std::to_string(parts_->threads->thread_id(id)) + "/schedstat"
        ));
        workers.push_back({.core = core, .clocks = clocks});
    }
    parts_->turns->look(workers);
}

} // namespace strowger::dataplane
