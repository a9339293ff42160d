// SPDX-License-Identifier: Apache-2.0
#include "platform/socket_end.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace strowger::dataplane {

namespace {

namespace fs = std::filesystem;

// The drivers' own names and defaults.
constexpr std::string_view kMemif = "net_memif";
constexpr std::string_view kVhostUser = "net_vhost";
constexpr std::string_view kVirtioUser = "net_virtio_user";
constexpr const char* kMemifSocket = "/run/memif.sock";

Error unavailable(const PortConfig& port, const std::string& why) {
    return {
        .code = ErrorCode::Unavailable,
        .message = "port '" + port.name + "' (" + port.device + "): " + why,
        .problems = {}};
}

/// What the arguments leave open or ask for that this product does not give.
std::optional<std::string> wrong_arguments(const std::string& device, const SocketEnd& end) {
    if (end.path.empty()) {
        return end.kind == SocketEnd::Kind::VhostUser
                   ? "it needs the socket to serve: add ',iface=/run/strowger/NAME.sock'"
                   : "it needs the socket of the other end: add ',path=/run/NAME.sock'";
    }
    if (end.kind != SocketEnd::Kind::Memif) {
        return std::nullopt;
    }
    const auto role = device_argument(device, "role");
    if (role != "server" && role != "client") {
        return "who makes the socket? Add ',role=server' (peers may come and go) or ',role=client'";
    }
    if (device_argument(device, "zero-copy").value_or("no") != "no") {
        return "zero-copy would open all of this process's memory to the peer, frames of every "
               "circuit included: leave it out";
    }
    return std::nullopt;
}

std::optional<std::string> wrong_path(const SocketEnd& end) {
    if (end.path.size() >= sizeof(sockaddr_un::sun_path)) {
        return "its socket's path has " + std::to_string(end.path.size()) +
               " bytes; the kernel takes at most 107";
    }
    if (!end.abstract && !end.path.starts_with('/')) {
        return "its socket '" + end.path + "' needs an absolute path";
    }
    return std::nullopt;
}

enum class Occupant : std::uint8_t { Nobody, Process, Unknown };

/// Who is behind a socket's file: a process that is gone leaves it, and bind() refuses it then.
/// Asks with a type that no such socket has: the kernel answers for it, and the process sees
/// nothing. (A memif server of DPDK 22.11 panics when a caller leaves in the middle of its
/// greeting.)
Occupant occupant_of(const SocketEnd& end) {
    const int probe = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        return Occupant::Unknown;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, end.path.data(), end.path.size());
    const int code = ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    const int why = errno;
    ::close(probe);
    if (code == 0 || why == EPROTOTYPE) {
        return Occupant::Process;
    }
    return why == ECONNREFUSED ? Occupant::Nobody : Occupant::Unknown;
}

std::optional<std::string> make_room(const SocketEnd& end) {
    const fs::path folder = fs::path(end.path).parent_path();
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) {
        return "the folder of its socket, " + folder.string() + ", does not exist: make it first";
    }
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        return "its socket cannot be made in " + folder.string() + ": " + std::strerror(errno);
    }
    struct stat file {};
    if (::lstat(end.path.c_str(), &file) != 0) {
        return std::nullopt;
    }
    if (!S_ISSOCK(file.st_mode)) {
        return end.path + " is there already and is not a socket: choose another path";
    }
    switch (occupant_of(end)) {
        case Occupant::Process:
            return "another process serves " + end.path;
        case Occupant::Unknown:
            return "whether another process serves " + end.path +
                   " cannot be found out: " + "remove it when none does";
        case Occupant::Nobody:
            break;
    }
    if (::unlink(end.path.c_str()) != 0) {
        return "the socket " + end.path +
               " of a process that is gone cannot be removed: " + std::strerror(errno);
    }
    return std::nullopt;
}

std::optional<std::string> nobody_there(const SocketEnd& end) {
    if (::access(end.path.c_str(), F_OK) == 0) {
        return std::nullopt;
    }
    const std::string other_way = end.kind == SocketEnd::Kind::Memif ? "role=server" : "server=1";
    return "there is no socket " + end.path + ": start the program that serves it first, or let " +
           "this side make it with '" + other_way + "'";
}

} // namespace

std::optional<std::string> device_argument(const std::string& device, std::string_view key) {
    const std::string before = "," + std::string{key} + "=";
    const std::size_t begin = device.find(before);
    if (begin == std::string::npos) {
        return std::nullopt;
    }
    const std::size_t from = begin + before.size();
    return device.substr(from, device.find(',', from) - from);
}

std::optional<SocketEnd> socket_end_of(const std::string& device) {
    const auto is_set = [&](std::string_view key) {
        return device_argument(device, key).value_or("0") == "1";
    };
    if (device.starts_with(kMemif)) {
        return SocketEnd{
            .kind = SocketEnd::Kind::Memif,
            .path = device_argument(device, "socket").value_or(kMemifSocket),
            .listens = device_argument(device, "role") == "server",
            .abstract = device_argument(device, "socket-abstract").value_or("yes") == "yes"};
    }
    if (device.starts_with(kVhostUser)) {
        return SocketEnd{
            .kind = SocketEnd::Kind::VhostUser,
            .path = device_argument(device, "iface").value_or(""),
            .listens = !is_set("client")};
    }
    if (device.starts_with(kVirtioUser)) {
        return SocketEnd{
            .kind = SocketEnd::Kind::VirtioUser,
            .path = device_argument(device, "path").value_or(""),
            .listens = is_set("server")};
    }
    return std::nullopt;
}

Result<void> prepare_socket(const PortConfig& port) {
    const auto end = socket_end_of(port.device);
    if (!end) {
        return {};
    }
    auto wrong = wrong_arguments(port.device, *end);
    if (!wrong) {
        wrong = wrong_path(*end);
    }
    if (!wrong && !end->abstract) {
        // A vhost-user client comes back by itself; the others ask once.
        const bool asks_once = !end->listens && end->kind != SocketEnd::Kind::VhostUser;
        wrong = end->listens ? make_room(*end) : asks_once ? nobody_there(*end) : std::nullopt;
    }
    if (wrong) {
        return unavailable(port, *wrong);
    }
    return {};
}

} // namespace strowger::dataplane
