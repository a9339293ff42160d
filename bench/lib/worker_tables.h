// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "table/classifier.h"
#include "table/worker_stats.h"
#include "worker/port_set.h"

#include <rte_malloc.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace strowger::bench {

/// Zeroed, in hugepages. Ends the program when there are not enough.
template <typename T>
T* allocate(std::size_t count) {
    void* const memory = rte_zmalloc("bench", count * sizeof(T), RTE_CACHE_LINE_SIZE);
    if (memory == nullptr) {
        std::fprintf(stderr, "not enough memory for %zu × %zu bytes\n", count, sizeof(T));
        std::exit(1);
    }
    return static_cast<T*>(memory);
}

/// Where and how the circuits' S-VLANs are mapped: 4,000 C-VIDs to each, or nine.
enum class Blocks : std::uint8_t { Direct, Compact };

/// One worker's tables with `circuits` circuits from port 0 to port 1 that translate both tags.
class WorkerTables {
public:
    WorkerTables(std::uint32_t circuits, Blocks blocks);
    WorkerTables(const WorkerTables&) = delete;
    WorkerTables& operator=(const WorkerTables&) = delete;
    WorkerTables(WorkerTables&&) = delete;
    WorkerTables& operator=(WorkerTables&&) = delete;
    ~WorkerTables();

    [[nodiscard]] std::uint32_t circuits() const { return circuits_; }
    [[nodiscard]] std::uint16_t s_vid(std::uint32_t circuit) const {
        return static_cast<std::uint16_t>(kFirstVid + circuit / per_s_vlan());
    }
    [[nodiscard]] std::uint16_t c_vid(std::uint32_t circuit) const {
        return static_cast<std::uint16_t>(kFirstVid + circuit % per_s_vlan());
    }
    [[nodiscard]] std::uint64_t now() const; ///< in meter ticks

    dataplane::Classifier classifier;
    dataplane::OwnerTables owner;
    dataplane::PortSet ports;
    std::array<dataplane::PortStats, 2> stats;

private:
    static constexpr std::uint16_t kFirstVid = 2;

    [[nodiscard]] std::uint32_t per_s_vlan() const { return blocks_ == Blocks::Direct ? 4'000 : 9; }
    [[nodiscard]] std::uint32_t s_vlans() const {
        return (circuits_ + per_s_vlan() - 1) / per_s_vlan();
    }
    [[nodiscard]] dataplane::IndexEntry block_of(std::uint32_t s) const;
    void install(std::uint32_t circuit);

    std::uint32_t circuits_;
    Blocks blocks_;
    dataplane::MeterClock clock_;
    dataplane::IndexLine* lines_ = nullptr;
};

} // namespace strowger::bench
