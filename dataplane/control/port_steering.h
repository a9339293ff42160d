// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/model/vid_runs.h"
#include "strowger/seam/program.h"

#include <cstdint>
#include <span>

namespace strowger::dataplane {

/// Frames whose first tag has one of the VIDs arrive at this rx queue.
struct SteeringRule {
    VidRuns first_vids;
    std::uint16_t queue = 0;
};

/// How the control side tells devices which frames go to which rx queue; the platform implements
/// it. What a device makes of a rule is a matter of speed and of a tenant's isolation from others'
/// load, never of who gets a frame: it is classified wherever it arrives. Control thread only.
class PortSteering {
public:
    PortSteering() = default;
    PortSteering(const PortSteering&) = delete;
    PortSteering& operator=(const PortSteering&) = delete;
    PortSteering(PortSteering&&) = delete;
    PortSteering& operator=(PortSteering&&) = delete;
    virtual ~PortSteering() = default;

    /// Replaces the rules of a port. What none names arrives at the port's first rx_queues queues.
    /// Frames that are in the device's rings already stay where they are. Fails with Unavailable,
    /// and then the port has no rules: the device takes none, or not so many.
    virtual Result<void> steer(PortIndex port, std::span<const SteeringRule> rules) = 0;
};

} // namespace strowger::dataplane
