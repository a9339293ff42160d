// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/model/vid_runs.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace strowger {

/// An 802.1Q VLAN id that a customer may use: 1 to 4094. 0 marks priority-tagged frames and 4095 is
/// reserved (802.1Q 9.6); neither can be held.
class VlanId {
public:
    static constexpr std::uint16_t kMin = 1;
    static constexpr std::uint16_t kMax = 4094;

    /// Fails with Invalid ("out_of_range").
    static Result<VlanId> from(std::uint64_t raw);
    [[nodiscard]] constexpr std::uint16_t value() const noexcept { return value_; }
    friend constexpr auto operator<=>(VlanId, VlanId) = default;

private:
    constexpr explicit VlanId(std::uint16_t value) noexcept : value_(value) {}
    std::uint16_t value_;
};

/// The EtherType that announces the first tag at a UNI.
enum class Tpid : std::uint8_t { CTag8100, STag88a8, STag9100 };
inline constexpr std::size_t kTpidCount = 3;

[[nodiscard]] constexpr std::uint16_t tpid_ethertype(Tpid tpid) noexcept {
    constexpr std::uint16_t kEthertypes[kTpidCount] = {0x8100, 0x88A8, 0x9100};
    return kEthertypes[static_cast<std::size_t>(tpid)];
}
/// "0x8100", "0x88a8", "0x9100".
[[nodiscard]] std::string_view to_string(Tpid tpid) noexcept;
/// Fails with Invalid ("unknown_value").
Result<Tpid> tpid_from(std::string_view text);

/// A non-empty set of VLAN ids.
class VlanSet {
public:
    /// Fails with Invalid when first > last.
    static Result<VlanSet> range(VlanId first, VlanId last);
    static VlanSet single(VlanId vlan) { return VlanSet(VidRuns::of(vlan.value())); }

    void insert(VlanId vlan) { merge(single(vlan)); }
    void merge(const VlanSet& other) { runs_ = runs_.united(other.runs_); }
    [[nodiscard]] bool contains(std::uint16_t vlan) const { return runs_.contains(vlan); }
    [[nodiscard]] bool overlaps(const VlanSet& other) const { return runs_.overlaps(other.runs_); }
    [[nodiscard]] std::size_t size() const { return runs_.size(); }
    /// The lowest member.
    [[nodiscard]] VlanId first() const;
    [[nodiscard]] const VidRuns& runs() const noexcept { return runs_; }
    /// "100,200-299": ascending, ranges where two or more follow each other.
    [[nodiscard]] std::string to_string() const;
    friend bool operator==(const VlanSet&, const VlanSet&) = default;

private:
    explicit VlanSet(VidRuns runs) : runs_(std::move(runs)) {}
    VidRuns runs_;
};

/// All-to-one bundling (MEF 10.4 section 9.12): every frame of the UNI, whatever its tags.
struct MapAll {
    friend bool operator==(const MapAll&, const MapAll&) = default;
};
/// Untagged and priority-tagged frames (MEF 10.4 section 8.2: "UT/PT").
struct MapUntagged {
    friend bool operator==(const MapUntagged&, const MapUntagged&) = default;
};
/// Frames whose first tag has the UNI's TPID and one of these VIDs.
/// One VID: the tag is the circuit's and is translated. Several: bundling, the tag is the
/// customer's and is preserved (MEF 10.3 R25).
struct MapCVlans {
    VlanSet vlans;
    friend bool operator==(const MapCVlans&, const MapCVlans&) = default;
};
/// Frames whose first tag has the UNI's TPID and this VID, whatever follows. The tag is the
/// circuit's; what follows is the customer's.
struct MapSVlan {
    VlanId s_vlan;
    friend bool operator==(const MapSVlan&, const MapSVlan&) = default;
};
/// Frames with this S-VID (UNI's TPID) and behind it a C-tag (0x8100) with one of these VIDs.
/// One C-VID: both tags are the circuit's. Several: the C-tag is preserved.
struct MapSCVlans {
    VlanId s_vlan;
    VlanSet c_vlans;
    friend bool operator==(const MapSCVlans&, const MapSCVlans&) = default;
};

/// Which frames of a UNI belong to an endpoint (MEF 10.4 section 10.4, EVC EP map).
using VlanMap = std::variant<MapAll, MapUntagged, MapCVlans, MapSVlan, MapSCVlans>;

/// Whether some frame could belong to both maps on one UNI.
[[nodiscard]] bool overlaps(const VlanMap& left, const VlanMap& right);

/// How many of a frame's own tags the circuit consumes at ingress and pushes at egress: 0 for all,
/// untagged and C-VLAN bundles; 1 for one C-VID, S-VID, and S-VID with a C-VLAN bundle; 2 for
/// S-VID with one C-VID.
[[nodiscard]] unsigned circuit_tag_count(const VlanMap& map);

} // namespace strowger
