// SPDX-License-Identifier: Apache-2.0
#include "api/batch_document.h"

#include "strowger/model/batch_limits.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <iterator>
#include <string>

namespace strowger::api {
namespace {

std::string code_of(const Error& error) {
    return error.problems.empty() ? "" : error.problems.front().code;
}

TEST(BatchDocument, FindsEachMemberWhateverStandsInItsTexts) {
    const std::string text =
        R"( { "create" : [ {"name":"]}\"{"} , [1,[2]] ,-3.5e1, "a\\" ], "delete":["x"],"put":[] } )";

    const Result<BatchDocument> batch = BatchDocument::read(text);

    ASSERT_TRUE(batch) << batch.error().message;
    ASSERT_EQ(batch->size(), 5U);
    EXPECT_EQ(batch->pointer(0), "/create/0");
    EXPECT_EQ(batch->member(0)->value.at("name").as_string(), "]}\"{");
    EXPECT_EQ(batch->member_text(1), "[1,[2]]");
    EXPECT_EQ(batch->member(2)->value.as_double(), -35.0);
    EXPECT_EQ(batch->member(3)->value.as_string(), "a\\");
    EXPECT_EQ(batch->pointer(4), "/delete/0");
    EXPECT_EQ(batch->verb(4), BatchVerb::Delete);
}

TEST(BatchDocument, FindsWhereAMemberEndsAfterLongTextsAndLongLists) {
    for (std::size_t length = 0; length <= 100; ++length) {
        const std::string members[] = {
            '"' + std::string(length, 'x') + R"(\"]")",
            '"' + std::string(length, 'x') + R"(\\")",
            '[' + std::string(length, ' ') + R"("]"])",
            '[' + std::string(length, '7') + R"(,{"a":[]},{}])",
            '{' + std::string(length, ' ') + R"("a":[)" + std::string(length, '7') + "]}",
        };
        std::string text = R"({"create":[)";
        for (const std::string& member : members) {
            text += member + ',';
        }
        text.back() = ']';

        const Result<BatchDocument> batch = BatchDocument::read(text + '}');

        ASSERT_TRUE(batch) << length << ": " << batch.error().message;
        ASSERT_EQ(batch->size(), std::size(members)) << length;
        for (std::size_t index = 0; index < batch->size(); ++index) {
            EXPECT_EQ(batch->member_text(index), members[index]) << length;
        }
        for (std::size_t end = text.size() - length; end < text.size(); ++end) {
            EXPECT_FALSE(BatchDocument::read(text.substr(0, end))) << length << ", " << end;
        }
    }
}

TEST(BatchDocument, RefusesWhatIsNoFrame) {
    for (const std::string text :
         {"",
          "{",
          "{\"create\"}",
          "{\"create\":}",
          "{\"create\":[}",
          "{\"create\":[1,]}",
          "{\"create\":[1]",
          "{\"create\":[1]}x",
          "{\"create\":[1],}",
          "{\"create\":[1] 2}",
          "{create:[1]}",
          "{\"create\":[1}]",
          "{\"create\":[,1]}",
          "{\"x\":[}",
          "\"",
          "[",
          "[1}"}) {
        const Result<BatchDocument> batch = BatchDocument::read(text);
        ASSERT_FALSE(batch) << text;
        EXPECT_EQ(batch.error().code, ErrorCode::Malformed) << text;
        EXPECT_EQ(code_of(batch.error()), "malformed_json") << text;
    }
}

TEST(BatchDocument, RefusesWhatIsNoBatch) {
    const std::pair<const char*, const char*> cases[] = {
        {"{}", "required"},
        {"{\"create\":[],\"delete\":[]}", "required"},
        {"[1]", "wrong_type"},
        {"7", "wrong_type"},
        {"{\"create\":7}", "wrong_type"},
        {"{\"create\":{\"a\":1}}", "wrong_type"},
        {"{\"Create\":[1]}", "unknown_member"},
        {"{\"create\":[1],\"create\":[2]}", "duplicate_member"}};
    for (const auto& [text, code] : cases) {
        const Result<BatchDocument> batch = BatchDocument::read(text);
        ASSERT_FALSE(batch) << text;
        EXPECT_EQ(batch.error().code, ErrorCode::Invalid) << text;
        EXPECT_EQ(code_of(batch.error()), code) << text;
    }
}

TEST(BatchDocument, HoldsTheMostMembersAndNotOneMore) {
    const auto of = [](std::size_t members) {
        std::string text = "{\"delete\":[1";
        for (std::size_t member = 1; member < members; ++member) {
            text += ",1";
        }
        return BatchDocument::read(text + "]}");
    };

    ASSERT_TRUE(of(limits::kBatchMembersMax));
    const Result<BatchDocument> over = of(limits::kBatchMembersMax + 1);
    ASSERT_FALSE(over);
    EXPECT_EQ(code_of(over.error()), "out_of_range");
}

TEST(BatchDocument, AMemberThatIsNoJsonIsToldWhereItStandsInTheWhole) {
    const Result<BatchDocument> batch = BatchDocument::read("{\"create\":[\n{},\n  {\"a\":nul}]}");

    ASSERT_TRUE(batch);
    const Result<JsonDocument> member = batch->member(1);
    ASSERT_FALSE(member);
    EXPECT_EQ(member.error().message.find("Not JSON at line 3, column "), 0U)
        << member.error().message;
}

TEST(BatchDocument, BracketsThatCrossAreNoJsonSomewhere) {
    const Result<BatchDocument> batch = BatchDocument::read(R"({"create":[{"a":1]},{"b":2}]})");

    const bool whole = batch.has_value();
    EXPECT_FALSE(whole && batch->size() == 2 && batch->member(0) && batch->member(1));
}

} // namespace
} // namespace strowger::api
