// SPDX-License-Identifier: Apache-2.0
#include "auth/token.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace strowger::auth {
namespace {

TEST(Digest, IsSha256) {
    // FIPS 180-4, the example "abc".
    const Digest digest = sha256("abc");

    EXPECT_EQ(digest.bytes[0], 0xba);
    EXPECT_EQ(digest.bytes[1], 0x78);
    EXPECT_EQ(digest.bytes[31], 0xad);
}

TEST(Digest, ComparesTheWholeValue) {
    const Digest digest = sha256("abc");
    Digest last_bit_differs = digest;
    last_bit_differs.bytes[31] ^= 1U;

    EXPECT_TRUE(equal_in_constant_time(digest, digest));
    EXPECT_FALSE(equal_in_constant_time(digest, last_bit_differs));
}

TEST(Token, HasTheShapeThatTheApiPromises) {
    const TokenSecret token = generate_token();

    EXPECT_EQ(token.text.size(), 4U + 43U + 6U);
    EXPECT_TRUE(token.text.starts_with("stw_"));
    EXPECT_TRUE(token_is_well_formed(token.text));
    EXPECT_EQ(token.digest, sha256(token.text));
}

TEST(Token, ChecksumIsCrc32OfWhatStandsBeforeIt) {
    // zlib.crc32(b"stw_" + b"0" * 43) = 0x35707212, in base 62 "0yfseI".
    const std::string zeros = "stw_" + std::string(43, '0');

    EXPECT_TRUE(token_is_well_formed(zeros + "0yfseI"));
}

TEST(Token, EveryWrongCharacterIsNoticed) {
    const std::string token = generate_token().text;

    for (std::size_t place = 0; place < token.size(); ++place) {
        std::string misspelt = token;
        misspelt[place] = misspelt[place] == 'x' ? 'y' : 'x';
        EXPECT_FALSE(token_is_well_formed(misspelt)) << "at " << place;
    }
}

TEST(Token, TwoSwappedCharactersAreNoticed) {
    const std::string token = generate_token().text;

    for (std::size_t place = 4; place + 1 < token.size(); ++place) {
        std::string swapped = token;
        std::swap(swapped[place], swapped[place + 1]);
        EXPECT_TRUE(swapped == token || !token_is_well_formed(swapped)) << "at " << place;
    }
}

TEST(Token, OtherTextsAreNoTokens) {
    const std::string token = generate_token().text;

    EXPECT_FALSE(token_is_well_formed(""));
    EXPECT_FALSE(token_is_well_formed("stw_"));
    EXPECT_FALSE(token_is_well_formed(token + "0"));
    EXPECT_FALSE(token_is_well_formed(token.substr(1)));
    EXPECT_FALSE(token_is_well_formed(std::string(53, '\0')));
}

TEST(Token, NoTwoAreEqual) {
    std::set<std::string> seen;

    for (int count = 0; count < 1000; ++count) {
        EXPECT_TRUE(seen.insert(generate_token().text).second);
    }
}

} // namespace
} // namespace strowger::auth
