// SPDX-License-Identifier: Apache-2.0
#include "service/receivers.h"

#include <algorithm>
#include <utility>

namespace strowger::service {
namespace {

WorkerSet workers_of(const PortClaim& claim, const Placement& placement) {
    const auto slice =
        claim.slice ? placement.slices().find(*claim.slice) : placement.slices().end();
    return slice == placement.slices().end()
               ? WorkerSet{}
               : placement.on_cores(slice->second->as_slice().spec.cores);
}

WorkerSet everyone_else(const Placement& placement) {
    return placement.unreserved().empty() ? placement.all() : placement.unreserved();
}

/// What a claim has and no other one.
VidRuns::Bits undisputed(const PortClaims& claims, const PortClaim& mine) {
    VidRuns::Bits vids = mine.s_vids;
    for (const PortClaim& other : claims) {
        if (&other != &mine) {
            vids &= ~other.s_vids;
        }
    }
    return vids;
}

} // namespace

PortClaims claims_of(const std::vector<RecordPtr>& unis, const Placement& placement) {
    PortClaims claims;
    for (const RecordPtr& uni : unis) {
        const RecordPtr slice = placement.slice_of(*uni->tenant);
        const std::optional<ObjectId> owner =
            slice == nullptr ? std::nullopt : std::optional(slice->id);
        auto claim = std::find_if(claims.begin(), claims.end(), [&](const PortClaim& known) {
            return known.slice == owner;
        });
        if (claim == claims.end()) {
            claim = claims.insert(claims.end(), PortClaim{owner, false, {}});
        }
        const std::optional<SVlanRange>& range = uni->as_uni().spec.s_vlans;
        claim->whole_port = claim->whole_port || !range.has_value();
        if (range.has_value()) {
            for (std::size_t vid = range->first.value(); vid <= range->last.value(); ++vid) {
                claim->s_vids.set(vid);
            }
        }
    }
    return claims;
}

ReceiverPlan
plan_receivers(const PortClaims& claims, Steering steering, const Placement& placement) {
    ReceiverPlan plan{everyone_else(placement), {}};
    if (claims.size() == 1) {
        const WorkerSet own = workers_of(claims.front(), placement);
        plan.others = own.empty() ? plan.others : own;
        return plan;
    }
    for (const PortClaim& claim : claims) {
        const WorkerSet own = workers_of(claim, placement);
        const VidRuns vids = VidRuns::of(undisputed(claims, claim));
        if (steering == Steering::Rules && !own.empty() && !vids.empty()) {
            plan.steered.push_back({vids, own});
        }
    }
    return plan;
}

Receivers::Receivers(Dataplane& dataplane) : dataplane_(dataplane) {
    for (std::size_t index = 0; index < dataplane.port_count(); ++index) {
        const ReceiverPlan plan =
            dataplane.port_status(PortIndex{static_cast<std::uint16_t>(index)}).plan;
        ports_.push_back({{}, plan, plan, false});
    }
}

void Receivers::refresh_all(const Inventory& inventory) {
    for (std::size_t index = 0; index < ports_.size(); ++index) {
        refresh(inventory, PortIndex{static_cast<std::uint16_t>(index)});
    }
}

void Receivers::refresh(const Inventory& inventory, PortIndex index) {
    Port& port = ports_.at(index.value);
    const Placement& placement = inventory.placement();
    if (placement.slices().empty()) {
        port.claims.clear();
        ask(index, port, port.at_start, port.at_start.others);
        return;
    }
    port.claims = claims_of(inventory.unis_on(index), placement);
    const Steering steering = dataplane_.port_status(index).steering;
    ask(index, port, plan_receivers(port.claims, steering, placement), everyone_else(placement));
}

void Receivers::ask(PortIndex index, Port& port, const ReceiverPlan& plan, WorkerSet instead) {
    if (plan == port.wanted) {
        return;
    }
    port.wanted = plan;
    port.refused = !dataplane_.assign_receivers(index, plan).has_value();
    if (port.refused && !plan.steered.empty()) {
        // Where this fails too the port stays as it is, and no slice with a UNI there is hard.
        static_cast<void>(dataplane_.assign_receivers(index, {instead, {}}));
    }
}

} // namespace strowger::service
