// SPDX-License-Identifier: Apache-2.0
#include "pktgen/frame.h"
#include "strowger/base/check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace strowger;
using namespace strowger::pktgen;

constexpr std::uint32_t kTrial = 77;
constexpr std::size_t kLengthMax = kFrameBytesMax - kFcsBytes;

constexpr std::array<TagLayout, 4> kLayouts = {
    TagLayout{},
    TagLayout{.count = 1, .outer_tpid = kTpidCustomer},
    TagLayout{.count = 0, .outer_tpid = kTpidCustomer},
    TagLayout{.count = 2, .outer_tpid = kTpidCustomer},
};

/// What is taken for ours, with the tags that were expected, is what we would send for that circuit
/// but for what may change on the way: addresses, priorities, the rest of the IPv4 header.
void check_ours(
    std::span<const std::uint8_t> frame,
    const TagLayout& layout,
    const Reading& reading
) {
    const auto bytes = static_cast<std::uint32_t>(frame.size()) + kFcsBytes;
    const FrameTemplate model =
        make_template(layout, std::max(bytes, frame_bytes_min(layout.count)), {});
    // The VIDs are in one word, the last tag's in its low half.
    const auto outer = static_cast<std::uint16_t>(
        layout.count == 2 ? reading.vids >> 16U : reading.vids & 0xFFFFU
    );
    const CircuitEntry entry{
        .circuit = reading.circuit,
        .outer_vid_be = wire::be16(outer),
        .inner_vid_be = wire::be16(static_cast<std::uint16_t>(reading.vids)),
    };
    std::array<std::uint8_t, FrameTemplate::kHeadBytes> sent{};
    stamp_frame(
        sent.data(),
        model,
        entry,
        {.sequence = reading.sequence, .time = reading.time, .trial = kTrial}
    );
    const auto same = [&](std::size_t from, std::size_t count) {
        return std::equal(&sent[from], &sent[from] + count, &frame[from]);
    };
    const std::uint32_t l3 = l3_offset(layout.count);
    for (std::uint32_t tag = 0; tag < layout.count; ++tag) {
        const std::size_t at = kMacBytes + std::size_t{kTagBytes} * tag;
        STROWGER_CHECK(same(at, 2) && same(at + 3, 1));
        STROWGER_CHECK((sent[at + 2] & 0x0FU) == (frame[at + 2] & 0x0FU));
    }
    STROWGER_CHECK(same(l3 - 2, 2) && same(l3, 1) && same(l3 + 9, 1) && same(l3 + 12, 4));
    const std::uint16_t l3_bytes = wire::be16(wire::get<std::uint16_t>(&frame[l3 + 2]));
    STROWGER_CHECK(l3 + l3_bytes <= frame.size());
    STROWGER_CHECK(l3 + l3_bytes >= signature_offset(layout.count) + kSignatureBytes);
    STROWGER_CHECK(same(signature_offset(layout.count), kSignatureBytes));
}

} // namespace

/// The first byte chooses the tags that are expected, two say how much of the frame lies together;
/// the rest is a frame as a device under test gave it back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3 || size - 3 > kLengthMax) {
        return 0;
    }
    const TagLayout& layout = kLayouts[data[0] % kLayouts.size()];
    const std::span<const std::uint8_t> frame{data + 3, size - 3};
    const std::size_t together = std::min<std::size_t>(frame.size(), data[1] * 256U + data[2]);
    // Of its own, so that a byte read behind it is one read too far.
    const std::vector<std::uint8_t> head(
        frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(together)
    );

    const auto length = static_cast<std::uint32_t>(frame.size());
    const Reading reading = read_frame(head, length, layout, kTrial);

    if (reading.kind == Reading::Kind::Foreign) {
        STROWGER_CHECK(reading.vids == 0 && !reading.layout_holds);
    } else if (reading.kind == Reading::Kind::Ours && reading.layout_holds && layout.count > 0) {
        check_ours(frame, layout, reading);
    }
    const std::size_t filling = std::min<std::size_t>(64, head.size());
    static_cast<void>(filling_holds(std::span(head).subspan(filling), filling));
    return 0;
}
