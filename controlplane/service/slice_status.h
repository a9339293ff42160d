// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/isolation.h"
#include "service/records.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strowger::service {

/// A worker as an operator sees it.
struct WorkerView {
    std::uint32_t core = 0;
    int socket = 0;
    bool shared = false;
    bool adaptive = false;
    std::uint32_t circuits = 0;
    std::optional<std::uint32_t> busy_permille; ///< nothing: not measured yet
    RecordPtr slice;                            ///< that reserves it; null: none
};

struct SliceStatus {
    std::vector<IsolationReason> reasons; ///< why it is soft; none: it is hard
    std::optional<std::uint32_t> busy_permille;
    SliceCircuits circuits;
    std::vector<WorkerView> workers; ///< those that there are, in the order of the site file
};

/// All that a tenant may know of its slice.
struct TenantSlice {
    std::string name;
    bool hard = false;
};

} // namespace strowger::service
