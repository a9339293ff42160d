// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/tag_plan.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace strowger::pktgen {

inline constexpr std::uint32_t kFcsBytes = 4;
inline constexpr std::uint32_t kMacBytes = 12;
inline constexpr std::uint32_t kTagBytes = 4;
inline constexpr std::uint32_t kIpv4Bytes = 20;
inline constexpr std::uint32_t kUdpBytes = 8;
inline constexpr std::uint32_t kSignatureBytes = 10;
/// Sizes count the FCS, as RFC 2544 and MEF do.
inline constexpr std::uint32_t kFrameBytesMin = 64;
inline constexpr std::uint32_t kFrameBytesMax = 9'216;
/// Preamble, start delimiter and inter-frame gap: what a frame takes on a wire beyond itself.
inline constexpr std::uint32_t kWireOverheadBytes = 20;

/// Where the IPv4 header starts.
constexpr std::uint32_t l3_offset(std::uint8_t tags) noexcept {
    return kMacBytes + kTagBytes * tags + 2;
}
/// Where the signature, the first bytes of the UDP payload, starts.
constexpr std::uint32_t signature_offset(std::uint8_t tags) noexcept {
    return l3_offset(tags) + kIpv4Bytes + kUdpBytes;
}
/// The smallest frame that holds the signature. With two tags it is exactly Ethernet's smallest.
constexpr std::uint32_t frame_bytes_min(std::uint8_t tags) noexcept {
    const std::uint32_t needed = signature_offset(tags) + kSignatureBytes + kFcsBytes;
    return needed > kFrameBytesMin ? needed : kFrameBytesMin;
}
static_assert(frame_bytes_min(2) == kFrameBytesMin);

/// The circuit's number is in the IPv4 source address: 10.0.0.0 + circuit.
inline constexpr std::uint32_t kSourceBase = 0x0A000000;
/// 198.18.0.0/15 is set aside for measurements like these (RFC 2544 appendix C.2.2).
inline constexpr std::uint32_t kDestination = 0xC6120001;
inline constexpr std::uint16_t kUdpSource = 1'024;
inline constexpr std::uint16_t kUdpDestination = 9; // discard

/// What a frame tells about itself, besides its circuit.
struct Signature {
    std::uint32_t sequence = 0;
    std::uint32_t time = 0;  ///< time_of() when it was handed to the device
    std::uint32_t trial = 0; ///< only in the seal: frames of another trial do not open with it
};

/// Eight TSC ticks make a unit: 3 ns at 2.5 GHz, and 32 bits of them last 14 s.
inline constexpr unsigned kTimeShift = 3;
constexpr std::uint32_t time_of(std::uint64_t tsc) noexcept {
    return static_cast<std::uint32_t>(tsc >> kTimeShift);
}

/// Ties circuit, sequence, time and trial together in the two bytes that are left: a foreign,
/// damaged or stale frame passes for ours once in 65,536.
constexpr std::uint16_t seal_of(std::uint32_t circuit, const Signature& signature) noexcept {
    std::uint32_t mixed = circuit * 0x9E3779B1U;
    mixed ^= std::rotl(signature.sequence * 0x85EBCA6BU, 13);
    mixed ^= std::rotl(signature.time, 7);
    mixed += signature.trial * 0xC2B2AE35U;
    mixed ^= mixed >> 16;
    return static_cast<std::uint16_t>(mixed * 0x7FEB352DU >> 16);
}

/// The byte that fills a frame at this distance from its start, behind the signature.
constexpr std::uint8_t fill_byte(std::size_t offset) noexcept {
    return static_cast<std::uint8_t>(offset);
}

/// One circuit in the order of sending, its VIDs ready for the wire.
struct CircuitEntry {
    std::uint32_t circuit = 0;
    std::uint16_t outer_vid_be = 0;
    std::uint16_t inner_vid_be = 0;
};
static_assert(sizeof(CircuitEntry) == 8, "a million of them stay in 8 MB that are read in order");

struct MacAddresses {
    std::array<std::uint8_t, 6> destination{0x02, 0, 0, 0, 0, 0x01};
    std::array<std::uint8_t, 6> source{0x02, 0, 0, 0, 0, 0x02};
};

/// The first 64 bytes of every frame of one size: all that differs between frames is within them.
struct FrameTemplate {
    static constexpr std::uint32_t kHeadBytes = 64;

    alignas(64) std::array<std::uint8_t, kHeadBytes> head{};
    std::uint32_t checksum_base = 0; ///< sum of the IPv4 header's words, source and checksum 0
    std::uint16_t length = 0;        ///< without FCS: what the device is given
    std::uint8_t tags = 0;
};

/// `frame_bytes` with FCS, at least frame_bytes_min(layout.count).
FrameTemplate
make_template(const TagLayout& layout, std::uint32_t frame_bytes, const MacAddresses& addresses);

namespace wire {

template <typename T>
[[gnu::always_inline]] inline void put(std::uint8_t* at, T value) noexcept {
    std::memcpy(at, &value, sizeof value);
}
template <typename T>
[[gnu::always_inline]] inline T get(const std::uint8_t* at) noexcept {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
constexpr std::uint16_t be16(std::uint16_t value) noexcept {
    return __builtin_bswap16(value);
}
constexpr std::uint32_t be32(std::uint32_t value) noexcept {
    return __builtin_bswap32(value);
}
/// The ones' complement of the ones' complement sum (RFC 1071).
constexpr std::uint16_t fold_checksum(std::uint32_t sum) noexcept {
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum += sum >> 16;
    return static_cast<std::uint16_t>(~sum);
}

} // namespace wire

/// Writes one frame's first 64 bytes to `frame`, which has room for them.
[[gnu::always_inline]] inline void stamp_frame(
    std::uint8_t* frame,
    const FrameTemplate& model,
    const CircuitEntry& entry,
    const Signature& signature
) noexcept {
    // Whole, and not only what differs: a device under test in this process has rewritten the
    // buffer.
    std::memcpy(frame, model.head.data(), FrameTemplate::kHeadBytes);
    wire::put(frame + kMacBytes + 2, entry.outer_vid_be);
    if (model.tags == 2) {
        wire::put(frame + kMacBytes + kTagBytes + 2, entry.inner_vid_be);
    }
    std::uint8_t* const l3 = frame + l3_offset(model.tags);
    const std::uint32_t source = kSourceBase + entry.circuit;
    const std::uint32_t sum = model.checksum_base + (source >> 16) + (source & 0xFFFF);
    wire::put(l3 + 10, wire::be16(wire::fold_checksum(sum)));
    wire::put(l3 + 12, wire::be32(source));
    std::uint8_t* const payload = l3 + kIpv4Bytes + kUdpBytes;
    wire::put(payload, wire::be32(signature.sequence));
    wire::put(payload + 4, wire::be32(signature.time));
    wire::put(payload + 8, wire::be16(seal_of(entry.circuit, signature)));
}

/// What a received frame says.
struct Reading {
    enum class Kind : std::uint8_t {
        Foreign, ///< not ours, of another trial, or damaged beyond recognition
        Damaged, ///< ours, but a header is wrong: checksum or length
        Ours,
    };
    Kind kind = Kind::Foreign;
    bool layout_holds = false; ///< the tags are as many, and of the TPIDs, that were expected
    std::uint32_t circuit = 0;
    std::uint32_t vids = 0; ///< key_of() the VIDs it carries
    std::uint32_t sequence = 0;
    std::uint32_t time = 0;
};

/// Reads a frame's headers. `head`: its first bytes, as many as lie together, at most the frame;
/// `length`: of the frame without FCS; `expected`: how it should be tagged.
Reading read_frame(
    std::span<const std::uint8_t> head,
    std::uint32_t length,
    const TagLayout& expected,
    std::uint32_t trial
) noexcept;

/// Whether the bytes [from, from + bytes.size()) of a frame, counted as it was sent, are its
/// filling.
bool filling_holds(std::span<const std::uint8_t> bytes, std::size_t from) noexcept;

} // namespace strowger::pktgen
