// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/program.h"
#include "tests/support/frame.h"

#include <optional>

namespace strowger::reference {

/// One tag as it stands in a frame.
struct Tag {
    std::uint16_t tpid = 0;
    std::uint16_t tci = 0;
    [[nodiscard]] std::uint16_t vid() const { return tci & 0x0FFFU; }
    [[nodiscard]] std::uint16_t pcp_dei() const { return tci & 0xF000U; }
};

/// The two tags of a frame that are looked at; nothing when the frame is Malformed.
std::optional<std::vector<Tag>> parse_tags(const FrameBytes& bytes);

/// Whether a frame with these tags belongs to an endpoint.
bool belongs(const std::vector<Tag>& tags, const EndpointProgram& endpoint);

/// The frame as it leaves `to` when it arrived at `from` and belongs there: tags removed, pushed
/// and renamed, short frames padded.
FrameBytes rewrite(const FrameBytes& bytes, const EndpointProgram& from, const EndpointProgram& to);

} // namespace strowger::reference
