// SPDX-License-Identifier: Apache-2.0
#include "stage/transmit.h"

#include "stage/frame_note.h"

#include <rte_ethdev.h>

#include <algorithm>

namespace strowger::dataplane {

namespace {

std::uint64_t bytes_of(std::span<rte_mbuf* const> frames) noexcept {
    std::uint64_t bytes = 0;
    for (const rte_mbuf* const frame : frames) {
        bytes += frame->pkt_len + kFcsBytes;
    }
    return bytes;
}

/// Counts `sent` of these frames at their port. All are added up before they are sent, for a device
/// may free a frame as soon as it has it; those that were not are still there.
void count_sent(
    std::span<rte_mbuf* const> frames,
    std::uint64_t bytes,
    std::uint16_t sent,
    PortStats& out
) noexcept {
    out.tx.frames.add(sent);
    out.tx.bytes.add(bytes - bytes_of(frames.subspan(sent)));
}

std::uint16_t send(TxLane& lane, PortStats& out) noexcept {
    if (lane.queue == kNoQueue) {
        // Counted as transmitted by the worker that has the queue.
        return static_cast<std::uint16_t>(rte_ring_sp_enqueue_burst(
            lane.ring, reinterpret_cast<void* const*>(lane.frames.data()), lane.count, nullptr
        ));
    }
    const std::span<rte_mbuf*> frames{lane.frames.data(), lane.count};
    const std::uint64_t bytes = bytes_of(frames);
    const std::uint16_t sent =
        rte_eth_tx_burst(lane.device, lane.queue, lane.frames.data(), lane.count);
    count_sent(frames, bytes, sent, out);
    return sent;
}

/// Waiting frames have not left, and so are taken out of their endpoints' accounts meanwhile: those
/// that did not wait before.
void begin_waiting(const OwnerTables& tables, TxLane& lane) noexcept {
    for (std::uint16_t i = lane.waiting; i < lane.count; ++i) {
        const rte_mbuf* const frame = lane.frames[i];
        tables.cold[FrameNote::slot(frame)].lose(
            FrameNote::color(frame), frame->pkt_len + kFcsBytes
        );
    }
    lane.waiting = lane.count;
}

/// Counts one frame as TxFull and frees it. One that waits is out of its endpoint's account
/// already.
void refuse(const OwnerTables& tables, rte_mbuf* frame, bool waits) noexcept {
    ColdSlot& cold = tables.cold[FrameNote::slot(frame)];
    if (!waits) {
        cold.lose(FrameNote::color(frame), frame->pkt_len + kFcsBytes);
    }
    cold.drop(DropReason::TxFull);
    tables.stats[FrameNote::port(frame)].drop(DropReason::TxFull);
    rte_pktmbuf_free_bulk(&frame, 1);
}

/// Takes out what `refuses(frame)` says, the newest first, until `most` are left.
template <typename Refuses>
void thin_out(
    const OwnerTables& tables,
    TxLane& lane,
    std::uint16_t most,
    Refuses&& refuses
) noexcept {
    if (lane.count <= most) {
        return;
    }
    auto surplus = static_cast<std::uint16_t>(lane.count - most);
    std::uint16_t kept = lane.count; // those from here on are kept
    std::uint16_t still_waiting = lane.waiting;
    for (std::uint16_t i = lane.count; i > 0; --i) {
        rte_mbuf* const frame = lane.frames[i - 1];
        if (surplus > 0 && refuses(frame)) {
            const bool waits = i <= lane.waiting;
            refuse(tables, frame, waits);
            still_waiting = static_cast<std::uint16_t>(still_waiting - (waits ? 1 : 0));
            --surplus;
        } else {
            lane.frames[--kept] = frame;
        }
    }
    const auto left = static_cast<std::uint16_t>(lane.count - kept);
    for (std::uint16_t i = 0; i < left && kept > 0; ++i) {
        lane.frames[i] = lane.frames[kept + i];
    }
    lane.count = left;
    lane.waiting = still_waiting;
}

/// The device or the ring took only the first `sent`.
[[gnu::noinline]] void
keep_waiting(const OwnerTables& tables, TxLane& lane, std::uint16_t sent) noexcept {
    const auto left = static_cast<std::uint16_t>(lane.count - sent);
    for (std::uint16_t i = 0; i < left; ++i) {
        lane.frames[i] = lane.frames[sent + i];
    }
    lane.count = left;
    const auto is_yellow = [](const rte_mbuf* frame) noexcept {
        return FrameNote::color(frame) != Color::Green;
    };
    thin_out(tables, lane, TxLane::kWaitingMax, is_yellow);
    thin_out(tables, lane, TxLane::kWaitingMax, [](const rte_mbuf*) noexcept { return true; });
    begin_waiting(tables, lane);
}

/// What a frame that waits has to be given back in its endpoint's account when it goes. Read
/// before, for a device may free a frame as soon as it has it.
struct Waiting {
    std::uint32_t slot;
    Color color;
    std::uint32_t bytes;
};

/// Sends behind frames that wait. Those that go are regained; those that stay cost no look at their
/// endpoints, however long the device stalls.
[[gnu::noinline]] std::uint16_t
send_waiting(const OwnerTables& tables, TxLane& lane, PortStats& out) noexcept {
    std::array<Waiting, TxLane::kWaitingMax> waiting;
    for (std::uint16_t i = 0; i < lane.waiting; ++i) {
        const rte_mbuf* const frame = lane.frames[i];
        waiting[i] = {FrameNote::slot(frame), FrameNote::color(frame), frame->pkt_len + kFcsBytes};
    }
    const std::uint16_t sent = send(lane, out);
    const std::uint16_t gone = std::min(sent, lane.waiting);
    for (std::uint16_t i = 0; i < gone; ++i) {
        tables.cold[waiting[i].slot].regain(waiting[i].color, waiting[i].bytes);
    }
    lane.waiting = static_cast<std::uint16_t>(lane.waiting - gone);
    return sent;
}

std::uint16_t flush_lane(const OwnerTables& tables, TxLane& lane, PortStats& out) noexcept {
    const std::uint16_t sent =
        lane.waiting != 0 ? send_waiting(tables, lane, out) : send(lane, out);
    if (sent < lane.count) [[unlikely]] {
        keep_waiting(tables, lane, sent);
    } else {
        lane.count = 0;
    }
    return sent;
}

/// Frames of a burst that all leave by one lane, none of them special.
void stage_together(
    const OwnerTables& tables,
    TxLane& lane,
    PortStats& out,
    Burst& burst
) noexcept {
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        FrameNote::write(burst.frames[i], burst.entries[i].number(), Color::Green, burst.ports[i]);
    }
    for (unsigned staged = 0; staged < count;) {
        const unsigned room = lane.waiting + kBurstMax - lane.count;
        const unsigned more = std::min(room, count - staged);
        std::copy_n(&burst.frames[staged], more, &lane.frames[lane.count]);
        staged += more;
        lane.count = static_cast<std::uint16_t>(lane.count + more);
        if (more == room) {
            flush_lane(tables, lane, out);
        }
    }
}

/// Any others.
void stage_each(
    const OwnerTables& tables,
    std::span<TxLane> lanes,
    std::uint64_t& staged_ports,
    Burst& burst
) noexcept {
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        const IndexEntry entry = burst.entries[i];
        std::uint16_t port = burst.slots[i]->out_port();
        if ((burst.special >> i & 1U) != 0) [[unlikely]] {
            port = tables.forwarding(burst, i).out_port;
        }
        TxLane& lane = lanes[port];
        FrameNote::write(burst.frames[i], entry.number(), burst.colors[i], burst.ports[i]);
        lane.frames[lane.count] = burst.frames[i];
        staged_ports |= std::uint64_t{1} << port;
        if (++lane.count == lane.waiting + kBurstMax) {
            flush_lane(tables, lane, tables.stats[port]);
        }
    }
}

} // namespace

void transmit(
    const OwnerTables& tables,
    std::span<TxLane> lanes,
    std::uint64_t& staged_ports,
    Burst& burst
) noexcept {
    const std::uint16_t port = burst.out_port;
    if (burst.special == 0 && port != kManyPorts) [[likely]] {
        staged_ports |= std::uint64_t{1} << port;
        stage_together(tables, lanes[port], tables.stats[port], burst);
    } else {
        stage_each(tables, lanes, staged_ports, burst);
    }
    burst.count = 0;
}

std::uint32_t
flush_tx(const OwnerTables& tables, std::span<TxLane> lanes, std::uint64_t& staged_ports) noexcept {
    std::uint32_t sent = 0;
    for (std::uint64_t left = staged_ports; left != 0; left &= left - 1) {
        const auto port = static_cast<std::size_t>(__builtin_ctzll(left));
        if (lanes[port].count != 0) {
            sent += flush_lane(tables, lanes[port], tables.stats[port]);
        }
        if (lanes[port].count == 0) {
            staged_ports &= ~(std::uint64_t{1} << port);
        }
    }
    return sent;
}

void give_up_waiting(
    const OwnerTables& tables,
    std::span<TxLane> lanes,
    std::uint64_t staged_ports,
    std::uint32_t slot
) noexcept {
    for (std::uint64_t left = staged_ports; left != 0; left &= left - 1) {
        TxLane& lane = lanes[static_cast<std::size_t>(__builtin_ctzll(left))];
        thin_out(tables, lane, 0, [slot](const rte_mbuf* frame) noexcept {
            return FrameNote::slot(frame) == slot;
        });
        begin_waiting(tables, lane);
    }
}

std::uint32_t relay(const TxRelay& from, PortStats* stats) noexcept {
    if (rte_ring_get_cons_sync_type(from.ring) != RTE_RING_SYNC_ST) {
        // Never so; without it the compiler keeps the locked instructions of the other modes.
        __builtin_unreachable();
    }
    std::array<rte_mbuf*, kBurstMax> frames;
    const unsigned count = rte_ring_dequeue_burst_start(
        from.ring, reinterpret_cast<void**>(frames.data()), kBurstMax, nullptr
    );
    if (count == 0) {
        return 0;
    }
    const std::span<rte_mbuf*> taken{frames.data(), count};
    const std::uint64_t bytes = bytes_of(taken);
    const std::uint16_t sent =
        rte_eth_tx_burst(from.device, from.queue, frames.data(), static_cast<std::uint16_t>(count));
    rte_ring_dequeue_finish(from.ring, sent);
    count_sent(taken, bytes, sent, stats[from.port]);
    return sent;
}

} // namespace strowger::dataplane
