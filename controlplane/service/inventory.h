// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/placement.h"
#include "service/records.h"
#include "service/vlan_index.h"
#include "strowger/seam/dataplane.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::service {

enum class OperState : std::uint8_t { Up, Degraded, Down };
[[nodiscard]] std::string_view to_string(OperState state) noexcept;

/// Why a circuit is not up.
struct Reason {
    std::string code; ///< "admin_down", "link_down"
    std::string message;
    std::string endpoint; ///< "" when it is the whole circuit
};
struct CircuitStatus {
    OperState oper_state = OperState::Up;
    std::vector<Reason> reasons;
};
struct UniStatus {
    bool oper_up = false;
    Bytes frame_max; ///< the largest frame its port passes, with FCS and tags
    std::size_t circuit_count = 0;
};
struct TenantStatus {
    std::size_t circuit_count = 0;
    std::size_t uni_count = 0;
    std::size_t token_count = 0;
};

/// Which objects, in id order.
struct ListQuery {
    ObjectKind kind = ObjectKind::Circuit;
    std::optional<ObjectId> tenant{}; ///< none: of all tenants (the operator)
    std::optional<ObjectId> after{};  ///< cursor: objects above this id
    std::size_t limit = 100;
    bool count = false;
    std::string name_prefix{};
    Tags tags{};                           ///< every one must match
    std::optional<std::string> uni{};      ///< circuits: id or name of a UNI
    std::optional<OperState> oper_state{}; ///< circuits
};
struct Page {
    std::vector<RecordPtr> records;
    bool more = false;                ///< the cursor is then the last record's id
    std::optional<std::size_t> count; ///< of all that match, when asked for
};

/// The inventory as readers may see it: what is durable and held by every worker. Control thread
/// only. Written by the Provisioner alone; beside the published records it keeps what changes under
/// way have reserved (names, VLANs, places), so that two of them cannot get the same thing.
class Inventory {
public:
    Inventory(const std::vector<PortConfig>& ports, const Dataplane& dataplane);

    /// By id or name. `tenant` is whose inventory is looked at (none: any, by id only, for the
    /// operator; also for tenants themselves). Foreign and absent are the same NotFound.
    [[nodiscard]] Result<RecordPtr>
    find(ObjectKind kind, const std::optional<ObjectId>& tenant, std::string_view reference) const;
    [[nodiscard]] Page list(const ListQuery& query) const;

    [[nodiscard]] CircuitStatus circuit_status(const Record& circuit) const;
    /// Counters in the order of the circuit's endpoints; nothing when it is not installed.
    [[nodiscard]] std::optional<CircuitCounters> circuit_counters(const Record& circuit) const;
    [[nodiscard]] UniStatus uni_status(const Record& uni) const;
    [[nodiscard]] TenantStatus tenant_status(const ObjectId& tenant) const;

    /// Which workers are whose, as the published slices say.
    [[nodiscard]] const Placement& placement() const noexcept { return placement_; }
    /// Where the dataplane was told to keep circuits: of a tenant, or of all.
    [[nodiscard]] const CircuitSpread& spread_of(const ObjectId& tenant) const;
    [[nodiscard]] const CircuitSpread& spread_of_all() const noexcept { return spread_; }
    /// UNIs of a port that readers may see, of all tenants.
    [[nodiscard]] std::vector<RecordPtr> unis_on(PortIndex port) const;

    [[nodiscard]] const std::vector<PortRecord>& ports() const noexcept { return ports_; }
    [[nodiscard]] Result<const PortRecord*> find_port(std::string_view reference) const;
    [[nodiscard]] PortStatus port_status(const PortRecord& port) const;
    [[nodiscard]] PortCounters port_counters(const PortRecord& port) const;

private:
    friend class InventoryWriter;
    struct Entry {
        RecordPtr published;    ///< null while its creation is under way
        bool departing = false; ///< its deletion is under way: nothing new may refer to it
    };
    struct Shelf {
        std::map<ObjectId, RecordPtr> published;
        std::map<std::string, ObjectId, std::less<>> names; ///< with those reserved
    };
    /// One tenant's share, or the operator's own.
    struct Space {
        std::array<Shelf, kObjectKindCount> shelves;
        CircuitSpread spread;
    };
    [[nodiscard]] const Shelf* shelf(ObjectKind kind, const std::optional<ObjectId>& tenant) const;
    /// The object that the reference names, published or on its way; whoever's.
    [[nodiscard]] std::optional<ObjectId> resolve(
        ObjectKind kind,
        const std::optional<ObjectId>& tenant,
        std::string_view reference
    ) const;
    [[nodiscard]] bool matches(const Record& record, const ListQuery& query) const;
    [[nodiscard]] bool link_is_up(const ObjectId& uni) const;

    const Dataplane& dataplane_;
    std::vector<PortRecord> ports_;
    std::map<ObjectId, Entry> entries_;
    std::map<std::string, Space, std::less<>> spaces_; ///< by tenant id; "": the operator's
    std::array<std::map<ObjectId, RecordPtr>, kObjectKindCount> of_all_;
    std::map<ObjectId, VlanIndex> vlans_;                           ///< by UNI
    std::map<PortIndex, std::map<ObjectId, UniSpec>> unis_on_port_; ///< of all tenants
    CircuitSpread spread_;
    Placement placement_;
    std::map<ObjectId, std::vector<RecordPtr>> slices_; ///< as published, and as on their way
};

} // namespace strowger::service
