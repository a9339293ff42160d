// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/faults.h"
#include "service/inventory_writer.h"
#include "service/records.h"

#include <optional>
#include <vector>

namespace strowger::service {

/// Judges a slice against the workers that there are, the tenants, and the other slices.
class SliceRules {
public:
    SliceRules(const InventoryWriter& inventory, const ServiceLimits& limits)
        : inventory_(inventory), limits_(limits) {}

    /// The body of the slice `id` with this spec; what it holds is of use only without faults.
    [[nodiscard]] SliceBody
    judge(const ObjectId& id, const SliceSpec& spec, const Record* before, Faults& faults) const;
    /// Whether a tenant that is to go is in no slice.
    void check_unused(const Record& tenant, Faults& faults) const;

private:
    using Slices = std::vector<RecordPtr>;
    void check_core(
        std::uint32_t core,
        const std::string& pointer,
        const Slices& others,
        Faults& faults
    ) const;
    void check_one_stays(const SliceSpec& spec, const Slices& others, Faults& faults) const;
    [[nodiscard]] std::vector<ObjectId>
    find_tenants(const SliceSpec& spec, const Slices& others, Faults& faults) const;
    void check_room(const SliceBody& slice, Faults& faults) const;

    const InventoryWriter& inventory_;
    const ServiceLimits& limits_;
};

} // namespace strowger::service
