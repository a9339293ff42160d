// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.h"

namespace strowger::dataplane {

void Worker::free_frames() noexcept {
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
