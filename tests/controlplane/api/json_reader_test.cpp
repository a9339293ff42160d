// SPDX-License-Identifier: Apache-2.0
#include "api/json_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::api {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t count = 0; count < times; ++count) {
        all += text;
    }
    return all;
}

TEST(JsonReader, NamesEveryDuplicateMemberByItsPointer) {
    const Result<JsonDocument> document =
        read_json(R"({"a":1,"list":[{},{"x/y":1,"x/y":2}],"a":2,"b":{"a":1}})");

    ASSERT_TRUE(document);
    const std::vector<Problem>& problems = document->problems.all();
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].pointer, "/list/1/x~1y");
    EXPECT_EQ(problems[0].code, "duplicate_member");
    EXPECT_EQ(problems[1].pointer, "/a");
}

TEST(JsonReader, SeesADuplicateThroughItsEscapes) {
    const Result<JsonDocument> document = read_json(R"({"name":1,"n\u0061me":2})");

    ASSERT_TRUE(document);
    ASSERT_EQ(document->problems.all().size(), 1U);
    EXPECT_EQ(document->problems.all()[0].pointer, "/name");
}

TEST(JsonReader, TellsLineAndColumnOfASyntaxError) {
    const Result<JsonDocument> document = read_json("{\n  \"a\": tru\n}");

    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().code, ErrorCode::Malformed);
    ASSERT_EQ(document.error().problems.size(), 1U);
    EXPECT_EQ(document.error().problems[0].code, "malformed_json");
    EXPECT_NE(document.error().message.find("line 2"), std::string::npos)
        << document.error().message;
}

TEST(JsonReader, RefusesWhatIsNotOneJsonText) {
    for (const std::string_view text :
         {"",
          " ",
          "{",
          "[1,]",
          "{\"a\":1,}",
          "{} {}",
          "{}x",
          "{'a':1}",
          "01",
          "+1",
          "NaN",
          "\"\n\"",
          "\"\xff\"",
          "\"\xed\xa0\x80\"",
          "\"\\ud800\"",
          "// c\n{}",
          "{\"a\" 1}",
          "nul"}) {
        EXPECT_FALSE(read_json(text)) << text;
    }
}

TEST(JsonReader, HoldsItsDepth) {
    EXPECT_TRUE(read_json(repeated("[", kJsonDepthMax) + repeated("]", kJsonDepthMax)));

    const Result<JsonDocument> deeper =
        read_json(repeated("[", kJsonDepthMax + 1) + repeated("]", kJsonDepthMax + 1));

    ASSERT_FALSE(deeper);
    EXPECT_NE(deeper.error().message.find("16 levels"), std::string::npos);
    EXPECT_FALSE(read_json(repeated("[", 200'000)));
}

TEST(JsonReader, HoldsItsNumberOfValues) {
    // The array itself is one value.
    const std::string most = "[" + repeated("1,", kJsonValuesMax - 2) + "1]";
    const std::string one_more = "[" + repeated("1,", kJsonValuesMax - 1) + "1]";

    EXPECT_TRUE(read_json(most));
    EXPECT_FALSE(read_json(one_more));
}

TEST(JsonReader, KeepsTheFirstProblemsOfAnEndlessList) {
    std::string text = "{";
    for (int count = 0; count < 300; ++count) {
        text += "\"m" + std::to_string(count) + "\":{\"x\":1,\"x\":2},";
    }
    text.back() = '}';

    const Result<JsonDocument> document = read_json(text);

    ASSERT_TRUE(document);
    EXPECT_EQ(document->problems.all().size(), ProblemList::kProblemsMax);
}

TEST(ProblemList, FindsTheNameThatWasMeant) {
    const std::vector<std::string_view> names = {"cir_bps", "cbs_bytes", "display_name", "tags"};
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"cir_bsp", "cir_bps"},
        {"cbs", "cbs_bytes"},
        {"displayname", "display_name"},
        {"tag", "tags"},
        {"vlan", ""},
        {"", ""},
    };
    for (const auto& [wrong, meant] : cases) {
        EXPECT_EQ(closest_name(wrong, names), meant) << wrong;
    }
    EXPECT_EQ(closest_name(std::string(100'000, 'a'), names), "");
}

TEST(ProblemList, CutsWhatItQuotesBetweenCharacters) {
    EXPECT_EQ(quotable("abcdef", 4), "abcd...");
    EXPECT_EQ(quotable("abc\xc3\xa9", 4), "abc...");
    EXPECT_EQ(quotable("abcd", 4), "abcd");
    EXPECT_LT(pointer_to("", std::string(100'000, 'k')).size(), 100U);
}

TEST(ProblemList, DropsConsequencesOfWhatIsBlamedAlready) {
    ProblemList problems;
    problems.add("/endpoints/z/vlan_map", "out_of_range", "No VLAN id.");

    problems.add_consequences({
        {"/endpoints", "out_of_range", "Two, not one.", "", ""},
        {"/endpoints/z/vlan_map/c_vlans", "bundle_mismatch", "Differ.", "", ""},
        {"/endpoints/z/vlan_mapper", "required", "Unrelated.", "", ""},
        {"/bandwidth/cbs_bytes", "burst_below_frame", "Too small.", "", ""},
    });

    ASSERT_EQ(problems.all().size(), 3U);
    EXPECT_EQ(problems.all()[1].pointer, "/endpoints/z/vlan_mapper");
    EXPECT_EQ(problems.all()[2].pointer, "/bandwidth/cbs_bytes");
}

} // namespace
} // namespace strowger::api
