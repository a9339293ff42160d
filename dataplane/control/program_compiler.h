// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/vid_runs.h"
#include "strowger/seam/program.h"
#include "table/forwarding.h"

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
    VidRuns outer; ///< first tag, whatever follows; 0: priority-tagged
    std::optional<std::uint16_t> s_vid;
    VidRuns inner; ///< second tag behind s_vid

    [[nodiscard]] bool needs_root() const { return !outer.empty() || s_vid.has_value(); }
    [[nodiscard]] bool shares_root_with(const Coverage& other) const {
        return port == other.port && tpid == other.tpid;
    }
};

[[nodiscard]] Coverage coverage_of(const EndpointProgram& endpoint);
/// Whether a priority tag that arrives at endpoint `half` gives way to pushed ones.
[[nodiscard]] bool pops_priority_tag(const CircuitProgram& program, std::size_t half);

/// How frames that arrive at endpoint `half` leave at the other.
[[nodiscard]] Forwarding compile_forwarding(const CircuitProgram& program, std::size_t half);

/// The longest frame that can leave at endpoint `half`, with FCS.
[[nodiscard]] std::uint64_t egress_bytes_max(const CircuitProgram& program, std::size_t half);

/// Whether both programs match the same frames and change them alike but for what a Forwarding
/// says in place: then no classifier has to change.
[[nodiscard]] bool same_maps(const CircuitProgram& left, const CircuitProgram& right);

} // namespace strowger::dataplane
