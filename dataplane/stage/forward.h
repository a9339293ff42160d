// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "worker/port_set.h"

namespace strowger::dataplane {

/// E-Line: a frame goes to the other endpoint. Lets go of what that endpoint would not itself
/// accept back (EgressUnmapped), and of what has no link to leave on (LinkDown).
///
/// The check costs a second lookup, so only circuits that can break the rule have the flag: those
/// whose far map takes some, but not any, of the tags that remain of a frame. Without it, a tenant
/// could put another's VID behind its own tag and reach that VLAN of the far UNI.
void forward(
    const OwnerTables& tables,
    const Classifier& classifier,
    std::uint32_t self,
    const PortSet& ports,
    Burst& burst
) noexcept;

} // namespace strowger::dataplane
