// SPDX-License-Identifier: Apache-2.0
#include "platform/netdev.h"

#include "platform/socket_end.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace strowger::dataplane {

namespace {

constexpr std::size_t kReadBytes = 65'536;

// operstate of a veth is exact; a dummy or tun may leave it unknown, then the carrier counts.
bool is_up(unsigned flags, std::uint8_t operstate) {
    const bool carrier =
        operstate == IF_OPER_UNKNOWN ? (flags & IFF_LOWER_UP) != 0 : operstate == IF_OPER_UP;
    return (flags & IFF_UP) != 0 && carrier;
}

} // namespace

std::optional<std::string> interface_of(const std::string& device) {
    return device_argument(device, "iface");
}

NetdevClaim::~NetdevClaim() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

bool NetdevClaim::take(int netdev_index) {
    // An abstract socket's name is known in one network namespace, as an interface's index is.
    const std::string name = "strowger/netdev/" + std::to_string(netdev_index);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return socket_ >= 0 && ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), bytes) == 0;
}

NetdevWatch::~NetdevWatch() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

bool NetdevWatch::open() {
    socket_ = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (socket_ < 0) {
        return false;
    }
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
    // The first reading waits for its end; a second is more than the kernel ever takes.
    const timeval patience{.tv_sec = 1, .tv_usec = 0};
    return ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
           ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
           request_all() && take(true);
}

bool NetdevWatch::request_all() const {
    struct {
        nlmsghdr header;
        ifinfomsg body;
    } request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.ifi_family = AF_UNSPEC;
    return ::send(socket_, &request, sizeof(request), 0) == ssize_t{sizeof(request)};
}

bool NetdevWatch::update() {
    const bool news = take(false);
    if (errno == ENOBUFS) { // news were lost: ask for the whole, which comes as news
        netdevs_.clear();
        return request_all() && take(true);
    }
    return news;
}

bool NetdevWatch::take(bool wait_for_end) {
    alignas(nlmsghdr) std::array<std::uint8_t, kReadBytes> buffer;
    bool any = false;
    for (;;) {
        errno = 0;
        const ssize_t got =
            ::recv(socket_, buffer.data(), buffer.size(), wait_for_end ? 0 : MSG_DONTWAIT);
        if (got <= 0) {
            return any && !wait_for_end;
        }
        any = true;
        auto left = static_cast<std::size_t>(got);
        const std::uint8_t* at = buffer.data();
        while (left >= sizeof(nlmsghdr)) {
            nlmsghdr header{};
            std::memcpy(&header, at, sizeof(header));
            if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > left) {
                break;
            }
            if (header.nlmsg_type == NLMSG_DONE && wait_for_end) {
                return true;
            }
            take_message(at, header.nlmsg_len);
            const std::size_t step = std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), left);
            at += step;
            left -= step;
        }
    }
}

void NetdevWatch::take_message(const void* message, std::size_t bytes) {
    const auto* const header = static_cast<const nlmsghdr*>(message);
    const bool gone = header->nlmsg_type == RTM_DELLINK;
    if ((!gone && header->nlmsg_type != RTM_NEWLINK) || bytes < NLMSG_LENGTH(sizeof(ifinfomsg))) {
        return;
    }
    const auto* const info = static_cast<const ifinfomsg*>(NLMSG_DATA(header));
    if (info->ifi_family != AF_UNSPEC) { // a bridge tells of its ports again, with less in it
        return;
    }
    if (gone) {
        netdevs_.erase(info->ifi_index);
        return;
    }
    std::string name;
    std::uint8_t operstate = IF_OPER_UNKNOWN;
    Netdev netdev{.index = info->ifi_index, .mtu = 0, .up = false};
    auto left = static_cast<unsigned>(bytes - NLMSG_LENGTH(sizeof(ifinfomsg)));
    for (const rtattr* attribute = IFLA_RTA(info); RTA_OK(attribute, left);
         attribute = RTA_NEXT(attribute, left)) {
        const auto* const value = static_cast<const char*>(RTA_DATA(attribute));
        const std::size_t size = RTA_PAYLOAD(attribute);
        if (attribute->rta_type == IFLA_IFNAME) {
            name.assign(value, ::strnlen(value, size));
        } else if (attribute->rta_type == IFLA_MTU && size >= sizeof(netdev.mtu)) {
            std::memcpy(&netdev.mtu, value, sizeof(netdev.mtu));
        } else if (attribute->rta_type == IFLA_OPERSTATE && size >= 1) {
            operstate = static_cast<std::uint8_t>(*value);
        }
    }
    netdev.up = is_up(info->ifi_flags, operstate);
    netdevs_.insert_or_assign(info->ifi_index, std::pair{name, netdev});
}

std::optional<Netdev> NetdevWatch::find(const std::string& name) const {
    for (const auto& [index, entry] : netdevs_) {
        if (entry.first == name) {
            return entry.second;
        }
    }
    return std::nullopt;
}

std::optional<Netdev> NetdevWatch::find(int index) const {
    const auto found = netdevs_.find(index);
    return found == netdevs_.end() ? std::nullopt : std::optional{found->second.second};
}

} // namespace strowger::dataplane
