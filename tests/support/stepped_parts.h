// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/port_reader.h"
#include "control/ring_dataplane.h"
#include "tests/support/stepped_dataplane.h"
#include "worker/port_set.h"
#include "worker/worker_group.h"

#include <atomic>
#include <memory>
#include <string>

namespace strowger::test {

/// What a SteppedDataplane is made of.
struct SteppedDataplane::Parts final : dataplane::PortReader {
    [[nodiscard]] PortStatus status(PortIndex port) const override {
        PortStatus status;
        status.name = "p" + std::to_string(port.value);
        status.driver = "net_ring";
        status.link_up = ports.link_up(port.value);
        status.frame_max = Bytes{ports.ports[port.value].frame_max};
        return status;
    }
    [[nodiscard]] dataplane::DeviceCounters counters(PortIndex /*port*/) const override {
        return {};
    }

    Options options;
    DataplaneConfig config;
    dataplane::PortSet ports;
    std::atomic<std::uint64_t> clock{1};
    std::unique_ptr<dataplane::WorkerGroup> group;
    std::unique_ptr<dataplane::RingDataplane> dataplane;
};

} // namespace strowger::test
