// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>

namespace strowger::dataplane {

/// Which lines of the workers' indexes are free: runs of 1, 2, 4 … 256 lines, split in halves and
/// joined again (a buddy ledger). Lines have the same numbers on every worker.
class LineLedger {
public:
    static constexpr unsigned kOrderMax = 8; ///< 256 lines: a direct block

    explicit LineLedger(std::uint32_t line_count);

    /// The first of 2^order lines; nothing when there are not so many together.
    [[nodiscard]] std::optional<std::uint32_t> take(unsigned order);
    void give_back(std::uint32_t line, unsigned order);
    [[nodiscard]] std::uint32_t free_lines() const noexcept { return free_lines_; }

private:
    std::array<std::set<std::uint32_t>, kOrderMax + 1> free_; ///< by order: first lines
    std::uint32_t free_lines_ = 0;
};

} // namespace strowger::dataplane
