// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/vid_runs.h"
#include "table/index_entry.h"

#include <cstdint>
#include <vector>

namespace strowger::dataplane {

/// The C-VIDs that circuits use behind one S-VLAN, as far as the shape of their block asks: once it
/// is direct, every VID has a place and nothing needs to be known.
class InnerVids {
public:
    /// Counts one more use of each; a circuit on its way from one map to another uses both.
    void add(const VidRuns& vids);
    /// Undoes add().
    void remove(const VidRuns& vids);
    /// Whether a block of this shape has room for all.
    [[nodiscard]] bool fit(BlockShape shape) const;
    /// The smallest shape that has.
    [[nodiscard]] BlockShape smallest_shape() const;
    /// Every VID has a place from now on.
    void forget() { uses_ = {}; }

private:
    struct Use {
        std::uint16_t vid = 0;
        std::uint16_t count = 0;
    };
    std::vector<Use> uses_; ///< ascending
};

} // namespace strowger::dataplane
