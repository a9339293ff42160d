// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/json_writer.h"
#include "strowger/seam/counters.h"

#include <array>
#include <string_view>

namespace strowger::api {

/// {"frames":"…","bytes":"…"} under `name`.
void write_frame_count(JsonWriter& writer, std::string_view name, const FrameCount& count);
/// {"malformed":"…",…} under "drops": every reason, also those that never happened.
void write_drops(JsonWriter& writer, const std::array<std::uint64_t, kDropReasonCount>& drops);

} // namespace strowger::api
