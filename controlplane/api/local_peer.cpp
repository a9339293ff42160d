// SPDX-License-Identifier: Apache-2.0
#include "api/local_peer.h"

#include <algorithm>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace strowger::api {
namespace {

constexpr std::size_t kGroupsMax = 65'536; // NGROUPS_MAX of Linux

bool peer_is_member(int socket, gid_t group) {
    std::vector<gid_t> groups(64);
    while (true) {
        auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0) {
            groups.resize(bytes / sizeof(gid_t));
            return std::find(groups.begin(), groups.end(), group) != groups.end();
        }
        const std::size_t needed = bytes / sizeof(gid_t); // ERANGE: the kernel says how many
        if (needed <= groups.size() || needed > kGroupsMax) {
            return false;
        }
        groups.resize(needed);
    }
}

} // namespace

std::optional<std::uint32_t> local_operator(int socket, std::optional<std::uint32_t> group) {
    ucred peer{};
    socklen_t bytes = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0 || bytes != sizeof peer) {
        return std::nullopt;
    }
    const bool trusted = peer.uid == 0 || peer.uid == ::geteuid() ||
                         (group && (peer.gid == *group || peer_is_member(socket, *group)));
    return trusted ? std::optional<std::uint32_t>(peer.uid) : std::nullopt;
}

} // namespace strowger::api
