// SPDX-License-Identifier: Apache-2.0
#include "control/rebalancer.h"

#include <algorithm>
#include <numeric>

namespace strowger::dataplane {

namespace {

// Seconds.
constexpr double kWindow = 0.5;
constexpr double kCountingTime = 0.25; ///< between the two counts of a circuit
constexpr double kBatchPause = 0.01;   ///< between two batches of counts: other work comes between
constexpr double kPlanLife = 2.0;      ///< what has not begun by then is measured anew
constexpr double kResidence = 30.0;

constexpr std::size_t kBatch = 2'048; ///< circuits looked up again at a time

} // namespace

Rebalancer::Rebalancer(Host& host, std::uint64_t clock_hz)
    : host_(host),
      clock_hz_(static_cast<double>(clock_hz)),
      busy_before_(host.worker_count()),
      quiet_until_(host.worker_count()) {}

void Rebalancer::poll(std::uint64_t now) {
    if (host_.worker_count() < 2) {
        return;
    }
    switch (state_) {
        case State::Measuring:
            measure(now);
            break;
        case State::Counting:
            count(now);
            break;
        case State::CountingAgain:
            count_again(now);
            break;
        case State::Moving:
            move_some(now);
            break;
    }
}

std::uint64_t Rebalancer::ticks(double seconds) const {
    return static_cast<std::uint64_t>(seconds * clock_hz_);
}

void Rebalancer::begin_window(std::uint64_t now) {
    state_ = State::Measuring;
    has_window_ = true;
    window_began_ = now;
    for (std::size_t worker = 0; worker < busy_before_.size(); ++worker) {
        busy_before_[worker] = host_.busy_ticks(worker);
    }
}

void Rebalancer::measure(std::uint64_t now) {
    if (!has_window_) {
        begin_window(now);
        return;
    }
    if (now - window_began_ < ticks(kWindow)) {
        return;
    }
    shares_.resize(busy_before_.size());
    for (std::size_t worker = 0; worker < shares_.size(); ++worker) {
        const auto busy = static_cast<double>(host_.busy_ticks(worker) - busy_before_[worker]);
        shares_[worker] = std::min(1.0, busy / static_cast<double>(now - window_began_));
    }
    begin_window(now);
    const std::optional<std::size_t> busiest = overloaded(now);
    const bool again = busiest && busiest == suspect_;
    suspect_ = busiest;
    if (again) {
        forget_old_moves(now);
        suspect_.reset();
        from_ = *busiest;
        cursor_ = 0;
        samples_.clear();
        next_batch_ = now;
        count_began_ = now;
        state_ = State::Counting;
    }
}

/// The busiest worker of those that may have something to give away, if it is far above another.
std::optional<std::size_t> Rebalancer::overloaded(std::uint64_t now) const {
    const double least = *std::min_element(shares_.begin(), shares_.end());
    std::optional<std::size_t> busiest;
    for (std::size_t worker = 0; worker < shares_.size(); ++worker) {
        const bool stands_out =
            shares_[worker] >= kBusyToStart && shares_[worker] - least >= kGapToStart;
        if (stands_out && now >= quiet_until_[worker] &&
            (!busiest || shares_[worker] > shares_[*busiest])) {
            busiest = worker;
        }
    }
    return busiest;
}

void Rebalancer::count(std::uint64_t now) {
    if (now < next_batch_) {
        return;
    }
    next_batch_ = now + ticks(kBatchPause);
    listed_.clear();
    host_.list(from_, cursor_, listed_);
    for (const Load& load : listed_) {
        if (samples_.size() < kSamplesMax && !moved_at_.contains(load.key.value)) {
            samples_.push_back({.key = load.key, .workers = load.workers, .frames = load.frames});
        }
    }
    if (cursor_ == 0 || samples_.size() == kSamplesMax) {
        cursor_ = 0;
        next_batch_ = std::max(now, count_began_) + ticks(kCountingTime);
        state_ = State::CountingAgain;
    }
}

/// In the same order and at the same pace, so that each circuit is counted for about as long.
void Rebalancer::count_again(std::uint64_t now) {
    if (now < next_batch_) {
        return;
    }
    next_batch_ = now + ticks(kBatchPause);
    const std::size_t end = std::min(samples_.size(), cursor_ + kBatch);
    for (; cursor_ < end; ++cursor_) {
        Sample& sample = samples_[cursor_];
        const std::optional<std::uint64_t> frames = host_.frames(sample.key, from_);
        sample.frames = frames ? *frames - sample.frames : 0;
    }
    if (cursor_ == samples_.size()) {
        decide(now);
    }
}

void Rebalancer::decide(std::uint64_t now) {
    const double counted_part = std::min(
        1.0,
        static_cast<double>(samples_.size()) /
            static_cast<double>(std::max<std::size_t>(1, host_.circuits(from_)))
    );
    std::erase_if(samples_, [](const Sample& sample) { return sample.frames == 0; });
    std::sort(samples_.begin(), samples_.end(), [](const Sample& left, const Sample& right) {
        return left.frames != right.frames ? left.frames > right.frames : left.key < right.key;
    });
    const std::uint64_t all = std::accumulate(
        samples_.begin(),
        samples_.end(),
        std::uint64_t{0},
        [](std::uint64_t sum, const Sample& one) { return sum + one.frames; }
    );
    plan_.clear();
    planned_done_ = 0;
    std::vector<std::size_t> targets(shares_.size());
    std::iota(targets.begin(), targets.end(), std::size_t{0});
    std::sort(targets.begin(), targets.end(), [this](std::size_t left, std::size_t right) {
        return shares_[left] < shares_[right];
    });
    for (const std::size_t to : targets) {
        const bool far_below = shares_[from_] - shares_[to] >= kGapToStart;
        if (plan_.empty() && far_below && all != 0) {
            // All that keeps the worker busy is put down to the frames of its circuits. Some of it
            // is polling for others; the next round corrects what was too much.
            plan_moves_to(to, shares_[from_] * counted_part / static_cast<double>(all));
        }
    }
    if (plan_.empty()) {
        quiet_until_[from_] = now + ticks(kResidence);
        begin_window(now);
        return;
    }
    plan_ends_ = now + ticks(kPlanLife);
    state_ = State::Moving;
}

/// The largest first, each only if it leaves at most half of the gap.
void Rebalancer::plan_moves_to(std::size_t to, double per_frame) {
    double gap = shares_[from_] - shares_[to];
    for (const Sample& sample : samples_) {
        if (gap <= kGapToStop || plan_.size() == kMovesPerRoundMax) {
            return;
        }
        const double load = static_cast<double>(sample.frames) * per_frame;
        const bool may = sample.workers.empty() || sample.workers.contains(to);
        if (may && load <= 0.75 * gap) {
            gap -= 2 * load;
            plan_.push_back({.key = sample.key, .to = to});
        }
    }
}

void Rebalancer::move_some(std::uint64_t now) {
    while (planned_done_ < plan_.size() && now < plan_ends_ &&
           host_.moves_under_way() < kMovesAtOnceMax) {
        const Plan& plan = plan_[planned_done_++];
        if (host_.move(plan.key, plan.to)) {
            moved_at_[plan.key.value] = now;
        }
    }
    const bool all_begun = planned_done_ == plan_.size() || now >= plan_ends_;
    if (all_begun && (host_.moves_under_way() == 0 || now >= plan_ends_)) {
        begin_window(now);
    }
}

void Rebalancer::forget_old_moves(std::uint64_t now) {
    std::erase_if(moved_at_, [&](const auto& moved) {
        return now - moved.second >= ticks(kResidence);
    });
}

} // namespace strowger::dataplane
