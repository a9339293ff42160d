// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/api_server.h"
#include "api/connection.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <memory>

namespace strowger::api {

/// The sockets that clients reach, and how many connections may be open on each.
class Listener {
public:
    Listener(
        boost::asio::io_context& io,
        ApiConfig config,
        std::shared_ptr<ConnectionContext> context
    );
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;

    Result<void> start();
    void stop();
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] const ApiConfig& config() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace strowger::api
