// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/seam/site.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strowger::dataplane {

/// A device whose other end is a program on this machine that comes through a unix socket.
struct SocketEnd {
    enum class Kind : std::uint8_t { Memif, VhostUser, VirtioUser };

    Kind kind = Kind::Memif;
    std::string path;      ///< as the driver takes it; "" when the arguments name none
    bool listens = false;  ///< this side makes the socket, and peers may come and go
    bool abstract = false; ///< a name without a file, known in one network namespace
};

/// The value of `key=` in a virtual device's arguments; nothing when there is none.
[[nodiscard]] std::optional<std::string>
device_argument(const std::string& device, std::string_view key);

/// Nothing for all other devices.
[[nodiscard]] std::optional<SocketEnd> socket_end_of(const std::string& device);

/// Before the driver is asked, which would fail without a reason: whether its arguments are whole
/// and its socket can be made or reached. Takes away the file of a process that is gone. Fails with
/// Unavailable and a sentence about the port. Does nothing for other devices.
Result<void> prepare_socket(const PortConfig& port);

} // namespace strowger::dataplane
