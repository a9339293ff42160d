// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_code.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace strowger::cli {

/// One cause of a failure, with its cure.
struct Fault {
    std::string why;  ///< in words, with the place it concerns
    std::string code; ///< the API's, for looking it up; empty for the CLI's own
    std::string rule; ///< the source of the rule; may be empty
    std::string fix;  ///< what to do; may be empty
};

/// Why a command did not do what was asked, and how the process ends because of it.
struct Failure {
    ExitCode exit = ExitCode::General;
    std::string what;
    std::vector<Fault> faults;
    std::string request_id;
    std::string problem_json; ///< the API's own object (RFC 9457); empty when the API did not speak
};

/// A value, or the failure that took its place.
template <typename T>
using Outcome = std::variant<T, Failure>;
using Done = std::monostate;

template <typename T>
[[nodiscard]] Failure* failure_of(Outcome<T>& outcome) {
    return std::get_if<Failure>(&outcome);
}

inline Failure make_failure(ExitCode exit, std::string what, std::string why, std::string fix) {
    return {exit, std::move(what), {{std::move(why), "", "", std::move(fix)}}, "", ""};
}
inline Failure usage_failure(std::string what, std::string why, std::string fix) {
    return make_failure(ExitCode::Usage, std::move(what), std::move(why), std::move(fix));
}

} // namespace strowger::cli
