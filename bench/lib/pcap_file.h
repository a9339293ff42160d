// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <cstdint>
#include <string>

namespace strowger::bench {

/// Fewer frames than this, and a file repeats them: a source that wraps every few bursts measures
/// its own wrapping.
inline constexpr std::uint32_t kPcapFramesMin = 1'024;

[[nodiscard]] std::uint32_t pcap_frames(std::uint32_t circuits);

/// Writes a classic pcap with each circuit's frame once, in random order: what every device under
/// test, ours or a peer, is fed with.
Result<void> write_pcap(const std::string& path, std::uint32_t circuits, std::uint32_t frame_bytes);

} // namespace strowger::bench
