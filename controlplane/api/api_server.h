// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/provisioner.h"
#include "strowger/base/clock.h"
#include "strowger/base/result.h"
#include "strowger/model/limits.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
}

namespace strowger::api {

/// Where the API listens, and what one client may take.
struct ApiConfig {
    /// PEM files: the certificate chain and its key.
    struct Tls {
        std::string certificate_file;
        std::string key_file;
    };
    /// Each bounds one phase of a request, so that a client that is slow on purpose costs nothing.
    struct Timeouts {
        std::chrono::milliseconds handshake{5'000};
        std::chrono::milliseconds idle{60'000};  ///< between two requests
        std::chrono::milliseconds header{5'000}; ///< from the first byte of a request
        std::chrono::milliseconds body{10'000};
        std::chrono::milliseconds write{10'000};
    };

    std::string address = "127.0.0.1"; ///< numeric; "": no TCP listener
    std::uint16_t port = 8080;         ///< 0: one that is free; see ApiServer::port()
    std::optional<Tls> tls;            ///< required when the address is not a loopback address
    std::string unix_socket;           ///< path; "": none
    /// Members may open the unix socket and are operators there, as are root and the daemon's own
    /// user. Others need a token there, too.
    std::optional<std::string> unix_group;
    std::uint32_t connections_max = limits::kConnectionsMax; ///< over TCP
    std::uint32_t connections_per_source_max = 64;
    std::uint64_t body_bytes_max = limits::kBodyBytesMax;
    std::uint32_t wrong_tokens_burst = 32; ///< from one TCP source; then one a second; not 0
    Timeouts timeouts;
};

/// The HTTP API on one io_context, which the control thread runs. It takes requests, hands them to
/// the service and answers; who runs the service's poll() and on_store_progress() is not its
/// business. Control thread only.
class ApiServer {
public:
    /// What it works with; all of it outlives the server.
    struct Parts {
        boost::asio::io_context& io;
        service::Provisioner& provisioner;
        const Clock& clock;
        std::string version; ///< of the product, for /v1/version
    };
    ApiServer(ApiConfig config, Parts parts);
    ~ApiServer();
    ApiServer(const ApiServer&) = delete;
    ApiServer& operator=(const ApiServer&) = delete;
    ApiServer(ApiServer&&) = delete;
    ApiServer& operator=(ApiServer&&) = delete;

    /// Binds and listens, after the inventory is restored. Fails with a sentence for the operator
    /// (address in use, certificate unreadable, public address without TLS); then nothing listens.
    Result<void> start();
    /// Takes no more connections, lets requests under way be answered and closes the idle ones. The
    /// io_context runs out of the server's work when the last answer is written.
    void stop();

    /// The TCP port that was bound; 0 when there is none.
    [[nodiscard]] std::uint16_t port() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace strowger::api
