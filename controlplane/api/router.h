// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/exchange.h"
#include "api/wrong_tokens.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace strowger::api {

struct RouterParts {
    service::Provisioner& provisioner;
    const Clock& clock;
    std::string version;
    std::uint32_t wrong_tokens_burst;
};

/// One line of the table of operations, for whoever compares it with openapi.yaml.
struct OperationName {
    std::string method;
    std::string path; ///< "/v1/circuits/{id}"
};

/// Finds out who asks, for whom and for what, and has it done. Faults are told in the order of
/// their statuses: 400, 401, 403, 404, then what the operation itself finds.
class Router {
public:
    explicit Router(RouterParts parts);

    /// Answers a request, now or later; exactly once.
    void handle(HttpRequest request, Respond respond);
    /// The answer to what is no request.
    [[nodiscard]] HttpResponse refuse(const std::string& code, const std::string& detail);
    /// Whether a body above `body_bytes_max` is taken: only a batch's, from who may ask, and a few
    /// at a time. A permit, given back when it is let go, or the refusal.
    [[nodiscard]] std::variant<std::shared_ptr<void>, HttpResponse>
    admit_large(const HttpRequest& head, std::uint64_t body_bytes, std::uint64_t body_bytes_max);
    [[nodiscard]] static std::vector<OperationName> operations();

private:
    void dispatch(HttpRequest request, const Respond& respond);
    [[nodiscard]] std::string next_request_id();

    /// The answer to who does not say who they are: 401, or 429 when that has gone on for too long.
    [[nodiscard]] HttpResponse turn_away(const HttpRequest& request);

    Services services_;
    WrongTokens wrong_tokens_;
    std::string request_id_prefix_;
    std::uint64_t request_count_ = 0;
    /// Those who have a permit share it, and may outlive the router.
    std::shared_ptr<std::uint32_t> large_bodies_ = std::make_shared<std::uint32_t>(0);
};

} // namespace strowger::api
