// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sqlite.h"

namespace strowger::store {

/// Marks the file as Strowger's own ("STRW" in the header of the SQLite file).
inline constexpr std::int64_t kApplicationId = 0x53545257;
inline constexpr std::int64_t kSchemaVersion = 1;

/// Brings an empty or older file to kSchemaVersion, each step in one transaction. Fails when the
/// file belongs to another program or to a newer Strowger.
Result<void> migrate(Database& database);

} // namespace strowger::store
