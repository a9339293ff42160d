// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.h"

#include "stage/classify.h"
#include "stage/forward.h"
#include "stage/guard.h"
#include "stage/parse.h"
#include "stage/police.h"
#include "stage/rewrite.h"
#include "worker/apply.h"

#include <rte_cycles.h>
#include <rte_ring.h>

namespace strowger::dataplane {

static_assert(limits::kPortsMax <= 64, "staged_ports_ has one bit a port");

void Worker::attach() noexcept {
    classifier_.attach(parts_.blocks, parts_.block_count);
}

bool Worker::turn() noexcept {
    const std::uint64_t began = rte_rdtsc();
    take_commands();
    move_frames();
    apply_commands();
    const bool busy = frames_moved_ != 0 || taken_count_ != 0;
    acknowledge();
    if (busy) {
        stats_.busy_cycles.add(rte_rdtsc() - began);
    }
    return busy;
}

void Worker::take_commands() noexcept {
    taken_count_ = rte_ring_sc_dequeue_burst_elem(
        parts_.commands, taken_.data(), sizeof(Command), kCommandsPerTurnMax, nullptr
    );
}

void Worker::move_frames() noexcept {
    frames_moved_ = 0;
    for (std::uint32_t peer = 0; peer < parts_.worker_count; ++peer) {
        if (parts_.handover_in[peer] != nullptr) {
            take_over_from(parts_.handover_in[peer]);
        }
    }
    for (std::uint32_t i = 0; i < parts_.rx_count; ++i) {
        poll(parts_.rx[i]);
    }
    flush_tx(parts_.tx, staged_ports_, parts_.port_stats);
    for (std::uint32_t i = 0; i < parts_.relay_count; ++i) {
        frames_moved_ += relay(parts_.relays[i], parts_.port_stats);
    }
}

void Worker::apply_commands() noexcept {
    const std::uint64_t moment = now();
    for (std::uint32_t i = 0; i < taken_count_; ++i) {
        apply(taken_[i], classifier_, parts_.slots, moment);
    }
}

void Worker::acknowledge() noexcept {
    for (std::uint32_t peer = 0; peer < parts_.worker_count; ++peer) {
        flush_handover(parts_.handover_out[peer], parts_.port_stats, stats_);
    }
    if (taken_count_ != 0) {
        applied_.store(
            applied_.load(std::memory_order_relaxed) + taken_count_, std::memory_order_release
        );
        taken_count_ = 0;
    }
    stats_.loops.add(1);
}

std::uint64_t Worker::now() const noexcept {
    return parts_.virtual_clock == nullptr ? rte_rdtsc()
                                           : parts_.virtual_clock->load(std::memory_order_relaxed);
}

/// A ring's capacity bounds what was in it after the commands were taken, and so this loop, also
/// while the other worker keeps putting frames in.
void Worker::take_over_from(rte_ring* ring) noexcept {
    const unsigned bound = rte_ring_get_capacity(ring);
    unsigned taken = 0;
    while (taken < bound) {
        const std::uint16_t count = take_over(ring, burst_, stats_);
        if (count == 0) {
            return;
        }
        taken += count;
        frames_moved_ += count;
        burst_.now = now();
        parse(burst_, parts_.port_stats);
        finish_burst();
    }
}

void Worker::poll(const RxQueue& queue) noexcept {
    receive(queue, burst_, parts_.port_stats);
    if (burst_.count == 0) {
        return;
    }
    frames_moved_ += burst_.count;
    burst_.now = now();
    parse(burst_, parts_.port_stats);
    classify(classifier_, burst_, parts_.port_stats);
    if (parts_.worker_count > 1) {
        hand_over(parts_.id, parts_.handover_out, burst_, parts_.port_stats, stats_);
    }
    finish_burst();
}

/// From classification on, a frame is treated the same whoever polled it.
void Worker::finish_burst() noexcept {
    find_slots(parts_.slots, burst_);
    guard(burst_, parts_.port_stats);
    police(burst_, parts_.port_stats);
    forward(classifier_, parts_.id, *parts_.ports, burst_, parts_.port_stats);
    rewrite(burst_, parts_.port_stats);
    transmit(parts_.tx, staged_ports_, burst_, parts_.port_stats);
    free_dropped();
}

void Worker::free_dropped() noexcept {
    if (burst_.dropped_count != 0) {
        rte_pktmbuf_free_bulk(burst_.dropped.data(), burst_.dropped_count);
        burst_.dropped_count = 0;
    }
}

} // namespace strowger::dataplane
