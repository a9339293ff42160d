// SPDX-License-Identifier: Apache-2.0
#include "service/slice_rules.h"

#include <algorithm>
#include <string>
#include <utility>

namespace strowger::service {
namespace {

constexpr std::uint64_t kEndpointsOfCircuit = 2;

bool holds(const std::vector<std::uint32_t>& cores, std::uint32_t core) {
    return std::find(cores.begin(), cores.end(), core) != cores.end();
}

bool holds(const SliceBody& slice, const ObjectId& tenant) {
    return std::binary_search(slice.tenants.begin(), slice.tenants.end(), tenant);
}

std::string name_of_slice(const RecordPtr& slice) {
    return "slice \"" + slice->as_slice().spec.name.text() + "\" (" + slice->id.text() + ")";
}

std::string item(const char* list, std::size_t index) {
    return "/" + std::string(list) + "/" + std::to_string(index);
}

} // namespace

void SliceRules::check_core(
    std::uint32_t core,
    const std::string& pointer,
    const Slices& others,
    Faults& faults
) const {
    const Placement& placement = inventory_.placement();
    const std::string text = std::to_string(core);
    const WorkerStatus* worker = placement.worker_on(core);
    if (worker == nullptr) {
        std::string known;
        for (const WorkerStatus& each : placement.workers()) {
            known += (known.empty() ? "" : ", ") + std::to_string(each.core);
        }
        faults.add(
            ErrorCode::NotFound,
            Problem{
                pointer,
                "not_found",
                "No worker runs on core " + text + ".",
                "One of the cores " + known + ", from GET /v1/workers.",
                ""}
        );
        return;
    }
    if (worker->shared) {
        faults.add(
            ErrorCode::Conflict,
            Problem{
                pointer,
                "worker_shared",
                "The worker on core " + text + " shares it with the control thread.",
                "A worker with a core of its own: the site file says which are shared.",
                ""}
        );
    }
    for (const RecordPtr& other : others) {
        if (holds(other->as_slice().spec.cores, core)) {
            faults.add(
                ErrorCode::Conflict,
                Problem{
                    pointer,
                    "core_in_slice",
                    "The worker on core " + text + " is reserved by " + name_of_slice(other) + ".",
                    "A worker that no other slice reserves, from GET /v1/workers.",
                    ""}
            );
            return; // once, though that slice may be changing
        }
    }
}

void SliceRules::check_one_stays(const SliceSpec& spec, const Slices& others, Faults& faults)
    const {
    const Placement& placement = inventory_.placement();
    WorkerSet reserved = placement.on_cores(spec.cores);
    for (const RecordPtr& other : others) {
        reserved.bits |= placement.on_cores(other->as_slice().spec.cores).bits;
    }
    if (reserved == placement.all()) {
        const std::size_t count = placement.workers().size();
        faults.add(
            ErrorCode::Conflict,
            Problem{
                "/cores",
                "no_worker_left",
                count == 1 ? "This site has one worker, and one is to stay without a slice."
                           : "No worker would be left for tenants that are in no slice.",
                count == 1 ? "More workers in the site file: a slice takes at least two."
                           : "Fewer cores in the slices, or more workers in the site file.",
                ""}
        );
    }
}

std::vector<ObjectId>
SliceRules::find_tenants(const SliceSpec& spec, const Slices& others, Faults& faults) const {
    std::vector<ObjectId> tenants;
    for (std::size_t index = 0; index < spec.tenants.size(); ++index) {
        const std::string& reference = spec.tenants[index];
        const std::string pointer = item("tenants", index);
        const RecordPtr tenant =
            inventory_.find_staying(ObjectKind::Tenant, std::nullopt, reference);
        if (tenant == nullptr) {
            faults.add(
                ErrorCode::NotFound,
                Problem{
                    pointer,
                    "not_found",
                    "There is no tenant \"" + reference + "\".",
                    "The name or id of a tenant.",
                    ""}
            );
            continue;
        }
        const auto other = std::find_if(others.begin(), others.end(), [&](const RecordPtr& slice) {
            return holds(slice->as_slice(), tenant->id);
        });
        if (other != others.end()) {
            faults.add(
                ErrorCode::Conflict,
                Problem{
                    pointer,
                    "tenant_in_slice",
                    "The tenant \"" + reference + "\" is in " + name_of_slice(*other) + ".",
                    "A tenant is in one slice: take it out of that one first.",
                    ""}
            );
        }
        if (std::find(tenants.begin(), tenants.end(), tenant->id) != tenants.end()) {
            faults.add(
                ErrorCode::Invalid,
                Problem{
                    pointer,
                    "duplicate_tenant",
                    "This tenant is in the list already, named in another way.",
                    "Name each one once.",
                    ""}
            );
        }
        tenants.push_back(tenant->id);
    }
    std::sort(tenants.begin(), tenants.end());
    return tenants;
}

/// What can be told without asking the dataplane: more circuits than the workers have places for.
void SliceRules::check_room(const SliceBody& slice, Faults& faults) const {
    std::uint64_t needed = 0;
    for (const ObjectId& tenant : slice.tenants) {
        needed += kEndpointsOfCircuit * inventory_.count(ObjectKind::Circuit, tenant);
    }
    const std::uint64_t there =
        std::uint64_t{limits_.endpoints_per_worker} * slice.spec.cores.size();
    if (limits_.endpoints_per_worker == 0 || needed <= there) {
        return;
    }
    faults.add(
        ErrorCode::Conflict,
        Problem{
            "/cores",
            "capacity_exceeded",
            "The circuits of its tenants have " + std::to_string(needed) +
                " endpoints, and these workers have room for " + std::to_string(there) + ".",
            "More cores, fewer tenants, or a larger memory.endpoints in the site file (" +
                std::to_string(limits_.endpoints_per_worker) + " for each worker now).",
            ""}
    );
}

SliceBody SliceRules::judge(
    const ObjectId& id,
    const SliceSpec& spec,
    const Record* before,
    Faults& faults
) const {
    SliceBody slice{spec, {}};
    const auto own_faults = check_slice(spec);
    faults.add(ErrorCode::Invalid, own_faults);
    const Slices others = inventory_.slices_but(id);
    // What was accepted is judged again only where it is changed: a core may be gone since.
    const SliceSpec* old = before == nullptr ? nullptr : &before->as_slice().spec;
    const bool new_cores = old == nullptr || old->cores != spec.cores;
    const bool new_tenants = old == nullptr || old->tenants != spec.tenants;
    if (own_faults.empty() && new_cores && !faults.unread("/cores")) {
        check_one_stays(spec, others, faults);
        for (std::size_t index = 0; index < spec.cores.size(); ++index) {
            if (old == nullptr || !holds(old->cores, spec.cores[index])) {
                check_core(spec.cores[index], item("cores", index), others, faults);
            }
        }
    }
    if (own_faults.empty() && !faults.unread("/tenants")) {
        slice.tenants = find_tenants(spec, others, faults);
    }
    if (new_cores || new_tenants) {
        check_room(slice, faults);
    }
    return slice;
}

void SliceRules::check_unused(const Record& tenant, Faults& faults) const {
    for (const RecordPtr& slice : inventory_.slices_but(tenant.id)) {
        if (holds(slice->as_slice(), tenant.id)) {
            faults.add(
                ErrorCode::Conflict,
                Problem{
                    "",
                    "tenant_in_slice",
                    "The tenant is in " + name_of_slice(slice) + ".",
                    "Take it out of the slice first.",
                    ""}
            );
            return;
        }
    }
}

} // namespace strowger::service
