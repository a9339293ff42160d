// SPDX-License-Identifier: Apache-2.0
#include "service/placement.h"

#include "strowger/base/check.h"

#include <algorithm>
#include <utility>

namespace strowger::service {

void CircuitSpread::remove(WorkerSet workers) {
    const auto found = counts_.find(workers.bits);
    STROWGER_CHECK(found != counts_.end());
    if (--found->second == 0) {
        counts_.erase(found);
    }
}

std::size_t CircuitSpread::total() const {
    std::size_t sum = 0;
    for (const auto& [bits, count] : counts_) {
        sum += count;
    }
    return sum;
}

std::size_t CircuitSpread::on(WorkerSet exactly) const {
    const auto found = counts_.find(exactly.bits);
    return found == counts_.end() ? 0 : found->second;
}

std::size_t CircuitSpread::touching(WorkerSet workers) const {
    std::size_t sum = 0;
    for (const auto& [bits, count] : counts_) {
        sum += bits == 0 || (bits & workers.bits) != 0 ? count : 0;
    }
    return sum;
}

Placement::Placement(std::vector<WorkerStatus> workers) : workers_(std::move(workers)) {
    for (std::size_t index = 0; index < workers_.size(); ++index) {
        all_.add(index);
    }
    unreserved_ = all_;
}

void Placement::change(const Record& object, const RecordPtr& after) {
    if (object.kind() != ObjectKind::Slice) {
        return;
    }
    if (after == nullptr) {
        slices_.erase(object.id);
    } else {
        slices_.insert_or_assign(object.id, after);
    }
    slice_of_.clear();
    unreserved_ = all_;
    for (const auto& [id, slice] : slices_) {
        unreserved_.bits &= ~on_cores(slice->as_slice().spec.cores).bits;
        for (const ObjectId& tenant : slice->as_slice().tenants) {
            slice_of_.emplace(tenant, slice);
        }
    }
}

WorkerSet Placement::on_cores(const std::vector<std::uint32_t>& cores) const {
    WorkerSet found;
    for (std::size_t index = 0; index < workers_.size(); ++index) {
        if (std::find(cores.begin(), cores.end(), workers_[index].core) != cores.end()) {
            found.add(index);
        }
    }
    return found;
}

const WorkerStatus* Placement::worker_on(std::uint32_t core) const {
    const auto found = std::find_if(workers_.begin(), workers_.end(), [core](const auto& worker) {
        return worker.core == core;
    });
    return found == workers_.end() ? nullptr : &*found;
}

RecordPtr Placement::slice_of(const ObjectId& tenant) const {
    const auto found = slice_of_.find(tenant);
    return found == slice_of_.end() ? nullptr : found->second;
}

RecordPtr Placement::slice_on(std::size_t worker) const {
    for (const auto& [id, slice] : slices_) {
        if (on_cores(slice->as_slice().spec.cores).contains(worker)) {
            return slice;
        }
    }
    return nullptr;
}

WorkerSet Placement::of(const ObjectId& tenant) const {
    if (slices_.empty()) {
        return {};
    }
    const RecordPtr slice = slice_of(tenant);
    const WorkerSet own = slice == nullptr ? WorkerSet{} : on_cores(slice->as_slice().spec.cores);
    return own.empty() ? unreserved_ : own;
}

} // namespace strowger::service
