// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

namespace strowger::test {

/// A refusal names what is wrong, blames the client and not the server, and is sent as sound JSON
/// whatever bytes the client's names and values hold. Ends the process when it is not so.
void check_refusal(const Error& error);

} // namespace strowger::test
