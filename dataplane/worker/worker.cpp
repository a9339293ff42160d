// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.h"

#include <rte_cycles.h>

namespace strowger::dataplane {

void CircuitMoves::attach(WorkerParts& parts) noexcept {
    parts_ = &parts;
    for (std::size_t move = 0; move < arrivals_.size(); ++move) {
        arrivals_[move].frames = parts.parked + move * parts.parked_max;
    }
}

void CircuitMoves::free_parked() noexcept {
    for (Arrival& arrival : arrivals_) {
        for (; arrival.count != 0; --arrival.count) {
            rte_pktmbuf_free(arrival.frames[arrival.head]);
            arrival.head = (arrival.head + 1) & (parts_->parked_max - 1);
        }
    }
}

void Worker::watch_turns(std::uint64_t long_turn_ticks) noexcept {
    parts_.long_turn_ticks = long_turn_ticks;
    turn_began_ = rte_rdtsc();
}

void Worker::free_frames() noexcept {
    moves_.free_parked();
    for (Burst& burst : bursts_) {
        rte_pktmbuf_free_bulk(burst.frames.data(), burst.count);
        rte_pktmbuf_free_bulk(burst.dropped.data(), burst.dropped_count);
        burst.count = 0;
        burst.dropped_count = 0;
    }
    for (TxLane& lane : parts_.tx) {
        rte_pktmbuf_free_bulk(lane.frames.data(), lane.count);
        lane.count = 0;
        lane.waiting = 0;
    }
}

} // namespace strowger::dataplane
