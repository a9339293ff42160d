// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace strowger::api {

/// Bounds how many wrong tokens of one source are looked into: a burst, then one a second (GCRA,
/// I.371). Takes 8 kB whatever happens. Sources may share a place: that costs a client with a wrong
/// token a 429 in place of a 401, and one with a valid token nothing.
class WrongTokens {
public:
    explicit WrongTokens(std::uint32_t burst)
        : tolerance_ns_((burst - std::int64_t{1}) * kEveryNs) {}

    /// Counts one; false when the source has had its share.
    [[nodiscard]] bool take(std::string_view source, std::int64_t now_ns) {
        std::int64_t& due_ns = due_ns_[std::hash<std::string_view>()(source) % due_ns_.size()];
        if (due_ns - now_ns > tolerance_ns_) {
            return false;
        }
        due_ns = std::max(due_ns, now_ns) + kEveryNs;
        return true;
    }

private:
    static constexpr std::int64_t kEveryNs = 1'000'000'000;
    std::int64_t tolerance_ns_;
    std::array<std::int64_t, 1'024> due_ns_{}; ///< when a place has had nothing for long enough
};

} // namespace strowger::api
