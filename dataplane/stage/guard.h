// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

/// In: slots. Lets go, in this order, of frames whose circuit is Suspended, that are Oversize for
/// it, whose destination it does not carry (L2cp), and whose source is a group (SourceMac).
void guard(const OwnerTables& tables, Burst& burst) noexcept;

} // namespace strowger::dataplane
