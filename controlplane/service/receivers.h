// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/inventory.h"
#include "strowger/seam/dataplane.h"

#include <optional>
#include <vector>

namespace strowger::service {

/// What the UNIs of one owner claim of a port: a slice's tenants, or those of no slice.
struct PortClaim {
    std::optional<ObjectId> slice; ///< none: those of no slice
    bool whole_port = false;
    VidRuns::Bits s_vids; ///< unless it is the whole port
};
using PortClaims = std::vector<PortClaim>;

[[nodiscard]] PortClaims claims_of(const std::vector<RecordPtr>& unis, const Placement& placement);

/// Who is to receive what arrives at a port: a slice's workers alone where every UNI is of its
/// tenants; where there are others, VLANs of a slice at queues of their own if the device can do
/// that; everything else at workers that no slice reserves.
///
/// S-VLANs that UNIs of two owners have under two TPIDs cannot be told apart by a device and are
/// nobody's.
[[nodiscard]] ReceiverPlan
plan_receivers(const PortClaims& claims, Steering steering, const Placement& placement);

/// Tells the dataplane who receives at which port, when that changes. Where there never was a slice
/// nothing is touched, and when the last one goes, all is as it was at start.
class Receivers {
public:
    explicit Receivers(Dataplane& dataplane);

    void refresh_all(const Inventory& inventory);
    void refresh(const Inventory& inventory, PortIndex port);
    /// As last refreshed; of no meaning while there is no slice.
    [[nodiscard]] const PortClaims& claims(PortIndex port) const {
        return ports_.at(port.value).claims;
    }
    /// Whether the dataplane would not do what was asked last.
    [[nodiscard]] bool refused(PortIndex port) const { return ports_.at(port.value).refused; }
    /// What was asked last; the port's status says what is in force.
    [[nodiscard]] const ReceiverPlan& wanted(PortIndex port) const {
        return ports_.at(port.value).wanted;
    }

private:
    struct Port {
        PortClaims claims;
        ReceiverPlan at_start;
        ReceiverPlan wanted; ///< the last one that was asked for
        bool refused = false;
    };
    void ask(PortIndex index, Port& port, const ReceiverPlan& plan, WorkerSet instead);

    Dataplane& dataplane_;
    std::vector<Port> ports_;
};

} // namespace strowger::service
