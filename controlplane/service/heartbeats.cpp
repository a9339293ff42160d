// SPDX-License-Identifier: Apache-2.0
#include "service/heartbeats.h"

#include <cstddef>

namespace strowger::service {

void Heartbeats::observe(const Dataplane& dataplane, std::int64_t now_ns) {
    const std::vector<WorkerStatus> workers = dataplane.workers();
    complaints_.clear();
    beats_.resize(workers.size(), Beat{UINT64_MAX, now_ns});
    for (std::size_t index = 0; index < workers.size(); ++index) {
        Beat& beat = beats_[index];
        if (workers[index].counters.loops != beat.loops) {
            beat = {workers[index].counters.loops, now_ns};
        } else if (now_ns - beat.seen_ns > kSilenceNsMax) {
            complaints_.push_back(
                "The worker on core " + std::to_string(workers[index].core) + " does not turn."
            );
        }
    }
}

} // namespace strowger::service
