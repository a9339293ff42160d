// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/units.h"
#include "strowger/model/bandwidth_profile.h"
#include "strowger/model/vlan.h"

#include <array>
#include <compare>
#include <cstdint>

namespace strowger {

/// Position of a port in the site file. Stable for the life of the process.
struct PortIndex {
    std::uint16_t value = 0;
    friend constexpr auto operator<=>(const PortIndex&, const PortIndex&) = default;
};

/// Names a circuit at the seam: chosen by the control plane, never reused in one process.
struct CircuitKey {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(const CircuitKey&, const CircuitKey&) = default;
};

/// One endpoint as the dataplane must treat it.
struct EndpointProgram {
    PortIndex port;
    Tpid tpid = Tpid::CTag8100; ///< the UNI's
    VlanMap map;
    BandwidthProfile bandwidth; ///< metered on frames that arrive here
    friend bool operator==(const EndpointProgram&, const EndpointProgram&) = default;
};

/// An E-Line as the dataplane must treat it: no names, no tenants.
///
/// Ingress removes the tags that the map makes the circuit's (circuit_tag_count), egress pushes the
/// far map's. PCP and DEI: a pushed C-tag takes them from the removed C-tag, a pushed S-tag from the
/// removed S-tag, each else from the first tag of the frame (any known TPID), else 0. A C-tag behind
/// an S-tag always has TPID 0x8100; a tag that is the first one has the UNI's TPID, also when it is
/// the customer's and preserved (bundles, priority tags). A priority tag is removed only when tags
/// are pushed. What would leave an endpoint that it would not itself accept back is dropped
/// (EgressUnmapped): nobody can reach a VLAN of a UNI through a circuit that does not own it.
struct CircuitProgram {
    std::array<EndpointProgram, 2> endpoints;
    Bytes frame_max;        ///< longest frame accepted at ingress, with FCS and tags
    bool forwarding = true; ///< admin up and not held; else every frame is dropped as Suspended
    /// EPL: passes 01-80-C2-00-00-00 to -0F except -01. Otherwise all 16 are dropped as L2cp.
    bool l2cp_transparent = false;
    friend bool operator==(const CircuitProgram&, const CircuitProgram&) = default;
};

} // namespace strowger
