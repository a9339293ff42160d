// SPDX-License-Identifier: Apache-2.0
#include "stage/forward.h"

#include "stage/tag_change.h"

#include <rte_byteorder.h>

namespace strowger::dataplane {

namespace {

/// Two bytes as they leave: a frame that ends earlier is padded with zeros.
std::uint16_t load_padded(const rte_mbuf* frame, std::uint32_t offset) noexcept {
    std::uint16_t value = 0;
    for (std::uint32_t at = offset; at < offset + 2; ++at) {
        const std::uint8_t byte = at < frame->pkt_len ? load<std::uint8_t>(frame, at) : 0;
        value = static_cast<std::uint16_t>((value << 8U) | byte);
    }
    return value;
}

void append_tag(FrameTags& tags, std::uint8_t tpid, std::uint16_t tci) noexcept {
    tags.tpid[tags.count] = tpid;
    tags.tci[tags.count] = tci;
    ++tags.count;
}

/// The first two tags of a frame as it would leave. PCP and DEI do not matter here.
FrameTags leaving_tags(const Burst& burst, std::uint16_t i) noexcept {
    const Forwarding& forwarding = burst.forwarding(i);
    const rte_mbuf* const frame = burst.frames[i];
    FrameTags tags;
    for (unsigned pushed = 0; pushed < forwarding.push_count; ++pushed) {
        const std::uint8_t tpid = tpid_code(rte_cpu_to_be_16(forwarding.push_tpid[pushed]));
        append_tag(tags, tpid, forwarding.push_vid[pushed]);
    }
    std::uint32_t offset = kEtherTypeOffset + kTagBytes * pop_count(burst, i);
    std::uint16_t renamed_be = forwarding.remaining_tpid_be;
    while (tags.count < tags.tci.size()) {
        const std::uint8_t tpid = tpid_code(rte_cpu_to_be_16(load_padded(frame, offset)));
        if (tpid == kTpidCount) {
            break;
        }
        append_tag(
            tags, renamed_be != 0 ? tpid_code(renamed_be) : tpid, load_padded(frame, offset + 2)
        );
        renamed_be = 0;
        offset += kTagBytes;
    }
    return tags;
}

} // namespace

void forward(
    const Classifier& classifier,
    std::uint32_t self,
    const PortSet& ports,
    Burst& burst,
    PortStats* stats
) noexcept {
    sieve(burst, stats, [&](std::uint16_t i) noexcept {
        const Forwarding& forwarding = burst.forwarding(i);
        if (forwarding.has(Forwarding::ChecksEgress)) {
            const IndexEntry back = classifier.find(forwarding.out_port, leaving_tags(burst, i));
            if (!back.names(self, burst.slots[i]->far_slot)) {
                return drop_as(DropReason::EgressUnmapped);
            }
        }
        const PortQueues& out = ports.ports[forwarding.out_port];
        if (out.link_up.load(std::memory_order_relaxed) == 0) [[unlikely]] {
            return drop_as(DropReason::LinkDown);
        }
        return Verdict::Keep;
    });
}

} // namespace strowger::dataplane
