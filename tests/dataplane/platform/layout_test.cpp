// SPDX-License-Identifier: Apache-2.0
// What the platform decides before it touches a device: arguments, buffers, who polls what.
#include "platform/eal.h"
#include "platform/netdev.h"
#include "platform/packet_pools.h"
#include "platform/ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strowger::dataplane {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

DataplaneConfig site() {
    DataplaneConfig config;
    config.control_core = 4;
    config.workers = {
        {.core = 6, .idle = IdlePolicy::Poll, .shared = false},
        {.core = 4, .idle = IdlePolicy::Adaptive, .shared = true}};
    config.ports.resize(1);
    config.ports[0].device = "net_null0";
    return config;
}

std::string value_of(const std::vector<std::string>& arguments, const std::string& option) {
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
        if (arguments[i] == option) {
            return arguments[i + 1];
        }
    }
    return "";
}

TEST(EalArguments, NumberTheLcoresSoThatTwoMayShareACore) {
    EXPECT_EQ("0@4,1@6,2@4", value_of(eal_arguments(site(), false, {{0, 64}}), "--lcores"));
}

TEST(EalArguments, GiveEachSocketOfAWorkerItsMemory) {
    const std::map<int, std::uint32_t> memory{{1, 100}, {3, 120}};

    EXPECT_EQ("0,100,0,120", value_of(eal_arguments(site(), true, memory), "--socket-mem"));
    EXPECT_EQ("220", value_of(eal_arguments(site(), false, memory), "-m"));
}

TEST(EalArguments, TakeNoMoreThanTheSiteSets) {
    DataplaneConfig config = site();
    EXPECT_THAT(eal_arguments(config, true, {{0, 100}}), Not(Contains("--socket-limit")));

    config.memory_megabytes = 100;
    EXPECT_EQ("100", value_of(eal_arguments(config, true, {{0, 100}}), "--socket-limit"));
}

TEST(EalArguments, TouchNoPciDeviceButTheSites) {
    DataplaneConfig config = site();
    EXPECT_THAT(eal_arguments(config, false, {{0, 64}}), Contains("--no-pci"));

    config.ports[0].device = "3b:00.0";
    EXPECT_THAT(eal_arguments(config, false, {{0, 64}}), Not(Contains("--no-pci")));
    EXPECT_EQ("0000:3b:00.0", value_of(eal_arguments(config, false, {{0, 64}}), "-a"));
}

TEST(PacketPools, HoldAllThatQueuesRingsAndWorkersMayHoldAtOnce) {
    EXPECT_EQ(2'047u, buffer_count({.descriptors = 1'000, .ring_entries = 0, .workers = 1}));
    // 2048 + (384 + 128) of one worker is above 2047 but within 4095.
    EXPECT_EQ(4'095u, buffer_count({.descriptors = 2'048, .ring_entries = 0, .workers = 1}));
    EXPECT_EQ(4'095u, buffer_count({.descriptors = 1'000, .ring_entries = 3'095, .workers = 0}));
    EXPECT_EQ(8'191u, buffer_count({.descriptors = 1'000, .ring_entries = 3'096, .workers = 0}));
}

TEST(PacketPools, JumboBuffersHoldTheLargestFrame) {
    EXPECT_EQ(9'216u, buffer_room_bytes(BufferClass::Jumbo));
    EXPECT_EQ(2'048u, buffer_room_bytes(BufferClass::Standard));
}

using Pollers = std::vector<std::size_t>;
Pollers by(std::size_t worker) {
    return {worker};
}

TEST(Pollers, OfOnePortAreDifferentWorkersOfItsSocket) {
    DataplaneConfig config;
    config.workers.resize(4);
    const std::vector<WorkerPlace> places{
        {.socket = 0}, {.socket = 0}, {.socket = 0}, {.socket = 1}};

    EXPECT_THAT(
        choose_pollers(config, places, {{0}, {.socket = 0, .queues = 4}}),
        ElementsAre(by(0), Pollers{1, 2, 0, 1})
    );
}

TEST(Pollers, AreOnThePortsSocketAndTakeTurns) {
    DataplaneConfig config;
    config.workers.resize(4);
    const std::vector<WorkerPlace> places{
        {.socket = 0}, {.socket = 0}, {.socket = 1}, {.socket = 1}};

    EXPECT_THAT(
        choose_pollers(config, places, {{1}, {1}, {0}, {1}}),
        ElementsAre(by(2), by(3), by(0), by(2))
    );
    EXPECT_THAT(choose_pollers(config, places, {{5}}), ElementsAre(by(0))) << "remote, but polled";
}

TEST(Pollers, LeaveOutTheSharedWorkerUnlessThereIsNoOther) {
    DataplaneConfig config;
    config.workers.resize(2);
    config.workers[0].shared = true;
    const std::vector<WorkerPlace> places{{.socket = 0}, {.socket = 0}};

    EXPECT_THAT(choose_pollers(config, places, {{}, {}}), ElementsAre(by(1), by(1)));
    config.workers[1].shared = true;
    EXPECT_THAT(choose_pollers(config, places, {{}, {}}), ElementsAre(by(0), by(1)));
}

TEST(Netdev, IsNamedByTheDevicesArguments) {
    EXPECT_EQ("veth0", interface_of("net_af_xdp0,iface=veth0,start_queue=0"));
    EXPECT_EQ("veth0", interface_of("net_af_xdp0,queue_count=1,iface=veth0"));
    EXPECT_EQ(std::nullopt, interface_of("net_null0"));
}

TEST(Netdev, TheLoopbackInterfaceIsSeen) {
    NetdevWatch watch;
    ASSERT_TRUE(watch.open());

    const auto lo = watch.find("lo");

    ASSERT_TRUE(lo);
    EXPECT_GT(lo->index, 0);
    EXPECT_GT(lo->mtu, 0u);
    EXPECT_EQ(lo->mtu, watch.find(lo->index)->mtu);
    EXPECT_FALSE(watch.find("no-such-if"));
}

} // namespace
} // namespace strowger::dataplane
