// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/dataplane.h"

#include <cstdint>

namespace strowger::dataplane {

/// What only the device knows of its receive side, since start.
struct DeviceCounters {
    std::uint64_t rx_missed = 0;
    std::uint64_t rx_no_mbuf = 0;
    std::uint64_t rx_errors = 0;
};

/// How the control side asks about devices; the platform implements it. Control thread only.
class PortReader {
public:
    PortReader() = default;
    PortReader(const PortReader&) = delete;
    PortReader& operator=(const PortReader&) = delete;
    PortReader(PortReader&&) = delete;
    PortReader& operator=(PortReader&&) = delete;
    virtual ~PortReader() = default;

    [[nodiscard]] virtual PortStatus status(PortIndex port) const = 0;
    [[nodiscard]] virtual DeviceCounters counters(PortIndex port) const = 0;
};

} // namespace strowger::dataplane
