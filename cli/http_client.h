// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/failure.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace strowger::cli {

struct HttpHeader {
    std::string name;
    std::string value;
};

struct HttpRequest {
    std::string method;
    std::string target; ///< percent-encoded path and query
    std::vector<HttpHeader> headers;
    std::string body;
};

struct HttpReply {
    unsigned status = 0;
    std::vector<HttpHeader> headers;
    std::string body;

    /// The first header of that name, whatever its case; "" when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Why there is no reply.
struct TransportFailure {
    enum class Kind {
        Unreachable, ///< never connected: nothing was sent
        Untrusted,   ///< the peer's certificate was refused: nothing was sent
        Dropped,     ///< the connection ended before the whole reply
        TimedOut,
        Interrupted,
    };
    Kind kind = Kind::Unreachable;
    std::string reason; ///< the system's words
    bool sent = false;  ///< the request may have reached the daemon
};

using HttpResult = std::variant<HttpReply, TransportFailure>;

/// One peer, one request at a time. Keeps its connection between requests.
class Transport {
public:
    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;
    /// Never retries. The timeout covers everything from connecting to the last byte.
    virtual HttpResult exchange(const HttpRequest& request, std::chrono::milliseconds timeout) = 0;
};

/// Where the daemon listens.
struct Peer {
    std::string socket_path; ///< when set, the rest is unused
    bool tls = false;
    std::string host;
    std::string port;
    std::string ca_file; ///< PEM; empty: the system's authorities
};

/// Called about ten times a second while a request waits, with the time it has waited.
using WaitObserver = std::function<void(std::chrono::milliseconds)>;

/// HTTP/1.1 by Boost.Beast over a unix socket, TCP or TLS. `interrupted` is polled while waiting.
std::unique_ptr<Transport>
make_http_client(Peer peer, std::function<bool()> interrupted, WaitObserver waiting);

} // namespace strowger::cli
