// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strowger::api {

/// What a request is aimed at, percent-decoded: "/v1/circuits/ny-dc?limit=1" is three segments and
/// one parameter.
struct Target {
    std::vector<std::string> segments;
    std::vector<std::pair<std::string, std::string>> query;
};

inline constexpr std::size_t kQueryParametersMax = 64;

/// Fails with Malformed when something is not encoded as RFC 3986 says.
Result<Target> parse_target(std::string_view target);

} // namespace strowger::api
