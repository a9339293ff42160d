// SPDX-License-Identifier: Apache-2.0
#include "api/api_server.h"

#include "api/connection.h"
#include "api/listener.h"
#include "api/problem_response.h"
#include "api/router.h"

#include <boost/asio/io_context.hpp>

#include <array>
#include <ctime>
#include <utility>

namespace strowger::api {
namespace {

/// "Sun, 22 Nov 2026 18:45:31 GMT", made anew once a second.
class DateText {
public:
    std::string operator()(std::int64_t wall_us) {
        const std::time_t second = wall_us / 1'000'000;
        if (second != second_) {
            second_ = second;
            std::tm utc{};
            ::gmtime_r(&second, &utc);
            std::array<char, 64> text{};
            std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
            text_ = text.data();
        }
        return text_;
    }

private:
    std::time_t second_ = -1;
    std::string text_;
};

} // namespace

class ApiServer::Impl {
public:
    Impl(ApiConfig config, Parts parts)
        : router_(std::make_shared<Router>(RouterParts{
              parts.provisioner,
              parts.clock,
              std::move(parts.version),
              config.wrong_tokens_burst})),
          context_(std::make_shared<ConnectionContext>()),
          listener_(parts.io, std::move(config), context_) {
        context_->body_bytes_max = listener_.config().body_bytes_max;
        context_->admit_large = [router = router_, most = context_->body_bytes_max](
                                    const HttpRequest& head, std::uint64_t body_bytes
                                ) { return router->admit_large(head, body_bytes, most); };
        context_->timeouts = listener_.config().timeouts;
        context_->handle = [router = router_](HttpRequest request, Respond respond) {
            router->handle(std::move(request), std::move(respond));
        };
        context_->refuse = [router = router_](const std::string& code, const std::string& detail) {
            return router->refuse(code, detail);
        };
        context_->date = [&clock = parts.clock, text = DateText()]() mutable {
            return text(clock.wall_us());
        };
    }
    Result<void> start() { return listener_.start(); }
    void stop() { listener_.stop(); }
    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

private:
    std::shared_ptr<Router> router_;
    std::shared_ptr<ConnectionContext> context_;
    Listener listener_;
};

ApiServer::ApiServer(ApiConfig config, Parts parts)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(parts))) {}
ApiServer::~ApiServer() = default;
Result<void> ApiServer::start() {
    return impl_->start();
}
void ApiServer::stop() {
    impl_->stop();
}
std::uint16_t ApiServer::port() const {
    return impl_->port();
}

} // namespace strowger::api
