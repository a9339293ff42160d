// SPDX-License-Identifier: Apache-2.0
#include "stage/pass.h"

namespace strowger::dataplane {

void pass(const OwnerTables& tables, const PortSet& ports, Burst& burst) noexcept {
    pass_frames(tables, ports, burst);
}

} // namespace strowger::dataplane
