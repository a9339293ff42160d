// SPDX-License-Identifier: Apache-2.0
#include "pktgen/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace strowger::pktgen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Words = std::vector<std::string>;

Options accept(const Words& words) {
    auto parsed = parse_options(words);
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed ? std::get<Options>(*parsed) : Options{};
}

Error refusal(const Words& words) {
    auto parsed = parse_options(words);
    EXPECT_FALSE(parsed);
    return parsed ? Error{} : parsed.error();
}

std::vector<std::string> wrong_options(const Words& words) {
    std::vector<std::string> names;
    for (const Problem& problem : refusal(words).problems) {
        names.push_back(problem.pointer);
    }
    return names;
}

TEST(Options, ReadsARunAsTheRigsAskForIt) {
    const Options options = accept(
        {"blast",
         "--tx",
         "net_memif0,role=client,id=0",
         "--rx",
         "net_memif1,role=client,id=1",
         "--circuits",
         "10000",
         "--tags",
         "2",
         "--off-s",
         "100",
         "--off-c",
         "10",
         "--warm",
         "2",
         "--seconds",
         "5",
         "--size",
         "68",
         "--cores",
         "0",
         "--verify",
         "--json",
         "out.json",
         "--rx-queues",
         "2"}
    );

    EXPECT_EQ(Mode::Blast, options.mode);
    EXPECT_EQ("net_memif0,role=client,id=0", options.tx_device);
    EXPECT_EQ(10'000u, options.tags.circuits);
    EXPECT_EQ(100, options.tags.s_offset);
    EXPECT_EQ(10, options.tags.c_offset);
    EXPECT_EQ(2.0, options.warm_seconds);
    EXPECT_EQ(2, options.rx_queues);
    EXPECT_TRUE(options.verify);
    EXPECT_EQ(kTpidService, options.tags.sent.outer_tpid);
}

TEST(Options, OneDeviceMayDoBoth) {
    const Options options = accept({"blast", "--port", "net_ring0"});
    EXPECT_EQ("net_ring0", options.tx_device);
    EXPECT_EQ("net_ring0", options.rx_device);
}

TEST(Options, TpidsFollowTheNumberOfTags) {
    const Options one = accept({"blast", "--port", "net_ring0", "--tags", "1"});
    EXPECT_EQ(kTpidCustomer, one.tags.sent.outer_tpid);
    EXPECT_EQ(kTpidCustomer, one.tags.received.outer_tpid);

    const Options popped = accept({"blast", "--port", "net_ring0", "--rx-tags", "1"});
    EXPECT_EQ(kTpidService, popped.tags.sent.outer_tpid);
    EXPECT_EQ(kTpidCustomer, popped.tags.received.outer_tpid);

    const Options old = accept({"blast", "--port", "net_ring0", "--tpid", "0x9100"});
    EXPECT_EQ(0x9100, old.tags.received.outer_tpid)
        << "comes back as it went, unless told otherwise";
}

TEST(Options, NamesEveryFaultAtOnce) {
    EXPECT_THAT(
        wrong_options(
            {"check",
             "--tx",
             "net_ring0",
             "--circuits",
             "5000",
             "--tags",
             "1",
             "--size",
             "32",
             "--cores",
             "0,0",
             "--destination-mac",
             "nonsense",
             "--watch",
             "5000"}
        ),
        ElementsAre(
            "--tx",
            "--cores",
            "--circuits",
            "--circuits",
            "--size",
            "--destination-mac",
            "--rate",
            "--watch"
        )
    );
}

TEST(Options, CheckNeedsARate) {
    EXPECT_THAT(wrong_options({"check", "--port", "net_ring0"}), ElementsAre("--rate"));
    EXPECT_EQ(2.5e6, accept({"check", "--port", "net_ring0", "--rate", "2.5M"}).pps);
}

TEST(Options, UnknownWordsAreRefusedByName) {
    EXPECT_THAT(refusal({"blast", "--frobnicate"}).message, HasSubstr("--frobnicate"));
    EXPECT_THAT(refusal({}).message, HasSubstr("subcommand"));
    EXPECT_FALSE(parse_options({"blast", "--port", "net_ring0", "--burst", "257"}));
    EXPECT_FALSE(parse_options({"blast", "--port", "net_ring0", "--seconds", "0"}));
    EXPECT_FALSE(parse_options({"blast", "--port", "net_ring0", "--seconds", "nan"}));
}

TEST(Options, HelpAndVersionAreNoFaults) {
    for (const Words& words : {Words{"--help"}, Words{"blast", "--help"}, Words{"--version"}}) {
        const auto parsed = parse_options(words);
        ASSERT_TRUE(parsed);
        const auto* const instead = std::get_if<Instead>(&*parsed);
        ASSERT_NE(nullptr, instead);
        EXPECT_EQ(0, instead->status);
        EXPECT_THAT(instead->text, HasSubstr("strowger-pktgen"));
    }
}

TEST(Options, RatesHaveUnitsAndEnds) {
    EXPECT_EQ(14'880'952.0, *parse_rate("14880952"));
    EXPECT_EQ(500e3, *parse_rate("500k"));
    EXPECT_EQ(2.5e6, *parse_rate("2.5Mpps"));
    for (const char* text : {"", "0", "-1", "k", "1G", "1e12", "nan", "inf", "5 M", "0x10"}) {
        EXPECT_FALSE(parse_rate(text)) << text;
    }
}

TEST(Options, CircuitsToWatchAreSortedAndThere) {
    EXPECT_THAT(*parse_circuits("7,0,3-5,4", 8), ElementsAre(0, 3, 4, 5, 7));
    for (const char* text : {"", "8", "3-8", "5-3", "a", "1,,2", "-1", "0-4294967295"}) {
        EXPECT_FALSE(parse_circuits(text, 8)) << text;
    }
    EXPECT_TRUE(parse_circuits("0-4095", 100'000));
    EXPECT_FALSE(parse_circuits("0-4096", 100'000)) << "each has 26 KB of histogram";
}

TEST(Options, FewCircuitsAreAllWatchedAndOfManySome) {
    EXPECT_EQ(256u, accept({"blast", "--port", "net_ring0", "--circuits", "256"}).watched.size());
    EXPECT_EQ(16u, accept({"blast", "--port", "net_ring0", "--circuits", "257"}).watched.size());
}

} // namespace
} // namespace strowger::pktgen
