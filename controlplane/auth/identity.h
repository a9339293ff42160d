// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/identity.h"

#include <cstdint>
#include <optional>
#include <string>

namespace strowger::auth {

enum class ActorKind : std::uint8_t {
    Token,  ///< a bearer token: id "tok_…"
    Socket, ///< a local user on the unix socket: id "uid:0"
};

/// Who did it, as orders record it.
struct Actor {
    ActorKind kind = ActorKind::Socket;
    std::string id;
    friend bool operator==(const Actor&, const Actor&) = default;
};

/// Whom a request comes from and what it is tied to.
struct RequestIdentity {
    Actor actor;
    /// The one tenant that a tenant's token is good for. None: the operator.
    std::optional<ObjectId> tenant;
    [[nodiscard]] bool is_operator() const noexcept { return !tenant.has_value(); }
};

} // namespace strowger::auth
