// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/seam/site.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace strowger::dataplane {

/// Pages of one size on one socket.
struct HugepageStock {
    int socket = 0;
    std::uint64_t page_kilobytes = 0;
    std::uint64_t free = 0;
    std::uint64_t total = 0;
};

/// What /sys says below `root` ("/sys/devices/system/node"; tests give their own).
std::vector<HugepageStock> read_hugepages(const std::string& root);

/// What the kernel can give in plain pages, by `path` ("/proc/meminfo"); 0: it does not say.
std::uint64_t read_available_megabytes(const std::string& path);

/// Whether to use hugepages, and what to tell the operator about it.
struct HugepageChoice {
    bool use = false;
    std::string remark; ///< why not, with the command that would change it; "" when used
};

/// Fails with Unavailable when they are required and too few are free, with the exact command that
/// reserves them. `megabytes`: what each socket needs.
Result<HugepageChoice> choose_hugepages(
    HugepageUse use,
    const std::map<int, std::uint32_t>& megabytes,
    const std::vector<HugepageStock>& stock
);

} // namespace strowger::dataplane
