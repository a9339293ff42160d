// SPDX-License-Identifier: Apache-2.0
#include "cli/json_access.h"
#include "cli/problem_text.h"
#include "cli/suggestion.h"
#include "cli/table.h"
#include "cli/terminal_text.h"
#include "cli/vlan_text.h"
#include "cli/yaml_text.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <sstream>

namespace strowger::cli {
namespace {
namespace json = boost::json;

TEST(VlanText, EveryFormBecomesItsMemberAndComesBack) {
    const std::vector<std::pair<std::string, std::string>> forms = {
        {"all", R"({"all":true})"},
        {"untagged", R"({"untagged":true})"},
        {"c100", R"({"c_vlans":[100]})"},
        {"c1,200-299,4094", R"({"c_vlans":[1,"200-299",4094]})"},
        {"s900", R"({"s_vlan":900})"},
        {"s900.c10,20-29", R"({"s_vlan":900,"c_vlans":[10,"20-29"]})"},
    };

    for (const auto& [text, body] : forms) {
        auto map = parse_vlan_map(text);
        ASSERT_EQ(failure_of(map), nullptr) << text;
        EXPECT_EQ(json::serialize(std::get<json::object>(map)), body);
        EXPECT_EQ(format_vlan_map(std::get<json::object>(map)), text);
    }
}

TEST(VlanText, WhatIsNoMapIsRefusedBeforeItIsSent) {
    for (const char* text :
         {"",      "c",   "s",    "100",   "c0",  "c4095", "s4095",
          "c1,",   "c,1", "c5-4", "c1-",   "s1.", "s1.10", "s1,2",
          "s1.s2", "ALL", "c1 ",  "c1--2", "cx",  "s1.c",  "c99999999999999999999"}) {
        auto map = parse_vlan_map(text);
        EXPECT_NE(failure_of(map), nullptr) << text;
    }
}

TEST(VlanText, AFormOfANewerApiIsShownAsItIs) {
    EXPECT_EQ(format_vlan_map({{"i_sid", 5}}), R"({"i_sid":5})");
    EXPECT_EQ(format_vlan_map({{"s_vlan", 5}, {"i_sid", 5}}), R"({"s_vlan":5,"i_sid":5})");
    EXPECT_EQ(format_vlan_map({}), "{}");
}

TEST(VlanText, RangesAscendWithinTheVlanIds) {
    auto good = parse_vlan_range("100-199");
    auto reversed = parse_vlan_range("199-100");

    EXPECT_EQ(json::serialize(std::get<json::object>(good)), R"({"first":100,"last":199})");
    EXPECT_NE(failure_of(reversed), nullptr);
}

TEST(TerminalText, ControlsBecomeVisible) {
    EXPECT_EQ(escape_for_terminal("a\x1b[2Jb\n\r\x7f"), "a\\x1b[2Jb\\x0a\\x0d\\x7f");
    EXPECT_EQ(
        escape_for_terminal("\xc2\x9b"
                            "2J"),
        "\\x9b2J"
    );
    EXPECT_EQ(escape_for_terminal("\xe2\x80\xaegnp"), "\\u202egnp");
    EXPECT_EQ(escape_for_terminal("Zürich 東京 🚀"), "Zürich 東京 🚀");
}

TEST(TerminalText, BytesThatAreNoUtf8BecomeVisible) {
    EXPECT_EQ(escape_for_terminal("\xff"), "\\xff");
    EXPECT_EQ(escape_for_terminal("\xc3"), "\\xc3");                            // cut off
    EXPECT_EQ(escape_for_terminal("\xc0\x9b"), "\\xc0\\x9b");                   // overlong
    EXPECT_EQ(escape_for_terminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");          // a surrogate
    EXPECT_EQ(escape_for_terminal("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); // above U+10FFFF
}

TEST(TerminalText, AnEscapedJsonDocumentMeansTheSame) {
    const std::string document = "{\"x\":\"\xc2\x9b \xe2\x80\xae\",\n\t\"y\":1}";

    const std::string escaped = escape_document(document);

    EXPECT_EQ(escaped.find('\x9b'), std::string::npos);
    EXPECT_EQ(json::parse(escaped), json::parse(document));
}

TEST(TerminalText, WidthIsCountedInColumns) {
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("Zürich"), 6U);
    EXPECT_EQ(display_width("u\xcc\x88"), 1U); // u and a combining diaeresis
    EXPECT_EQ(display_width("東京"), 4U);
    EXPECT_EQ(display_width("🚀"), 2U);
}

TEST(Table, ColumnsAlignWhateverTheScript) {
    Table table({{"NAME"}, {"COUNT", true}, {"NOTE"}});
    table.add({{"東京"}, {"7"}, {"x"}});
    table.add({{"zürich"}, {"1234567"}});
    std::ostringstream out;

    table.print(out, false);

    EXPECT_EQ(
        out.str(),
        "NAME      COUNT  NOTE\n"
        "東京          7  x\n"
        "zürich  1234567  -\n"
    );
}

TEST(Table, ColourDoesNotShiftColumns) {
    Table table({{"STATE"}, {"NAME"}});
    table.add({{"up", Tone::Good}, {"x"}});
    std::ostringstream out;

    table.print(out, true);

    EXPECT_EQ(out.str(), "STATE  NAME\n\x1b[32mup\x1b[0m     x\n");
}

TEST(YamlText, StringsThatYamlWouldMisreadAreQuoted) {
    const json::value value = {
        {"a", "12"},
        {"b", "yes"},
        {"c", "plain-word"},
        {"d", "1e3"},
        {"e", ""},
        {"f", "a: b"},
        {"g", 12},
        {"h", true},
        {"i", nullptr},
        {"j", json::array{}},
        {"k", json::object{}}};

    EXPECT_EQ(
        yaml_from_json(value),
        "a: \"12\"\nb: \"yes\"\nc: plain-word\nd: \"1e3\"\ne: \"\"\nf: \"a: b\"\n"
        "g: 12\nh: true\ni: null\nj: []\nk: {}\n"
    );
}

TEST(ProblemText, PointersAreReadAloud) {
    EXPECT_EQ(pointer_in_words("/endpoints/a/bandwidth/cbs_bytes"), "endpoint a, bandwidth, CBS");
    EXPECT_EQ(
        pointer_in_words("/endpoints/7/vlan_map/c_vlans/0"), "endpoint 7, VLAN map, C-VLANs, item 1"
    );
    EXPECT_EQ(pointer_in_words("/tags/a~1b~0c"), "tags, a/b~c");
    EXPECT_EQ(pointer_in_words("/endpoints"), "endpoints");
    EXPECT_EQ(pointer_in_words(""), "");
}

TEST(ProblemText, AnAnswerThatIsNoProblemIsStillExplained) {
    const HttpReply reply{502, {{"x-request-id", "r1"}}, "<html>bad gateway</html>"};

    const Failure failure = failure_from_reply(reply, "cannot list circuits");

    EXPECT_EQ(failure.exit, ExitCode::General);
    EXPECT_EQ(failure.what, "cannot list circuits: HTTP 502");
    EXPECT_EQ(failure.request_id, "r1");
    EXPECT_TRUE(failure.problem_json.empty());
}

TEST(ProblemText, MembersOfTheWrongTypeDoNoHarm) {
    for (const char* body :
         {"[]", "7", "{\"errors\":7}", "{\"errors\":[1,null]}", "{\"code\":{},\"errors\":[{}]}"}) {
        const Failure failure = failure_from_reply({422, {}, body}, "x");
        EXPECT_EQ(failure.exit, ExitCode::Usage) << body;
        EXPECT_FALSE(failure.faults.empty()) << body;
    }
}

TEST(Suggestion, NearWordsAreMeantFarOnesAreNot) {
    EXPECT_EQ(edit_distance("circuit", "circuit"), 0U);
    EXPECT_EQ(edit_distance("lsit", "list"), 1U); // neighbours swapped
    EXPECT_EQ(edit_distance("", "list"), 4U);
    EXPECT_EQ(nearest_word("crcuit", {"circuit", "context"}), "circuit");
    EXPECT_EQ(nearest_word("apply", {"circuit", "context"}), std::nullopt);
    EXPECT_EQ(nearest_word("x", {"a"}), std::nullopt);
}

TEST(JsonAccess, MergePatchFollowsTheExamplesOfRfc7396) {
    const std::vector<std::array<std::string, 3>> examples = {{
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":"foo"})", "null", "null"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    }};

    for (const auto& [original, patch, expected] : examples) {
        json::value value = json::parse(original);
        merge_patch(value, json::parse(patch));
        EXPECT_EQ(json::serialize(value), expected);
    }
}

TEST(JsonAccess, PathsAreEncodedWhole) {
    EXPECT_EQ(percent_encode("a-b._~Z9"), "a-b._~Z9");
    EXPECT_EQ(percent_encode("../x?y=\xc3\xbc%"), "..%2Fx%3Fy%3D%C3%BC%25");
}

} // namespace
} // namespace strowger::cli
