// SPDX-License-Identifier: Apache-2.0
#include "cli/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

// The only file of the command line that includes Beast: it takes longer to compile than all
// others.
namespace strowger::cli {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace {

using Clock = std::chrono::steady_clock;
using Error = boost::system::error_code;
using Kind = TransportFailure::Kind;
// One stream type for unix sockets and TCP halves what the compiler has to do.
using Stream = beast::basic_stream<asio::generic::stream_protocol>;
using TlsStream = beast::ssl_stream<Stream>;

constexpr std::chrono::milliseconds kSlice{20};
constexpr std::uint64_t kReplyBytesMax = 256ULL << 20U; // a page holds at most 1000 objects

bool is_address(const std::string& host) {
    Error error;
    asio::ip::make_address(host, error);
    return !error;
}

class HttpClient final : public Transport {
public:
    HttpClient(Peer peer, std::function<bool()> interrupted, WaitObserver waiting)
        : peer_(std::move(peer)),
          interrupted_(std::move(interrupted)),
          waiting_(std::move(waiting)) {}

    HttpResult exchange(const HttpRequest& request, std::chrono::milliseconds timeout) override {
        started_ = Clock::now();
        deadline_ = started_ + timeout;
        sent_ = false;
        if (!plain_ && !tls_) {
            if (auto failure = connect()) {
                disconnect();
                return *failure;
            }
        }
        auto result = plain_ ? converse(*plain_, request) : converse(*tls_, request);
        if (std::holds_alternative<TransportFailure>(result)) {
            disconnect();
        }
        return result;
    }

private:
    /// Runs one asynchronous operation to its end, watching for the deadline and for Ctrl-C.
    template <typename Start>
    Error wait_for(Stream& stream, Start start) {
        stream.expires_at(deadline_);
        std::optional<Error> finished;
        start([&finished](Error error, auto&&...) { finished = error; });
        context_.restart();
        while (!finished) {
            context_.run_one_for(kSlice);
            if (!was_interrupted_ && interrupted_()) {
                was_interrupted_ = true;
                stream.cancel();
            }
            waiting_(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_)
            );
        }
        return *finished;
    }

    TransportFailure fail(const Error& error, Kind otherwise) {
        if (std::exchange(was_interrupted_, false)) {
            return {Kind::Interrupted, "interrupted", sent_};
        }
        const bool late = error == beast::error::timeout;
        return {late ? Kind::TimedOut : otherwise, error.message(), sent_};
    }

    std::optional<TransportFailure> connect() {
        auto stream = std::make_unique<Stream>(context_);
        Error error = peer_.socket_path.empty() ? connect_tcp(*stream) : connect_unix(*stream);
        if (error) {
            return fail(error, Kind::Unreachable);
        }
        if (!peer_.tls) {
            plain_ = std::move(stream);
            return std::nullopt;
        }
        return start_tls(std::move(*stream));
    }

    Error connect_unix(Stream& stream) {
        constexpr std::size_t kPathBytesMax = 107; // sockaddr_un
        if (peer_.socket_path.size() > kPathBytesMax) {
            return asio::error::name_too_long;
        }
        const asio::local::stream_protocol::endpoint endpoint(peer_.socket_path);
        return wait_for(stream, [&](auto done) { stream.async_connect(endpoint, done); });
    }

    Error connect_tcp(Stream& stream) {
        asio::ip::tcp::resolver resolver(context_);
        Error error;
        const auto found = resolver.resolve(peer_.host, peer_.port, error);
        if (error) {
            return error;
        }
        for (const auto& entry : found) {
            const asio::generic::stream_protocol::endpoint endpoint(entry.endpoint());
            error = wait_for(stream, [&](auto done) { stream.async_connect(endpoint, done); });
            if (!error || was_interrupted_ || error == beast::error::timeout) {
                break;
            }
            stream.close();
        }
        if (!error) {
            stream.socket().set_option(asio::ip::tcp::no_delay(true), error);
        }
        return error;
    }

    std::optional<TransportFailure> start_tls(Stream&& connected) {
        Error error;
        tls_context_.set_options(
            asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error
        );
        if (peer_.ca_file.empty()) {
            tls_context_.set_default_verify_paths(error);
        } else {
            tls_context_.load_verify_file(peer_.ca_file, error);
        }
        if (error) {
            return TransportFailure{
                Kind::Untrusted, "cannot read " + peer_.ca_file + ": " + error.message(), false};
        }
        tls_context_.set_verify_mode(asio::ssl::verify_peer);
        tls_ = std::make_unique<TlsStream>(std::move(connected), tls_context_);
        tls_->set_verify_callback(asio::ssl::host_name_verification(peer_.host), error);
        // A server with several names chooses its certificate by this one; addresses may not be
        // sent (RFC 6066 section 3).
        if (!is_address(peer_.host)) {
            SSL_set_tlsext_host_name(tls_->native_handle(), peer_.host.c_str());
        }
        error = wait_for(tls_->next_layer(), [&](auto done) {
            tls_->async_handshake(asio::ssl::stream_base::client, done);
        });
        return error ? std::optional(fail(error, Kind::Untrusted)) : std::nullopt;
    }

    static Stream& lowest(Stream& stream) { return stream; }
    static Stream& lowest(TlsStream& stream) { return stream.next_layer(); }

    template <typename AnyStream>
    HttpResult converse(AnyStream& stream, const HttpRequest& request) {
        http::request<http::string_body> message(
            http::string_to_verb(request.method), request.target, 11
        );
        message.set(http::field::host, host_header());
        for (const HttpHeader& header : request.headers) {
            message.set(header.name, header.value);
        }
        message.body() = request.body;
        // A body that is empty by intent still has a length: POST without one is a malformed
        // request.
        if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
            message.content_length(request.body.size());
        }
        sent_ = true;
        Error error =
            wait_for(lowest(stream), [&](auto done) { http::async_write(stream, message, done); });
        if (error) {
            return fail(error, Kind::Dropped);
        }
        http::response_parser<http::string_body> parser;
        parser.body_limit(kReplyBytesMax);
        error = wait_for(lowest(stream), [&](auto done) {
            http::async_read(stream, buffer_, parser, done);
        });
        if (error) {
            return fail(error, Kind::Dropped);
        }
        if (!parser.get().keep_alive()) {
            disconnect();
        }
        return to_reply(parser.release());
    }

    static HttpReply to_reply(http::response<http::string_body>&& message) {
        HttpReply reply{message.result_int(), {}, std::move(message.body())};
        for (const auto& field : message) {
            reply.headers.push_back({std::string(field.name_string()), std::string(field.value())});
        }
        return reply;
    }

    [[nodiscard]] std::string host_header() const {
        if (!peer_.socket_path.empty()) {
            return "localhost";
        }
        const bool six = peer_.host.find(':') != std::string::npos;
        return (six ? "[" + peer_.host + "]" : peer_.host) + ":" + peer_.port;
    }

    void disconnect() {
        plain_.reset();
        tls_.reset();
        buffer_.clear();
    }

    Peer peer_;
    std::function<bool()> interrupted_;
    WaitObserver waiting_;
    asio::io_context context_{1};
    asio::ssl::context tls_context_{asio::ssl::context::tls_client};
    std::unique_ptr<Stream> plain_;
    std::unique_ptr<TlsStream> tls_;
    beast::flat_buffer buffer_;
    Clock::time_point started_;
    Clock::time_point deadline_;
    bool sent_ = false;
    bool was_interrupted_ = false;
};

} // namespace

std::string_view HttpReply::header(std::string_view name) const {
    const auto same_letter = [](char left, char right) {
        return std::tolower(static_cast<unsigned char>(left)) ==
               std::tolower(static_cast<unsigned char>(right));
    };
    for (const HttpHeader& header : headers) {
        if (std::equal(
                header.name.begin(), header.name.end(), name.begin(), name.end(), same_letter
            )) {
            return header.value;
        }
    }
    return "";
}

std::unique_ptr<Transport>
make_http_client(Peer peer, std::function<bool()> interrupted, WaitObserver waiting) {
    return std::make_unique<HttpClient>(
        std::move(peer), std::move(interrupted), std::move(waiting)
    );
}

} // namespace strowger::cli
