// SPDX-License-Identifier: Apache-2.0
#include "platform/turn_watch.h"

#include <algorithm>
#include <sstream>
#include <unistd.h>

namespace strowger::dataplane {

std::optional<LongTurns> explain_long_turns(const TurnClocks& before, const TurnClocks& now) {
    const std::uint64_t turns = now.long_turns - before.long_turns;
    if (turns == 0) {
        return std::nullopt;
    }
    std::uint64_t longest_us = 0;
    for (std::uint64_t n = now.long_turns - std::min<std::uint64_t>(turns, now.last_us.size());
         n < now.long_turns;
         ++n) {
        longest_us = std::max(longest_us, now.last_us.at(n % now.last_us.size()));
    }
    const std::uint64_t all_us = now.long_us - before.long_us;
    const std::uint64_t waited_us = std::min(all_us, now.run_delay_us - before.run_delay_us);
    const std::uint64_t stolen_us = std::min(all_us - waited_us, now.stolen_us - before.stolen_us);
    const std::uint64_t rest_us = all_us - waited_us - stolen_us;
    std::string text = std::to_string(turns) + " turn(s) took more than " +
                       std::to_string(kLongTurnUs) + " us, the longest " +
                       std::to_string(longest_us) + " us, together " + std::to_string(all_us) +
                       " us: " + std::to_string(waited_us) + " us another thread had the core, " +
                       std::to_string(stolen_us) + " us the host had it, " +
                       std::to_string(rest_us) + " us are its own";
    return LongTurns{.ours = rest_us > waited_us + stolen_us, .text = std::move(text)};
}

std::uint64_t run_delay_us_in(const std::string& schedstat) {
    std::istringstream words{schedstat};
    std::uint64_t ran_ns = 0;
    std::uint64_t waited_ns = 0;
    words >> ran_ns >> waited_ns;
    return waited_ns / 1'000;
}

std::uint64_t stolen_us_in(const std::string& stat, std::uint32_t core) {
    constexpr unsigned kStealWord = 8; // cpuN user nice system idle iowait irq softirq steal
    const std::string wanted = "cpu" + std::to_string(core);
    std::istringstream lines{stat};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string word;
        words >> word;
        if (word != wanted) {
            continue;
        }
        std::uint64_t ticks = 0;
        for (unsigned i = 0; i < kStealWord; ++i) {
            words >> ticks;
        }
        const auto per_second = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
        return words ? ticks * 1'000'000 / per_second : 0;
    }
    return 0;
}

void TurnWatch::look(const std::vector<Source>& workers) {
    for (std::size_t id = 0; id < workers.size() && id < before_.size(); ++id) {
        if (const auto found = explain_long_turns(before_[id], workers[id].clocks)) {
            report_(
                found->ours ? Severity::Warning : Severity::Info,
                "worker on core " + std::to_string(workers[id].core) + ": " + found->text
            );
        }
    }
    before_.clear();
    for (const Source& worker : workers) {
        before_.push_back(worker.clocks);
    }
}

} // namespace strowger::dataplane
