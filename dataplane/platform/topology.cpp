// SPDX-License-Identifier: Apache-2.0
#include "platform/topology.h"

#include <numa.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <sched.h>
#include <string>
#include <unistd.h>

namespace strowger::dataplane {

namespace {

std::string list(const std::set<std::uint32_t>& cores) {
    std::string text;
    for (const std::uint32_t core : cores) {
        text += (text.empty() ? "" : ", ") + std::to_string(core);
    }
    return text;
}

std::set<std::uint32_t> affinity(std::uint32_t core_count) {
    // A cpu_set_t ends at 1024; the kernel refuses a mask shorter than its own.
    const std::size_t bits = std::max<std::size_t>(core_count, CPU_SETSIZE);
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> mask{
        CPU_ALLOC(bits), [](cpu_set_t* set) { CPU_FREE(set); }};
    const std::size_t bytes = CPU_ALLOC_SIZE(bits);
    CPU_ZERO_S(bytes, mask.get());
    std::set<std::uint32_t> allowed;
    if (sched_getaffinity(0, bytes, mask.get()) != 0) {
        return allowed;
    }
    for (std::uint32_t core = 0; core < bits; ++core) {
        if (CPU_ISSET_S(core, bytes, mask.get())) {
            allowed.insert(core);
        }
    }
    return allowed;
}

std::optional<std::string> wrong_with(std::uint32_t core, const Machine& machine) {
    if (machine.offline.contains(core)) {
        return "core " + std::to_string(core) + " is switched off";
    }
    if (!machine.cores.contains(core)) {
        return "this machine has no core " + std::to_string(core);
    }
    if (!machine.allowed.contains(core)) {
        return "this process may not run on core " + std::to_string(core);
    }
    return std::nullopt;
}

} // namespace

Machine read_machine() {
    Machine machine;
    const long configured = sysconf(_SC_NPROCESSORS_CONF);
    const auto core_count = static_cast<std::uint32_t>(std::max(configured, 1L));
    machine.allowed = affinity(core_count);
    if (numa_available() < 0) { // a kernel without NUMA: one node
        for (std::uint32_t core = 0; core < core_count; ++core) {
            machine.cores.emplace(core, 0);
        }
        return machine;
    }
    for (std::uint32_t core = 0; core < core_count; ++core) {
        const int node = numa_node_of_cpu(static_cast<int>(core));
        if (numa_bitmask_isbitset(numa_all_cpus_ptr, core) != 0 || machine.allowed.contains(core)) {
            machine.cores.emplace(core, std::max(node, 0));
        } else if (node < 0) {
            machine.offline.insert(core);
        } else {
            machine.cores.emplace(core, node);
        }
    }
    return machine;
}

Result<std::vector<WorkerPlace>>
place_workers(const DataplaneConfig& config, const Machine& machine) {
    std::vector<Problem> problems;
    const auto check = [&](std::uint32_t core, std::string pointer) {
        if (auto wrong = wrong_with(core, machine)) {
            problems.push_back(
                {.pointer = std::move(pointer),
                 .code = "no_such_core",
                 .message = std::move(*wrong),
                 .hint = "cores that can be used: " + list(machine.allowed),
                 .rule = {}}
            );
        }
    };
    check(config.control_core, "cores.control");
    std::vector<WorkerPlace> places;
    for (std::size_t i = 0; i < config.workers.size(); ++i) {
        const std::uint32_t core = config.workers[i].core;
        check(core, "cores.workers[" + std::to_string(i) + "].core");
        const auto known = machine.cores.find(core);
        places.push_back({.socket = known == machine.cores.end() ? 0 : known->second});
    }
    if (!problems.empty()) {
        return Error{
            .code = ErrorCode::Invalid,
            .message = "the site file names cores that cannot be used",
            .problems = std::move(problems)};
    }
    return places;
}

} // namespace strowger::dataplane
