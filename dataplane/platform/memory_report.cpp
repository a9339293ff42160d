// SPDX-License-Identifier: Apache-2.0
#include "platform/memory_report.h"

#include "platform/memory_text.h"

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <sys/mman.h>
#include <utility>

namespace strowger::dataplane {

namespace {

// 5.14 and later; Debian 12's kernel is 6.1, its C library's headers are as new.
int populate(const rte_memseg_list*, const rte_memseg* segment, std::size_t bytes, void*) {
    return ::madvise(segment->addr, bytes, MADV_POPULATE_WRITE) == 0 ? 0 : -errno;
}

/// Bytes by (socket, page size).
using Pages = std::map<std::pair<int, std::uint64_t>, std::uint64_t>;

int count_segment(const rte_memseg_list* list, const rte_memseg* segment, void* pages) {
    if (list->external == 0) {
        (*static_cast<Pages*>(pages))[{segment->socket_id, segment->hugepage_sz}] += segment->len;
    }
    return 0;
}

std::string size_of_page(std::uint64_t bytes) {
    constexpr std::uint64_t kKibibyte = 1'024;
    constexpr std::uint64_t kMebibyte = kKibibyte * kKibibyte;
    constexpr std::uint64_t kGibibyte = kMebibyte * kKibibyte;
    return bytes >= kGibibyte   ? std::to_string(bytes / kGibibyte) + " GiB"
           : bytes >= kMebibyte ? std::to_string(bytes / kMebibyte) + " MiB"
                                : std::to_string(bytes / kKibibyte) + " KiB";
}

void report_sockets(const Report& report) {
    Pages pages;
    (void)rte_memseg_walk(count_segment, &pages);
    std::map<int, std::string> lines;
    for (const auto& [key, bytes] : pages) {
        const auto [socket, page] = key;
        std::string& line = lines[socket];
        line +=
            (line.empty() ? "" : " and ") + mebibytes(bytes) + " in pages of " + size_of_page(page);
    }
    for (const auto& [socket, line] : lines) {
        rte_malloc_socket_stats heap{};
        if (rte_malloc_get_socket_stats(socket, &heap) == 0) {
            report(
                Severity::Info,
                "memory on socket " + std::to_string(socket) + ": " +
                    mebibytes(heap.heap_allocsz_bytes) + " taken of " + line
            );
        }
    }
}

void report_workers(const DataplaneConfig& config, const WorkerGroup& group, const Report& report) {
    const TableBytes& bytes = group.bytes();
    const std::uint64_t slots = bytes.hot_slots + bytes.cold_slots;
    const std::uint64_t line_bytes = 2 * bytes.of_endpoints() / config.endpoints;
    for (std::size_t id = 0; id < group.size(); ++id) {
        report(
            Severity::Info,
            "worker on core " + std::to_string(config.workers[id].core) + ": " +
                std::to_string(config.endpoints) + " endpoints: slots " + mebibytes(slots) +
                ", VLAN index " + mebibytes(bytes.index) + ", rings and counters " +
                mebibytes(bytes.total() - slots - bytes.index) + "; " + std::to_string(line_bytes) +
                " bytes for each E-Line; frame path built for " + group.path().name
        );
    }
}

} // namespace

Result<void> populate_plain_memory() {
    if (rte_eal_has_hugepages() != 0) {
        return {};
    }
    const int code = rte_memseg_contig_walk(populate, nullptr);
    // A kernel before 5.14 does not know it, and faults pages in as they are first used.
    if (code < 0 && code != -EINVAL) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message = std::string{"the machine has not the plain memory that memory.megabytes, or "
                                   "what the site needs, comes to: "} +
                       std::strerror(-code),
            .problems = {}};
    }
    return {};
}

void report_memory(
    const DataplaneConfig& config,
    const WorkerGroup& group,
    const PacketPools& pools,
    const Report& report
) {
    report_workers(config, group, report);
    for (const auto& [key, size] : pools.sizes()) {
        const auto [socket, buffers] = key;
        report(
            Severity::Info,
            std::string{buffers == BufferClass::Jumbo ? "jumbo" : "standard"} +
                " frame buffers on socket " + std::to_string(socket) + ": " +
                std::to_string(size.count) + " of " + std::to_string(size.object_bytes) +
                " bytes, " + mebibytes(size.bytes)
        );
    }
    report_sockets(report);
}

} // namespace strowger::dataplane
