// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/http_message.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace strowger::api {

/// The part of a request before its body, and what it says about the rest of the connection.
struct HttpHead {
    HttpRequest request; ///< still without body
    std::uint64_t body_bytes = 0;
    bool keep_alive = true;
    bool expects_continue = false;
};

/// Why a head cannot be taken. Answered, and the connection closed: where the next request begins
/// is then a guess, and a proxy in front may guess differently (request smuggling).
struct HttpRefusal {
    int status = 400;
    std::string code;
    std::string detail;
};

using HttpHeadResult = std::variant<HttpHead, HttpRefusal>;

/// Reads one head, blank line included, and nothing else. The only place that uses Boost.Beast.
///
/// Beast 1.81 takes a Transfer-Encoding it does not know for no body, `Content-Length: 5, 5`,
/// folded lines, no Host and two of them, and trailers as headers. So here: any Transfer-Encoding,
/// more than one or a non-digit Content-Length, not exactly one Host, folded lines, bare CR or LF,
/// and a target that names another authority than Host are refused. Its parser sees the head only;
/// chunked bodies, where its assertions can be triggered from outside, never reach it.
[[nodiscard]] HttpHeadResult parse_http_head(std::string_view head, std::uint64_t body_bytes_max);

/// Where the head ends in what has been received: the size with its blank line; 0: not yet there.
[[nodiscard]] std::size_t http_head_size(std::string_view received) noexcept;

} // namespace strowger::api
