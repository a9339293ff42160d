// SPDX-License-Identifier: Apache-2.0
#include "control/slot_ledger.h"

namespace strowger::dataplane {

SlotLedger::SlotLedger(std::size_t workers, std::uint32_t endpoints) : workers_(workers) {
    for (PerWorker& worker : workers_) {
        worker.free.reserve(endpoints);
        for (std::uint32_t slot = endpoints; slot > 0; --slot) {
            worker.free.push_back(slot - 1);
        }
    }
}

std::optional<CircuitPlace> SlotLedger::take(WorkerSet workers) {
    std::optional<std::uint32_t> best;
    for (std::uint32_t id = 0; id < workers_.size(); ++id) {
        const bool may = workers.empty() || workers.contains(id);
        const bool has_room = workers_[id].free.size() >= 2;
        if (may && has_room && (!best || workers_[id].circuits < workers_[*best].circuits)) {
            best = id;
        }
    }
    return best ? take_on(*best) : std::nullopt;
}

std::optional<CircuitPlace> SlotLedger::take_on(std::uint32_t id) {
    PerWorker& worker = workers_[id];
    CircuitPlace place{.worker = id, .slots = {}};
    if (worker.free.size() < place.slots.size()) {
        return std::nullopt;
    }
    for (std::uint32_t& slot : place.slots) {
        slot = worker.free.back();
        worker.free.pop_back();
    }
    ++worker.circuits;
    return place;
}

void SlotLedger::give_back(const CircuitPlace& place) {
    PerWorker& worker = workers_[place.worker];
    worker.free.insert(worker.free.end(), place.slots.rbegin(), place.slots.rend());
    --worker.circuits;
}

} // namespace strowger::dataplane
