// SPDX-License-Identifier: Apache-2.0
#include "service/isolation.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace strowger::service {
namespace {

using Reasons = std::vector<IsolationReason>;

bool within(WorkerSet some, WorkerSet all) {
    return (some.bits & ~all.bits) == 0;
}
bool meet(WorkerSet left, WorkerSet right) {
    return (left.bits & right.bits) != 0;
}

std::string count_of(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

/// One port as one slice sees it.
struct PortView {
    const std::string& name;
    const ReceiverPlan& plan; ///< in force
    const PortClaim* own;     ///< null: the slice's tenants have no UNI here
    bool alone;               ///< and nobody else has one
};

/// Whether frames of the slice's UNIs come to its workers only.
bool comes_home(const PortView& port, WorkerSet workers) {
    VidRuns::Bits left = port.own->s_vids;
    for (const ReceiverPlan::Vlans& entry : port.plan.steered) {
        const VidRuns::Bits vids = entry.first_vids.bits();
        if ((port.own->whole_port || (left & vids).any()) && !within(entry.workers, workers)) {
            return false;
        }
        left &= ~vids;
    }
    return (!port.own->whole_port && left.none()) || within(port.plan.others, workers);
}

/// Whether the slice's workers receive nothing here but frames of its UNIs.
bool keeps_to_itself(const PortView& port, WorkerSet workers) {
    if (!port.alone && meet(port.plan.others, workers)) {
        return false;
    }
    return std::none_of(
        port.plan.steered.begin(),
        port.plan.steered.end(),
        [&](const ReceiverPlan::Vlans& entry) {
            const bool owned =
                port.own != nullptr &&
                (port.own->whole_port || (entry.first_vids.bits() & ~port.own->s_vids).none());
            return meet(entry.workers, workers) && !owned;
        }
    );
}

/// `changing`: what is in force is not what was asked for. The device may have refused rules only
/// when they came to it, and then that stays so.
std::string what_helps(const PortStatus& status, bool refused, bool changing) {
    if (changing) {
        return status.steering == Steering::Rules
                   ? "The port is being given other receivers now: look again. If that stays, its "
                     "device refuses the rules (the log says why): put its tenants' UNIs on ports "
                     "of their own."
                   : "The port is being given other receivers now: look again.";
    }
    if (status.steering != Steering::Rules) {
        return "Put its tenants' UNIs on ports of their own: this port's device cannot part VLANs.";
    }
    return refused ? "Put its tenants' UNIs on ports of their own: this port's device has not "
                     "enough queues or rules to part its VLANs."
                   : "Give UNIs of different slices on one port different S-VLANs, whatever their "
                     "TPIDs.";
}

void judge_ports(
    const Record& slice,
    WorkerSet workers,
    const IsolationFacts& facts,
    Reasons& reasons
) {
    for (const PortRecord& port : facts.inventory.ports()) {
        const PortStatus status = facts.inventory.port_status(port);
        const PortClaims& claims = facts.receivers.claims(port.index);
        const auto own = std::find_if(claims.begin(), claims.end(), [&](const PortClaim& claim) {
            return claim.slice == slice.id;
        });
        const bool here = own != claims.end();
        const PortView view{
            port.config.name, status.plan, here ? &*own : nullptr, here && claims.size() == 1};
        const bool refused = facts.receivers.refused(port.index);
        const bool changing = !refused && !(facts.receivers.wanted(port.index) == status.plan);
        if (here && !comes_home(view, workers)) {
            reasons.push_back(
                {"received_elsewhere",
                 "Frames of its tenants that arrive at port \"" + view.name +
                     "\" come to workers that are not its own.",
                 what_helps(status, refused, changing)}
            );
        }
        if (!keeps_to_itself(view, workers)) {
            reasons.push_back(
                {"receives_for_others",
                 "Its workers receive frames at port \"" + view.name +
                     "\" that are not its tenants'.",
                 what_helps(status, refused, changing)}
            );
        }
    }
}

void judge_workers(const SliceBody& slice, const Placement& placement, Reasons& reasons) {
    const std::vector<std::uint32_t>& cores = slice.spec.cores;
    if (placement.on_cores(cores).empty()) {
        reasons.push_back(
            {"no_worker",
             "No worker runs on any of its cores, so its tenants' circuits are on workers that no "
             "slice reserves.",
             "Cores from GET /v1/workers; or workers on these cores in the site file."}
        );
    }
    for (const std::uint32_t core : cores) {
        const WorkerStatus* worker = placement.worker_on(core);
        if (worker != nullptr && worker->shared) {
            reasons.push_back(
                {"worker_shared",
                 "The worker on core " + std::to_string(core) +
                     " shares it with the control thread.",
                 "Another core; or another one for the control thread in the site file."}
            );
        }
    }
    if (placement.unreserved().empty()) {
        reasons.push_back(
            {"no_worker_left",
             "Slices reserve every worker, so tenants that are in none use its workers, too.",
             "Fewer cores in the slices, or more workers in the site file."}
        );
    }
}

void judge_circuits(
    const SliceBody& slice,
    WorkerSet workers,
    const IsolationFacts& facts,
    Reasons& reasons
) {
    if (const std::size_t moving = circuits_of(slice, facts.inventory).moving; moving != 0) {
        const auto refused =
            std::find_if(slice.tenants.begin(), slice.tenants.end(), [&](const ObjectId& tenant) {
                return facts.refusals.count(tenant) != 0;
            });
        const bool stuck = refused != slice.tenants.end();
        reasons.push_back(
            {stuck ? "circuits_stuck" : "circuits_moving",
             count_of(moving, "circuit") + " of its tenants " + (moving == 1 ? "is" : "are") +
                 " not on its workers yet" +
                 (stuck ? ": " + facts.refusals.at(*refused) + "." : "."),
             stuck ? "More cores, fewer tenants, or a larger memory.endpoints in the site file; it "
                     "is tried again every few seconds."
                   : "They move one after the other, without losing a frame: look again."}
        );
    }
    std::size_t foreign = facts.inventory.spread_of_all().touching(workers);
    for (const ObjectId& tenant : slice.tenants) {
        foreign -= facts.inventory.spread_of(tenant).touching(workers);
    }
    if (foreign != 0) {
        reasons.push_back(
            {"foreign_circuits",
             count_of(foreign, "circuit") + " of other tenants " + (foreign == 1 ? "is" : "are") +
                 " still on its workers.",
             "They move one after the other where the other workers have room: look again, or "
             "raise "
             "memory.endpoints in the site file."}
        );
    }
}

} // namespace

SliceCircuits circuits_of(const SliceBody& slice, const Inventory& inventory) {
    WorkerSet own = inventory.placement().on_cores(slice.spec.cores);
    own = own.empty() ? inventory.placement().unreserved() : own;
    SliceCircuits circuits;
    for (const ObjectId& tenant : slice.tenants) {
        const CircuitSpread& spread = inventory.spread_of(tenant);
        circuits.total += spread.total();
        circuits.moving += spread.total() - spread.on(own);
    }
    return circuits;
}

Reasons reasons_of_softness(const Record& slice, const IsolationFacts& facts) {
    const Placement& placement = facts.inventory.placement();
    const SliceBody& body = slice.as_slice();
    const WorkerSet workers = placement.on_cores(body.spec.cores);
    Reasons reasons;
    judge_workers(body, placement, reasons);
    if (!workers.empty()) {
        judge_ports(slice, workers, facts, reasons);
        judge_circuits(body, workers, facts, reasons);
    }
    return reasons;
}

} // namespace strowger::service
