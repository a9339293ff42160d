// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/program.h"
#include "table/endpoint_slot.h"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace strowger::dataplane {

/// The places of a classifier that an endpoint's map takes.
struct Coverage {
    PortIndex port;
    Tpid tpid = Tpid::CTag8100;
    bool all = false;
    bool untagged = false;
    std::bitset<4096> outer; ///< first tag, whatever follows; 0: priority-tagged
    std::optional<std::uint16_t> s_vid;
    std::bitset<4096> inner; ///< second tag behind s_vid

    [[nodiscard]] bool needs_root() const { return outer.any() || s_vid.has_value(); }
    [[nodiscard]] bool shares_root_with(const Coverage& other) const {
        return port == other.port && tpid == other.tpid;
    }
};

[[nodiscard]] Coverage coverage_of(const EndpointProgram& endpoint);

/// How frames that arrive at endpoint `half` leave at the other.
[[nodiscard]] Forwarding compile_forwarding(const CircuitProgram& program, std::size_t half);

/// The longest frame that can leave at endpoint `half`, with FCS.
[[nodiscard]] std::uint64_t egress_bytes_max(const CircuitProgram& program, std::size_t half);

/// Whether both programs match the same frames and change them alike but for what a Forwarding
/// says in place: then no classifier has to change.
[[nodiscard]] bool same_maps(const CircuitProgram& left, const CircuitProgram& right);

} // namespace strowger::dataplane
