// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/identity.h"

#include <cstdint>
#include <string>
#include <vector>

namespace strowger {

/// Workers that are kept for the circuits of some tenants.
struct SliceSpec {
    Name name;
    std::string display_name;
    Tags tags;
    std::vector<std::uint32_t> cores; ///< of workers, as the site file names them
    std::vector<std::string> tenants; ///< names or ids
    friend bool operator==(const SliceSpec&, const SliceSpec&) = default;
};

/// Every rule a slice breaks in itself; empty when it is sound.
std::vector<Problem> check_slice(const SliceSpec& slice);

} // namespace strowger
