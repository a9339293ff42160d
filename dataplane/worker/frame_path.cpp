// SPDX-License-Identifier: Apache-2.0
#include "worker/frame_path.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace strowger::dataplane {

// STROWGER_FRAME_PATHS lists what was built, the best first: X(symbol, "x86-64-v3").
#define STROWGER_DECLARE(symbol, level) extern "C" const FramePath symbol;
STROWGER_FRAME_PATHS(STROWGER_DECLARE)
#undef STROWGER_DECLARE

namespace {

/// Other values than levels are the builder's choice: "native" or a CPU's name.
bool can_run(std::string_view level) noexcept {
    if (level == "x86-64-v4") {
        return __builtin_cpu_supports("x86-64-v4") != 0;
    }
    if (level == "x86-64-v3") {
        return __builtin_cpu_supports("x86-64-v3") != 0;
    }
    return __builtin_cpu_supports("x86-64-v2") != 0;
}

struct Runnable {
    std::array<const FramePath*, 3> paths{};
    std::size_t count = 0;

    Runnable() noexcept {
        const auto add = [this](const FramePath& path, std::string_view level) noexcept {
            if (can_run(level)) {
                paths[count++] = &path;
            }
        };
#define STROWGER_ADD(symbol, level) add(symbol, level);
        STROWGER_FRAME_PATHS(STROWGER_ADD)
#undef STROWGER_ADD
    }
};

} // namespace

std::span<const FramePath* const> frame_paths() noexcept {
    static const Runnable kRunnable;
    return {kRunnable.paths.data(), kRunnable.count};
}

} // namespace strowger::dataplane
