// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace strowger {

/// VIDs first to last, both included.
struct VidRun {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    friend constexpr bool operator==(const VidRun&, const VidRun&) = default;
};

/// A set of 12-bit VIDs, 0 and 4095 included, as ascending runs that do not touch. Nearly every map
/// is one VID or one range: that takes 32 bytes and no allocation, where a bit for each VID would
/// take 512 in every copy of every circuit.
class VidRuns {
public:
    static constexpr std::size_t kVids = 4'096;
    using Bits = std::bitset<kVids>;

    VidRuns() = default;
    static VidRuns of(VidRun run) {
        VidRuns runs;
        runs.head_ = run;
        runs.count_ = 1;
        return runs;
    }
    static VidRuns of(std::uint16_t vid) { return of(VidRun{vid, vid}); }
    static VidRuns of(const Bits& bits) {
        VidRuns runs;
        for (std::size_t first = bits._Find_first(); first < kVids;) {
            std::size_t last = first;
            while (last + 1 < kVids && bits.test(last + 1)) {
                ++last;
            }
            runs.append({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)});
            first = bits._Find_next(last);
        }
        return runs;
    }

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] std::size_t run_count() const noexcept { return count_; }
    [[nodiscard]] VidRun run(std::size_t index) const {
        return index == 0 ? head_ : rest_[index - 1];
    }
    template <typename Visit>
    void for_each_run(Visit&& visit) const {
        for (std::size_t i = 0; i < count_; ++i) {
            visit(run(i));
        }
    }
    template <typename Visit>
    void for_each_vid(Visit&& visit) const {
        for_each_run([&](VidRun each) {
            for (std::uint32_t vid = each.first; vid <= each.last; ++vid) {
                visit(static_cast<std::uint16_t>(vid));
            }
        });
    }
    [[nodiscard]] std::size_t size() const {
        std::size_t vids = 0;
        for_each_run([&vids](VidRun each) { vids += each.last - each.first + std::size_t{1}; });
        return vids;
    }
    [[nodiscard]] bool contains(std::uint16_t vid) const { return overlaps(of(vid)); }
    [[nodiscard]] bool overlaps(const VidRuns& other) const {
        std::size_t a = 0;
        std::size_t b = 0;
        while (a < count_ && b < other.count_) {
            const VidRun left = run(a);
            const VidRun right = other.run(b);
            if (left.first <= right.last && right.first <= left.last) {
                return true;
            }
            left.last < right.last ? ++a : ++b;
        }
        return false;
    }
    [[nodiscard]] Bits bits() const {
        Bits bits;
        for_each_vid([&bits](std::uint16_t vid) { bits.set(vid); });
        return bits;
    }
    [[nodiscard]] VidRuns united(const VidRuns& other) const {
        return other.empty() ? *this : empty() ? other : of(bits() | other.bits());
    }
    [[nodiscard]] VidRuns without(const VidRuns& other) const {
        return overlaps(other) ? of(bits() & ~other.bits()) : *this;
    }
    friend bool operator==(const VidRuns&, const VidRuns&) = default;

private:
    void append(VidRun run) {
        if (count_ == 0) {
            head_ = run;
        } else {
            rest_.push_back(run);
        }
        ++count_;
    }

    VidRun head_;
    std::uint32_t count_ = 0;
    std::vector<VidRun> rest_;
};

} // namespace strowger
