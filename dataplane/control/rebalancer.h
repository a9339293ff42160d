// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/program.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace strowger::dataplane {

/// Moves circuits from the busiest worker to the least busy, when that is worth it. Control thread
/// only, a bounded amount of work each time, driven by the time it is given.
///
/// It measures each worker's share of busy cycles over a window. When two windows one after the
/// other show the same worker far above another, it counts the frames of that worker's circuits
/// over some time, which says what each of them takes, and moves those that bring the two together.
/// Then it measures again. What keeps it quiet:
///   - the gap has to be wide (kGapToStart) and the busier worker really busy (kBusyToStart);
///   - a circuit moves only if the gap that it leaves behind is at most half as wide as before, so
///   a
///     circuit too big for any worker stays where it is;
///   - a circuit that was moved stays for kResidence;
///   - a worker from which nothing can be moved is left alone for kResidence.
class Rebalancer {
public:
    /// One circuit of a worker: frames that arrived, since it was installed.
    struct Load {
        CircuitKey key;
        std::uint64_t frames = 0;
        WorkerSet workers; ///< that may own it; none named: any
    };

    /// What it looks at and what it does.
    class Host {
    public:
        Host() = default;
        Host(const Host&) = delete;
        Host& operator=(const Host&) = delete;
        Host(Host&&) = delete;
        Host& operator=(Host&&) = delete;
        virtual ~Host() = default;

        [[nodiscard]] virtual std::size_t worker_count() const = 0;
        /// Since start, in ticks of the clock that poll() is given.
        [[nodiscard]] virtual std::uint64_t busy_ticks(std::size_t worker) const = 0;
        [[nodiscard]] virtual std::size_t circuits(std::size_t worker) const = 0;
        /// Circuits of one worker, from `cursor` on, which goes on; it starts at 0 and is 0 again
        /// when all were there. A bounded number of them; some may be missing when others come or
        /// go.
        virtual void list(std::size_t worker, std::size_t& cursor, std::vector<Load>& loads)
            const = 0;
        /// Nothing when it does not live on that worker any more.
        [[nodiscard]] virtual std::optional<std::uint64_t>
        frames(CircuitKey key, std::size_t worker) const = 0;
        /// False when it cannot be moved now.
        virtual bool move(CircuitKey key, std::size_t worker) = 0;
        /// Moves that have begun and are not over.
        [[nodiscard]] virtual std::size_t moves_under_way() const = 0;
    };

    static constexpr double kGapToStart = 0.20; ///< of a worker's time
    static constexpr double kGapToStop = 0.05;
    static constexpr double kBusyToStart = 0.30;
    static constexpr std::size_t kSamplesMax = 16'384; ///< circuits counted in one round
    static constexpr std::size_t kMovesPerRoundMax = 4'096;
    static constexpr std::size_t kMovesAtOnceMax = 8;

    Rebalancer(Host& host, std::uint64_t clock_hz);

    /// As often as anybody likes.
    void poll(std::uint64_t now);
    /// Shares of busy time in the last whole window, by worker; empty before there was one.
    [[nodiscard]] std::span<const double> shares() const { return shares_; }

private:
    enum class State : std::uint8_t { Measuring, Counting, CountingAgain, Moving };
    struct Sample {
        CircuitKey key;
        WorkerSet workers;
        std::uint64_t frames = 0; ///< then, the difference after the second count
    };
    struct Plan {
        CircuitKey key;
        std::size_t to = 0;
    };

    void begin_window(std::uint64_t now);
    void measure(std::uint64_t now);
    [[nodiscard]] std::optional<std::size_t> overloaded(std::uint64_t now) const;
    void count(std::uint64_t now);
    void count_again(std::uint64_t now);
    void decide(std::uint64_t now);
    void plan_moves_to(std::size_t to, double per_frame);
    void move_some(std::uint64_t now);
    void forget_old_moves(std::uint64_t now);
    [[nodiscard]] std::uint64_t ticks(double seconds) const;

    Host& host_;
    double clock_hz_;
    State state_ = State::Measuring;

    std::uint64_t window_began_ = 0;
    bool has_window_ = false;
    std::vector<std::uint64_t> busy_before_;
    std::vector<double> shares_;
    std::optional<std::size_t> suspect_; ///< the overloaded worker of the window before

    std::size_t from_ = 0;
    std::size_t cursor_ = 0;
    std::uint64_t next_batch_ = 0;
    std::uint64_t count_began_ = 0;
    std::vector<Load> listed_;
    std::vector<Sample> samples_;
    std::vector<Plan> plan_;
    std::size_t planned_done_ = 0;
    std::uint64_t plan_ends_ = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> moved_at_; ///< by key
    std::vector<std::uint64_t> quiet_until_;                    ///< by worker
};

} // namespace strowger::dataplane
