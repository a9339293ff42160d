// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/identity.h"

#include "strowger/model/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace strowger {
namespace {

constexpr std::array<std::uint8_t, 10> kZeros{};
constexpr std::array<std::uint8_t, 10> kOnes = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

void zeros(std::uint8_t* out, std::size_t count) {
    std::fill_n(out, count, std::uint8_t{0});
}
void ones(std::uint8_t* out, std::size_t count) {
    std::fill_n(out, count, std::uint8_t{255});
}

TEST(ObjectId, IsPrefixAndUlid) {
    // The example of the ULID specification: 1469918176385 ms is 01ARYZ6S41.
    const ObjectId id = ObjectId::make(ObjectKind::Circuit, 1'469'918'176'385, kZeros);

    EXPECT_EQ(id.text(), "ckt_01ARYZ6S410000000000000000");
    EXPECT_EQ(id.kind(), ObjectKind::Circuit);
}

TEST(ObjectId, KeepsEveryRandomBit) {
    const ObjectId id = ObjectId::make(ObjectKind::Tenant, 0, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});

    EXPECT_EQ(id.text(), "ten_0000000000041061050R3GG28A");
}

TEST(ObjectId, HoldsTheLastTime) {
    EXPECT_EQ(
        ObjectId::make(ObjectKind::Order, (1ULL << 48U) - 1, kOnes).text(),
        "ord_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
    );
}

TEST(ObjectId, ReadsBackEveryKind) {
    for (std::size_t i = 0; i < kObjectKindCount; ++i) {
        const auto kind = static_cast<ObjectKind>(i);
        const ObjectId made = ObjectId::make(kind, 42, kOnes);

        const Result<ObjectId> read = ObjectId::from(kind, made.text());

        ASSERT_TRUE(read);
        EXPECT_EQ(*read, made);
    }
}

TEST(ObjectId, RefusesWhatIsNotOne) {
    const std::string digits = "01ARYZ6S410000000000000000";
    for (const std::string& text :
         {std::string(),
          std::string("ckt"),
          std::string("ckt_"),
          "uni_" + digits,
          "ckt-" + digits,
          "CKT_" + digits,
          "ckt_" + digits + "0",
          "ckt_" + digits.substr(1),
          "ckt_8" + digits.substr(1),
          std::string("ckt_01aryz6s410000000000000000"),
          std::string("ckt_0IARYZ6S410000000000000000"),
          std::string("ckt_0UARYZ6S410000000000000000")}) {
        const Result<ObjectId> read = ObjectId::from(ObjectKind::Circuit, text);

        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, ErrorCode::Invalid);
        EXPECT_EQ(read.error().problems.at(0).code, "invalid_id");
    }
}

TEST(ObjectIdSource, RisesWithinOneMillisecond) {
    ObjectIdSource source(zeros);
    std::string last;

    for (int i = 0; i < 1'000; ++i) {
        const std::string next = source.next(ObjectKind::Uni, 5'000).text();
        EXPECT_LT(last, next);
        last = next;
    }
}

TEST(ObjectIdSource, RisesWhenTheClockIsSetBack) {
    ObjectIdSource source(zeros);

    const std::string first = source.next(ObjectKind::Uni, 9'000'000).text();
    const std::string second = source.next(ObjectKind::Uni, 1'000'000).text();
    const std::string third = source.next(ObjectKind::Uni, -1).text();

    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
}

TEST(ObjectIdSource, RisesAboveWhatAnotherProcessMade) {
    for (const auto random : {zeros, ones}) {
        ObjectIdSource before(random);
        const ObjectId last = before.next(ObjectKind::Order, 9'000'000);
        const ObjectId expected = before.next(ObjectKind::Order, 1'000'000);

        ObjectIdSource after(random);
        after.continue_above(last);

        EXPECT_EQ(after.next(ObjectKind::Order, 1'000'000), expected);
        EXPECT_LT(expected, after.next(ObjectKind::Order, 10'000'000));
    }
}

TEST(ObjectIdSource, RisesWhenTheRandomBitsWrap) {
    ObjectIdSource source(ones);

    const std::string first = source.next(ObjectKind::Uni, 5'000).text();
    const std::string second = source.next(ObjectKind::Uni, 5'000).text();
    const std::string third = source.next(ObjectKind::Uni, 6'000).text();

    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
}

TEST(Name, AcceptsTheGrammar) {
    for (const std::string& text :
         {std::string("a"), std::string("0"), std::string("ny-dc"), std::string(63, 'z')}) {
        const Result<Name> name = Name::from(text);

        ASSERT_TRUE(name) << text;
        EXPECT_EQ(name->text(), text);
    }
}

TEST(Name, RefusesTheRest) {
    for (const std::string& text :
         {std::string(),
          std::string("-"),
          std::string("-a"),
          std::string("a-"),
          std::string("a_b"),
          std::string("Ny"),
          std::string("a.b"),
          std::string("a\n"),
          std::string("\xC3\xA9"),
          std::string(64, 'z')}) {
        const Result<Name> name = Name::from(text);

        ASSERT_FALSE(name) << text;
        EXPECT_EQ(name.error().problems.at(0).code, "invalid_name");
    }
}

std::vector<std::string> codes_at(const Tags& tags) {
    std::vector<Problem> problems;
    check_tags(tags, "/tags", problems);
    std::vector<std::string> out;
    for (const Problem& problem : problems) {
        out.push_back(problem.pointer + " " + problem.code);
    }
    return out;
}

TEST(Tags, BoundsKeysAndValues) {
    EXPECT_THAT(
        codes_at({{std::string(63, 'k'), std::string(255, 'v')}, {"env", ""}}), testing::IsEmpty()
    );
    EXPECT_THAT(codes_at({{"", "v"}}), testing::ElementsAre("/tags/ out_of_range"));
    EXPECT_THAT(
        codes_at({{std::string(64, 'k'), "v"}}),
        testing::ElementsAre("/tags/" + std::string(64, 'k') + " out_of_range")
    );
    EXPECT_THAT(
        codes_at({{"a/b", std::string(256, 'v')}}), testing::ElementsAre("/tags/a~1b out_of_range")
    );
}

TEST(Tags, BoundsTheirNumber) {
    Tags tags;
    for (std::uint32_t i = 0; i < limits::kTagsMax; ++i) {
        tags.emplace("k" + std::to_string(i), "");
    }
    EXPECT_THAT(codes_at(tags), testing::IsEmpty());

    tags.emplace("one-more", "");

    EXPECT_THAT(codes_at(tags), testing::ElementsAre("/tags out_of_range"));
}

TEST(Tags, ReportsEveryFaultAndNeverEchoesWhatCannotBeShown) {
    EXPECT_THAT(
        codes_at({{"a", "\n"}, {"b\xFF", "v"}, {"c", std::string(256, 'v')}}),
        testing::ElementsAre("/tags/a invalid_text", "/tags invalid_text", "/tags/c out_of_range")
    );
}

TEST(DisplayName, IsBoundedPrintableText) {
    std::vector<Problem> problems;
    check_display_name("", "/display_name", problems);
    check_display_name(std::string(255, 'x'), "/display_name", problems);
    EXPECT_TRUE(problems.empty());

    check_display_name(std::string(255, 'x') + "\n", "/display_name", problems);

    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].code, "out_of_range");
    EXPECT_EQ(problems[1].code, "invalid_text");
    EXPECT_EQ(problems[1].pointer, "/display_name");
}

TEST(ObjectKind, WordsAndPrefixesAreDistinct) {
    std::set<std::string_view> words;
    for (std::size_t i = 0; i < kObjectKindCount; ++i) {
        words.insert(to_string(static_cast<ObjectKind>(i)));
        words.insert(id_prefix(static_cast<ObjectKind>(i)));
    }
    // "uni" is both its word and its prefix.
    EXPECT_EQ(words.size(), 2 * kObjectKindCount - 1);
    EXPECT_EQ(id_prefix(ObjectKind::Circuit), "ckt");
    EXPECT_EQ(to_string(ObjectKind::Order), "order");
}

} // namespace
} // namespace strowger
