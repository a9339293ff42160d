// SPDX-License-Identifier: Apache-2.0
#include "auth/token_index.h"

#include "auth/token.h"

#include <gtest/gtest.h>

namespace strowger::auth {
namespace {

class TokenIndexTest : public ::testing::Test {
protected:
    ObjectId id(ObjectKind kind) { return ids_.next(kind, 1'000'000); }

    TokenIndex index_;
    TokenSecret secret_ = generate_token();

private:
    ObjectIdSource ids_{random_bytes};
};

TEST_F(TokenIndexTest, TenantsTokenNamesItsTenant) {
    const ObjectId token = id(ObjectKind::Token);
    const ObjectId tenant = id(ObjectKind::Tenant);
    index_.insert(secret_.digest, token, tenant);

    const auto identity = index_.authenticate(secret_.text, 5);

    ASSERT_TRUE(identity.has_value());
    EXPECT_EQ(identity->actor, (Actor{ActorKind::Token, token.text()}));
    EXPECT_EQ(identity->tenant, tenant);
    EXPECT_FALSE(identity->is_operator());
}

TEST_F(TokenIndexTest, TokenWithoutTenantIsTheOperators) {
    index_.insert(secret_.digest, id(ObjectKind::Token), std::nullopt);

    const auto identity = index_.authenticate(secret_.text, 5);

    ASSERT_TRUE(identity.has_value());
    EXPECT_TRUE(identity->is_operator());
}

TEST_F(TokenIndexTest, UnknownTokenIsRefused) {
    index_.insert(secret_.digest, id(ObjectKind::Token), std::nullopt);

    EXPECT_FALSE(index_.authenticate(generate_token().text, 5).has_value());
    EXPECT_FALSE(index_.authenticate("stw_nonsense", 5).has_value());
}

TEST_F(TokenIndexTest, RevokedTokenIsRefusedAtOnce) {
    index_.insert(secret_.digest, id(ObjectKind::Token), std::nullopt);
    ASSERT_TRUE(index_.authenticate(secret_.text, 5).has_value());

    index_.erase(secret_.digest);

    EXPECT_FALSE(index_.authenticate(secret_.text, 6).has_value());
}

TEST_F(TokenIndexTest, UsesAreHandedOutOnce) {
    const ObjectId token = id(ObjectKind::Token);
    index_.insert(secret_.digest, token, std::nullopt);
    EXPECT_EQ(index_.last_used_us(secret_.digest), std::nullopt);

    (void)index_.authenticate(secret_.text, 5);
    (void)index_.authenticate(secret_.text, 9);

    const std::vector<std::pair<ObjectId, std::int64_t>> expected = {{token, 9}};
    EXPECT_EQ(index_.take_last_used(), expected);
    EXPECT_TRUE(index_.take_last_used().empty());
    EXPECT_EQ(index_.last_used_us(secret_.digest), 9);
}

} // namespace
} // namespace strowger::auth
