// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/port_reader.h"
#include "control/port_steering.h"
#include "control/ring_dataplane.h"
#include "tests/support/stepped_dataplane.h"
#include "worker/port_set.h"
#include "worker/worker_group.h"

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace strowger::test {

/// What a SteppedDataplane is made of.
struct SteppedDataplane::Parts final : dataplane::PortReader, dataplane::PortSteering {
    [[nodiscard]] PortStatus status(PortIndex port) const override {
        PortStatus status;
        status.name = "p" + std::to_string(port.value);
        status.driver = "net_ring";
        if (ports.ports[port.value].steered_queues != 0) {
            status.steering = Steering::Rules;
        }
        status.link_up = ports.link_up(port.value);
        status.frame_max = Bytes{ports.ports[port.value].frame_max};
        return status;
    }
    [[nodiscard]] dataplane::DeviceCounters counters(PortIndex /*port*/) const override {
        return {};
    }

    Result<void> steer(PortIndex port, std::span<const dataplane::SteeringRule> what) override {
        rules.at(port.value).assign(what.begin(), what.end());
        if (!what.empty() && refuses.at(port.value)) {
            rules.at(port.value).clear();
            return Error{ErrorCode::Unavailable, "no", {}};
        }
        return {};
    }

    std::array<std::vector<dataplane::SteeringRule>, limits::kPortsMax> rules;
    std::array<bool, limits::kPortsMax> refuses{};
    Options options;
    DataplaneConfig config;
    dataplane::PortSet ports;
    std::atomic<std::uint64_t> clock{1};
    std::unique_ptr<dataplane::WorkerGroup> group;
    std::unique_ptr<dataplane::RingDataplane> dataplane;
};

} // namespace strowger::test
