// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rte_eal.h>

#include <array>

namespace strowger::test {

/// Starts an EAL that needs neither root nor hugepages nor devices. Below 0: not started, and
/// rte_errno says why.
inline int start_bare_eal(const char* program) {
    static std::array<const char*, 12> options = {
        program,
        "--no-huge",
        "--no-pci",
        "--no-shconf",
        "--no-telemetry",
        "-m",
        "256",
        "-l",
        "0",
        "--log-level",
        "*:warning",
        nullptr,
    };
    return rte_eal_init(static_cast<int>(options.size() - 1), const_cast<char**>(options.data()));
}

} // namespace strowger::test
