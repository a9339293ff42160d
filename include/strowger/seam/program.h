// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/units.h"
#include "strowger/model/bandwidth_profile.h"
#include "strowger/model/vid_runs.h"
#include "strowger/model/vlan.h"

#include <array>
#include <compare>
#include <cstdint>
#include <vector>

namespace strowger {

/// Position of a port in the site file. Stable for the life of the process.
struct PortIndex {
    std::uint16_t value = 0;
    friend constexpr auto operator<=>(const PortIndex&, const PortIndex&) = default;
};

/// A set of workers, one bit each, by their position in the site file.
struct WorkerSet {
    std::uint32_t bits = 0;
    [[nodiscard]] constexpr bool contains(std::size_t worker) const {
        return (bits >> worker & 1U) != 0;
    }
    [[nodiscard]] constexpr bool empty() const { return bits == 0; }
    constexpr void add(std::size_t worker) { bits |= 1U << worker; }
    friend constexpr bool operator==(WorkerSet, WorkerSet) = default;
};

/// Which workers receive what arrives at a port.
struct ReceiverPlan {
    /// Frames whose first tag, of any known TPID, has one of these VIDs: at a queue of their own.
    struct Vlans {
        VidRuns first_vids;
        WorkerSet workers;
        friend bool operator==(const Vlans&, const Vlans&) = default;
    };
    WorkerSet others;           ///< of what no entry of `steered` names; not empty
    std::vector<Vlans> steered; ///< no VID twice; only on a port with Steering::Rules
    friend bool operator==(const ReceiverPlan&, const ReceiverPlan&) = default;
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
/// What a tag is. A frame's first tag stands behind the source address and is one when its
/// EtherType is any of the three TPIDs, the UNI's or not; its second stands behind the first
/// likewise. No more are looked at. A frame without room for these and the EtherType that follows
/// is Malformed.
///
/// Who a frame belongs to. MapUntagged: no tag, or a first tag with the UNI's TPID and VID 0 (a
/// priority tag). MapAll: every frame. Other maps: the first tag has the UNI's TPID and the VID;
/// the second of MapSCVlans has TPID 0x8100.
///
/// Ingress removes the tags that the map makes the circuit's (circuit_tag_count), egress pushes the
/// far map's. MapUntagged removes a priority tag too, but only when tags are pushed. MapAll removes
/// nothing, and nothing is removed behind the circuit's tags: that is the customer's.
/// PCP and DEI: a pushed C-tag takes them from the removed C-tag, a pushed S-tag from the removed
/// S-tag, each else from the first tag of the frame as it arrived (any known TPID), else 0.
/// TPIDs: a pushed tag that is the first one has the far UNI's TPID, a C-tag pushed behind an S-tag
/// 0x8100. What remains of the frame is not touched, with one exception: when one of the two maps
/// is a bundle (several C-VIDs, with or without S-VID) or MapUntagged, and what remains begins with
/// a tag, then that tag gets the far UNI's TPID when it leaves as the first one, and 0x8100 behind
/// pushed tags. (So MapAll to MapAll is transparent, and bundles work between UNIs of two TPIDs.)
/// What would leave an endpoint that it would not itself accept back is dropped (EgressUnmapped):
/// nobody can reach a VLAN of a UNI through a circuit that does not own it.
/// Frames shorter than 60 bytes without FCS are padded with zeros to 60 when they leave; egress
/// bytes are counted after that.
///
/// Of several reasons to drop a frame the first one counts, in this order: Malformed, Unmatched,
/// HandoverFull, Suspended, Oversize, L2cp, SourceMac, Policed, EgressUnmapped, LinkDown,
/// NoHeadroom, TxFull. A frame has an ingress colour when it reached the meter (from Policed on).
/// Oversize: with 4 bytes of FCS longer than frame_max. SourceMac: the group bit is set.
struct CircuitProgram {
    std::array<EndpointProgram, 2> endpoints;
    Bytes frame_max;        ///< longest frame accepted at ingress, with FCS and tags
    bool forwarding = true; ///< admin up and not held; else every frame is dropped as Suspended
    /// EPL: passes 01-80-C2-00-00-00 to -0F except -01. Otherwise all 16 are dropped as L2cp.
    bool l2cp_transparent = false;
    /// Workers that may own it: those of its tenant's slice, or those that no slice reserves.
    /// Empty: any. A circuit lives on one of them; committing a program that leaves its worker out
    /// moves it.
    WorkerSet workers{};
    friend bool operator==(const CircuitProgram&, const CircuitProgram&) = default;
};

} // namespace strowger
