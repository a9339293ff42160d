// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/identity.h"
#include "strowger/model/vlan.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace strowger::service {

/// Who holds which frames of one UNI, so that a new map is checked at the price of its own size,
/// not of the number of circuits ("each C-VLAN ID maps to at most one EVC EP": MEF 10.3 R76).
class VlanIndex {
public:
    /// The circuits, other than `self`, that some frame of `map` belongs to already.
    [[nodiscard]] std::set<ObjectId> conflicts(const VlanMap& map, const ObjectId& self) const;
    /// `map` must not conflict. A circuit may hold two maps while it changes from one to the other.
    void hold(const ObjectId& circuit, const VlanMap& map);
    void release(const ObjectId& circuit, const VlanMap& map);
    /// Circuits that hold something here, and how many maps each.
    [[nodiscard]] const std::map<ObjectId, std::uint32_t>& holders() const noexcept {
        return holders_;
    }

private:
    struct Claim {
        ObjectId circuit;
        std::uint32_t maps = 0; ///< of that circuit: the old and the new one of a change
    };
    using Claims = std::unordered_map<std::uint16_t, Claim>;

    /// Calls `visit(claims, vid)` for each place that the map takes.
    template <typename Visit>
    void for_each_place(const VlanMap& map, Visit visit);
    void collect_first_tag(std::uint16_t vid, const ObjectId& self, std::set<ObjectId>& found)
        const;

    Claims port_;      ///< by kAll and kUntagged
    Claims first_tag_; ///< by VID of the first tag, whatever follows
    std::unordered_map<std::uint16_t, Claims> second_tag_; ///< by S-VID, then C-VID
    std::map<ObjectId, std::uint32_t> holders_;
};

} // namespace strowger::service
