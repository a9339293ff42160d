// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/site.h"

#include <cstdint>
#include <optional>
#include <string>

namespace strowger::config {

/// A certificate chain and its key, both PEM files.
struct TlsFiles {
    std::string certificate;
    std::string key;
    friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

/// Where the API listens, and who may come in.
struct ApiConfig {
    std::string address = "127.0.0.1"; ///< numeric, IPv4 or IPv6 without brackets
    std::uint16_t port = 8080;         ///< 0: one that is free; the log says which
    std::string unix_socket = "/run/strowger/api.sock";
    std::optional<std::string> unix_group; ///< may open the socket; else only the daemon's user
    std::optional<TlsFiles> tls;           ///< required off loopback
    /// Written once, mode 0600, when the store holds no operator token.
    std::string operator_token_file = "/var/lib/strowger/operator.token";
};

struct StoreConfig {
    std::string path = "/var/lib/strowger/strowger.db";
};

/// The site's own maxima, never above those of strowger/model/limits.h.
struct SiteLimits {
    std::uint32_t circuits_per_tenant = 10'000;
    std::uint32_t tokens_per_tenant = 1'000;
    std::uint32_t writes_outstanding = 1'024; ///< accepted or waiting; above it the API says 503
    std::uint32_t idempotency_keys_per_tenant = 1'000'000; ///< kept; above it the API says 429
    std::uint32_t connections = 256;                       ///< of the API, at one time
};

enum class LogLevel : std::uint8_t { Error, Warning, Info, Debug };

/// What the site file says, whole. Plain values: checked against each other, not yet against the
/// machine.
struct SiteConfig {
    DataplaneConfig dataplane;
    ApiConfig api;
    StoreConfig store;
    SiteLimits limits;
    LogLevel log_level = LogLevel::Info;
};

} // namespace strowger::config
