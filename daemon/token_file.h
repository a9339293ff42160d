// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <string>

namespace strowger::daemon {

/// Puts the operator's token where only the daemon's user reads it (0600), whole or not at all, and
/// on the disk when this returns. Replaces an older file. Fails with Unavailable and a sentence
/// that does not hold the token.
Result<void> write_token_file(const std::string& path, const std::string& token);

} // namespace strowger::daemon
