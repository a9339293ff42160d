// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/site_config.h"
#include "config/yaml_reader.h"

#include <optional>
#include <string_view>
#include <utility>

namespace strowger::config {

/// "127.0.0.1:8080" or "[::1]:8080" in its parts; nothing when it is neither. No host names: what
/// the daemon binds must not depend on a resolver.
std::optional<std::pair<std::string, std::uint16_t>> split_listen_address(std::string_view text);

/// Whether only this machine can reach it.
bool is_loopback(const std::string& address);

/// The rules between values, over a site that was decoded as far as it could be.
void check_rules(const SiteConfig& site, Problems& problems);

} // namespace strowger::config
