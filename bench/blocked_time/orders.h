// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/dataplane.h"

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

namespace strowger::bench {

/// Creates, modifies and deletes circuits through the seam, in turns, at a steady rate, on the
/// control thread, beside whatever else it does.
class Orders {
public:
    struct Terms {
        std::uint32_t first_created = 0; ///< circuits from here on are created and deleted
        std::uint32_t created_max = 0;
        std::vector<std::uint32_t> modified; ///< installed circuits whose profile and tags change
        std::uint64_t first_key = 0;         ///< no circuit has it or a higher one
    };
    Orders(Dataplane& seam, Terms terms) : seam_(seam), terms_(std::move(terms)) {}

    /// The next order, of whichever kind is due. False: it must wait for an earlier one.
    bool place_next();
    /// Moves orders on.
    void poll();
    [[nodiscard]] std::uint64_t placed() const { return placed_; }
    [[nodiscard]] std::uint64_t completed() const { return completed_; }

private:
    bool create();
    bool modify();
    bool remove();

    Dataplane& seam_;
    Terms terms_;
    std::array<Completion, 64> completions_;
    std::deque<std::uint64_t> living_; ///< keys of created circuits, the oldest first
    std::uint64_t created_ = 0;
    std::uint64_t modified_ = 0;
    std::uint64_t placed_ = 0;
    std::uint64_t completed_ = 0;
};

} // namespace strowger::bench
