// SPDX-License-Identifier: Apache-2.0
#include "stage/pass.h"

namespace strowger::dataplane {

void mark_those_without_link(Burst& burst, std::uint64_t links_down) noexcept {
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        if ((links_down >> burst.slots[i]->out_port() & 1U) != 0) {
            burst.special |= bit_of(i); // of one that is special already, too: its own port decides
        }
    }
}

void pass(
    const OwnerTables& tables,
    const PortSet& ports,
    const Burst& coming,
    Burst& burst
) noexcept {
    pass_frames(tables, ports, coming, burst);
}

} // namespace strowger::dataplane
