// SPDX-License-Identifier: Apache-2.0
#include "control/program_compiler.h"

#include <variant>

namespace strowger::dataplane {

namespace {

const VlanSet* bundle_of(const VlanMap& map) {
    const VlanSet* vlans = nullptr;
    if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        vlans = &c_vlans->vlans;
    } else if (const auto* sc_vlans = std::get_if<MapSCVlans>(&map)) {
        vlans = &sc_vlans->c_vlans;
    }
    return vlans != nullptr && vlans->size() > 1 ? vlans : nullptr;
}

bool is_untagged(const VlanMap& map) {
    return std::holds_alternative<MapUntagged>(map);
}

/// Whether some frame of `in` could leave as one that `out` does not map. Where tags are pushed
/// that say it all, and where a bundle feeds a bundle that holds it, none can.
bool can_miss(const VlanMap& in, const VlanMap& out) {
    if (is_untagged(out)) {
        return !is_untagged(in);
    }
    const VlanSet* const accepted = bundle_of(out);
    if (accepted == nullptr) {
        return false;
    }
    const VlanSet* const offered = bundle_of(in);
    return offered == nullptr || !offered->runs().without(accepted->runs()).empty();
}

void push(Forwarding& forwarding, VlanId vid) {
    forwarding.push_vid.at(forwarding.push_count) = vid.value();
    ++forwarding.push_count;
}

void push_tags_of(Forwarding& forwarding, const EndpointProgram& out) {
    if (const auto* c_vlans = std::get_if<MapCVlans>(&out.map)) {
        if (c_vlans->vlans.size() == 1) {
            push(forwarding, c_vlans->vlans.first());
        }
    } else if (const auto* s_vlan = std::get_if<MapSVlan>(&out.map)) {
        push(forwarding, s_vlan->s_vlan);
    } else if (const auto* sc_vlans = std::get_if<MapSCVlans>(&out.map)) {
        push(forwarding, sc_vlans->s_vlan);
        if (sc_vlans->c_vlans.size() == 1) {
            push(forwarding, sc_vlans->c_vlans.first());
        }
    }
    forwarding.outer_tpid =
        static_cast<std::uint8_t>(forwarding.push_count > 0 ? out.tpid : Tpid::CTag8100);
}

std::uint8_t flags_of(const CircuitProgram& program, std::size_t half) {
    const VlanMap& in = program.endpoints[half].map;
    const VlanMap& out = program.endpoints[1 - half].map;
    const bool c_to_c = circuit_tag_count(in) == 2 && std::holds_alternative<MapCVlans>(out);
    const bool names_remaining = is_untagged(in) || is_untagged(out) || bundle_of(in) != nullptr ||
                                 bundle_of(out) != nullptr;
    unsigned flags = 0;
    const auto set = [&flags](bool holds, Forwarding::Flag flag) {
        flags |= holds ? unsigned{flag} : 0U;
    };
    set(program.forwarding, Forwarding::Forwards);
    set(program.l2cp_transparent, Forwarding::L2cpTransparent);
    set(can_miss(in, out), Forwarding::ChecksEgress);
    set(c_to_c, Forwarding::OuterFromInner);
    set(names_remaining, Forwarding::RenamesRemaining);
    return static_cast<std::uint8_t>(flags);
}

} // namespace

Coverage coverage_of(const EndpointProgram& endpoint) {
    Coverage coverage;
    coverage.port = endpoint.port;
    coverage.tpid = endpoint.tpid;
    if (std::holds_alternative<MapAll>(endpoint.map)) {
        coverage.all = true;
    } else if (is_untagged(endpoint.map)) {
        coverage.untagged = true;
        coverage.outer = VidRuns::of(0);
    } else if (const auto* c_vlans = std::get_if<MapCVlans>(&endpoint.map)) {
        coverage.outer = c_vlans->vlans.runs();
    } else if (const auto* s_vlan = std::get_if<MapSVlan>(&endpoint.map)) {
        coverage.outer = VidRuns::of(s_vlan->s_vlan.value());
    } else if (const auto* sc_vlans = std::get_if<MapSCVlans>(&endpoint.map)) {
        coverage.s_vid = sc_vlans->s_vlan.value();
        coverage.inner = sc_vlans->c_vlans.runs();
    }
    return coverage;
}

bool pops_priority_tag(const CircuitProgram& program, std::size_t half) {
    return is_untagged(program.endpoints.at(half).map) &&
           circuit_tag_count(program.endpoints.at(1 - half).map) > 0;
}

Forwarding compile_forwarding(const CircuitProgram& program, std::size_t half) {
    const EndpointProgram& in = program.endpoints[half];
    const EndpointProgram& out = program.endpoints[1 - half];
    Forwarding forwarding;
    forwarding.out_port = out.port.value;
    forwarding.frame_max_bytes = static_cast<std::uint16_t>(program.frame_max.value);
    forwarding.flags = flags_of(program, half);
    forwarding.pop_count = static_cast<std::uint8_t>(circuit_tag_count(in.map));
    push_tags_of(forwarding, out);
    if (forwarding.has(Forwarding::RenamesRemaining)) {
        forwarding.remaining_tpid =
            static_cast<std::uint8_t>(forwarding.push_count == 0 ? out.tpid : Tpid::CTag8100);
    }
    return forwarding;
}

std::uint64_t egress_bytes_max(const CircuitProgram& program, std::size_t half) {
    const unsigned popped = circuit_tag_count(program.endpoints[1 - half].map);
    const unsigned pushed = circuit_tag_count(program.endpoints[half].map);
    const unsigned growth = pushed > popped ? pushed - popped : 0;
    return program.frame_max.value + std::uint64_t{4} * growth;
}

bool same_maps(const CircuitProgram& left, const CircuitProgram& right) {
    for (std::size_t half = 0; half < left.endpoints.size(); ++half) {
        const EndpointProgram& a = left.endpoints[half];
        const EndpointProgram& b = right.endpoints[half];
        if (a.port != b.port || a.tpid != b.tpid || a.map != b.map) {
            return false;
        }
    }
    return true;
}

} // namespace strowger::dataplane
