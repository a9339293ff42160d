// SPDX-License-Identifier: Apache-2.0
#include "model/text.h"

#include <gtest/gtest.h>

namespace strowger::model {
namespace {

TEST(Text, AcceptsPrintableText) {
    EXPECT_TRUE(is_printable_utf8(""));
    EXPECT_TRUE(is_printable_utf8("New York - DC ~!"));
    EXPECT_TRUE(is_printable_utf8("K\u00F8benhavn \u2192 \U0001F4DE"));
    EXPECT_TRUE(is_printable_utf8("\xEF\xBF\xBF"));     // U+FFFF
    EXPECT_TRUE(is_printable_utf8("\xF4\x8F\xBF\xBF")); // U+10FFFF
    EXPECT_TRUE(is_printable_utf8("\xC2\xA0"));         // U+00A0, the first above the C1 controls
}

TEST(Text, RefusesControlCharacters) {
    EXPECT_FALSE(is_printable_utf8("a\nb"));
    EXPECT_FALSE(is_printable_utf8(std::string_view("\0", 1)));
    EXPECT_FALSE(is_printable_utf8("\x1F"));
    EXPECT_TRUE(is_printable_utf8("\x20"));
    EXPECT_TRUE(is_printable_utf8("\x7E"));
    EXPECT_FALSE(is_printable_utf8("\x7F"));
    EXPECT_FALSE(is_printable_utf8("\xC2\x80"));
    EXPECT_FALSE(is_printable_utf8("\xC2\x9F"));
}

TEST(Text, RefusesWhatIsNotUtf8) {
    EXPECT_FALSE(is_printable_utf8("\x80"));             // a follower first
    EXPECT_FALSE(is_printable_utf8("\xC3"));             // cut off
    EXPECT_FALSE(is_printable_utf8("\xC3("));            // a follower is missing
    EXPECT_FALSE(is_printable_utf8("\xC1\xBF"));         // overlong
    EXPECT_FALSE(is_printable_utf8("\xE0\x9F\xBF"));     // overlong
    EXPECT_FALSE(is_printable_utf8("\xED\xA0\x80"));     // a surrogate
    EXPECT_FALSE(is_printable_utf8("\xF4\x90\x80\x80")); // above U+10FFFF
    EXPECT_FALSE(is_printable_utf8("\xFF"));
}

TEST(Text, EscapesPointersAsRfc6901Says) {
    EXPECT_EQ(pointer_to("", "tags"), "/tags");
    EXPECT_EQ(pointer_to("/tags", "a/b~c"), "/tags/a~1b~0c");
    EXPECT_EQ(pointer_to("/tags", ""), "/tags/");
}

} // namespace
} // namespace strowger::model
