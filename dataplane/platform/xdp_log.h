// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace strowger::dataplane {

/// Sends what libbpf and libxdp print to standard error by themselves (20 harmless lines a port)
/// to DPDK's log instead, at its level "debug". To be called when DPDK has loaded its drivers; does
/// nothing when none of them uses these libraries.
void route_xdp_log();

} // namespace strowger::dataplane
