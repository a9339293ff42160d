// SPDX-License-Identifier: Apache-2.0
#include "stage/police.h"

namespace strowger::dataplane {

FrameMask count_not_green(const OwnerTables& tables, Burst& burst, unsigned i) noexcept {
    burst.special |= bit_of(i);
    ColdSlot& cold = tables.cold_of(burst, i);
    const std::uint32_t bytes = burst.frames[i]->pkt_len + kFcsBytes;
    if (burst.colors[i] == Color::Yellow) {
        cold.ingress_yellow.add(bytes);
        return 0;
    }
    cold.ingress_red.add(bytes);
    return tables.drop(burst, i, DropReason::Policed);
}

} // namespace strowger::dataplane
