// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <cstdint>

namespace strowger::pktgen {

inline constexpr std::uint16_t kTpidCustomer = 0x8100; ///< IEEE 802.1Q C-tag
inline constexpr std::uint16_t kTpidService = 0x88A8;  ///< IEEE 802.1ad S-tag
inline constexpr std::uint32_t kCircuitsMax = 1'000'000;

/// The tags in front of a frame's payload, outermost first.
struct TagLayout {
    std::uint8_t count = 2;                  ///< 0, 1 (C) or 2 (S and C)
    std::uint16_t outer_tpid = kTpidService; ///< of the first tag; the second is always 0x8100
    friend bool operator==(const TagLayout&, const TagLayout&) = default;
};

/// The VIDs of one circuit at one side. A tag that the layout does not have is 0.
struct Vids {
    std::uint16_t s = 0;
    std::uint16_t c = 0;
    friend bool operator==(const Vids&, const Vids&) = default;
};

/// Both VIDs in one word, for one comparison a frame.
constexpr std::uint32_t key_of(Vids vids) noexcept {
    return std::uint32_t{vids.s} << 16 | vids.c;
}

struct TagPlanSpec {
    std::uint32_t circuits = 1;
    TagLayout sent{};
    TagLayout received{};
    std::uint32_t c_vids_per_s = 4'000; ///< how many circuits share an S-VLAN
    std::uint16_t s_first = 2;
    std::uint16_t c_first = 2;
    std::int32_t s_offset = 0; ///< received S-VID minus sent S-VID
    std::int32_t c_offset = 0; ///< received C-VID minus sent C-VID
};

/// Which tags a circuit's frames carry when they are sent, and with which the device under test
/// must give them back.
///
/// Circuit i has C-VID c_first + i mod c_vids_per_s and S-VID s_first + i / c_vids_per_s. With one
/// tag there is one S-VLAN's worth of C-VIDs, and a pushed S-tag has VID s_first + s_offset.
class TagPlan {
public:
    /// Fails with Invalid, naming every option that is wrong. Refuses plans in which two circuits
    /// would come back with the same tags: misdelivery between them could not be seen.
    static Result<TagPlan> from(const TagPlanSpec& spec);

    [[nodiscard]] Vids sent(std::uint32_t circuit) const noexcept;
    [[nodiscard]] Vids received(std::uint32_t circuit) const noexcept;
    [[nodiscard]] const TagPlanSpec& spec() const noexcept { return spec_; }
    /// The same circuits through a device that changes nothing.
    [[nodiscard]] TagPlan unchanged() const;

private:
    explicit TagPlan(const TagPlanSpec& spec) noexcept : spec_(spec) {}

    TagPlanSpec spec_;
};

} // namespace strowger::pktgen
