// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace strowger::dataplane {

/// A network interface of the kernel that stands behind a port.
struct Netdev {
    int index = 0;
    std::uint32_t mtu = 0;
    bool up = false; ///< administratively up, and the other end is there
};

/// The value of `iface=` in a virtual device's arguments; nothing when there is none.
std::optional<std::string> interface_of(const std::string& device);

/// This process's claim to an interface, against other daemons of this network namespace. Gone with
/// the process, however it ends. Without it, a second daemon's failed start would take the XDP
/// program of the first off the interface.
class NetdevClaim {
public:
    NetdevClaim() = default;
    NetdevClaim(const NetdevClaim&) = delete;
    NetdevClaim& operator=(const NetdevClaim&) = delete;
    NetdevClaim(NetdevClaim&&) = delete;
    NetdevClaim& operator=(NetdevClaim&&) = delete;
    ~NetdevClaim();

    /// False: another process has it.
    bool take(int netdev_index);

private:
    int socket_ = -1;
};

/// Follows interfaces of this network namespace by rtnetlink, because the drivers on top of them
/// (af_xdp, af_packet) say "up" whatever happens. Not /sys, which shows another namespace's.
/// Control thread only; never blocks after open().
class NetdevWatch {
public:
    NetdevWatch() = default;
    NetdevWatch(const NetdevWatch&) = delete;
    NetdevWatch& operator=(const NetdevWatch&) = delete;
    NetdevWatch(NetdevWatch&&) = delete;
    NetdevWatch& operator=(NetdevWatch&&) = delete;
    ~NetdevWatch();

    /// Subscribes and reads all interfaces once. False: the kernel refuses, errno says why.
    bool open();
    /// Becomes readable when there is news.
    [[nodiscard]] int descriptor() const noexcept { return socket_; }
    /// Takes the news. True when there was any.
    bool update();
    [[nodiscard]] std::optional<Netdev> find(const std::string& name) const;
    [[nodiscard]] std::optional<Netdev> find(int index) const;

private:
    bool request_all() const;
    bool take(bool wait_for_end);
    void take_message(const void* message, std::size_t bytes);

    int socket_ = -1;
    std::map<int, std::pair<std::string, Netdev>> netdevs_;
};

} // namespace strowger::dataplane
