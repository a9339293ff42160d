// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/program.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace strowger::bench {

/// One S-VLAN carries this many C-VIDs, so that a million circuits need 250 S-VLANs.
inline constexpr std::uint32_t kCVidsPerSVlan = 4'000;
inline constexpr std::uint16_t kVidFirst = 2;
inline constexpr std::uint16_t kSVidShift = 100; ///< what translation adds to an S-VID
inline constexpr std::uint16_t kCVidShift = 10;  ///< what translation adds to a C-VID

/// The work a circuit does. Frames arrive with two tags.
enum class Work : std::uint8_t {
    TwoToTwo, ///< both tags translated
    TwoToOne, ///< both removed, one C-tag pushed; another out port for every 4,000 circuits
};

struct Tags {
    std::uint16_t s_vid = 0;
    std::uint16_t c_vid = 0;
    friend bool operator==(const Tags&, const Tags&) = default;
};

[[nodiscard]] constexpr Tags arriving_tags(std::uint32_t circuit) {
    return {
        static_cast<std::uint16_t>(kVidFirst + circuit / kCVidsPerSVlan),
        static_cast<std::uint16_t>(kVidFirst + circuit % kCVidsPerSVlan),
    };
}
[[nodiscard]] constexpr Tags leaving_tags(std::uint32_t circuit) {
    const Tags tags = arriving_tags(circuit);
    return {
        static_cast<std::uint16_t>(tags.s_vid + kSVidShift),
        static_cast<std::uint16_t>(tags.c_vid + kCVidShift),
    };
}
/// Ports behind which circuits of this work end.
[[nodiscard]] constexpr std::size_t out_ports(Work work, std::uint32_t circuits) {
    return work == Work::TwoToTwo ? 1 : (circuits + kCVidsPerSVlan - 1) / kCVidsPerSVlan;
}

/// A profile that colours everything green.
[[nodiscard]] BandwidthProfile all_green();
/// Both tags translated.
[[nodiscard]] CircuitProgram
program_between(Tags in_tags, Tags out_tags, PortIndex in, PortIndex out);
/// Circuit number `circuit`, from port `in` to port `out` (or, TwoToOne, one of those behind it).
[[nodiscard]] CircuitProgram
program_of(std::uint32_t circuit, Work work, PortIndex in, PortIndex out);

/// `frame_bytes` with FCS; the frame as it lies in a buffer has 4 less. Its IPv4 source address is
/// 10.0.0.0 plus the circuit's number.
[[nodiscard]] std::vector<std::uint8_t> frame_of(std::uint32_t circuit, std::uint32_t frame_bytes);
/// Every circuit once, in a random order that is the same in every run.
[[nodiscard]] std::vector<std::uint32_t> shuffled(std::uint32_t circuits);
/// By circuit, the one after it on a random tour of all. Where a circuit's frames leave with the
/// tags of the next one, a frame that is sent round and round meets every circuit.
[[nodiscard]] std::vector<std::uint32_t> random_tour(std::uint32_t circuits);

} // namespace strowger::bench
