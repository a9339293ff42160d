// SPDX-License-Identifier: Apache-2.0
#include "control/inner_vids.h"

#include "strowger/base/check.h"

#include <algorithm>
#include <array>

namespace strowger::dataplane {

namespace {

constexpr unsigned kVidBits = 12;

constexpr auto kBefore = [](const auto& use, std::uint16_t vid) { return use.vid < vid; };

} // namespace

void InnerVids::add(const VidRuns& vids) {
    vids.for_each_vid([this](std::uint16_t vid) {
        const auto found = std::lower_bound(uses_.begin(), uses_.end(), vid, kBefore);
        if (found != uses_.end() && found->vid == vid) {
            ++found->count;
        } else {
            uses_.insert(found, Use{.vid = vid, .count = 1});
        }
    });
}

void InnerVids::remove(const VidRuns& vids) {
    vids.for_each_vid([this](std::uint16_t vid) {
        const auto found = std::lower_bound(uses_.begin(), uses_.end(), vid, kBefore);
        STROWGER_CHECK(found != uses_.end() && found->vid == vid);
        if (--found->count == 0) {
            uses_.erase(found);
        }
    });
}

bool InnerVids::fit(BlockShape shape) const {
    if (shape.is_direct()) {
        return true;
    }
    if (uses_.size() > std::size_t{shape.lines()} * BlockShape::kPairsPerLine) {
        return false;
    }
    std::array<std::uint8_t, 1U << BlockShape::kLog2LinesMax> used{};
    return std::all_of(uses_.begin(), uses_.end(), [&](const Use& use) {
        return ++used[shape.line_of(use.vid)] <= BlockShape::kPairsPerLine;
    });
}

BlockShape InnerVids::smallest_shape() const {
    for (unsigned log2_lines = 0; log2_lines <= BlockShape::kLog2LinesMax; ++log2_lines) {
        for (unsigned shift = 0; shift + log2_lines <= kVidBits; ++shift) {
            const BlockShape shape{
                .log2_lines = static_cast<std::uint8_t>(log2_lines),
                .shift = static_cast<std::uint8_t>(shift)};
            if (fit(shape)) {
                return shape;
            }
            if (log2_lines == 0) {
                break; // one line takes them all, whatever the shift
            }
        }
    }
    return BlockShape{};
}

} // namespace strowger::dataplane
