// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "worker/port_set.h"

namespace strowger::bench {

/// The stage pass() without the meter: every frame is green, and counted as such. What policing
/// costs is the difference of the two.
void pass_unpoliced(
    const dataplane::OwnerTables& tables,
    const dataplane::PortSet& ports,
    const dataplane::Burst& coming,
    dataplane::Burst& burst
) noexcept;

} // namespace strowger::bench
