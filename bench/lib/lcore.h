// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace strowger::bench {

/// Times of the thread behind an lcore, read from another thread.
class LcoreClock {
public:
    /// Asks the lcore, which must be idle, who it is.
    explicit LcoreClock(unsigned lcore);
    /// Nanoseconds for which the thread has been on its core: what the host stole and what others
    /// took of the core is not in it.
    [[nodiscard]] std::uint64_t on_core_ns() const;
    /// Nanoseconds for which it could run and did not (/proc/<pid>/task/<tid>/schedstat).
    [[nodiscard]] std::uint64_t run_delay_ns() const;

private:
    int clock_ = 0;
    int thread_ = 0;
};

/// Nanoseconds of one dependent load in a random walk through `megabytes`, on that lcore: what the
/// machine's memory is like at this moment. 0 when there is no memory for it.
[[nodiscard]] double memory_latency_ns(unsigned lcore, std::uint32_t megabytes);

} // namespace strowger::bench
