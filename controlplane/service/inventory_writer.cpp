// SPDX-License-Identifier: Apache-2.0
#include "service/inventory_writer.h"

#include "strowger/base/check.h"

#include <algorithm>

namespace strowger::service {

Inventory::Shelf& InventoryWriter::shelf_of(const Record& record) {
    const std::string owner = record.tenant.has_value() ? record.tenant->text() : std::string();
    return inventory_.spaces_[owner].shelves[static_cast<std::size_t>(record.kind())];
}

void InventoryWriter::hold_vlans(const Record& circuit) {
    const CircuitBody& body = circuit.as_circuit();
    std::size_t index = 0;
    for (const auto& [name, endpoint] : body.spec.endpoints) {
        inventory_.vlans_[body.unis[index++]].hold(circuit.id, endpoint.vlan_map);
    }
}

void InventoryWriter::release_vlans(const Record& circuit) {
    const CircuitBody& body = circuit.as_circuit();
    std::size_t index = 0;
    for (const auto& [name, endpoint] : body.spec.endpoints) {
        inventory_.vlans_.at(body.unis[index++]).release(circuit.id, endpoint.vlan_map);
    }
}

void InventoryWriter::spread(const Record& circuit, bool in) {
    const WorkerSet workers = circuit.as_circuit().workers;
    for (CircuitSpread* spread :
         {&inventory_.spread_, &inventory_.spaces_[circuit.tenant->text()].spread}) {
        in ? spread->add(workers) : spread->remove(workers);
    }
}

void InventoryWriter::let_go_of_slice(const RecordPtr& slice) {
    std::vector<RecordPtr>& held = inventory_.slices_[slice->id];
    held.erase(std::remove(held.begin(), held.end(), slice), held.end());
    if (held.empty()) {
        inventory_.slices_.erase(slice->id);
    }
}

/// What a new object holds from its acceptance on.
void InventoryWriter::admit(const Record& record) {
    inventory_.entries_.emplace(record.id, Inventory::Entry{});
    shelf_of(record).names.emplace(name_of(record).text(), record.id);
    if (record.kind() == ObjectKind::Uni) {
        const UniBody& uni = record.as_uni();
        inventory_.unis_on_port_[uni.port].emplace(record.id, uni.spec);
    }
}

void InventoryWriter::dismiss(const Record& record) {
    inventory_.entries_.erase(record.id);
    shelf_of(record).names.erase(name_of(record).text());
    if (record.kind() == ObjectKind::Uni) {
        inventory_.unis_on_port_[record.as_uni().port].erase(record.id);
        inventory_.vlans_.erase(record.id);
    }
    if (record.kind() == ObjectKind::Tenant) {
        // Its tokens go with it; UNIs and circuits it has none.
        const auto space = inventory_.spaces_.find(record.id.text());
        if (space != inventory_.spaces_.end()) {
            constexpr auto kTokens = static_cast<std::size_t>(ObjectKind::Token);
            for (const auto& [id, token] : space->second.shelves[kTokens].published) {
                inventory_.entries_.erase(id);
                inventory_.of_all_[kTokens].erase(id);
            }
            inventory_.spaces_.erase(space);
        }
    }
}

void InventoryWriter::reserve(const Transition& transition) {
    if (transition.before == nullptr) {
        admit(*transition.after);
    }
    if (transition.after == nullptr) {
        inventory_.entries_.at(transition.before->id).departing = true;
    } else if (transition.after->kind() == ObjectKind::Circuit) {
        hold_vlans(*transition.after);
    } else if (transition.after->kind() == ObjectKind::Slice) {
        inventory_.slices_[transition.after->id].push_back(transition.after);
    }
}

void InventoryWriter::publish(const Transition& transition) {
    const Record& object = transition.object();
    auto& of_all = inventory_.of_all_[static_cast<std::size_t>(object.kind())];
    if (transition.before != nullptr && object.kind() == ObjectKind::Circuit) {
        release_vlans(*transition.before);
        spread(*transition.before, false);
    }
    if (transition.before != nullptr && object.kind() == ObjectKind::Slice) {
        let_go_of_slice(transition.before);
    }
    if (transition.after == nullptr) {
        of_all.erase(object.id);
        shelf_of(object).published.erase(object.id);
        dismiss(object);
        inventory_.placement_.change(object, nullptr);
        return;
    }
    if (object.kind() == ObjectKind::Circuit) {
        spread(object, true);
    }
    inventory_.entries_.at(object.id).published = transition.after;
    // New ids rise, so a new object's place is the end.
    auto& own = shelf_of(object).published;
    own.insert_or_assign(own.end(), object.id, transition.after);
    of_all.insert_or_assign(of_all.end(), object.id, transition.after);
    inventory_.placement_.change(object, transition.after);
}

void InventoryWriter::revert(const Transition& transition) {
    if (transition.after == nullptr) {
        inventory_.entries_.at(transition.before->id).departing = false;
        return;
    }
    if (transition.after->kind() == ObjectKind::Circuit) {
        release_vlans(*transition.after);
    } else if (transition.after->kind() == ObjectKind::Slice) {
        let_go_of_slice(transition.after);
    }
    if (transition.before == nullptr) {
        dismiss(*transition.after);
    }
}

RecordPtr InventoryWriter::find_staying(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    std::string_view reference
) const {
    Result<RecordPtr> found = inventory_.find(kind, tenant, reference);
    if (!found || inventory_.entries_.at((*found)->id).departing) {
        return nullptr;
    }
    return *found;
}

RecordPtr InventoryWriter::published(const ObjectId& id) const {
    const auto entry = inventory_.entries_.find(id);
    return entry == inventory_.entries_.end() ? nullptr : entry->second.published;
}

RecordPtr InventoryWriter::next_published(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    const std::optional<ObjectId>& after
) const {
    const Inventory::Shelf* own = inventory_.shelf(kind, tenant);
    if (own == nullptr) {
        return nullptr;
    }
    const auto next =
        after.has_value() ? own->published.upper_bound(*after) : own->published.begin();
    return next == own->published.end() ? nullptr : next->second;
}

std::vector<RecordPtr> InventoryWriter::slices_but(const ObjectId& self) const {
    std::vector<RecordPtr> others;
    for (const auto& [id, held] : inventory_.slices_) {
        if (id != self) {
            others.insert(others.end(), held.begin(), held.end());
        }
    }
    return others;
}

bool InventoryWriter::name_is_taken(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    std::string_view name
) const {
    const Inventory::Shelf* shelf = inventory_.shelf(kind, tenant);
    return shelf != nullptr && shelf->names.find(name) != shelf->names.end();
}

std::size_t InventoryWriter::count(ObjectKind kind, const std::optional<ObjectId>& tenant) const {
    const Inventory::Shelf* shelf = inventory_.shelf(kind, tenant);
    return shelf == nullptr ? 0 : shelf->names.size();
}

std::size_t InventoryWriter::count_published(ObjectKind kind, const std::optional<ObjectId>& tenant)
    const {
    const Inventory::Shelf* shelf = inventory_.shelf(kind, tenant);
    return shelf == nullptr ? 0 : shelf->published.size();
}

std::set<ObjectId> InventoryWriter::vlan_conflicts(
    const ObjectId& uni,
    const VlanMap& map,
    const ObjectId& self
) const {
    const auto index = inventory_.vlans_.find(uni);
    return index == inventory_.vlans_.end() ? std::set<ObjectId>()
                                            : index->second.conflicts(map, self);
}

std::set<ObjectId> InventoryWriter::circuits_on(const ObjectId& uni) const {
    std::set<ObjectId> circuits;
    const auto index = inventory_.vlans_.find(uni);
    if (index != inventory_.vlans_.end()) {
        for (const auto& [circuit, maps] : index->second.holders()) {
            circuits.insert(circuit);
        }
    }
    return circuits;
}

bool InventoryWriter::collides(const UniSpec& uni, PortIndex port) const {
    const auto others = inventory_.unis_on_port_.find(port);
    return others != inventory_.unis_on_port_.end() &&
           std::any_of(others->second.begin(), others->second.end(), [&uni](const auto& other) {
               return unis_collide(uni, other.second);
           });
}

} // namespace strowger::service
