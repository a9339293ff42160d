// SPDX-License-Identifier: Apache-2.0
/// The program at the other end of a memif or vhost-user port: one device, driven line by line.
///
/// Usage: frame_peer DEVICE      (as DPDK's --vdev: "net_memif0,role=client,socket=/run/x")
///
///   send HEX N   transmits the frame N times, as the device takes them     -> "sent N"
///   take         what was received since the last call                     -> "frame HEX"... "end"
///   link                                                                   -> "up" or "down"
///   quit         (or the end of the input)
///
/// Needs neither root nor hugepages.
#include "strowger/base/check.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <poll.h>
#include <sstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace strowger::test {
namespace {

constexpr unsigned kPoolFrames = 4'095;
constexpr unsigned kDescriptors = 256;
constexpr std::uint16_t kBurst = 32;
constexpr std::uint16_t kBufferBytes = 9'216 + RTE_PKTMBUF_HEADROOM;

using Bytes = std::vector<std::uint8_t>;

std::optional<Bytes> from_hex(const std::string& text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    Bytes bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        char* end = nullptr;
        const std::string pair = text.substr(i, 2);
        bytes.push_back(static_cast<std::uint8_t>(std::strtoul(pair.c_str(), &end, 16)));
        if (*end != '\0') {
            return std::nullopt;
        }
    }
    return bytes;
}

std::string to_hex(const rte_mbuf* frame) {
    std::string text;
    for (const rte_mbuf* part = frame; part != nullptr; part = part->next) {
        const auto* const bytes = rte_pktmbuf_mtod(part, const std::uint8_t*);
        for (std::uint16_t i = 0; i < part->data_len; ++i) {
            std::array<char, 3> digits{};
            (void)std::snprintf(digits.data(), digits.size(), "%02x", bytes[i]);
            text += digits.data();
        }
    }
    return text;
}

class Peer {
public:
    Peer() {
        pool_ = rte_pktmbuf_pool_create("peer", kPoolFrames, 0, 0, kBufferBytes, SOCKET_ID_ANY);
        STROWGER_CHECK(pool_ != nullptr);
        rte_eth_conf conf{};
        const auto code = [](int result) { STROWGER_CHECK(result == 0); };
        code(rte_eth_dev_configure(kDevice, 1, 1, &conf));
        code(rte_eth_rx_queue_setup(kDevice, 0, kDescriptors, 0, nullptr, pool_));
        code(rte_eth_tx_queue_setup(kDevice, 0, kDescriptors, 0, nullptr));
        code(rte_eth_dev_start(kDevice));
    }

    /// Also keeps the device's ring from filling up behind the test's back.
    void receive() {
        std::array<rte_mbuf*, kBurst> frames;
        const std::uint16_t count = rte_eth_rx_burst(kDevice, 0, frames.data(), kBurst);
        for (std::uint16_t i = 0; i < count; ++i) {
            received_.push_back(to_hex(frames[i]));
            rte_pktmbuf_free(frames[i]);
        }
    }

    void take() {
        for (const std::string& frame : received_) {
            std::cout << "frame " << frame << '\n';
        }
        received_.clear();
        std::cout << "end" << std::endl;
    }

    void send(const Bytes& bytes, unsigned count) {
        for (unsigned sent = 0; sent < count; receive()) {
            rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
            if (frame == nullptr) {
                continue;
            }
            const auto size = static_cast<std::uint16_t>(bytes.size());
            std::memcpy(rte_pktmbuf_append(frame, size), bytes.data(), size);
            while (rte_eth_tx_burst(kDevice, 0, &frame, 1) == 0) {
                receive();
                if (!link()) {
                    rte_pktmbuf_free(frame);
                    std::cout << "sent " << sent << std::endl;
                    return;
                }
            }
            ++sent;
        }
        std::cout << "sent " << count << std::endl;
    }

    static bool link() {
        rte_eth_link link{};
        return rte_eth_link_get_nowait(kDevice, &link) == 0 && link.link_status != 0;
    }

private:
    static constexpr std::uint16_t kDevice = 0;
    rte_mempool* pool_ = nullptr;
    std::vector<std::string> received_;
};

/// False: end.
bool obey(Peer& peer, const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "send") {
        std::string hex;
        unsigned count = 0;
        words >> hex >> count;
        const auto bytes = from_hex(hex);
        STROWGER_CHECK(bytes && bytes->size() <= 9'216);
        peer.send(*bytes, count);
    } else if (verb == "take") {
        peer.take();
    } else if (verb == "link") {
        std::cout << (Peer::link() ? "up" : "down") << std::endl;
    } else {
        return false;
    }
    return true;
}

void serve(Peer& peer) {
    std::string line;
    for (;;) {
        peer.receive();
        pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        if (::poll(&input, 1, 1) == 0) {
            continue;
        }
        char byte = 0;
        if (::read(STDIN_FILENO, &byte, 1) != 1) {
            return;
        }
        if (byte != '\n') {
            line += byte;
        } else if (!obey(peer, std::exchange(line, {}))) {
            return;
        }
    }
}

} // namespace
} // namespace strowger::test

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: frame_peer DEVICE\n");
        return 2;
    }
    std::array<const char*, 14> options = {
        argv[0],
        "--no-huge",
        "--no-pci",
        "--no-shconf",
        "--no-telemetry",
        "-m",
        "128",
        "-l",
        "0",
        "--log-level",
        "*:error",
        "--vdev",
        argv[1],
        nullptr,
    };
    if (rte_eal_init(static_cast<int>(options.size() - 1), const_cast<char**>(options.data())) <
        0) {
        std::fprintf(stderr, "EAL did not start: %s\n", rte_strerror(rte_errno));
        return 1;
    }
    {
        strowger::test::Peer peer;
        std::cout << "ready" << std::endl;
        strowger::test::serve(peer);
    }
    (void)rte_eth_dev_stop(0);
    (void)rte_eth_dev_close(0);
    rte_eal_cleanup();
    return 0;
}
