// SPDX-License-Identifier: Apache-2.0
#include "pktgen/frame.h"

#include "strowger/base/check.h"

#include <algorithm>

namespace strowger::pktgen {

namespace {

constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kTpidOld = 0x9100;
constexpr std::uint8_t kIpv4NoOptions = 0x45;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kTimeToLive = 64;
constexpr std::uint16_t kVidMask = 0x0FFF;

std::uint32_t sum_words(const std::uint8_t* words, std::size_t bytes) noexcept {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes; i += 2) {
        sum += wire::be16(wire::get<std::uint16_t>(words + i));
    }
    return sum;
}

bool is_tpid(std::uint16_t type) noexcept {
    return type == kTpidCustomer || type == kTpidService || type == kTpidOld;
}

/// The tags that a frame really has.
struct TagReading {
    std::uint32_t l3 = 0; ///< 0: no IPv4 behind at most two tags
    std::uint32_t vids = 0;
    bool layout_holds = false;
};

TagReading read_tags(std::span<const std::uint8_t> head, const TagLayout& expected) noexcept {
    std::uint32_t at = kMacBytes;
    std::uint8_t count = 0;
    std::uint32_t vids = 0;
    bool tpids_hold = true;
    while (at + 2 + kTagBytes <= head.size()) {
        const std::uint16_t type = wire::be16(wire::get<std::uint16_t>(&head[at]));
        if (type == kEtherTypeIpv4) {
            return {
                .l3 = at + 2, .vids = vids, .layout_holds = tpids_hold && count == expected.count};
        }
        if (!is_tpid(type) || count == 2) {
            break;
        }
        tpids_hold = tpids_hold && type == (count == 0 ? expected.outer_tpid : kTpidCustomer);
        const std::uint16_t tci = wire::be16(wire::get<std::uint16_t>(&head[at + 2]));
        vids = vids << 16 | (tci & kVidMask);
        ++count;
        at += kTagBytes;
    }
    return {};
}

bool is_our_udp(const std::uint8_t* l3) noexcept {
    const std::uint8_t* const udp = l3 + kIpv4Bytes;
    return l3[0] == kIpv4NoOptions && l3[9] == kProtocolUdp &&
           wire::get<std::uint16_t>(udp + 2) == wire::be16(kUdpDestination);
}

/// A frame shorter than Ethernet's least may have been padded on its way, none is cut.
bool length_holds(const std::uint8_t* l3, std::uint32_t offset, std::uint32_t length) noexcept {
    const std::uint32_t bytes = wire::be16(wire::get<std::uint16_t>(l3 + 2));
    const std::uint32_t whole = offset + bytes;
    return bytes >= kIpv4Bytes + kUdpBytes + kSignatureBytes &&
           (length == whole || (length > whole && length == kFrameBytesMin - kFcsBytes));
}

} // namespace

FrameTemplate
make_template(const TagLayout& layout, std::uint32_t frame_bytes, const MacAddresses& addresses) {
    STROWGER_CHECK(layout.count <= 2);
    STROWGER_CHECK(frame_bytes >= frame_bytes_min(layout.count) && frame_bytes <= kFrameBytesMax);
    FrameTemplate model;
    model.tags = layout.count;
    model.length = static_cast<std::uint16_t>(frame_bytes - kFcsBytes);
    for (std::size_t i = 0; i < model.head.size(); ++i) {
        model.head[i] = fill_byte(i);
    }
    std::uint8_t* const frame = model.head.data();
    std::ranges::copy(addresses.destination, frame);
    std::ranges::copy(addresses.source, frame + 6);
    std::uint8_t* at = frame + kMacBytes;
    for (std::uint8_t tag = 0; tag < layout.count; ++tag) {
        wire::put(at, wire::be16(tag == 0 ? layout.outer_tpid : kTpidCustomer));
        wire::put(at + 2, std::uint16_t{0});
        at += kTagBytes;
    }
    wire::put(at, wire::be16(kEtherTypeIpv4));
    std::uint8_t* const l3 = at + 2;
    const auto l3_length = static_cast<std::uint16_t>(model.length - l3_offset(layout.count));
    std::fill_n(l3, kIpv4Bytes + kUdpBytes, std::uint8_t{0});
    l3[0] = kIpv4NoOptions;
    wire::put(l3 + 2, wire::be16(l3_length));
    l3[8] = kTimeToLive;
    l3[9] = kProtocolUdp;
    wire::put(l3 + 16, wire::be32(kDestination));
    model.checksum_base = sum_words(l3, kIpv4Bytes);
    std::uint8_t* const udp = l3 + kIpv4Bytes;
    wire::put(udp, wire::be16(kUdpSource));
    wire::put(udp + 2, wire::be16(kUdpDestination));
    wire::put(udp + 4, wire::be16(static_cast<std::uint16_t>(l3_length - kIpv4Bytes)));
    // The UDP checksum stays 0, "not computed" (RFC 768): the seal covers the payload.
    return model;
}

Reading read_frame(
    std::span<const std::uint8_t> head,
    std::uint32_t length,
    const TagLayout& expected,
    std::uint32_t trial
) noexcept {
    Reading reading;
    const TagReading tags = read_tags(head, expected);
    if (tags.l3 == 0 || tags.l3 + kIpv4Bytes + kUdpBytes + kSignatureBytes > head.size()) {
        return reading;
    }
    const std::uint8_t* const l3 = &head[tags.l3];
    if (!is_our_udp(l3)) {
        return reading;
    }
    const std::uint8_t* const payload = l3 + kIpv4Bytes + kUdpBytes;
    reading.circuit = wire::be32(wire::get<std::uint32_t>(l3 + 12)) - kSourceBase;
    reading.sequence = wire::be32(wire::get<std::uint32_t>(payload));
    reading.time = wire::be32(wire::get<std::uint32_t>(payload + 4));
    const Signature signature{.sequence = reading.sequence, .time = reading.time, .trial = trial};
    const std::uint16_t seal = wire::be16(wire::get<std::uint16_t>(payload + 8));
    if (seal != seal_of(reading.circuit, signature)) {
        return reading;
    }
    reading.vids = tags.vids;
    reading.layout_holds = tags.layout_holds;
    const bool whole =
        wire::fold_checksum(sum_words(l3, kIpv4Bytes)) == 0 && length_holds(l3, tags.l3, length);
    reading.kind = whole ? Reading::Kind::Ours : Reading::Kind::Damaged;
    return reading;
}

bool filling_holds(std::span<const std::uint8_t> bytes, std::size_t from) noexcept {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] != fill_byte(from + i)) {
            return false;
        }
    }
    return true;
}

} // namespace strowger::pktgen
