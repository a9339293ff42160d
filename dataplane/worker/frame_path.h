// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// The best of those built that this CPU can run.
[[nodiscard]] const FramePath& best_frame_path() noexcept;

} // namespace strowger::dataplane
