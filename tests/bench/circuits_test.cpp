// SPDX-License-Identifier: Apache-2.0
#include "bench/lib/circuits.h"

#include "bench/lib/pcap_file.h"
#include "bench/lib/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace strowger::bench {
namespace {

std::uint16_t word_at(const std::vector<std::uint8_t>& bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes.at(at) << 8U | bytes.at(at + 1));
}

TEST(BenchCircuits, EachOfAMillionHasTagsOfItsOwnThatAPortTakes) {
    std::set<std::pair<std::uint16_t, std::uint16_t>> seen;
    for (std::uint32_t circuit = 0; circuit < 1'000'000; ++circuit) {
        const Tags in = arriving_tags(circuit);
        const Tags out = leaving_tags(circuit);
        ASSERT_TRUE(seen.insert({in.s_vid, in.c_vid}).second);
        ASSERT_TRUE(VlanId::from(in.s_vid) && VlanId::from(in.c_vid));
        ASSERT_TRUE(VlanId::from(out.s_vid) && VlanId::from(out.c_vid));
        ASSERT_TRUE(in.s_vid != out.s_vid && in.c_vid != out.c_vid) << "nothing to translate";
    }
}

TEST(BenchCircuits, AFrameCarriesTheTagsThatItsCircuitMaps) {
    const std::vector<std::uint8_t> frame = frame_of(4'001, 64);

    EXPECT_EQ(60U, frame.size()) << "64 with FCS";
    EXPECT_EQ(0x88A8, word_at(frame, 12));
    EXPECT_EQ(3, word_at(frame, 14));
    EXPECT_EQ(0x8100, word_at(frame, 16));
    EXPECT_EQ(3, word_at(frame, 18));
    const CircuitProgram program = program_of(4'001, Work::TwoToTwo, {0}, {1});
    const auto& map = std::get<MapSCVlans>(program.endpoints[0].map);
    EXPECT_EQ(3, map.s_vlan.value());
    EXPECT_TRUE(map.c_vlans.contains(3));
}

TEST(BenchCircuits, TheIpv4HeaderOfAFrameSumsUp) {
    const std::vector<std::uint8_t> frame = frame_of(70'000, 64);

    std::uint32_t sum = 0;
    for (std::size_t at = 22; at < 42; at += 2) {
        sum += word_at(frame, at);
    }
    EXPECT_EQ(0xFFFFU, (sum & 0xFFFFU) + (sum >> 16U));
    EXPECT_EQ(0x0A01, word_at(frame, 34)) << "10.0.0.0 + 70,000";
    EXPECT_EQ(70'000 - 65'536, word_at(frame, 36));
}

TEST(BenchCircuits, TwoToOneSpreadsCircuitsOverPortsSoThatNoVidIsUsedTwice) {
    EXPECT_EQ(1U, out_ports(Work::TwoToOne, 4'000));
    EXPECT_EQ(2U, out_ports(Work::TwoToOne, 4'001));
    std::set<std::pair<std::uint16_t, std::string>> seen;
    for (std::uint32_t circuit = 0; circuit < 10'000; ++circuit) {
        const CircuitProgram program = program_of(circuit, Work::TwoToOne, {0}, {1});
        const EndpointProgram& z = program.endpoints[1];
        const std::string vid = std::get<MapCVlans>(z.map).vlans.to_string();
        ASSERT_TRUE(seen.insert({z.port.value, vid}).second);
    }
}

TEST(BenchCircuits, AShuffleHoldsEachCircuitOnceInTheSameOrderEachTime) {
    const std::vector<std::uint32_t> order = shuffled(10'000);

    EXPECT_EQ(order, shuffled(10'000));
    EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(10'000U, std::set(order.begin(), order.end()).size());
    EXPECT_EQ(9'999U, *std::max_element(order.begin(), order.end()));
}

TEST(BenchCircuits, ATourMeetsEveryCircuitBeforeItComesBack) {
    const std::vector<std::uint32_t> next = random_tour(1'000);

    std::uint32_t at = 0;
    std::size_t steps = 0;
    do {
        at = next.at(at);
        ++steps;
    } while (at != 0 && steps <= 1'000);
    EXPECT_EQ(1'000U, steps);
    EXPECT_EQ(0U, random_tour(1).at(0));
}

TEST(BenchPcap, AFileRepeatsFewCircuitsAndHoldsManyOnce) {
    EXPECT_EQ(1'024U, pcap_frames(1));
    EXPECT_EQ(2'000U, pcap_frames(1'000));
    EXPECT_EQ(10'000U, pcap_frames(10'000));
    const std::string path = testing::TempDir() + "/bench_pcap_test.pcap";

    ASSERT_TRUE(write_pcap(path, 1'000, 64));

    EXPECT_EQ(24 + 2'000 * (16 + 60), std::filesystem::file_size(path));
    std::filesystem::remove(path);
}

TEST(BenchPcap, AFolderThatIsNotThereIsNamed) {
    const auto written = write_pcap("/nonexistent/x.pcap", 1, 64);

    ASSERT_FALSE(written);
    EXPECT_NE(std::string::npos, written.error().message.find("/nonexistent/x.pcap"));
}

TEST(BenchStatistics, TheMedianIsTheMiddleOrTheMeanOfTheMiddleTwo) {
    EXPECT_EQ(0, median({}));
    EXPECT_EQ(3, median({9, 3, 1}));
    EXPECT_EQ(2.5, median({4, 1, 2, 3}));
}

} // namespace
} // namespace strowger::bench
