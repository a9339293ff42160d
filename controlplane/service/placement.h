// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/records.h"
#include "strowger/seam/dataplane.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace strowger::service {

/// How many circuits the dataplane was told to keep on which workers.
class CircuitSpread {
public:
    void add(WorkerSet workers) { ++counts_[workers.bits]; }
    void remove(WorkerSet workers);
    [[nodiscard]] std::size_t total() const;
    [[nodiscard]] std::size_t on(WorkerSet exactly) const;
    /// Those that may be on one of these.
    [[nodiscard]] std::size_t touching(WorkerSet workers) const;

private:
    std::map<std::uint32_t, std::size_t> counts_; ///< by the bits of the set; the empty set: any
};

/// Which workers the circuits of each tenant belong on: those of its slice, or those that no slice
/// reserves.
///
/// A slice may name a core that runs no worker any more, because the site file changed: that core
/// counts for nothing, and a slice without any worker for as good as none.
class Placement {
public:
    explicit Placement(std::vector<WorkerStatus> workers);

    /// A published slice as it is now; null: it is gone. Other kinds change nothing.
    void change(const Record& object, const RecordPtr& after);

    /// Empty: any worker, because there is no slice, or none that leaves a worker to the others.
    [[nodiscard]] WorkerSet of(const ObjectId& tenant) const;
    /// Empty when slices reserve every worker.
    [[nodiscard]] WorkerSet unreserved() const noexcept { return unreserved_; }
    [[nodiscard]] WorkerSet all() const noexcept { return all_; }
    [[nodiscard]] WorkerSet on_cores(const std::vector<std::uint32_t>& cores) const;
    [[nodiscard]] const std::map<ObjectId, RecordPtr>& slices() const noexcept { return slices_; }
    /// Null: in none.
    [[nodiscard]] RecordPtr slice_of(const ObjectId& tenant) const;
    [[nodiscard]] RecordPtr slice_on(std::size_t worker) const;
    /// Core, socket and kind of each worker, as at start.
    [[nodiscard]] const std::vector<WorkerStatus>& workers() const noexcept { return workers_; }
    /// The worker on this core; nothing: there is none.
    [[nodiscard]] const WorkerStatus* worker_on(std::uint32_t core) const;

private:
    const std::vector<WorkerStatus> workers_;
    WorkerSet all_;
    WorkerSet unreserved_;
    std::map<ObjectId, RecordPtr> slices_;
    std::unordered_map<ObjectId, RecordPtr, ObjectIdHash> slice_of_; ///< by tenant
};

} // namespace strowger::service
