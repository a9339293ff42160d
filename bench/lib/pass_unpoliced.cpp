// SPDX-License-Identifier: Apache-2.0
#include "lib/pass_unpoliced.h"

#include "stage/pass.h"

namespace strowger::bench {

void pass_unpoliced(
    const dataplane::OwnerTables& tables,
    const dataplane::PortSet& ports,
    const dataplane::Burst& coming,
    dataplane::Burst& burst
) noexcept {
    dataplane::pass_frames<false>(tables, ports, coming, burst);
}

} // namespace strowger::bench
