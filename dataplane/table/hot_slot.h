// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/worker_counter.h"
#include "table/forwarding.h"
#include "table/meter.h"

#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

/// All that a frame needs which passes within its profile: how it goes on, its meter, its counters.
/// One cache line for each direction of a circuit (half-circuit), and the only one that such a
/// frame touches: how many lines a frame takes, not how many instructions, decides what it costs
/// when there are a million circuits. The rest of an endpoint is in its ColdSlot.
///
/// By bytes: what the meter has of a word, and what the forwarding has in the bits that it spares.
///      0  green frames
///      8  green bytes
///     16  committed tokens  64
///     24  excess tokens     64
///     32  times             excess is full, refilled at 61; pushes inner tag, renames remaining
///     40  committed         CIR 39, coupling; flag, port 6, longest 14; colours; flag, version
///     48  excess            EIR 39; flag, outer VID 12, inner VID 12
///     56  bursts            CBS 31, EBS 31; outer TPID 2
///
/// Written by the worker that owns it; the counters are read by the control thread.
struct alignas(64) HotSlot {
    // Bits of meter.times().
    using PushesInner = BitField<1, 1>;
    using RenamesRemaining = BitField<2, 1>;
    // Bits of meter.committed(). The two on top can be asked for by the sign of a number.
    using L2cpTransparent = BitField<40, 1>;
    using OutPort = BitField<41, 6>;
    using PacketMax = BitField<47, 14>; ///< without FCS; 0: suspended, no frame passes
    using ChecksEgress = BitField<62, 1>;
    using Version = BitField<63, 1>;
    // Bits of meter.excess().
    using OuterFromInner = BitField<39, 1>;
    using OuterVid = BitField<40, 12>; ///< without an outer tag: the TPID of a renamed one
    using InnerVid = BitField<52, 12>;
    // Bits of meter.bursts().
    using OuterTpid = BitField<62, 2>; ///< a Tpid, or kNoOuter
    static constexpr std::uint64_t kNoOuter = 3;

    WorkerCounter green_frames; ///< arrived within CIR
    WorkerCounter green_bytes;
    Meter meter;

    [[nodiscard]] unsigned version() const noexcept {
        return static_cast<unsigned>(Version::get(meter.committed()));
    }
    /// Two tags, none of which is a remaining one under another name.
    [[nodiscard]] bool pushes_two() const noexcept {
        constexpr std::uint64_t kBoth = PushesInner::kMask | RenamesRemaining::kMask;
        return (meter.times() & kBoth) == PushesInner::kMask;
    }
    [[nodiscard]] std::uint16_t out_port() const noexcept {
        return static_cast<std::uint16_t>(OutPort::get(meter.committed()));
    }

    void pack(const Forwarding& forwarding, unsigned version) noexcept {
        const bool forwards = forwarding.has(Forwarding::Forwards);
        const bool renames = forwarding.has(Forwarding::RenamesRemaining);
        const bool pushes = forwarding.push_count > 0;
        std::uint64_t& committed = meter.committed();
        OutPort::set(committed, forwarding.out_port);
        PacketMax::set(committed, forwards ? forwarding.frame_max_bytes - kFcsBytes : 0);
        Version::set(committed, version);
        L2cpTransparent::set(committed, forwarding.has(Forwarding::L2cpTransparent) ? 1 : 0);
        ChecksEgress::set(committed, forwarding.has(Forwarding::ChecksEgress) ? 1 : 0);
        OuterVid::set(meter.excess(), pushes ? forwarding.push_vid[0] : forwarding.remaining_tpid);
        InnerVid::set(meter.excess(), forwarding.push_vid[1]);
        OuterFromInner::set(meter.excess(), forwarding.has(Forwarding::OuterFromInner) ? 1 : 0);
        OuterTpid::set(meter.bursts(), pushes ? forwarding.outer_tpid : kNoOuter);
        PushesInner::set(meter.times(), forwarding.push_count > 1 ? 1 : 0);
        RenamesRemaining::set(meter.times(), renames ? 1 : 0);
    }

    /// The same as pack() was given, but for the frame maximum of a suspended circuit and for
    /// pop_count, which the frame's entry says.
    [[nodiscard]] Forwarding unpack() const noexcept {
        const std::uint64_t committed = meter.committed();
        const std::uint64_t outer = OuterTpid::get(meter.bursts());
        const bool pushes = outer != kNoOuter;
        const bool pushes_inner = PushesInner::get(meter.times()) != 0;
        Forwarding forwarding;
        forwarding.out_port = out_port();
        const auto packet_max = static_cast<std::uint16_t>(PacketMax::get(committed));
        forwarding.frame_max_bytes =
            static_cast<std::uint16_t>(packet_max == 0 ? 0 : packet_max + kFcsBytes);
        const auto flag = [&forwarding](std::uint64_t holds, Forwarding::Flag bit) {
            forwarding.flags =
                static_cast<std::uint8_t>(forwarding.flags | (holds != 0 ? unsigned{bit} : 0U));
        };
        flag(packet_max, Forwarding::Forwards);
        flag(L2cpTransparent::get(committed), Forwarding::L2cpTransparent);
        flag(ChecksEgress::get(committed), Forwarding::ChecksEgress);
        flag(OuterFromInner::get(meter.excess()), Forwarding::OuterFromInner);
        flag(RenamesRemaining::get(meter.times()), Forwarding::RenamesRemaining);
        const auto vid = static_cast<std::uint16_t>(OuterVid::get(meter.excess()));
        forwarding.push_count = static_cast<std::uint8_t>(pushes ? 1 + pushes_inner : 0);
        forwarding.outer_tpid = static_cast<std::uint8_t>(pushes ? outer : 0);
        // Behind pushed tags a renamed one is a C-tag, which is Tpid 0.
        forwarding.remaining_tpid = static_cast<std::uint8_t>(pushes ? 0 : vid);
        forwarding.push_vid = {
            pushes ? vid : std::uint16_t{0},
            static_cast<std::uint16_t>(InnerVid::get(meter.excess()))};
        return forwarding;
    }
};
static_assert(sizeof(HotSlot) == 64);
static_assert(offsetof(HotSlot, meter) == 16);
static_assert(limits::kPortsMax - 1 <= HotSlot::OutPort::kMax);
static_assert(limits::kFrameBytesMax <= HotSlot::PacketMax::kMax);
// No two names for one bit.
static_assert(
    (Meter::RefilledAt::kMask ^ Meter::ExcessIsFull::kMask ^ HotSlot::PushesInner::kMask ^
     HotSlot::RenamesRemaining::kMask) == ~std::uint64_t{0}
);
static_assert(
    (Meter::CommittedRate::kMask ^ Meter::Coupling::kMask ^ Meter::ColorAware::kMask ^
     HotSlot::OutPort::kMask ^ HotSlot::PacketMax::kMask ^ HotSlot::Version::kMask ^
     HotSlot::L2cpTransparent::kMask ^ HotSlot::ChecksEgress::kMask) == ~std::uint64_t{0}
);
static_assert(
    (Meter::ExcessRate::kMask ^ HotSlot::OuterVid::kMask ^ HotSlot::InnerVid::kMask ^
     HotSlot::OuterFromInner::kMask) == ~std::uint64_t{0}
);
static_assert(
    (Meter::CommittedBurst::kMask ^ Meter::ExcessBurst::kMask ^ HotSlot::OuterTpid::kMask) ==
    ~std::uint64_t{0}
);

} // namespace strowger::dataplane
