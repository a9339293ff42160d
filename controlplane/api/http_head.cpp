// SPDX-License-Identifier: Apache-2.0
#include "api/http_head.h"

// Nothing a client sends may end the process (boostorg/beast 3461ad1a: it could).
#define BOOST_DISABLE_ASSERTS // NOLINT(cppcoreguidelines-macro-usage)
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

namespace strowger::api {
namespace {

namespace http = boost::beast::http;

using Parser = http::request_parser<http::empty_body>;

HttpRefusal malformed(std::string detail) {
    return HttpRefusal{400, "malformed_request", std::move(detail)};
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char character) {
        return static_cast<char>(std::tolower(character));
    });
    return lower;
}

/// Faults that the parser would smooth over, so that they can only be seen in the bytes.
std::optional<HttpRefusal> check_bytes(std::string_view head) {
    for (std::size_t place = 0; place < head.size(); ++place) {
        const char character = head[place];
        if (character == '\0') {
            return malformed("A header holds a NUL.");
        }
        if (character == '\r' && (place + 1 == head.size() || head[place + 1] != '\n')) {
            return malformed("A header holds a carriage return without line feed.");
        }
        if (character != '\n') {
            continue;
        }
        if (place == 0 || head[place - 1] != '\r') {
            return malformed("A header line ends without carriage return.");
        }
        if (place + 1 < head.size() && (head[place + 1] == ' ' || head[place + 1] == '\t')) {
            return malformed("Folded header lines are not taken.");
        }
    }
    return std::nullopt;
}

std::optional<HttpRefusal> check_body_length(HttpHead& head, std::uint64_t body_bytes_max) {
    if (head.request.count("transfer-encoding") != 0) {
        return HttpRefusal{
            411,
            "length_required",
            "Transfer-Encoding is not taken; send the body with Content-Length."};
    }
    if (head.request.count("content-length") > 1) {
        return malformed("Content-Length appears more than once.");
    }
    const std::string* length = head.request.find("content-length");
    if (length == nullptr) {
        return std::nullopt;
    }
    const bool digits = !length->empty() && length->size() <= 19 &&
                        std::all_of(length->begin(), length->end(), [](unsigned char character) {
                            return std::isdigit(character) != 0;
                        });
    if (!digits) {
        return malformed("Content-Length is not a number.");
    }
    std::from_chars(length->data(), length->data() + length->size(), head.body_bytes);
    if (head.body_bytes > body_bytes_max) {
        return HttpRefusal{
            413,
            "payload_too_large",
            "A body holds at most " + std::to_string(body_bytes_max) + " bytes."};
    }
    return std::nullopt;
}

/// Exactly one Host; a target in absolute form (RFC 9112 section 3.2.2) names the same.
std::optional<HttpRefusal> check_authority(HttpRequest& request) {
    if (request.count("host") != 1) {
        return malformed("There must be exactly one Host.");
    }
    if (request.target.starts_with('/')) {
        return std::nullopt;
    }
    std::string_view rest = request.target;
    const std::size_t colon = rest.find("://");
    const std::string scheme = lower_case(rest.substr(0, colon));
    // Without the colon, "http" would be a path's name and not a scheme.
    if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
        return malformed("The target is not a path.");
    }
    rest.remove_prefix(colon + 3);
    const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
    if (lower_case(rest.substr(0, path)) != lower_case(*request.find("host"))) {
        return malformed("The target names another host than Host.");
    }
    std::string origin_form(rest.substr(path));
    request.target = origin_form.starts_with('/') ? origin_form : '/' + origin_form;
    return std::nullopt;
}

std::optional<HttpRefusal> check_connection(HttpHead& head) {
    if (const std::string* connection = head.request.find("connection")) {
        head.keep_alive = lower_case(*connection).find("close") == std::string::npos;
    }
    if (head.request.count("upgrade") != 0) {
        head.keep_alive = false; // not taken up, which RFC 9110 allows
    }
    if (const std::string* expect = head.request.find("expect")) {
        if (lower_case(*expect) != "100-continue") {
            return HttpRefusal{417, "expectation_failed", "Only 100-continue can be expected."};
        }
        head.expects_continue = head.body_bytes > 0;
    }
    return std::nullopt;
}

} // namespace

std::size_t http_head_size(std::string_view received) noexcept {
    const std::size_t end = received.find("\r\n\r\n");
    return end == std::string_view::npos ? 0 : end + 4;
}

HttpHeadResult parse_http_head(std::string_view head, std::uint64_t body_bytes_max) {
    if (std::optional<HttpRefusal> refusal = check_bytes(head)) {
        return *std::move(refusal);
    }
    Parser parser;
    parser.eager(false); // stops behind the head
    parser.header_limit(static_cast<std::uint32_t>(head.size()) + 1);
    parser.body_limit(boost::none);
    boost::system::error_code ec;
    parser.put(boost::asio::buffer(head.data(), head.size()), ec);
    if (ec == http::error::bad_version) {
        return HttpRefusal{400, "http_version_not_supported", "Only HTTP/1.1 is spoken."};
    }
    // Nothing is wrong with a head that only announces a body.
    if ((ec && ec != http::error::need_more) || !parser.is_header_done()) {
        return malformed("Not an HTTP/1.1 request: " + ec.message() + '.');
    }
    const auto& message = parser.get();
    if (message.version() != 11) {
        return HttpRefusal{400, "http_version_not_supported", "Only HTTP/1.1 is spoken."};
    }
    HttpHead result;
    result.request.method = std::string(message.method_string());
    result.request.target = std::string(message.target());
    for (const auto& field : message) {
        result.request.fields.push_back(HttpField{
            lower_case(field.name_string()), std::string(field.value())});
    }
    for (const auto& check :
         {check_authority(result.request),
          check_body_length(result, body_bytes_max),
          check_connection(result)}) {
        if (check) {
            return *check;
        }
    }
    return result;
}

} // namespace strowger::api
