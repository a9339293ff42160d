// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/write.h"

#include <optional>
#include <string>

namespace strowger::service {

/// The ETag of one generation of an object, with its quotes.
[[nodiscard]] std::string etag_of(const ObjectId& id, std::uint64_t generation);

/// What If-Match and If-None-Match make of the present state (RFC 9110 section 13); nothing when
/// they hold. `current` is null when there is nothing.
[[nodiscard]] std::optional<Error>
check_preconditions(const WriteRequest& request, const Record* current);

} // namespace strowger::service
