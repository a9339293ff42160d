// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/worker_counter.h"
#include "strowger/seam/drop_reason.h"
#include "table/meter.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace strowger::dataplane {

/// How frames that arrive at one endpoint leave at the other: one program, compiled. Travels in
/// commands.
struct Forwarding {
    enum Flag : std::uint8_t {
        Forwards = 1,          ///< admin up and not held
        L2cpTransparent = 2,   ///< passes 01-80-C2-00-00-0X but -01
        ChecksEgress = 4,      ///< what leaves might not be mapped there: classify it again
        PopsPriorityTag = 8,   ///< a priority tag gives way to the pushed ones
        OuterFromInner = 0x10, ///< the first pushed tag takes PCP and DEI from the second removed
    };

    std::uint16_t out_port = 0;
    std::uint16_t frame_max_bytes = 0; ///< at ingress, with FCS
    std::uint8_t flags = 0;
    std::uint8_t push_count = 0;
    /// In network order; 0: leave it. EtherType for a tag that remains as the first behind the
    /// pushed.
    std::uint16_t remaining_tpid_be = 0;
    /// EtherType and VID of pushed tags, the first one first; PCP and DEI are the frame's.
    std::array<std::uint16_t, 2> push_tpid{};
    std::array<std::uint16_t, 2> push_vid{};

    [[nodiscard]] constexpr bool has(Flag flag) const noexcept { return (flags & flag) != 0; }
    friend constexpr bool operator==(const Forwarding&, const Forwarding&) noexcept = default;
};
static_assert(sizeof(Forwarding) == 16 && std::is_trivially_copyable_v<Forwarding>);

/// A FrameCount with one writer.
struct FrameCounter {
    WorkerCounter frames;
    WorkerCounter bytes;

    void add(std::uint32_t frame_bytes) noexcept {
        frames.add(1);
        bytes.add(frame_bytes);
    }
    void reset() noexcept {
        frames.reset();
        bytes.reset();
    }
};

/// Memory of one endpoint inside the worker that owns its circuit: how its frames go on, its meter,
/// and what it counted. A frame that passes touches the first three lines; the others are for red
/// and dropped frames. Written by the owner; counters are read by the control thread.
struct alignas(64) EndpointSlot {
    // Line 0. Two versions, so that frames classified before a change of maps keep their program.
    std::array<Forwarding, 2> versions;
    std::uint32_t far_slot = 0; ///< of the other endpoint, same owner
    std::array<std::uint8_t, 28> reserved{};

    // Line 1.
    Meter meter;

    // Line 2. Egress is the far endpoint's, as fed from here, so that a frame touches one slot.
    FrameCounter ingress_green;
    FrameCounter egress_green;
    FrameCounter ingress_yellow;
    FrameCounter egress_yellow;

    // Lines 3 and 4.
    FrameCounter ingress_red;
    std::array<WorkerCounter, kDropReasonCount> drops;

    void reset_counters() noexcept {
        for (FrameCounter* const counter :
             {&ingress_green, &egress_green, &ingress_yellow, &egress_yellow, &ingress_red}) {
            counter->reset();
        }
        for (WorkerCounter& counter : drops) {
            counter.reset();
        }
    }
};
static_assert(offsetof(EndpointSlot, meter) == 64, "line 1");
static_assert(offsetof(EndpointSlot, ingress_green) == 128, "line 2");
static_assert(offsetof(EndpointSlot, ingress_red) == 192, "line 3");
static_assert(sizeof(EndpointSlot) == 320);

} // namespace strowger::dataplane
