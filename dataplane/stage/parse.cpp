// SPDX-License-Identifier: Apache-2.0
#include "stage/parse.h"

#include <rte_byteorder.h>

namespace strowger::dataplane {

namespace {

/// False when the frame ends before its own tags do.
bool parse_tags(const rte_mbuf* frame, FrameTags& tags) noexcept {
    tags.count = 0;
    std::uint32_t offset = kEtherTypeOffset;
    while (tags.count < tags.tci.size()) {
        const std::uint8_t tpid = tpid_code(load<std::uint16_t>(frame, offset));
        if (tpid == kTpidCount) {
            return true;
        }
        if (frame->pkt_len < offset + kTagBytes + sizeof(std::uint16_t)) {
            return false;
        }
        tags.tpid[tags.count] = tpid;
        tags.tci[tags.count] = rte_be_to_cpu_16(load<std::uint16_t>(frame, offset + 2));
        ++tags.count;
        offset += kTagBytes;
    }
    return true;
}

} // namespace

void parse(Burst& burst, PortStats* stats) noexcept {
    sieve(burst, stats, [&burst](std::uint16_t i) noexcept {
        const rte_mbuf* const frame = burst.frames[i];
        if (frame->nb_segs != 1 || frame->pkt_len < kMacHeaderBytes ||
            !parse_tags(frame, burst.tags[i])) [[unlikely]] {
            return drop_as(DropReason::Malformed);
        }
        return Verdict::Keep;
    });
}

} // namespace strowger::dataplane
