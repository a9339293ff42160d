// SPDX-License-Identifier: Apache-2.0
#include "stage/forward.h"

#include <rte_byteorder.h>

#include <optional>

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
FrameTags leaving_tags(
    const rte_mbuf* frame,
    const Forwarding& forwarding,
    std::uint32_t pop_count
) noexcept {
    FrameTags tags;
    for (unsigned pushed = 0; pushed < forwarding.push_count; ++pushed) {
        const std::uint8_t tpid = pushed == 0 ? forwarding.outer_tpid : std::uint8_t{0};
        append_tag(tags, tpid, forwarding.push_vid[pushed]);
    }
    std::uint32_t offset = kEtherTypeOffset + kTagBytes * pop_count;
    bool renames = forwarding.has(Forwarding::RenamesRemaining);
    while (tags.count < tags.tci.size()) {
        const std::uint8_t tpid = tpid_code(rte_cpu_to_be_16(load_padded(frame, offset)));
        if (tpid == kTpidCount) {
            break;
        }
        append_tag(
            tags, renames ? forwarding.remaining_tpid : tpid, load_padded(frame, offset + 2)
        );
        renames = false;
        offset += kTagBytes;
    }
    return tags;
}

/// What says whether a frame may leave.
struct WayOut {
    const Classifier& classifier;
    std::uint32_t self;
    std::uint64_t links_up;
};

/// A special frame: it might not leave by its program, or because a link is down.
[[gnu::noinline]] FrameMask
look_closer(const OwnerTables& tables, const WayOut& out, Burst& burst, unsigned i) noexcept {
    const Forwarding forwarding = tables.forwarding(burst, i);
    ColdSlot& cold = tables.cold_of(burst, i);
    std::optional<DropReason> reason;
    if (forwarding.has(Forwarding::ChecksEgress)) {
        const FrameTags leaving =
            leaving_tags(burst.frames[i], forwarding, burst.entries[i].pop_count());
        const IndexEntry back = out.classifier.find(forwarding.out_port, leaving);
        if (!out.classifier.names(back, out.self, cold.far_slot)) {
            reason = DropReason::EgressUnmapped;
        }
    }
    if (!reason && (out.links_up >> forwarding.out_port & 1U) == 0) {
        reason = DropReason::LinkDown;
    }
    if (!reason) {
        return 0;
    }
    if (burst.colors[i] == Color::Green) {
        const std::uint32_t bytes = burst.frames[i]->pkt_len + kFcsBytes;
        cold.lose(Color::Green, bytes + static_cast<std::uint32_t>(cold.growth()));
    }
    return tables.drop(burst, i, *reason);
}

} // namespace

void forward(
    const OwnerTables& tables,
    const Classifier& classifier,
    std::uint32_t self,
    const PortSet& ports,
    Burst& burst
) noexcept {
    const WayOut out{.classifier = classifier, .self = self, .links_up = ports.links_up()};
    FrameMask gone = 0;
    for (FrameMask left = burst.special; left != 0; left &= left - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctz(left));
        gone |= look_closer(tables, out, burst, i);
    }
    burst.remove(gone);
}

} // namespace strowger::dataplane
