// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace strowger::dataplane {

enum class Severity : std::uint8_t { Error, Warning, Info, Debug };

/// Takes one line for the log of the daemon. May be called from a thread of the EAL, never from a
/// worker.
using Report = std::function<void(Severity severity, const std::string& line)>;

} // namespace strowger::dataplane
