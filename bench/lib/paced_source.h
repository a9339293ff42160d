// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/circuits.h"
#include "strowger/base/result.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace strowger::bench {

/// What became of the frames of a set of circuits.
struct Tally {
    std::uint64_t offered = 0;
    std::uint64_t received = 0;
    std::uint64_t reordered = 0; ///< came behind a later frame of their circuit
    [[nodiscard]] std::uint64_t lost() const { return offered - received; }
};

/// Frames of one group that found no room at one time.
struct Refused {
    std::uint64_t tsc = 0;
    std::size_t group = 0;
    std::uint64_t frames = 0;
};

/// Offers frames at a steady rate to a ring and takes back those that come out of another, on the
/// thread that calls step(). Never waits: a frame for which there is no room is lost, as on a
/// wire. Frames carry their circuit's number in the IPv4 source address, and behind the UDP header
/// which one of their circuit they are.
class PacedSource {
public:
    static constexpr std::size_t kGroupsMax = 4;
    static constexpr unsigned kBurst = 64;

    struct Terms {
        rte_ring* into = nullptr;
        rte_ring* from = nullptr;
        rte_mempool* pool = nullptr;
        std::uint32_t frames =
            0; ///< at first; more are taken from the pool when there are none left
        std::uint32_t frame_bytes = 64;
        /// Circuits in the order in which they are met, again and again.
        std::vector<std::uint32_t> order;
        /// By circuit: the group whose tally counts it.
        std::vector<std::uint8_t> group;
    };
    /// Fails with Unavailable when the pool has not enough frames.
    static Result<PacedSource> create(Terms terms);

    /// From now on. 0: nothing.
    void set_rate(double frames_per_s, double tsc_hz);
    /// Offers what is due, and takes back what came out.
    void step();
    void offer_due();
    /// Takes back up to kBurst frames. Returns whether anything came.
    bool collect();

    [[nodiscard]] const Tally& tally(std::size_t group) const { return tallies_.at(group); }
    [[nodiscard]] std::uint64_t offered() const;
    [[nodiscard]] std::uint64_t received() const;
    /// Frames that could not be offered because all were under way: the rate was not kept.
    [[nodiscard]] std::uint64_t withheld() const { return withheld_; }

    /// When frames found no room, the oldest first; those beyond what is kept are only in the
    /// tallies.
    [[nodiscard]] const std::vector<Refused>& refused() const { return refused_; }
    void forget_refused() { refused_.clear(); }

private:
    static constexpr std::size_t kRefusedMax = std::size_t{1} << 18U;

    explicit PacedSource(Terms terms) : terms_(std::move(terms)) {}
    void offer(unsigned count);
    void note_refused(std::size_t group);
    bool restock();

    Terms terms_;
    std::vector<std::uint64_t> tags_; ///< by circuit: both tags as they lie in a frame
    std::vector<std::uint32_t> sent_; ///< by circuit: the number of its last frame
    std::vector<std::uint32_t> seen_; ///< by circuit: the highest number that came back
    std::vector<std::uint8_t> frame_;
    std::vector<rte_mbuf*> stock_;
    std::array<Tally, kGroupsMax> tallies_{};
    std::vector<Refused> refused_;
    std::size_t at_ = 0;
    double per_tick_ = 0;
    double due_ = 0;
    std::uint64_t last_tick_ = 0;
    std::uint64_t withheld_ = 0;
};

} // namespace strowger::bench
