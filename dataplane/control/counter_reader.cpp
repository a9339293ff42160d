// SPDX-License-Identifier: Apache-2.0
#include "control/counter_reader.h"

#include <algorithm>
#include <map>

namespace strowger::dataplane {

namespace {

FrameCount read(const FrameCounter& counter) {
    return {.frames = counter.frames.read(), .bytes = counter.bytes.read()};
}

void add(FrameCount& sum, const FrameCounter& counter) {
    sum.frames += counter.frames.read();
    sum.bytes += counter.bytes.read();
}

/// See ColdSlot.
FrameCount green_that_left(const FrameCount& arrived, const ColdSlot& cold) {
    const std::uint64_t grown = arrived.frames - cold.green_settled.read();
    return {
        .frames = arrived.frames - cold.green_lost.read(),
        .bytes = arrived.bytes + grown * static_cast<std::uint64_t>(std::int64_t{cold.growth()}) +
                 cold.green_extra_bytes.read()};
}

UnmatchedTags decode(std::uint64_t key) {
    const auto tag_count = static_cast<unsigned>(key >> 48U) - 1;
    const auto tpid = static_cast<Tpid>((key >> 32U) & 3U);
    UnmatchedTags tags;
    tags.outer_tpid = tag_count > 0 ? tpid_ethertype(tpid) : std::uint16_t{0};
    tags.outer_vid = static_cast<std::uint16_t>((key >> 16U) & 0xFFFU);
    if (tag_count > 1) {
        tags.inner_vid = static_cast<std::uint16_t>(key & 0xFFFU);
    }
    return tags;
}

} // namespace

CircuitCounters CounterReader::circuit(const CircuitRecord& circuit) const {
    const WorkerParts& owner = group_.worker(circuit.place.worker).parts();
    const std::array<std::uint64_t, 2> lost = handover_lost(circuit);
    CircuitCounters counters;
    for (std::size_t half = 0; half < circuit.place.slots.size(); ++half) {
        const std::uint32_t number = circuit.place.slots[half];
        const HotSlot& hot = owner.hot_slots[number];
        const ColdSlot& cold = owner.cold_slots[number];
        EndpointCounters& arrived = counters.endpoints[half];
        EndpointCounters& left = counters.endpoints[1 - half];
        arrived.ingress_green = {
            .frames = hot.green_frames.read(), .bytes = hot.green_bytes.read()};
        arrived.ingress_yellow = read(cold.ingress_yellow);
        arrived.ingress_red = read(cold.ingress_red);
        left.egress_green = green_that_left(arrived.ingress_green, cold);
        left.egress_yellow = read(cold.egress_yellow);
        for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
            arrived.drops[reason] = cold.dropped(reason);
        }
        arrived.drops[static_cast<std::size_t>(DropReason::HandoverFull)] += lost[half];
    }
    return counters;
}

std::uint64_t CounterReader::arrivals(const CircuitRecord& circuit) const {
    const WorkerParts& owner = group_.worker(circuit.place.worker).parts();
    std::uint64_t frames = 0;
    for (const std::uint32_t number : circuit.place.slots) {
        const ColdSlot& cold = owner.cold_slots[number];
        frames += owner.hot_slots[number].green_frames.read() + cold.ingress_yellow.frames.read() +
                  cold.ingress_red.frames.read();
    }
    return frames;
}

PortCounters CounterReader::port(PortIndex port) const {
    PortCounters counters;
    for (std::size_t id = 0; id < group_.size(); ++id) {
        const PortStats& stats = group_.worker(id).parts().port_stats[port.value];
        add(counters.rx, stats.rx);
        add(counters.tx, stats.tx);
        for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
            counters.drops[reason] += stats.drops[reason].read();
        }
    }
    counters.unmatched = unmatched(port);
    return counters;
}

WorkerCounters CounterReader::worker(std::size_t id) const {
    const Worker& worker = group_.worker(id);
    WorkerCounters counters;
    for (std::uint16_t port = 0; port < group_.ports().count; ++port) {
        const PortStats& stats = worker.parts().port_stats[port];
        counters.rx_frames += stats.rx.frames.read();
        counters.tx_frames += stats.tx.frames.read();
        for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
            counters.drops[reason] += stats.drops[reason].read();
        }
    }
    counters.handed_over = worker.stats().handed_over.read();
    counters.taken_over = worker.stats().taken_over.read();
    counters.loops = worker.stats().loops.read();
    counters.busy_cycles = worker.stats().busy_cycles.read();
    return counters;
}

std::array<std::uint64_t, 2> CounterReader::handover_lost(const CircuitRecord& circuit) const {
    std::array<std::uint64_t, 2> lost = circuit.lost_elsewhere;
    const auto add_place = [this, &lost](const CircuitPlace& place, const auto& before) {
        const std::array<std::uint64_t, 2> now = handover_lost(place);
        for (std::size_t half = 0; half < lost.size(); ++half) {
            lost[half] += now[half] - before[half];
        }
    };
    add_place(circuit.place, circuit.lost_before);
    if (circuit.change && circuit.change->kind == ChangeKind::Move) {
        // Its frames go to one slot or the other.
        add_place(circuit.change->to, circuit.change->lost_before);
    }
    return lost;
}

std::array<std::uint64_t, 2> CounterReader::handover_lost(const CircuitPlace& place) const {
    std::array<std::uint64_t, 2> lost{};
    for (std::size_t poller = 0; poller < group_.size(); ++poller) {
        for (std::size_t half = 0; half < lost.size(); ++half) {
            lost[half] += group_.handover_lost(poller, place.worker, place.slots[half]);
        }
    }
    return lost;
}

std::vector<UnmatchedTags> CounterReader::unmatched(PortIndex port) const {
    struct Seen {
        std::uint64_t frames = 0;
        std::uint64_t at = 0;
    };
    std::map<std::uint64_t, Seen> by_key;
    for (std::size_t id = 0; id < group_.size(); ++id) {
        const PortStats& stats = group_.worker(id).parts().port_stats[port.value];
        for (const UnmatchedLog::Entry& entry : stats.unmatched.entries()) {
            const std::uint64_t key = entry.key.load(std::memory_order_relaxed);
            if (key != 0) {
                Seen& seen = by_key[key];
                seen.frames += entry.frames.read();
                seen.at = std::max(seen.at, entry.seen_at.load(std::memory_order_relaxed));
            }
        }
    }
    std::vector<std::pair<std::uint64_t, UnmatchedTags>> sorted;
    for (const auto& [key, seen] : by_key) {
        UnmatchedTags tags = decode(key);
        tags.frames = seen.frames;
        sorted.emplace_back(seen.at, tags);
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
        return left.first > right.first;
    });
    std::vector<UnmatchedTags> newest;
    for (std::size_t i = 0; i < std::min(sorted.size(), kUnmatchedTagsKept); ++i) {
        newest.push_back(sorted[i].second);
    }
    return newest;
}

} // namespace strowger::dataplane
