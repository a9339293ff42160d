// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/identity.h"

#include <string>

namespace strowger {

/// A customer (MEF: Subscriber): owns the UNIs granted to it, circuits and tokens.
struct TenantSpec {
    Name name;
    std::string display_name;
    Tags tags;
};

} // namespace strowger
