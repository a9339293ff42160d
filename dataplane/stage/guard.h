// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "worker/port_set.h"

namespace strowger::dataplane {

/// In: slots. Lets go, in this order, of frames whose circuit is Suspended, that are Oversize for
/// it, whose destination it does not carry (L2cp), and whose source is a group (SourceMac). Marks
/// those as special that forward might let go of, and those of the version the hot slot has not.
void guard(const OwnerTables& tables, const PortSet& ports, Burst& burst) noexcept;

} // namespace strowger::dataplane
