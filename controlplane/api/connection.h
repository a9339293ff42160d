// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/api_server.h"
#include "api/http_head.h"
#include "api/http_message.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace strowger::api {

/// What all connections share. Lives as long as the last of them.
struct ConnectionContext {
    std::uint64_t body_bytes_max = 0;
    /// A larger body than that: what is held until its answer is out, or why it is not taken.
    using Admission = std::variant<std::shared_ptr<void>, HttpResponse>;
    /// Asked before the body is read; none: no larger one is taken.
    std::function<Admission(const HttpRequest& head, std::uint64_t body_bytes)> admit_large;
    ApiConfig::Timeouts timeouts;
    /// Answers a request.
    std::function<void(HttpRequest request, Respond respond)> handle;
    /// Answers what is no request, in the same form.
    std::function<HttpResponse(const std::string& code, const std::string& detail)> refuse;
    std::function<std::string()> date;
    bool stopping = false;
};

/// Who is at the other end, as far as the socket knows: HttpRequest has both.
struct Peer {
    std::optional<std::uint32_t> local_operator_uid;
    std::string source;
};

/// What the server keeps of an open connection.
class OpenConnection {
public:
    OpenConnection() = default;
    OpenConnection(const OpenConnection&) = delete;
    OpenConnection& operator=(const OpenConnection&) = delete;
    OpenConnection(OpenConnection&&) = delete;
    OpenConnection& operator=(OpenConnection&&) = delete;
    virtual ~OpenConnection() = default;
    /// Ends it at once when no request is under way; else after its answer (`stopping`).
    virtual void close_if_idle() = 0;
};

/// One client's connection: reads a request, has it answered, writes the answer, and only then
/// looks at the next one (pipelined requests wait in the socket). Every phase has a size and a
/// deadline. Stream: a TCP, TLS or unix socket.
template <typename Stream>
class Connection final : public OpenConnection,
                         public std::enable_shared_from_this<Connection<Stream>> {
public:
    /// `on_close` is called when the connection is gone.
    Connection(
        Stream stream,
        std::shared_ptr<const ConnectionContext> context,
        Peer peer,
        std::function<void()> on_close
    );
    ~Connection() override;
    void start();
    void close_if_idle() override;

private:
    using Duration = std::chrono::milliseconds;
    enum class Progress : std::uint8_t { Done, TimedOut, Ended };

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<bool> handshake();
    /// One request and its answer; false when the connection is to end.
    boost::asio::awaitable<bool> serve_one();
    boost::asio::awaitable<Progress> read_head(std::size_t& size);
    boost::asio::awaitable<Progress> read_body(std::string& body, std::size_t bytes);
    boost::asio::awaitable<Progress> read_some();
    boost::asio::awaitable<HttpResponse> answer(HttpRequest request);
    boost::asio::awaitable<bool> write(std::string text);
    boost::asio::awaitable<void> refuse(std::string code, std::string detail);
    [[nodiscard]] ConnectionContext::Admission admit(const HttpHead& head) const;
    boost::asio::awaitable<void> finish();

    /// What a missed deadline does to the operation under way. Reads are told and can be answered
    /// with 408; what writes in several steps could go on after a cancellation, so it is cut off.
    enum class OnExpiry : std::uint8_t { Cancel, Close };
    void arm(Duration duration, OnExpiry on_expiry);
    void disarm();

    Stream stream_;
    std::shared_ptr<const ConnectionContext> context_;
    Peer peer_;
    std::function<void()> on_close_;
    boost::asio::steady_timer deadline_;
    bool expired_ = false;
    bool idle_ = true;     ///< between requests
    std::string received_; ///< bytes not yet consumed
};

using TcpStream = boost::asio::ip::tcp::socket;
using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
using UnixStream = boost::asio::local::stream_protocol::socket;

extern template class Connection<TcpStream>;
extern template class Connection<TlsStream>;
extern template class Connection<UnixStream>;

} // namespace strowger::api
