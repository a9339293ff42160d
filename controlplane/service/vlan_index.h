// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/identity.h"
#include "strowger/model/vlan.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

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
    /// Circuits that hold something here.
    [[nodiscard]] std::set<ObjectId> holders() const;
    [[nodiscard]] std::size_t holder_count() const noexcept { return holds_.size(); }

private:
    /// What a map claims, as keys that two overlapping maps share.
    struct Holder {
        ObjectId circuit;
        std::uint32_t count = 0; ///< maps of it that claim this key: old and new of one change
    };
    using Key = std::uint32_t;
    static constexpr Key kUntaggedKey = 0;
    [[nodiscard]] static std::vector<Key> keys(const VlanMap& map);
    void collect(Key key, const ObjectId& self, std::set<ObjectId>& found) const;

    std::unordered_map<Key, Holder> claims_;
    std::map<Key, std::uint32_t>
        inner_claims_; ///< S-VID -> how many (S, C) pairs are claimed below it
    std::map<ObjectId, std::uint32_t> holds_; ///< maps held, by circuit
    std::optional<Holder> all_;
};

} // namespace strowger::service
