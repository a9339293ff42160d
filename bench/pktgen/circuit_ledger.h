// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/frame.h"
#include "pktgen/large_pages.h"
#include "pktgen/latency_histogram.h"
#include "pktgen/sequence.h"
#include "pktgen/tag_plan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace strowger::pktgen {

/// What became of frames, of one circuit or of all. A frame that came back is under exactly one of
/// delivered, duplicates, late, misdelivered and damaged.
struct Fates {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;    ///< came back on its circuit, for the first time
    std::uint64_t lost = 0;         ///< sent minus delivered: never came back on its circuit
    std::uint64_t reordered = 0;    ///< of those delivered: came behind a later one
    std::uint64_t duplicates = 0;   ///< came back once more
    std::uint64_t late = 0;         ///< older than the reorder window; its number stays lost
    std::uint64_t misdelivered = 0; ///< came back with another circuit's tags, or other tags
    std::uint64_t damaged = 0;      ///< checksum, length or filling wrong

    [[nodiscard]] bool clean() const noexcept {
        return lost + reordered + duplicates + late + misdelivered + damaged == 0;
    }
};

/// One circuit with what befell it, for a report.
struct CircuitFates {
    std::uint32_t circuit = 0;
    Fates fates{};
    std::uint32_t latency_most = 0; ///< time_of() units
};

/// Follows every frame of every circuit: loss, order, duplicates, misdelivery, latency. One cache
/// line a circuit, so a million take 64 MB; histograms only for circuits that are watched.
class CircuitLedger {
public:
    /// `watched`: circuits with a histogram of their own, ascending.
    CircuitLedger(const TagPlan& plan, std::span<const std::uint32_t> watched);

    /// Before a trial.
    void clear();

    void prefetch(const Reading& reading) const noexcept {
        if (reading.circuit < states_.size()) {
            __builtin_prefetch(&states_[reading.circuit], 1);
        }
    }
    /// A frame that is Damaged or Ours, received at `now` (time_of() units).
    void take(const Reading& reading, std::uint32_t now) noexcept;
    /// A frame whose filling is wrong.
    void take_damaged(const Reading& reading) noexcept;

    /// `sent`: frames of each circuit, by its number.
    [[nodiscard]] Fates totals(std::span<const std::uint64_t> sent) const;
    [[nodiscard]] CircuitFates of(std::uint32_t circuit, std::uint64_t sent) const;
    /// The circuits that fared worst, at most `count`: by misdelivery, loss, disorder, latency.
    [[nodiscard]] std::vector<CircuitFates>
    worst(std::span<const std::uint64_t> sent, std::size_t count) const;

    [[nodiscard]] const LatencyHistogram& latency() const noexcept { return latency_; }
    [[nodiscard]] const std::vector<std::uint32_t>& watched() const noexcept { return watched_; }
    [[nodiscard]] const LatencyHistogram& latency_of_watched(std::size_t index) const {
        return watched_latency_[index];
    }

private:
    static constexpr std::uint16_t kNotWatched = 0xFFFF;

    struct alignas(64) State {
        SequenceWindow window;
        std::uint32_t expected_vids = 0;
        std::uint32_t latency_most = 0;
        std::uint64_t delivered = 0;
        std::uint32_t reordered = 0;
        std::uint32_t duplicates = 0;
        std::uint32_t late = 0;
        std::uint32_t misdelivered = 0;
        std::uint32_t damaged = 0;
        std::uint16_t watched = kNotWatched;
    };
    static_assert(sizeof(State) == 64);

    LargeVector<State> states_;
    std::vector<std::uint32_t> watched_;
    std::vector<LatencyHistogram> watched_latency_;
    LatencyHistogram latency_;
};

} // namespace strowger::pktgen
