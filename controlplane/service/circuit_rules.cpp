// SPDX-License-Identifier: Apache-2.0
#include "service/circuit_rules.h"

#include "strowger/base/check.h"
#include "strowger/model/limits.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace strowger::service {
namespace {

std::string pointer_of(const Name& endpoint, std::string_view member) {
    return "/endpoints/" + endpoint.text() + "/" + std::string(member); // a name needs no escape
}

Problem immutable(std::string pointer, const std::string& what) {
    return {
        std::move(pointer),
        "immutable",
        what + " of a circuit cannot be changed.",
        "Create a circuit that has it, and delete this one.",
        ""};
}

/// What an endpoint's profile was asked to be: its own, or the circuit's.
std::optional<BandwidthProfileSpec> asked_bandwidth(const CircuitSpec& spec, const Name& endpoint) {
    const auto found = spec.endpoints.find(endpoint);
    if (found == spec.endpoints.end()) {
        return std::nullopt;
    }
    return found->second.bandwidth.has_value() ? found->second.bandwidth : spec.bandwidth;
}

Result<EffectiveCircuit> resolve(const CircuitSpec& spec, const CircuitBody* before) {
    if (before == nullptr) {
        return resolve_circuit(spec);
    }
    CircuitSpec pinned = spec;
    pinned.frame_max = before->effective.frame_max;
    Result<EffectiveCircuit> effective = resolve_circuit(pinned);
    if (!effective) {
        return effective;
    }
    for (auto& [name, profile] : effective->bandwidth) {
        const auto old = before->effective.bandwidth.find(name);
        if (old != before->effective.bandwidth.end() &&
            asked_bandwidth(spec, name) == asked_bandwidth(before->spec, name)) {
            profile = old->second;
        }
    }
    return effective;
}

} // namespace

CircuitRules::CircuitRules(const InventoryWriter& inventory, const Dataplane& dataplane)
    : inventory_(inventory) {
    for (std::size_t port = 0; port < dataplane.port_count(); ++port) {
        const PortStatus status =
            dataplane.port_status(PortIndex{static_cast<std::uint16_t>(port)});
        frame_max_.push_back(status.frame_max);
    }
}

CircuitRules::Places
CircuitRules::find_unis(const ObjectId& tenant, const CircuitSpec& spec, Faults& faults) const {
    Places places;
    for (const auto& [name, endpoint] : spec.endpoints) {
        RecordPtr uni = inventory_.find_staying(ObjectKind::Uni, tenant, endpoint.uni);
        if (uni == nullptr) {
            faults.add(
                ErrorCode::NotFound,
                Problem{
                    pointer_of(name, "uni"),
                    "not_found",
                    "There is no UNI \"" + endpoint.uni + "\".",
                    "The name or id of one of the tenant's UNIs.",
                    ""}
            );
        }
        places.push_back({&name, &endpoint, std::move(uni)});
    }
    for (std::size_t later = 1; later < places.size(); ++later) {
        const Place& first = places.front();
        const Place& other = places[later];
        // Written alike it was found in the spec already.
        if (first.uni != nullptr && first.uni == other.uni &&
            first.endpoint->uni != other.endpoint->uni) {
            faults.add(
                ErrorCode::Invalid,
                Problem{
                    pointer_of(*other.name, "uni"),
                    "same_uni",
                    "The endpoints " + first.name->text() + " and " + other.name->text() +
                        " are on one UNI, named in two ways.",
                    "Endpoints of a circuit are on different UNIs.",
                    ""}
            );
        }
    }
    return places;
}

void CircuitRules::check_unchangeable(
    const CircuitSpec& spec,
    const Places& places,
    const Record& before,
    Faults& faults
) {
    const CircuitBody& old = before.as_circuit();
    if (spec.name != old.spec.name) {
        faults.add(ErrorCode::Invalid, immutable("/name", "The name"));
    }
    if (spec.type != old.spec.type) {
        faults.add(ErrorCode::Invalid, immutable("/type", "The type"));
    }
    if (spec.frame_max != old.spec.frame_max) {
        faults.add(ErrorCode::Invalid, immutable("/max_frame_bytes", "The largest frame"));
    }
    const auto same_key = [](const auto& left, const auto& right) {
        return left.first == right.first;
    };
    if (!std::equal(
            spec.endpoints.begin(),
            spec.endpoints.end(),
            old.spec.endpoints.begin(),
            old.spec.endpoints.end(),
            same_key
        )) {
        faults.add(ErrorCode::Invalid, immutable("/endpoints", "The set of endpoints"));
        return;
    }
    for (std::size_t index = 0; index < places.size() && index < old.unis.size(); ++index) {
        const Place& place = places[index];
        if (place.uni != nullptr && place.uni->id != old.unis[index]) {
            faults.add(
                ErrorCode::Invalid, immutable(pointer_of(*place.name, "uni"), "An endpoint's UNI")
            );
        }
    }
}

void CircuitRules::check_maps(const Places& places, Faults& faults) {
    for (const Place& place : places) {
        if (place.uni != nullptr) {
            faults.add(
                ErrorCode::Invalid,
                check_map_on_uni(
                    place.endpoint->vlan_map,
                    place.uni->as_uni().spec,
                    pointer_of(*place.name, "vlan_map")
                )
            );
        }
    }
}

void CircuitRules::check_free(const Places& places, const ObjectId& self, Faults& faults) const {
    for (const Place& place : places) {
        const std::string pointer = pointer_of(*place.name, "vlan_map");
        // "Untagged" stands for a map that could not be read. What could be read of a list of VLANs
        // is in use or not, whatever the rest of it was meant to be.
        const bool stand_in =
            std::holds_alternative<MapUntagged>(place.endpoint->vlan_map) && faults.unread(pointer);
        if (place.uni == nullptr || stand_in) {
            continue;
        }
        // All circuits of a UNI are its tenant's, so they may be named.
        for (const ObjectId& other :
             inventory_.vlan_conflicts(place.uni->id, place.endpoint->vlan_map, self)) {
            const std::optional<std::string> asked_at = name_of_ ? name_of_(other) : std::nullopt;
            faults.add(
                ErrorCode::Conflict,
                Problem{
                    pointer,
                    "vlan_in_use",
                    asked_at.has_value()
                        ? "Some of these frames are asked for by " + *asked_at + ", too."
                        : "Some of these frames belong to circuit " + other.text() + " already.",
                    "VLANs of this UNI that no other circuit has.",
                    "MEF 10.3 R76"}
            );
        }
    }
}

void CircuitRules::check_ports(
    const Places& places,
    const CircuitSpec& spec,
    const Record* before,
    Faults& faults
) const {
    const bool tags_known = std::none_of(places.begin(), places.end(), [&](const Place& place) {
        return faults.unread(pointer_of(*place.name, "vlan_map"));
    });
    if (!tags_known || faults.unread("/max_frame_bytes")) {
        return;
    }
    const Bytes frame_max = before == nullptr
                                ? spec.frame_max.value_or(Bytes{limits::kFrameBytesDefault})
                                : before->as_circuit().effective.frame_max;
    for (const Place& place : places) {
        if (place.uni == nullptr) {
            continue;
        }
        // The far end's longest frame, with this end's tags in place of its own.
        std::uint64_t longest = frame_max.value;
        for (const Place& far : places) {
            const std::uint64_t removed = circuit_tag_count(far.endpoint->vlan_map);
            const std::uint64_t pushed = circuit_tag_count(place.endpoint->vlan_map);
            longest = std::max(longest, frame_max.value + 4 * pushed - 4 * removed);
        }
        const Bytes passed = frame_max_.at(place.uni->as_uni().port.value);
        if (longest > passed.value) {
            faults.add(
                ErrorCode::Invalid,
                Problem{
                    pointer_of(*place.name, "uni"),
                    "frame_too_large_for_port",
                    "Frames of up to " + std::to_string(longest) +
                        " bytes would appear here and this UNI passes " +
                        std::to_string(passed.value) + ".",
                    "A max_frame_bytes that is " + std::to_string(longest - passed.value) +
                        " lower, or a port that passes more.",
                    "MEF 10.3 R56"}
            );
        }
    }
}

std::optional<CircuitBody> CircuitRules::judge(
    const ObjectId& id,
    const ObjectId& tenant,
    const CircuitSpec& spec,
    const Record* before,
    Faults& faults
) const {
    const Places places = find_unis(tenant, spec, faults);
    if (before != nullptr) {
        check_unchangeable(spec, places, *before, faults);
    }
    Result<EffectiveCircuit> effective =
        resolve(spec, before == nullptr ? nullptr : &before->as_circuit());
    if (!effective && faults.body_is_sound()) { // else its own faults are all known
        faults.add(ErrorCode::Invalid, effective.error().problems);
    }
    check_ports(places, spec, before, faults);
    check_maps(places, faults);
    check_free(places, id, faults);
    if (faults.any()) {
        return std::nullopt;
    }
    STROWGER_CHECK(places.size() == 2); // resolve_circuit refuses the rest
    return CircuitBody{
        spec,
        *std::move(effective),
        {places[0].uni->id, places[1].uni->id},
        before == nullptr ? CircuitKey{} : before->as_circuit().key,
        // A change leaves the circuit where it is; to move it is the settler's.
        before == nullptr ? inventory_.placement().of(tenant) : before->as_circuit().workers};
}

std::vector<Problem> CircuitRules::advice(const CircuitBody& circuit) {
    std::vector<Problem> warnings;
    for (const auto& [name, profile] : circuit.effective.bandwidth) {
        if (!profile.burst_is_tight(circuit.effective.frame_max)) {
            continue;
        }
        const auto endpoint = circuit.spec.endpoints.find(name);
        const bool own =
            endpoint != circuit.spec.endpoints.end() && endpoint->second.bandwidth.has_value();
        Problem warning{
            own ? pointer_of(name, "bandwidth") : "/bandwidth",
            "burst_tight",
            "A burst is shorter than two of the circuit's largest frames, so TCP will not reach "
            "the rate.",
            "Leave the burst sizes out, or make them larger.",
            "MEF 23.2"};
        const bool told = std::any_of(warnings.begin(), warnings.end(), [&](const Problem& other) {
            return other.pointer == warning.pointer;
        });
        if (!told) {
            warnings.push_back(std::move(warning));
        }
    }
    return warnings;
}

CircuitProgram CircuitRules::program(const CircuitBody& circuit) const {
    std::vector<EndpointProgram> endpoints;
    for (const auto& [name, endpoint] : circuit.spec.endpoints) {
        const RecordPtr uni = inventory_.published(circuit.unis[endpoints.size()]);
        STROWGER_CHECK(uni != nullptr);
        endpoints.push_back(
            {uni->as_uni().port,
             uni->as_uni().spec.tpid,
             endpoint.vlan_map,
             circuit.effective.bandwidth.at(name)}
        );
    }
    return {
        {endpoints[0], endpoints[1]},
        circuit.effective.frame_max,
        circuit.spec.admin_state == AdminState::Up,
        mef_service(circuit.spec) == "EPL",
        circuit.workers};
}

} // namespace strowger::service
