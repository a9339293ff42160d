// SPDX-License-Identifier: Apache-2.0
#include "api/connection.h"

#include "api/http_head.h"
#include "strowger/model/limits.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace strowger::api {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 16'384;
/// What is read and thrown away after a refusal, so that closing does not reset the connection
/// before the client has read why.
constexpr std::size_t kDrainBytesMax = 1'048'576;
constexpr std::chrono::milliseconds kDrainTime{1'000};

template <typename Stream>
constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

auto with(error_code& ec) {
    return asio::redirect_error(asio::use_awaitable, ec);
}

} // namespace

template <typename Stream>
Connection<Stream>::Connection(
    Stream stream,
    std::shared_ptr<const ConnectionContext> context,
    Peer peer,
    std::function<void()> on_close
)
    : stream_(std::move(stream)),
      context_(std::move(context)),
      peer_(std::move(peer)),
      on_close_(std::move(on_close)),
      deadline_(stream_.get_executor()) {}

template <typename Stream>
Connection<Stream>::~Connection() {
    on_close_();
}

template <typename Stream>
void Connection<Stream>::start() {
    // The coroutine owns the connection: it is gone when there is nothing left to do.
    asio::co_spawn(
        stream_.get_executor(),
        [self = this->shared_from_this()]() -> asio::awaitable<void> { co_await self->run(); },
        asio::detached
    );
}

template <typename Stream>
void Connection<Stream>::close_if_idle() {
    if (idle_) {
        error_code ignored;
        stream_.lowest_layer().close(ignored);
    }
}

template <typename Stream>
void Connection<Stream>::arm(Duration duration, OnExpiry on_expiry) {
    expired_ = false;
    deadline_.expires_after(duration);
    deadline_.async_wait([weak = this->weak_from_this(), on_expiry](const error_code& ec) {
        const auto self = weak.lock();
        // A wait that had ended already when the deadline was moved comes here without error.
        if (ec || !self || self->deadline_.expiry() > std::chrono::steady_clock::now()) {
            return;
        }
        self->expired_ = true;
        error_code ignored;
        if (on_expiry == OnExpiry::Close) {
            self->stream_.lowest_layer().close(ignored);
        } else {
            self->stream_.lowest_layer().cancel(ignored);
        }
    });
}

template <typename Stream>
void Connection<Stream>::disarm() {
    deadline_.expires_at(asio::steady_timer::time_point::max());
}

template <typename Stream>
asio::awaitable<void> Connection<Stream>::run() {
    if (co_await handshake()) {
        while (co_await serve_one()) {
        }
    }
    disarm();
    error_code ignored;
    stream_.lowest_layer().close(ignored);
}

template <typename Stream>
asio::awaitable<bool> Connection<Stream>::handshake() {
    if constexpr (kIsTls<Stream>) {
        arm(context_->timeouts.handshake, OnExpiry::Close);
        error_code ec;
        co_await stream_.async_handshake(asio::ssl::stream_base::server, with(ec));
        co_return !ec;
    } else {
        co_return true;
    }
}

template <typename Stream>
asio::awaitable<bool> Connection<Stream>::serve_one() {
    std::size_t head_size = 0;
    const Progress head_progress = co_await read_head(head_size);
    if (head_progress == Progress::Ended || (head_progress == Progress::TimedOut && idle_)) {
        co_return false; // gone, or had nothing more to ask
    }
    if (head_progress == Progress::TimedOut) {
        co_await refuse("request_timeout", "The head of the request did not arrive in time.");
        co_return false;
    }
    if (head_size == 0) {
        co_await refuse(
            "header_too_large",
            "The head of a request holds at most " + std::to_string(limits::kHeaderBytesMax) +
                " bytes."
        );
        co_return false;
    }
    HttpHeadResult parsed =
        parse_http_head(std::string_view(received_).substr(0, head_size), UINT64_MAX);
    if (auto* refusal = std::get_if<HttpRefusal>(&parsed)) {
        co_await refuse(std::move(refusal->code), std::move(refusal->detail));
        co_return false;
    }
    HttpHead& head = std::get<HttpHead>(parsed);
    ConnectionContext::Admission admission = admit(head); // held until the answer is out
    if (const auto* refusal = std::get_if<HttpResponse>(&admission)) {
        // Not a coroutine of its own under refuse(): g++ 12 resumes it in the wrong place.
        if (co_await write(serialize_response(*refusal, context_->date(), false, true))) {
            co_await finish();
        }
        co_return false;
    }
    received_.erase(0, head_size);
    if (head.expects_continue && received_.empty() &&
        !co_await write("HTTP/1.1 100 Continue\r\n\r\n")) {
        co_return false;
    }
    const Progress body_progress = co_await read_body(head.request.body, head.body_bytes);
    if (body_progress == Progress::TimedOut) {
        co_await refuse("request_timeout", "The body of the request did not arrive in time.");
    }
    if (body_progress != Progress::Done) {
        co_return false;
    }
    disarm();
    const bool with_body = head.request.method != "HEAD";
    head.request.local_operator_uid = peer_.local_operator_uid;
    head.request.source = peer_.source;
    const HttpResponse response = co_await answer(std::move(head.request));
    const bool keep_alive = head.keep_alive && !response.close && !context_->stopping;
    const bool written =
        co_await write(serialize_response(response, context_->date(), keep_alive, with_body));
    if (written && !keep_alive) {
        co_await finish();
    }
    // Stopping may have begun while the answer was written: nobody would close it as idle later.
    co_return written&& keep_alive && !context_->stopping;
}

template <typename Stream>
auto Connection<Stream>::read_some() -> asio::awaitable<Progress> {
    if (expired_) { // while what had arrived was looked at
        co_return Progress::TimedOut;
    }
    std::array<char, kReadBytes> chunk; // NOLINT(cppcoreguidelines-pro-type-member-init)
    error_code ec;
    const std::size_t bytes = co_await stream_.async_read_some(asio::buffer(chunk), with(ec));
    if (ec) {
        co_return expired_ ? Progress::TimedOut : Progress::Ended;
    }
    received_.append(chunk.data(), bytes);
    co_return Progress::Done;
}

template <typename Stream>
auto Connection<Stream>::read_head(std::size_t& size) -> asio::awaitable<Progress> {
    idle_ = received_.empty();
    arm(idle_ ? context_->timeouts.idle : context_->timeouts.header, OnExpiry::Cancel);
    std::size_t searched = 0;
    while (true) {
        if (searched == 0 && received_.starts_with("\r\n")) {
            received_.erase(0, 2); // RFC 9112 section 2.2: an empty line before the request
        }
        const std::size_t end = received_.find("\r\n\r\n", searched);
        if (end != std::string::npos && end + 4 <= limits::kHeaderBytesMax) {
            size = end + 4;
            co_return Progress::Done;
        }
        if (received_.size() >= limits::kHeaderBytesMax) {
            co_return Progress::Done; // size stays 0: too large
        }
        searched = received_.size() < 3 ? 0 : received_.size() - 3;
        const Progress progress = co_await read_some();
        if (progress != Progress::Done) {
            co_return progress;
        }
        if (idle_) {
            idle_ = false;
            arm(context_->timeouts.header, OnExpiry::Cancel);
        }
    }
}

template <typename Stream>
auto Connection<Stream>::read_body(std::string& body, std::size_t bytes)
    -> asio::awaitable<Progress> {
    if (received_.size() < bytes) {
        arm(context_->timeouts.body, OnExpiry::Cancel);
    }
    // What has arrived decides how much memory is taken, not what was announced.
    while (received_.size() < bytes) {
        const Progress progress = co_await read_some();
        if (progress != Progress::Done) {
            co_return progress;
        }
    }
    if (received_.size() == bytes) {
        body = std::exchange(received_, {});
    } else {
        body.assign(received_, 0, bytes);
        received_.erase(0, bytes);
    }
    co_return Progress::Done;
}

template <typename Stream>
asio::awaitable<HttpResponse> Connection<Stream>::answer(HttpRequest request) {
    struct Pending {
        explicit Pending(const typename Stream::executor_type& executor) : signal(executor) {}
        std::optional<HttpResponse> response;
        asio::steady_timer signal;
    };
    const auto pending = std::make_shared<Pending>(stream_.get_executor());
    pending->signal.expires_at(asio::steady_timer::time_point::max());
    context_->handle(
        std::move(request),
        [pending](HttpResponse response) { // NOLINT(performance-unnecessary-value-param): moved
            pending->response = std::move(response);
            pending->signal.cancel();
        }
    );
    while (!pending->response) {
        error_code ec;
        co_await pending->signal.async_wait(with(ec));
    }
    co_return *std::move(pending->response);
}

template <typename Stream>
asio::awaitable<bool> Connection<Stream>::write(std::string text) {
    arm(context_->timeouts.write, OnExpiry::Close);
    error_code ec;
    co_await asio::async_write(stream_, asio::buffer(text), with(ec));
    co_return !ec;
}

template <typename Stream>
ConnectionContext::Admission Connection<Stream>::admit(const HttpHead& head) const {
    if (head.body_bytes <= context_->body_bytes_max) {
        return std::shared_ptr<void>();
    }
    if (context_->admit_large) {
        HttpRequest request = head.request;
        request.local_operator_uid = peer_.local_operator_uid;
        request.source = peer_.source;
        return context_->admit_large(request, head.body_bytes);
    }
    return context_->refuse(
        "payload_too_large",
        "A body holds at most " + std::to_string(context_->body_bytes_max) + " bytes."
    );
}

template <typename Stream>
asio::awaitable<void> Connection<Stream>::refuse(std::string code, std::string detail) {
    const HttpResponse response = context_->refuse(code, detail);
    if (co_await write(serialize_response(response, context_->date(), false, true))) {
        co_await finish();
    }
}

template <typename Stream>
asio::awaitable<void> Connection<Stream>::finish() {
    arm(kDrainTime, OnExpiry::Close);
    error_code ec;
    if constexpr (kIsTls<Stream>) {
        co_await stream_.async_shutdown(with(ec));
    } else {
        stream_.shutdown(asio::socket_base::shutdown_send, ec);
        std::size_t drained = 0;
        while (drained < kDrainBytesMax) {
            received_.clear();
            if (co_await read_some() != Progress::Done) {
                break;
            }
            drained += received_.size();
        }
    }
}

template class Connection<TcpStream>;
template class Connection<TlsStream>;
template class Connection<UnixStream>;

} // namespace strowger::api
