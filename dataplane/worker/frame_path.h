// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace strowger::dataplane {

class Worker;

/// The frame path as built for one kind of CPU: what Worker calls.
struct FramePath {
    const char* name; ///< as the log says it: "x86-64-v3"
    bool (*turn)(Worker& worker) noexcept;
    void (*take_commands)(Worker& worker) noexcept;
    void (*move_frames)(Worker& worker) noexcept;
    void (*apply_commands)(Worker& worker) noexcept;
    void (*acknowledge)(Worker& worker) noexcept;
};

/// Those built that this CPU can run, the best first. Empty: a build for another CPU.
[[nodiscard]] std::span<const FramePath* const> frame_paths() noexcept;

} // namespace strowger::dataplane
