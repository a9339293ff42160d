// SPDX-License-Identifier: Apache-2.0
#include "platform/turn_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace strowger::dataplane {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(LongTurns, NoneAreNotWorthALine) {
    const TurnClocks before{.long_turns = 3, .long_us = 400};
    TurnClocks now = before;
    now.run_delay_us = 9'000;

    EXPECT_FALSE(explain_long_turns(before, now));
}

TEST(LongTurns, AreTheKernelsWhenTheThreadWaited) {
    TurnClocks before{.long_turns = 3, .long_us = 400, .run_delay_us = 100};
    before.last_us[2] = 900;
    TurnClocks now = before;
    now.long_turns = 5;
    now.long_us = 700;
    now.last_us[3] = 80;
    now.last_us[4] = 220;
    now.run_delay_us = 350;

    const auto found = explain_long_turns(before, now);

    ASSERT_TRUE(found);
    EXPECT_FALSE(found->ours);
    EXPECT_EQ(
        "2 turn(s) took more than 50 us, the longest 220 us, together 300 us: 250 us another "
        "thread had the core, 0 us the host had it, 50 us are its own",
        found->text
    );
}

TEST(LongTurns, AreOursWhenNobodyElseHadTheCore) {
    TurnClocks now{.long_turns = 20, .long_us = 2'000};
    now.last_us.fill(100);
    now.run_delay_us = 300;
    now.stolen_us = 600;

    const auto found = explain_long_turns({}, now);

    ASSERT_TRUE(found);
    EXPECT_TRUE(found->ours);
    EXPECT_THAT(found->text, HasSubstr("600 us the host had it, 1100 us are its own"));
}

TEST(LongTurns, ExplainNoMoreThanThereIs) {
    TurnClocks now{.long_turns = 1, .long_us = 100};
    now.run_delay_us = 60;
    now.stolen_us = 10'000;

    EXPECT_THAT(
        explain_long_turns({}, now)->text,
        HasSubstr("60 us another thread had the core, 40 us the host had it, 0 us are its own")
    );
}

TEST(TurnClocks, AreReadFromTheKernelsFiles) {
    EXPECT_EQ(4'321U, run_delay_us_in("99887766 4321987 55\n"));
    EXPECT_EQ(0U, run_delay_us_in(""));

    const std::string stat =
        "cpu  1 2 3 4 5 6 7 8 9 10\ncpu1 10 20 30 40 50 60 70 3 0 0\ncpu11 0 0 0 0 0 0 0 9 0 0\n";
    EXPECT_EQ(30'000U, stolen_us_in(stat, 1)) << "three hundredths";
    EXPECT_EQ(90'000U, stolen_us_in(stat, 11));
    EXPECT_EQ(0U, stolen_us_in(stat, 2));
    EXPECT_EQ(0U, stolen_us_in("cpu1 10 20\n", 1));
}

TEST(TurnWatch, TellsOfEachWorkerWhatIsNew) {
    std::vector<std::pair<Severity, std::string>> lines;
    TurnWatch watch([&](Severity severity, const std::string& line) {
        lines.emplace_back(severity, line);
    });
    TurnClocks one{.long_turns = 7, .long_us = 700};
    TurnClocks two;
    watch.look({{.core = 3, .clocks = one}, {.core = 5, .clocks = two}});
    EXPECT_THAT(lines, testing::IsEmpty()) << "those before the beginning";

    two.long_turns = 1;
    two.long_us = 90;
    watch.look({{.core = 3, .clocks = one}, {.core = 5, .clocks = two}});
    one.long_turns = 8;
    one.long_us = 800;
    one.run_delay_us = 100;
    watch.look({{.core = 3, .clocks = one}, {.core = 5, .clocks = two}});

    EXPECT_THAT(
        lines,
        ElementsAre(
            Pair(Severity::Warning, HasSubstr("worker on core 5: 1 turn(s)")),
            Pair(Severity::Info, HasSubstr("worker on core 3: 1 turn(s)"))
        )
    );
}

} // namespace
} // namespace strowger::dataplane
