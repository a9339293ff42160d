// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace strowger::daemon {

void notify_manager(const std::string& state) {
    const char* const path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    if (path == nullptr || std::strlen(path) >= sizeof(address.sun_path)) {
        return;
    }
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path); // NOLINT(clang-analyzer-security.insecureAPI.strcpy)
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
    if (address.sun_path[0] == '@') { // an abstract socket
        address.sun_path[0] = '\0';
    }
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        return;
    }
    // A manager that is gone is no reason to stop.
    (void)::sendto(
        socket,
        state.data(),
        state.size(),
        MSG_NOSIGNAL | MSG_DONTWAIT,
        reinterpret_cast<const sockaddr*>(&address),
        bytes
    );
    ::close(socket);
}

bool watchdog_wanted() {
    return std::getenv("WATCHDOG_USEC") != nullptr;
}

} // namespace strowger::daemon
