// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/circuit_ledger.h"
#include "pktgen/frame.h"
#include "pktgen/latency_histogram.h"
#include "strowger/base/worker_counter.h"

#include <array>
#include <cstdint>
#include <vector>

struct rte_mbuf;

namespace strowger::pktgen {

/// How closely received frames are looked at.
enum class Scrutiny : std::uint8_t {
    Count,  ///< counted; one frame a burst is read for its latency
    Tags,   ///< every frame's headers are read and its tags compared: misdelivery is seen
    Follow, ///< and every circuit is followed: loss, order, duplicates, latency of each frame
    Whole,  ///< and every byte of the filling is compared
};

/// Takes frames from a device and finds out what became of them.
class Receiver {
public:
    static constexpr std::uint16_t kBurst = 64;

    struct Setup {
        std::uint16_t port = 0;
        std::uint16_t queues = 1;
        Scrutiny scrutiny = Scrutiny::Count;
        const TagPlan* plan = nullptr;
        CircuitLedger* ledger = nullptr; ///< Follow and Whole
    };

    explicit Receiver(const Setup& setup);

    void begin(std::uint32_t trial);
    /// One poll of the next queue. Returns how many frames it brought.
    std::uint16_t turn() noexcept;

    /// Of ours when frames are read, else all.
    [[nodiscard]] std::uint64_t received() const noexcept { return received_.read(); }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::uint64_t foreign() const noexcept { return foreign_; }
    [[nodiscard]] std::uint64_t misdelivered() const noexcept { return misdelivered_; }
    [[nodiscard]] std::uint64_t damaged() const noexcept { return damaged_; }
    [[nodiscard]] std::uint64_t polls() const noexcept { return polls_; }
    [[nodiscard]] std::uint64_t empty() const noexcept { return empty_; }
    [[nodiscard]] std::uint64_t full() const noexcept { return full_; }
    /// Of all frames when they are followed, else of one a burst.
    [[nodiscard]] const LatencyHistogram& latency() const noexcept;
    [[nodiscard]] Scrutiny scrutiny() const noexcept { return setup_.scrutiny; }

private:
    void read_burst(std::uint16_t count, std::uint32_t now) noexcept;
    void sample(std::uint32_t now) noexcept;
    void take(const Reading& reading, rte_mbuf* frame, std::uint32_t now) noexcept;
    [[nodiscard]] Reading read(const rte_mbuf* frame) const noexcept;
    [[nodiscard]] bool filling_holds_of(const rte_mbuf* frame) const noexcept;

    Setup setup_;
    TagLayout layout_;
    std::vector<std::uint32_t> expected_; ///< key_of() the VIDs of each circuit, for Tags
    std::array<rte_mbuf*, kBurst> frames_{};
    std::array<Reading, kBurst> readings_{};
    LatencyHistogram sampled_;
    std::uint32_t trial_ = 0;
    std::uint16_t queue_ = 0;
    WorkerCounter
        received_; ///< read by the sender, which waits for the last frames, and for progress
    std::uint64_t bytes_ = 0;
    std::uint64_t foreign_ = 0;
    std::uint64_t misdelivered_ = 0;
    std::uint64_t damaged_ = 0;
    std::uint64_t polls_ = 0;
    std::uint64_t empty_ = 0;
    std::uint64_t full_ = 0;
};

} // namespace strowger::pktgen
