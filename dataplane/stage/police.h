// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

/// In: slots. Out: colours, counted at ingress. Lets go of red frames (Policed), marks
/// yellow ones as special. A frame arrives yellow when its first tag, of any TPID, has DEI set; the
/// meter decides whether that counts.
void police(const OwnerTables& tables, Burst& burst) noexcept;

} // namespace strowger::dataplane
