// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/worker_counter.h"
#include "strowger/seam/drop_reason.h"
#include "table/forwarding.h"
#include "table/meter.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

/// A FrameCount with one writer.
struct FrameCounter {
    WorkerCounter frames;
    WorkerCounter bytes;

    void add(std::uint32_t frame_bytes) noexcept {
        frames.add(1);
        bytes.add(frame_bytes);
    }
    void take_back(std::uint32_t frame_bytes) noexcept {
        frames.take_back(1);
        bytes.take_back(frame_bytes);
    }
    void reset() noexcept {
        frames.reset();
        bytes.reset();
    }
    void set(const FrameCounter& other) noexcept {
        frames.set(other.frames.read());
        bytes.set(other.bytes.read());
    }
};

/// The rest of an endpoint: what frames touch that are not green, are dropped, or leave with
/// another length than their program says.
///
/// What left green at the far endpoint is not counted frame by frame, for it follows from what
/// arrived green here: the same frames, but for those lost on the way, each longer by the program's
/// growth, but for what `green_extra_bytes` corrects:
///     frames = green - green_lost
///     bytes  = green bytes + growth × (green frames - green_settled) + green_extra_bytes
/// So a green frame touches no line but its HotSlot. A frame counts as left once it is staged for
/// transmit, which is less than a turn too early; one that has to wait for the device does not.
///
/// Written by the worker that owns it; read by the control thread.
struct alignas(64) ColdSlot {
    std::uint32_t far_slot = 0;             ///< of the other endpoint, same owner
    std::atomic<std::int32_t> growth_bytes; ///< of the hot slot's program
    WorkerCounter green_lost;
    WorkerCounter green_settled;
    WorkerCounter green_extra_bytes; ///< signed, modulo 2^64

    FrameCounter ingress_yellow;
    FrameCounter egress_yellow;
    FrameCounter ingress_red;
    /// Malformed and Unmatched frames have no endpoint.
    static constexpr std::size_t kFirstDrop = static_cast<std::size_t>(DropReason::Suspended);
    std::array<WorkerCounter, kDropReasonCount - kFirstDrop> drops;

    /// The version that the hot slot has not, while a change of maps is on its way.
    Forwarding other;

    [[nodiscard]] std::int32_t growth() const noexcept {
        return growth_bytes.load(std::memory_order_relaxed);
    }
    void drop(DropReason reason) noexcept {
        drops[static_cast<std::size_t>(reason) - kFirstDrop].add(1);
    }
    [[nodiscard]] std::uint64_t dropped(std::size_t reason) const noexcept {
        return reason < kFirstDrop ? 0 : drops[reason - kFirstDrop].read();
    }

    /// A frame that the meter let pass and that does not leave after all. `bytes`: as it would
    /// have left, with FCS.
    void lose(Color color, std::uint32_t bytes) noexcept {
        if (color == Color::Green) {
            green_lost.add(1);
            green_extra_bytes.take_back(bytes);
        } else {
            egress_yellow.take_back(bytes);
        }
    }

    /// Undoes lose(): it goes after all.
    void regain(Color color, std::uint32_t bytes) noexcept {
        if (color == Color::Green) {
            green_lost.take_back(1);
            green_extra_bytes.add(bytes);
        } else {
            egress_yellow.add(bytes);
        }
    }

    /// The program's growth changes: what was counted under the old one is settled.
    void set_growth(std::int32_t growth, std::uint64_t green_frames) noexcept {
        const std::uint64_t under_old = green_frames - green_settled.read();
        green_extra_bytes.add(
            static_cast<std::uint64_t>(static_cast<std::int64_t>(under_old) * this->growth())
        );
        green_settled.reset();
        green_settled.add(green_frames);
        growth_bytes.store(growth, std::memory_order_relaxed);
    }

    /// Goes on counting where another slot of the same program stopped.
    void set_counters(const ColdSlot& before) noexcept {
        growth_bytes.store(before.growth(), std::memory_order_relaxed);
        green_lost.set(before.green_lost.read());
        green_settled.set(before.green_settled.read());
        green_extra_bytes.set(before.green_extra_bytes.read());
        ingress_yellow.set(before.ingress_yellow);
        egress_yellow.set(before.egress_yellow);
        ingress_red.set(before.ingress_red);
        for (std::size_t i = 0; i < drops.size(); ++i) {
            drops[i].set(before.drops[i].read());
        }
    }

    void reset_counters() noexcept {
        for (WorkerCounter* const counter : {&green_lost, &green_settled, &green_extra_bytes}) {
            counter->reset();
        }
        for (FrameCounter* const counter : {&ingress_yellow, &egress_yellow, &ingress_red}) {
            counter->reset();
        }
        for (WorkerCounter& counter : drops) {
            counter.reset();
        }
    }
};
static_assert(sizeof(ColdSlot) == 192, "with the hot slot: 256 bytes an endpoint");

} // namespace strowger::dataplane
