// SPDX-License-Identifier: Apache-2.0
#include "service/inventory.h"

#include "strowger/base/check.h"

#include <algorithm>
#include <utility>

namespace strowger::service {
namespace {

Error not_found(ObjectKind kind) {
    return {ErrorCode::NotFound, "There is no such " + std::string(to_string(kind)) + ".", {}};
}

/// FNV-1a: spreads a name over an id's random part.
std::uint64_t hash_of(std::string_view text, std::uint64_t basis) {
    std::uint64_t hash = basis;
    for (const char character : text) {
        hash = (hash ^ static_cast<std::uint8_t>(character)) * 0x100'0000'01B3ULL;
    }
    return hash;
}

/// Ports come from the site file at every start and are stored nowhere, yet keep their ids.
ObjectId port_id(std::string_view name) {
    const std::uint64_t low = hash_of(name, 0xCBF2'9CE4'8422'2325ULL);
    const std::uint64_t high = hash_of(name, low);
    std::array<std::uint8_t, 10> random{};
    for (std::size_t index = 0; index < random.size(); ++index) {
        const std::uint64_t word = index < 8 ? low : high;
        random[index] = static_cast<std::uint8_t>(word >> (8 * (index % 8)));
    }
    return ObjectId::make(ObjectKind::Port, 0, random);
}

} // namespace

std::string_view to_string(OperState state) noexcept {
    constexpr std::string_view kNames[] = {"up", "degraded", "down"};
    return kNames[static_cast<std::size_t>(state)];
}

Inventory::Inventory(const std::vector<PortConfig>& ports, const Dataplane& dataplane)
    : dataplane_(dataplane), placement_(dataplane.workers()) {
    for (const PortConfig& port : ports) {
        const auto index = static_cast<std::uint16_t>(ports_.size());
        ports_.push_back({port_id(port.name), PortIndex{index}, port});
    }
}

const Inventory::Shelf* Inventory::shelf(ObjectKind kind, const std::optional<ObjectId>& tenant)
    const {
    const bool operators_own = is_operators(kind) || !tenant.has_value();
    const auto space = spaces_.find(operators_own ? std::string() : tenant->text());
    return space == spaces_.end() ? nullptr
                                  : &space->second.shelves[static_cast<std::size_t>(kind)];
}

std::optional<ObjectId> Inventory::resolve(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    std::string_view reference
) const {
    if (Result<ObjectId> id = ObjectId::from(kind, reference)) {
        return entries_.count(*id) != 0 ? std::optional(*id) : std::nullopt;
    }
    const Shelf* names = shelf(kind, tenant);
    if (names == nullptr) {
        return std::nullopt;
    }
    const auto named = names->names.find(reference);
    return named == names->names.end() ? std::nullopt : std::optional(named->second);
}

Result<RecordPtr> Inventory::find(
    ObjectKind kind,
    const std::optional<ObjectId>& tenant,
    std::string_view reference
) const {
    const std::optional<ObjectId> id = resolve(kind, tenant, reference);
    if (!id.has_value()) {
        return not_found(kind);
    }
    const RecordPtr& record = entries_.at(*id).published;
    if (record == nullptr) {
        return not_found(kind);
    }
    const std::optional<ObjectId>& owner = kind == ObjectKind::Tenant ? record->id : record->tenant;
    if (tenant.has_value() && owner != tenant) {
        return not_found(kind);
    }
    return record;
}

bool Inventory::matches(const Record& record, const ListQuery& query) const {
    if (!name_of(record).text().starts_with(query.name_prefix)) {
        return false;
    }
    const Tags& tags = tags_of(record);
    for (const auto& [key, value] : query.tags) {
        const auto tag = tags.find(key);
        if (tag == tags.end() || tag->second != value) {
            return false;
        }
    }
    if (record.kind() != ObjectKind::Circuit) {
        return true;
    }
    if (query.uni.has_value()) {
        const auto uni = resolve(ObjectKind::Uni, record.tenant, *query.uni);
        const auto& unis = record.as_circuit().unis;
        if (!uni.has_value() || std::find(unis.begin(), unis.end(), *uni) == unis.end()) {
            return false;
        }
    }
    return !query.oper_state.has_value() || circuit_status(record).oper_state == *query.oper_state;
}

Page Inventory::list(const ListQuery& query) const {
    static const std::map<ObjectId, RecordPtr> empty;
    const Shelf* own = query.tenant.has_value() ? shelf(query.kind, query.tenant) : nullptr;
    const auto& records = !query.tenant.has_value() ? of_all_[static_cast<std::size_t>(query.kind)]
                          : own == nullptr          ? empty
                                                    : own->published;
    Page page;
    auto next = query.after.has_value() ? records.upper_bound(*query.after) : records.begin();
    for (; next != records.end() && !page.more; ++next) {
        if (!matches(*next->second, query)) {
            continue;
        }
        if (page.records.size() == query.limit) {
            page.more = true;
        } else {
            page.records.push_back(next->second);
        }
    }
    if (query.count) {
        page.count = static_cast<std::size_t>(std::count_if(
            records.begin(),
            records.end(),
            [&](const auto& item) { return matches(*item.second, query); }
        ));
    }
    return page;
}

bool Inventory::link_is_up(const ObjectId& uni) const {
    const RecordPtr& record = entries_.at(uni).published;
    return record != nullptr && dataplane_.port_status(record->as_uni().port).link_up;
}

CircuitStatus Inventory::circuit_status(const Record& circuit) const {
    CircuitStatus status;
    const CircuitBody& body = circuit.as_circuit();
    if (body.spec.admin_state == AdminState::Down) {
        status.reasons.push_back({"admin_down", "The tenant has switched the circuit off.", ""});
    }
    std::size_t index = 0;
    for (const auto& [name, endpoint] : body.spec.endpoints) {
        if (!link_is_up(body.unis[index++])) {
            status.reasons.push_back(
                {"link_down", "The link of UNI " + endpoint.uni + " is down.", name.text()}
            );
        }
    }
    // An E-Line has no third endpoint that could still be served.
    status.oper_state = status.reasons.empty() ? OperState::Up : OperState::Down;
    return status;
}

std::optional<CircuitCounters> Inventory::circuit_counters(const Record& circuit) const {
    return dataplane_.counters(circuit.as_circuit().key);
}

UniStatus Inventory::uni_status(const Record& uni) const {
    const PortStatus port = dataplane_.port_status(uni.as_uni().port);
    const auto circuits = vlans_.find(uni.id);
    return {
        port.link_up,
        port.frame_max,
        circuits == vlans_.end() ? 0 : circuits->second.holders().size()};
}

TenantStatus Inventory::tenant_status(const ObjectId& tenant) const {
    const auto count = [&](ObjectKind kind) {
        const Shelf* own = shelf(kind, tenant);
        return own == nullptr ? 0 : own->published.size();
    };
    return {count(ObjectKind::Circuit), count(ObjectKind::Uni), count(ObjectKind::Token)};
}

const CircuitSpread& Inventory::spread_of(const ObjectId& tenant) const {
    static const CircuitSpread kNowhere;
    const auto space = spaces_.find(tenant.text());
    return space == spaces_.end() ? kNowhere : space->second.spread;
}

std::vector<RecordPtr> Inventory::unis_on(PortIndex port) const {
    std::vector<RecordPtr> unis;
    if (const auto known = unis_on_port_.find(port); known != unis_on_port_.end()) {
        for (const auto& [id, spec] : known->second) {
            if (const RecordPtr& uni = entries_.at(id).published) {
                unis.push_back(uni);
            }
        }
    }
    return unis;
}

Result<const PortRecord*> Inventory::find_port(std::string_view reference) const {
    for (const PortRecord& port : ports_) {
        if (port.config.name == reference || port.id.text() == reference) {
            return &port;
        }
    }
    return not_found(ObjectKind::Port);
}

PortStatus Inventory::port_status(const PortRecord& port) const {
    return dataplane_.port_status(port.index);
}

PortCounters Inventory::port_counters(const PortRecord& port) const {
    return dataplane_.port_counters(port.index);
}

} // namespace strowger::service
