// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/limits.h"
#include "strowger/seam/program.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace strowger {

// Short words for programs in tests: what is wrong aborts.

inline VlanId vid(std::uint64_t raw) {
    return VlanId::from(raw).value();
}
inline VlanSet vids(std::uint64_t first, std::uint64_t last) {
    return VlanSet::range(vid(first), vid(last)).value();
}
inline VlanMap c_vlan(std::uint64_t raw) {
    return MapCVlans{VlanSet::single(vid(raw))};
}
inline VlanMap c_vlans(std::uint64_t first, std::uint64_t last) {
    return MapCVlans{vids(first, last)};
}
inline VlanMap s_vlan(std::uint64_t raw) {
    return MapSVlan{vid(raw)};
}
inline VlanMap s_c_vlans(std::uint64_t s, std::uint64_t first, std::uint64_t last) {
    return MapSCVlans{vid(s), vids(first, last)};
}

inline BandwidthProfile
profile_of(const BandwidthProfileSpec& spec, Bytes frame_max = Bytes{limits::kFrameBytesDefault}) {
    return BandwidthProfile::resolve(spec, frame_max).value();
}
/// A profile that colours everything green for as long as a test lasts.
inline BandwidthProfile unlimited() {
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{limits::kRateBpsMax};
    spec.cbs = Bytes{limits::kBurstBytesMax};
    return profile_of(spec);
}
/// A committed bucket of `burst_bytes` that hardly refills.
inline BandwidthProfile one_burst_of(std::uint64_t burst_bytes) {
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{1};
    spec.cbs = Bytes{burst_bytes};
    return profile_of(spec);
}

inline EndpointProgram endpoint_of(
    std::uint16_t port,
    VlanMap map,
    Tpid tpid = Tpid::CTag8100,
    BandwidthProfile bandwidth = unlimited()
) {
    return {PortIndex{port}, tpid, std::move(map), bandwidth};
}
inline CircuitProgram program_of(EndpointProgram a, EndpointProgram z) {
    return {{std::move(a), std::move(z)}, Bytes{limits::kFrameBytesDefault}, true, false};
}

/// The longest frame that passes an endpoint's port, as it arrives or as it leaves with its tags.
inline Bytes longest_frame_at(const CircuitProgram& program, std::size_t end) {
    const std::uint64_t removed = circuit_tag_count(program.endpoints.at(1 - end).map);
    const std::uint64_t pushed = circuit_tag_count(program.endpoints.at(end).map);
    const std::uint64_t growth = pushed > removed ? 4 * (pushed - removed) : 0;
    return Bytes{program.frame_max.value + growth};
}

} // namespace strowger
