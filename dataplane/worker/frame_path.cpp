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

/// The features of a level that some CPU of the level below has not. Other values than levels are
/// the builder's choice: "native" or a CPU's name.
bool can_run(std::string_view level) noexcept {
    const bool v2 = __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("popcnt") != 0;
    const bool v3 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
                    __builtin_cpu_supports("bmi2") != 0 && __builtin_cpu_supports("fma") != 0;
    const bool v4 =
        __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
        __builtin_cpu_supports("avx512cd") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
        __builtin_cpu_supports("avx512vl") != 0;
    if (level == "x86-64-v4") {
        return v2 && v3 && v4;
    }
    return level == "x86-64-v3" ? v2 && v3 : v2;
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
