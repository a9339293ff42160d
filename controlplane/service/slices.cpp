// SPDX-License-Identifier: Apache-2.0
#include "service/slices.h"

#include "service/engine.h"

#include <utility>

namespace strowger::service {
namespace {

/// A circuit that an order left elsewhere than it belongs: not at once, there may be a batch of
/// them.
constexpr std::int64_t kStrayNs = 100'000'000;

} // namespace

Slices::Slices(Provisioner::Engine& engine)
    : engine_(engine), receivers_(engine.parts().dataplane), settler_(engine) {}

void Slices::restored() {
    if (engine_.inventory().placement().slices().empty()) {
        return;
    }
    receivers_.refresh_all(engine_.inventory());
    settler_.look_within(0); // for what found no room where it belongs
}

void Slices::published(const Transition& transition) {
    verdicts_.clear();
    const Record& object = transition.object();
    const Inventory& inventory = engine_.inventory();
    if (object.kind() == ObjectKind::Slice) {
        receivers_.refresh_all(inventory);
        settler_.look_within(0);
    } else if (object.kind() == ObjectKind::Uni) {
        if (!inventory.placement().slices().empty()) {
            receivers_.refresh(inventory, object.as_uni().port);
        }
    } else if (object.kind() == ObjectKind::Circuit && transition.after != nullptr) {
        if (object.as_circuit().workers != inventory.placement().of(*object.tenant)) {
            settler_.look_within(kStrayNs);
        }
    }
}

void Slices::observe(std::int64_t now_ns) {
    verdicts_.clear();
    loads_.observe(engine_.parts().dataplane, now_ns);
}

const Slices::Reasons& Slices::verdict(const Record& slice) const {
    const auto known = verdicts_.find(slice.id);
    if (known != verdicts_.end()) {
        return known->second;
    }
    const IsolationFacts facts{
        engine_.inventory(), receivers_, engine_.parts().dataplane, settler_.refusals()};
    return verdicts_.emplace(slice.id, reasons_of_softness(slice, facts)).first->second;
}

SliceStatus Slices::status(const Record& slice) const {
    const SliceBody& body = slice.as_slice();
    const Placement& placement = engine_.inventory().placement();
    const WorkerSet own = placement.on_cores(body.spec.cores);
    SliceStatus status;
    status.busy_permille = loads_.permille(own);
    status.circuits = circuits_of(body, engine_.inventory());
    const std::vector<WorkerView> all = workers();
    for (std::size_t index = 0; index < all.size(); ++index) {
        if (own.contains(index)) {
            status.workers.push_back(all[index]);
        }
    }
    const auto published = placement.slices().find(slice.id);
    const bool in_effect = published != placement.slices().end() &&
                           published->second->as_slice().spec.cores == body.spec.cores &&
                           published->second->as_slice().tenants == body.tenants;
    if (in_effect) {
        status.reasons = verdict(*published->second);
    } else {
        status.reasons.push_back(
            {"taking_effect", "It was ordered just now and takes effect.", "Look again."}
        );
    }
    return status;
}

std::optional<TenantSlice> Slices::slice_of(const ObjectId& tenant) const {
    const RecordPtr slice = engine_.inventory().placement().slice_of(tenant);
    if (slice == nullptr) {
        return std::nullopt;
    }
    return TenantSlice{slice->as_slice().spec.name.text(), verdict(*slice).empty()};
}

std::vector<WorkerView> Slices::workers() const {
    std::vector<WorkerView> views;
    const Placement& placement = engine_.inventory().placement();
    for (const WorkerStatus& worker : engine_.parts().dataplane.workers()) {
        const std::size_t index = views.size();
        views.push_back(
            {worker.core,
             worker.socket,
             worker.shared,
             worker.adaptive,
             worker.circuits,
             loads_.permille(index),
             placement.slice_on(index)}
        );
    }
    return views;
}

std::vector<std::string> Slices::warnings() const {
    std::vector<std::string> sentences;
    const Placement& placement = engine_.inventory().placement();
    for (const auto& [id, slice] : placement.slices()) {
        const SliceSpec& spec = slice->as_slice().spec;
        for (const std::uint32_t core : spec.cores) {
            if (placement.worker_on(core) == nullptr) {
                sentences.push_back(
                    "slice \"" + spec.name.text() + "\" names core " + std::to_string(core) +
                    ", where no worker runs: it goes on without"
                );
            }
        }
    }
    return sentences;
}

} // namespace strowger::service
