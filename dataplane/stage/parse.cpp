// SPDX-License-Identifier: Apache-2.0
#include "stage/parse.h"

#include <rte_byteorder.h>

namespace strowger::dataplane {

namespace {

/// False when the frame ends before its own tags do. Reads all that two tags take at once: there is
/// room in the buffer, whatever the frame's length.
bool parse_tags(const rte_mbuf* frame, FrameTags& tags) noexcept {
    const std::uint64_t head = load<std::uint64_t>(frame, kEtherTypeOffset);
    const auto word = [head](unsigned index) noexcept {
        return static_cast<std::uint16_t>(head >> (16U * index));
    };
    tags = FrameTags{};
    const std::uint8_t outer = tpid_code(word(0));
    if (outer == kTpidCount) {
        return true;
    }
    tags.tpid[0] = outer;
    tags.tci[0] = rte_be_to_cpu_16(word(1));
    tags.count = 1;
    if (frame->pkt_len < kMacHeaderBytes + kTagBytes) [[unlikely]] {
        return false;
    }
    const std::uint8_t inner = tpid_code(word(2));
    if (inner == kTpidCount) {
        return true;
    }
    tags.tpid[1] = inner;
    tags.tci[1] = rte_be_to_cpu_16(word(3));
    tags.count = 2;
    return frame->pkt_len >= kMacHeaderBytes + 2 * kTagBytes;
}

} // namespace

void parse(Burst& burst, PortStats* stats) noexcept {
    FrameMask gone = 0;
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        const rte_mbuf* const frame = burst.frames[i];
        if (frame->nb_segs != 1 || frame->pkt_len < kMacHeaderBytes ||
            !parse_tags(frame, burst.tags[i])) [[unlikely]] {
            gone |= burst.drop(i, DropReason::Malformed, stats);
        }
    }
    burst.remove(gone);
}

} // namespace strowger::dataplane
