// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace strowger {

/// Ends the process because the program itself is wrong. Never used for what a frame, a tenant, a
/// disk or a NIC can cause: those are drop reasons and problems. Out of line, so that the frame
/// path pays one predicted branch and check_symbols.py can tell this from a stage that prints.
[[noreturn, gnu::cold, gnu::noinline]] inline void
check_failed(const char* condition, const char* file, int line) noexcept {
    std::fprintf(stderr, "strowger: broken invariant: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

} // namespace strowger

/// Holds in every build. For invariants whose breach would mix tenants or corrupt state.
#define STROWGER_CHECK(condition)                                     \
    do {                                                              \
        if (!(condition)) [[unlikely]] {                              \
            ::strowger::check_failed(#condition, __FILE__, __LINE__); \
        }                                                             \
    } while (false)

/// Holds in debug builds only: for loops over frames, where a check has a measurable price.
#ifdef NDEBUG
#define STROWGER_DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#else
#define STROWGER_DCHECK(condition) STROWGER_CHECK(condition)
#endif
