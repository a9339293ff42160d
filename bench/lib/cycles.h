// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>
#include <rte_cycles.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace strowger::bench {

/// How many circuits a row of a Google Benchmark has.
inline constexpr std::int64_t kOne = 1;
inline constexpr std::int64_t kThousand = 1'000;
inline constexpr std::int64_t k64Thousand = 64'000;
inline constexpr std::int64_t kMillion = 1'000'000;

/// Frames or calls in a pass, each for another random circuit.
inline constexpr std::uint32_t kPass = 8'192;

/// The circuits of one pass, drawn anew for each.
class RandomCircuits {
public:
    explicit RandomCircuits(std::uint32_t circuits, std::uint32_t pass = kPass)
        : any_(0, circuits - 1), drawn_(pass) {}

    std::span<const std::uint32_t> draw() {
        std::generate(drawn_.begin(), drawn_.end(), [this] { return any_(random_); });
        return drawn_;
    }

private:
    std::mt19937 random_{1};
    std::uniform_int_distribution<std::uint32_t> any_;
    std::vector<std::uint32_t> drawn_;
};

struct PassTerms {
    std::uint32_t circuits = 0;
    std::string unit;           ///< what one frame or call is
    std::uint32_t pass = kPass; ///< how many of them a pass is
};

/// Measures passes and reports cycles a unit: the median of the passes, and the best, which on a
/// shared machine tells least of its other guests. `prepare` is not measured. Cycles are ticks of
/// the TSC, not of the core's own clock.
template <typename Prepare, typename Pass>
void measure_passes(
    benchmark::State& state,
    const PassTerms& terms,
    Prepare&& prepare,
    Pass&& pass
) {
    std::vector<std::uint64_t> cycles;
    for ([[maybe_unused]] const auto round : state) {
        state.PauseTiming();
        prepare();
        state.ResumeTiming();
        const std::uint64_t began = rte_rdtsc();
        pass();
        cycles.push_back(rte_rdtsc() - began);
    }
    std::sort(cycles.begin(), cycles.end());
    const auto of_one = [&terms](std::uint64_t whole) {
        return static_cast<double>(whole) / terms.pass;
    };
    state.SetItemsProcessed(state.iterations() * terms.pass);
    state.counters["cycles/" + terms.unit] = of_one(cycles[cycles.size() / 2]);
    state.counters["best"] = of_one(cycles.front());
    state.counters["circuits"] = terms.circuits;
}

} // namespace strowger::bench
