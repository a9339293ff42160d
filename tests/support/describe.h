// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/program.h"

#include <string>

namespace strowger {

// Words for the reader of a failed test.

inline std::string describe_map(const VlanMap& map) {
    if (std::holds_alternative<MapAll>(map)) {
        return "all";
    }
    if (std::holds_alternative<MapUntagged>(map)) {
        return "untagged";
    }
    if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        return "C " + c_vlans->vlans.to_string();
    }
    if (const auto* s_vlan = std::get_if<MapSVlan>(&map)) {
        return "S " + std::to_string(s_vlan->s_vlan.value());
    }
    const auto& both = std::get<MapSCVlans>(map);
    return "S " + std::to_string(both.s_vlan.value()) + " C " + both.c_vlans.to_string();
}

inline std::string describe_program(const CircuitProgram& program) {
    std::string text;
    for (const EndpointProgram& endpoint : program.endpoints) {
        text += "port " + std::to_string(endpoint.port.value) + " " +
                std::string(to_string(endpoint.tpid)) + " (" + describe_map(endpoint.map) + ") ";
    }
    return text + (program.forwarding ? "" : "suspended ") +
           (program.l2cp_transparent ? "transparent " : "") + "max " +
           std::to_string(program.frame_max.value);
}

} // namespace strowger
