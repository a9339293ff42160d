// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace strowger::pktgen {

/// Says how many frames are due, by the TSC. No clock is read here, no division is made.
///
/// A sender that was kept from its core catches up, but only so far: what is older is given up and
/// counted. Sent late and all at once it would overrun the device under test, and the loss would
/// be the generator's.
class Pacer {
public:
    /// `pps` 0: as fast as the device takes them.
    Pacer(double pps, std::uint64_t tsc_hz, std::uint32_t burst) noexcept;

    void start(std::uint64_t now) noexcept;

    /// How many frames may be sent at `now`, at most `burst`.
    [[nodiscard]] std::uint32_t due(std::uint64_t now) noexcept {
        if (unlimited_) {
            return burst_;
        }
        __extension__ using Wide = unsigned __int128;
        const auto scheduled =
            static_cast<std::uint64_t>(Wide{now - start_} * frames_a_tick_ >> 64);
        std::uint64_t owed = scheduled - released_;
        if (owed > backlog_max_) [[unlikely]] {
            skipped_ += owed - backlog_max_;
            released_ += owed - backlog_max_;
            owed = backlog_max_;
        }
        return owed < burst_ ? static_cast<std::uint32_t>(owed) : burst_;
    }
    /// `frames` of those due were taken on.
    void take(std::uint32_t frames) noexcept { released_ += frames; }

    /// Frames given up because they were too late.
    [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }
    [[nodiscard]] bool unlimited() const noexcept { return unlimited_; }

private:
    bool unlimited_;
    std::uint32_t burst_;
    std::uint64_t frames_a_tick_; ///< in units of 2^-64 frames
    std::uint64_t backlog_max_;
    std::uint64_t start_ = 0;
    std::uint64_t released_ = 0;
    std::uint64_t skipped_ = 0;
};

} // namespace strowger::pktgen
