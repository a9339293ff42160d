// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace strowger {

/// A frame without its FCS, as it lies in a buffer.
using FrameBytes = std::vector<std::uint8_t>;

struct FrameTag {
    std::uint16_t tpid = 0x8100;
    std::uint16_t vid = 0;
    std::uint8_t pcp = 0;
    bool dei = false;
};

/// A frame in words, for tests: what build_frame writes.
struct FrameSpec {
    std::array<std::uint8_t, 6> destination = {0x02, 0, 0x5E, 0, 0, 0x02};
    std::array<std::uint8_t, 6> source = {0x02, 0, 0x5E, 0, 0, 0x01};
    std::vector<FrameTag> tags = {};
    std::uint16_t ether_type = 0x88B5; ///< IEEE local experimental
    std::size_t size = 64;             ///< of the whole, without FCS; shorter ones are cut off
};

/// The payload is a pattern, so that a byte that went astray shows.
inline FrameBytes build_frame(const FrameSpec& spec) {
    FrameBytes bytes;
    const auto put16 = [&bytes](unsigned value) {
        bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
        bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
    };
    bytes.insert(bytes.end(), spec.destination.begin(), spec.destination.end());
    bytes.insert(bytes.end(), spec.source.begin(), spec.source.end());
    for (const FrameTag& tag : spec.tags) {
        put16(tag.tpid);
        put16(unsigned{tag.pcp} << 13U | (tag.dei ? 0x1000U : 0U) | (tag.vid & 0x0FFFU));
    }
    put16(spec.ether_type);
    for (std::size_t i = bytes.size(); i < spec.size; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(i * 7 + 1));
    }
    bytes.resize(spec.size);
    return bytes;
}

/// The first bytes in hexadecimal, addresses and tags apart, for a reader of a failed test.
inline std::string describe_frame(const FrameBytes& bytes, std::size_t shown = 32) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text = std::to_string(bytes.size()) + " bytes:";
    for (std::size_t i = 0; i < bytes.size() && i < shown; ++i) {
        const bool group = i == 0 || i == 6 || (i >= 12 && i % 4 == 0);
        text += group ? " " : "";
        text += kDigits[bytes[i] >> 4U];
        text += kDigits[bytes[i] & 15U];
    }
    return text + (bytes.size() > shown ? " ..." : "");
}

} // namespace strowger
