// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace strowger::cli {

/// What a script learns without reading a word. The numbers never change meaning.
enum class ExitCode : int {
    Ok = 0,
    General = 1,
    Usage = 2,
    NotFound = 3,
    Permission = 4,
    Conflict = 5,
    Unreachable = 6,
    TimedOut = 7,
    Cancelled = 8,
    Interrupted = 130,
};

struct ExitCodeMeaning {
    ExitCode code;
    std::string_view meaning;
};

inline constexpr std::array<ExitCodeMeaning, 10> kExitCodeMeanings = {{
    {ExitCode::Ok, "done; also when there was nothing to change"},
    {ExitCode::General,
     "any other failure: the daemon is not ready or answered with an error of its own"},
    {ExitCode::Usage, "the command line or the order is wrong; nothing was changed"},
    {ExitCode::NotFound, "the object does not exist, or is another tenant's"},
    {ExitCode::Permission, "no valid token, or one that may not do this"},
    {ExitCode::Conflict, "against the present inventory, a precondition, a quota or a capacity"},
    {ExitCode::Unreachable,
     "no answer from the daemon: not running, wrong address, untrusted certificate"},
    {ExitCode::TimedOut,
     "sent but not answered, the state is unknown: repeat with the printed key"},
    {ExitCode::Cancelled, "you answered no"},
    {ExitCode::Interrupted, "stopped by Ctrl-C (SIGINT)"},
}};

} // namespace strowger::cli
