// SPDX-License-Identifier: Apache-2.0
#include "control/line_ledger.h"

namespace strowger::dataplane {

LineLedger::LineLedger(std::uint32_t line_count) {
    constexpr std::uint32_t kLargest = 1U << kOrderMax;
    for (std::uint32_t line = 0; line + kLargest <= line_count; line += kLargest) {
        free_[kOrderMax].insert(free_[kOrderMax].end(), line);
        free_lines_ += kLargest;
    }
}

std::optional<std::uint32_t> LineLedger::take(unsigned order) {
    unsigned from = order;
    while (from <= kOrderMax && free_[from].empty()) {
        ++from;
    }
    if (from > kOrderMax) {
        return std::nullopt;
    }
    const std::uint32_t line = *free_[from].begin();
    free_[from].erase(free_[from].begin());
    while (from > order) {
        --from;
        free_[from].insert(line + (1U << from));
    }
    free_lines_ -= 1U << order;
    return line;
}

void LineLedger::give_back(std::uint32_t line, unsigned order) {
    free_lines_ += 1U << order;
    while (order < kOrderMax && free_[order].erase(line ^ (1U << order)) == 1) {
        line &= ~(1U << order);
        ++order;
    }
    free_[order].insert(line);
}

} // namespace strowger::dataplane
