// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strowger::api {

struct HttpField {
    std::string name; ///< of requests: in lower case
    std::string value;
};

/// A request whose framing is sound: what the server hands to the router, without any socket.
struct HttpRequest {
    std::string method; ///< as sent: "GET"
    std::string target; ///< origin form, as sent: "/v1/circuits?limit=10"
    std::vector<HttpField> fields;
    std::string body;
    /// The user at the other end of the local socket who needs no token there.
    std::optional<std::uint32_t> local_operator_uid;
    /// Whose share of wrong tokens it falls under; "" on the local socket, where nothing is
    /// counted.
    std::string source;

    /// The value of the field with this (lower case) name; null when absent. Fields that come twice
    /// are refused where it matters, see count().
    [[nodiscard]] const std::string* find(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
};

struct HttpResponse {
    int status = 200;
    std::vector<HttpField> fields; ///< without those of the framing (Content-Length, Connection)
    std::string body;
    /// Nothing that follows on the connection can be trusted to be a request.
    bool close = false;

    void add(std::string name, std::string value) {
        fields.push_back(HttpField{std::move(name), std::move(value)});
    }
    [[nodiscard]] const std::string* find(std::string_view name) const;
};

/// Gives the answer; called exactly once, now or later, on the control thread.
using Respond = std::function<void(HttpResponse response)>;

/// "Not Found" for 404; never empty.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// The response as it goes over the wire, in one piece. `date` is an IMF-fixdate.
[[nodiscard]] std::string serialize_response(
    const HttpResponse& response,
    std::string_view date,
    bool keep_alive,
    bool with_body
);

} // namespace strowger::api
