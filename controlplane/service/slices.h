// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/isolation.h"
#include "service/receivers.h"
#include "service/settler.h"
#include "service/slice_status.h"
#include "service/worker_loads.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strowger::service {

/// Carries out what published slices say, at ports and for circuits, and tells how far that is.
class Slices {
public:
    explicit Slices(Provisioner::Engine& engine);

    /// At start, when all of the inventory is there.
    void restored();
    /// Something was published: takes effect at once at ports, and begins to for circuits.
    void published(const Transition& transition);
    /// At each turn of the control thread.
    void observe(std::int64_t now_ns);

    [[nodiscard]] Settler& settler() noexcept { return settler_; }
    [[nodiscard]] const Settler& settler() const noexcept { return settler_; }
    [[nodiscard]] SliceStatus status(const Record& slice) const;
    [[nodiscard]] std::optional<TenantSlice> slice_of(const ObjectId& tenant) const;
    [[nodiscard]] std::vector<WorkerView> workers() const;
    /// A sentence for each slice that names a core without a worker.
    [[nodiscard]] std::vector<std::string> warnings() const;

private:
    using Reasons = std::vector<IsolationReason>;
    [[nodiscard]] const Reasons& verdict(const Record& slice) const;

    Provisioner::Engine& engine_;
    Receivers receivers_;
    WorkerLoads loads_;
    Settler settler_;
    /// By slice, until something may have changed: a list of tenants asks for them again and again.
    mutable std::map<ObjectId, Reasons> verdicts_;
};

} // namespace strowger::service
