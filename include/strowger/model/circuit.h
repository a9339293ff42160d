// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/units.h"
#include "strowger/model/bandwidth_profile.h"
#include "strowger/model/identity.h"
#include "strowger/model/vlan.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace strowger {

/// The types of circuit (MEF: EVC types). elan and etree have a place here and are refused as
/// unknown until they can be forwarded.
enum class CircuitType : std::uint8_t { ELine };

/// The tenant's own switch.
enum class AdminState : std::uint8_t { Up, Down };

/// Where a circuit meets a UNI (MEF: EVC End Point). Its key in the circuit is its identity.
struct EndpointSpec {
    std::string uni; ///< id or name, as the tenant wrote it
    VlanMap vlan_map;
    std::optional<BandwidthProfileSpec>
        bandwidth; ///< replaces the circuit's whole; metered at ingress here
};

/// What a tenant ordered. Decoded members are right in themselves; check_circuit checks the whole.
struct CircuitSpec {
    Name name;
    std::string display_name;
    Tags tags;
    CircuitType type = CircuitType::ELine;
    AdminState admin_state = AdminState::Up;
    std::optional<Bytes> frame_max; ///< "max_frame_bytes": with FCS and tags; default of limits.h
    std::optional<BandwidthProfileSpec> bandwidth; ///< default for every endpoint
    std::map<Name, EndpointSpec> endpoints;
};

/// What defaults became, once. Stored; later changes of defaults do not touch it.
struct EffectiveCircuit {
    Bytes frame_max;
    std::map<Name, BandwidthProfile> bandwidth; ///< by endpoint
};

/// Resolves defaults and checks every rule a circuit can break in itself: endpoint count, frame
/// size, profiles, bundles that differ (MEF 10.3 R81). All faults at once, pointers into the spec
/// ("/endpoints/a/bandwidth/cbs_bytes").
Result<EffectiveCircuit> resolve_circuit(const CircuitSpec& spec);

/// "EPL" when both ends are all-to-one, else "EVPL" (MEF 6.3).
[[nodiscard]] std::string_view mef_service(const CircuitSpec& spec);

} // namespace strowger
