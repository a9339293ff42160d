// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/http_message.h"
#include "strowger/base/result.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::api {

/// One kind of refusal a client can be given. The list is closed; openapi.yaml repeats it.
struct ProblemKind {
    std::string_view code;
    int status;
    std::string_view title;
};

/// The one table from code to status.
[[nodiscard]] std::span<const ProblemKind> problem_kinds() noexcept;

/// A problem (RFC 9457) of that code; a code that the table lacks is a broken invariant.
[[nodiscard]] HttpResponse problem_response(
    std::string_view code,
    std::string_view detail,
    const std::vector<Problem>& errors = {},
    std::string_view extra_members = {}
);

/// What the service or a check refused. Codes of 409, 403 and 429 are those of the first problem.
[[nodiscard]] HttpResponse
problem_response(const Error& error, std::string_view extra_members = {});

} // namespace strowger::api
