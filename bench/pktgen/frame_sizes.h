// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::pktgen {

/// The sizes of a run's frames: one, or a mix in fixed shares.
struct SizeProfile {
    std::string name{};                   ///< "64", "imix"
    std::vector<std::uint16_t> pattern{}; ///< bytes with FCS, one after the other, again and again

    [[nodiscard]] std::uint16_t largest() const;
    [[nodiscard]] double mean() const;
};

/// "64", "imix", or a list of them: "64,imix,1518". `tags` of the larger side decides how small a
/// frame may be. Fails with Invalid, naming every element that is wrong.
Result<std::vector<SizeProfile>> parse_sizes(std::string_view text, std::uint8_t tags);

/// Walks a profile's pattern beside the circuits' order so that every circuit meets every size.
///
/// Were both walked in step, a pattern of 12 over 12,000 circuits would give each circuit one size
/// for ever. So the pattern slips at each turn of the circuits until the lengths have no common
/// part.
class SizeWalk {
public:
    SizeWalk(std::size_t pattern, std::uint32_t circuits) noexcept;

    /// Index into the pattern for the next frame.
    std::uint32_t next() noexcept {
        const std::uint32_t index = index_;
        index_ = index_ + 1 == pattern_ ? 0 : index_ + 1;
        return index;
    }
    /// After the last circuit of a turn.
    void turn() noexcept { index_ = (index_ + slip_) % pattern_; }

private:
    std::uint32_t pattern_;
    std::uint32_t slip_;
    std::uint32_t index_ = 0;
};

} // namespace strowger::pktgen
