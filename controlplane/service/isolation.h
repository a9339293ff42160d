// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/inventory.h"
#include "service/receivers.h"
#include "strowger/seam/dataplane.h"

#include <map>
#include <string>
#include <vector>

namespace strowger::service {

/// Why a slice is not isolated, and what would help.
struct IsolationReason {
    std::string code;
    std::string message;
    std::string hint;
};

/// What a verdict is drawn from.
struct IsolationFacts {
    const Inventory& inventory;
    const Receivers& receivers;
    const Dataplane& dataplane;
    /// What the dataplane said when it would not move a circuit of a tenant.
    const std::map<ObjectId, std::string>& refusals;
};

/// Circuits of the slice's tenants, and those of them that are not on its workers yet.
struct SliceCircuits {
    std::size_t total = 0;
    std::size_t moving = 0;
};
[[nodiscard]] SliceCircuits circuits_of(const SliceBody& slice, const Inventory& inventory);

/// Every reason why a published slice is soft; none: it is hard. It is when nothing contradicts:
/// its workers do its tenants' work and no other, and nobody else does theirs. A tenant without
/// UNIs contradicts nothing.
[[nodiscard]] std::vector<IsolationReason>
reasons_of_softness(const Record& slice, const IsolationFacts& facts);

} // namespace strowger::service
