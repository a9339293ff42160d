// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/drop_reason.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace strowger {

/// Frames and bytes. A frame's bytes are those seen at that UNI, destination MAC to FCS, tags
/// included: ingress before rewrite, egress after. (No floor of 64 here: that is the meter's.)
struct FrameCount {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    friend bool operator==(const FrameCount&, const FrameCount&) = default;
};

/// One endpoint, since its circuit was installed.
struct EndpointCounters {
    FrameCount ingress_green;  ///< arrived here, within CIR
    FrameCount ingress_yellow; ///< arrived here, within EIR
    FrameCount ingress_red;    ///< arrived here, above both: also in drops[Policed]
    FrameCount egress_green;   ///< left here
    FrameCount egress_yellow;  ///< left here
    std::array<std::uint64_t, kDropReasonCount>
        drops{}; ///< frames that arrived here and were dropped
    friend bool operator==(const EndpointCounters&, const EndpointCounters&) = default;
};

/// Both endpoints of an E-Line, in the order of its program.
struct CircuitCounters {
    std::array<EndpointCounters, 2> endpoints;
    friend bool operator==(const CircuitCounters&, const CircuitCounters&) = default;
};

/// Tags that arrived and matched nothing.
struct UnmatchedTags {
    std::uint16_t outer_tpid = 0; ///< EtherType of the first tag; 0: untagged
    std::uint16_t outer_vid = 0;
    std::optional<std::uint16_t> inner_vid; ///< none: no second tag; 0 is a priority tag
    std::uint64_t frames = 0; ///< with these tags, while in the list of the last ones seen
};
inline constexpr std::size_t kUnmatchedTagsKept = 8;

/// One port, summed over workers, since start.
struct PortCounters {
    FrameCount rx;
    FrameCount tx;
    std::uint64_t rx_missed = 0;  ///< the device had no free descriptor
    std::uint64_t rx_no_mbuf = 0; ///< the mempool was empty
    std::uint64_t rx_errors = 0;
    std::array<std::uint64_t, kDropReasonCount> drops{}; ///< of frames received here, by reason
    std::vector<UnmatchedTags> unmatched; ///< newest first, at most kUnmatchedTagsKept
};

/// One worker, since start. rx = tx + drops + what is in its rings and queues, summed over workers.
struct WorkerCounters {
    std::uint64_t rx_frames = 0;
    std::uint64_t tx_frames = 0;
    std::uint64_t handed_over = 0; ///< frames given to other workers
    std::uint64_t taken_over = 0;  ///< frames received from other workers
    std::uint64_t loops = 0;       ///< heartbeat: rises while the worker lives
    std::uint64_t busy_cycles = 0; ///< TSC cycles in loops that found work
    std::array<std::uint64_t, kDropReasonCount> drops{};
};

} // namespace strowger
