// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace strowger::api {

/// The user at the other end of a unix socket, if it is one whom the local socket makes an
/// operator: root, the daemon's own user, or a member of `group` (a gid). The kernel vouches for it
/// (SO_PEERCRED, SO_PEERGROUPS); no user database is asked, which could block.
[[nodiscard]] std::optional<std::uint32_t>
local_operator(int socket, std::optional<std::uint32_t> group);

} // namespace strowger::api
