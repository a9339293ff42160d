// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/identity.h"
#include "strowger/model/vlan.h"

#include <optional>
#include <string>

namespace strowger {

/// The S-VLANs of a shared port that belong to one UNI, both ends included.
struct SVlanRange {
    VlanId first;
    VlanId last; ///< not below first: checked by check_uni
    friend bool operator==(const SVlanRange&, const SVlanRange&) = default;
};

/// A tenant's demarcation (MEF: Subscriber UNI): a whole port, or a range of S-VLANs of a shared
/// one.
struct UniSpec {
    Name name;
    std::string display_name;
    Tags tags;
    Name port;
    Tpid tpid = Tpid::CTag8100;        ///< announces the first tag at this UNI
    std::optional<SVlanRange> s_vlans; ///< absent: the whole port
};

/// Every rule a UNI breaks in itself; empty when it is sound.
std::vector<Problem> check_uni(const UniSpec& uni);

/// Whether a UNI and a VLAN map fit: a shared port's UNI carries S-VID maps in its range only.
/// Pointers are below `pointer` (the map's).
std::vector<Problem>
check_map_on_uni(const VlanMap& map, const UniSpec& uni, std::string_view pointer);

/// Whether two UNIs could claim the same frames of one port.
[[nodiscard]] bool unis_collide(const UniSpec& left, const UniSpec& right);

} // namespace strowger
