// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/inventory.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace strowger::service {

/// One change of one object: from `before` (null: it is new) to `after` (null: it goes).
struct Transition {
    RecordPtr before;
    RecordPtr after;
    [[nodiscard]] const Record& object() const { return after != nullptr ? *after : *before; }
};

/// The writing side of the inventory, for the provisioner alone. A transition is reserved when its
/// order is accepted and then published or reverted. What it takes is held from the reservation on
/// and what it gives up only free when it is published, so no two transitions get the same thing.
class InventoryWriter {
public:
    explicit InventoryWriter(Inventory& inventory) : inventory_(inventory) {}

    void reserve(const Transition& transition);
    void publish(const Transition& transition);
    void revert(const Transition& transition);

    /// The object that the reference names, published or not; whoever's.
    [[nodiscard]] std::optional<ObjectId> resolve(
        ObjectKind kind,
        const std::optional<ObjectId>& tenant,
        std::string_view reference
    ) const {
        return inventory_.resolve(kind, tenant, reference);
    }
    /// What a new object may refer to: published, the tenant's, and not on its way out.
    [[nodiscard]] RecordPtr find_staying(
        ObjectKind kind,
        const std::optional<ObjectId>& tenant,
        std::string_view reference
    ) const;
    [[nodiscard]] bool name_is_taken(
        ObjectKind kind,
        const std::optional<ObjectId>& tenant,
        std::string_view name
    ) const;
    /// Objects of a kind, with those on their way in.
    [[nodiscard]] std::size_t count(ObjectKind kind, const std::optional<ObjectId>& tenant) const;
    [[nodiscard]] std::size_t
    count_published(ObjectKind kind, const std::optional<ObjectId>& tenant) const;
    [[nodiscard]] std::set<ObjectId>
    vlan_conflicts(const ObjectId& uni, const VlanMap& map, const ObjectId& self) const;
    /// Circuits on a UNI, with those on their way in.
    [[nodiscard]] std::set<ObjectId> circuits_on(const ObjectId& uni) const;
    /// Whether some other UNI, of whatever tenant, could claim the same frames.
    [[nodiscard]] bool collides(const UniSpec& uni, PortIndex port) const;
    [[nodiscard]] RecordPtr published(const ObjectId& id) const;
    /// Published objects of a kind, in id order: the first one above `after`. Null: no more.
    [[nodiscard]] RecordPtr next_published(
        ObjectKind kind,
        const std::optional<ObjectId>& tenant,
        const std::optional<ObjectId>& after
    ) const;
    /// Slices but this one: as they are and, while a change is under way, as they will be.
    [[nodiscard]] std::vector<RecordPtr> slices_but(const ObjectId& self) const;
    [[nodiscard]] const Placement& placement() const { return inventory_.placement_; }

private:
    Inventory::Shelf& shelf_of(const Record& record);
    void hold_vlans(const Record& circuit);
    void release_vlans(const Record& circuit);
    /// Counts a circuit in, or out.
    void spread(const Record& circuit, bool in);
    void let_go_of_slice(const RecordPtr& slice);
    void admit(const Record& record);
    void dismiss(const Record& record);

    Inventory& inventory_;
};

} // namespace strowger::service
