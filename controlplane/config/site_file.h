// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/site_config.h"
#include "strowger/base/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace strowger::config {

/// A site file is written by hand: whatever is longer was given by mistake.
inline constexpr std::size_t kSiteFileBytesMax = 1'048'576;

/// Reads a site from its YAML text. Fails with Invalid and every problem found, in the order of the
/// file. Each has the key path as pointer ("cores.workers[1].core"), a message that begins with
/// "file:line:column", and a hint that says what is allowed. `file_name` is for the messages only.
Result<SiteConfig> parse_site(std::string_view text, const std::string& file_name);

/// The same from a file. Fails with NotFound, Malformed (unreadable, too long) or as parse_site.
Result<SiteConfig> read_site_file(const std::string& path);

} // namespace strowger::config
