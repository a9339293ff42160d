// SPDX-License-Identifier: Apache-2.0
#include "platform/eal.h"

#include "platform/socket_end.h"
#include "platform/xdp_log.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <sys/types.h>

namespace strowger::dataplane {

namespace {

/// DPDK's log stream. It writes from several threads, and may write until the process ends.
struct LogStream {
    std::mutex mutex;
    Report report;
    std::string unfinished;
    std::string last_line;
};

LogStream& log_stream() {
    static auto* const kStream = new LogStream; // outlives every thread that DPDK leaves behind
    return *kStream;
}

void finish_line(LogStream& stream) {
    if (stream.unfinished.empty()) {
        return;
    }
    stream.last_line = stream.unfinished;
    const Severity severity = rte_log_cur_msg_loglevel() <= static_cast<int>(RTE_LOG_ERR)
                                  ? Severity::Error
                                  : Severity::Debug;
    if (stream.report) {
        stream.report(severity, "dpdk: " + stream.unfinished);
    }
    stream.unfinished.clear();
}

ssize_t write_log(void*, const char* text, std::size_t size) {
    LogStream& stream = log_stream();
    const std::lock_guard lock{stream.mutex};
    for (const char c : std::string_view{text, size}) {
        if (c == '\n') {
            finish_line(stream);
        } else {
            stream.unfinished += c;
        }
    }
    return static_cast<ssize_t>(size);
}

std::FILE* open_log() {
    const cookie_io_functions_t functions{
        .read = nullptr, .write = write_log, .seek = nullptr, .close = nullptr};
    std::FILE* const file = fopencookie(nullptr, "w", functions);
    if (file != nullptr) {
        (void)std::setvbuf(file, nullptr, _IOLBF, 512);
    }
    return file;
}

} // namespace

bool is_pci(const std::string& device) {
    return !device.starts_with("net_");
}

std::string full_pci_address(const std::string& device) {
    const std::string address = device.substr(0, device.find(','));
    return address.size() == 7 ? "0000:" + address : address;
}

std::vector<std::string> eal_arguments(
    const DataplaneConfig& config,
    bool hugepages,
    const std::map<int, std::uint32_t>& megabytes
) {
    std::string lcores = "0@" + std::to_string(config.control_core);
    for (std::size_t i = 0; i < config.workers.size(); ++i) {
        lcores += "," + std::to_string(lcore_of(i)) + "@" + std::to_string(config.workers[i].core);
    }
    std::vector<std::string> arguments{
        "strowgerd",
        "--lcores",
        lcores,
        "--main-lcore",
        "0",
        "--no-telemetry",
        "--log-level=*:error"};
    if (hugepages) {
        // Anonymous hugepages: no mount is needed, and nothing is left behind by a crash. The EAL
        // takes the largest pages first.
        std::string memory;
        for (int socket = 0; socket <= megabytes.rbegin()->first; ++socket) {
            const auto here = megabytes.find(socket);
            memory += (socket == 0 ? "" : ",");
            memory += here == megabytes.end() ? "0" : std::to_string(here->second);
        }
        arguments.insert(arguments.end(), {"--in-memory", "--socket-mem", memory});
        if (config.memory_megabytes != 0) {
            // Or a mempool takes another page of 1 GiB when one is free, whatever is left.
            arguments.insert(arguments.end(), {"--socket-limit", memory});
        }
    } else {
        std::uint64_t sum = 0;
        for (const auto& [socket, here] : megabytes) {
            sum += here;
        }
        arguments.insert(arguments.end(), {"--no-huge", "--no-shconf", "-m", std::to_string(sum)});
    }
    bool any_pci = false;
    for (const PortConfig& port : config.ports) {
        if (is_pci(port.device)) {
            any_pci = true;
            arguments.insert(arguments.end(), {"-a", full_pci_address(port.device)});
        }
    }
    if (std::any_of(config.ports.begin(), config.ports.end(), [](const PortConfig& port) {
            const auto end = socket_end_of(port.device);
            return end && end->kind == SocketEnd::Kind::VirtioUser;
        })) {
        // A vhost-user backend maps at most eight files.
        arguments.emplace_back("--single-file-segments");
    }
    if (!any_pci) {
        arguments.emplace_back("--no-pci");
    }
    return arguments;
}

Result<std::unique_ptr<Eal>>
Eal::start(const std::vector<std::string>& arguments, const Report& report) {
    {
        const std::lock_guard lock{log_stream().mutex};
        log_stream().report = report;
    }
    static std::FILE* const kLog = open_log();
    if (kLog != nullptr) {
        rte_openlog_stream(kLog);
    }
    // DPDK permutes the array and keeps pointers into the strings.
    static std::vector<std::string> kept;
    kept = arguments;
    std::vector<char*> pointers;
    pointers.reserve(kept.size() + 1);
    for (std::string& argument : kept) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    if (rte_eal_init(static_cast<int>(arguments.size()), pointers.data()) < 0) {
        const std::string why = take_last_line();
        return Error{
            .code = ErrorCode::Unavailable,
            .message = "DPDK does not start: " + (why.empty() ? rte_strerror(rte_errno) : why),
            .problems = {}};
    }
    route_xdp_log();
    return std::unique_ptr<Eal>{new Eal};
}

Eal::~Eal() {
    rte_eal_cleanup();
    const std::lock_guard lock{log_stream().mutex};
    log_stream().report = nullptr;
}

std::string Eal::take_last_line() {
    LogStream& stream = log_stream();
    const std::lock_guard lock{stream.mutex};
    return std::exchange(stream.last_line, {});
}

} // namespace strowger::dataplane
