// SPDX-License-Identifier: Apache-2.0
#include "service/provisioner.h"
#include "tests/controlplane/service/service_fixture.h"

#include <gmock/gmock.h>

namespace strowger::service {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kSecondNs = 1'000'000'000;

class IdempotencyTest : public ServiceFixture {};

TEST_F(IdempotencyTest, SameKeyGetsTheSameAnswerAndOneCircuit) {
    const ObjectId tenant = given_connected_tenant("acme");
    const Answer first =
        send_and_settle(with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k"));

    const Answer again =
        send_and_settle(with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k"));

    EXPECT_EQ(outcome_of(again).status, 201);
    EXPECT_EQ(outcome_of(again).body, outcome_of(first).body);
    EXPECT_EQ(outcome_of(again).order, outcome_of(first).order);
    EXPECT_EQ(outcome_of(again).object, outcome_of(first).object);
    EXPECT_EQ(outcome_of(again).generation, 1U);
    EXPECT_TRUE(outcome_of(again).replayed);
    EXPECT_FALSE(outcome_of(first).replayed);
    EXPECT_EQ(dataplane_.installed().size(), 1U);
}

TEST_F(IdempotencyTest, ConcurrentDuplicatesWaitForTheFirst) {
    const ObjectId tenant = given_connected_tenant("acme");
    std::vector<Answer> answers;
    for (int count = 0; count < 50; ++count) {
        answers.push_back(send(with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k")));
    }
    EXPECT_EQ(store_.waiting(), 1U);
    settle();

    for (const Answer& answer : answers) {
        EXPECT_EQ(outcome_of(answer).status, 201);
        EXPECT_EQ(outcome_of(answer).body, outcome_of(answers.front()).body);
        EXPECT_EQ(outcome_of(answer).replayed, answer != answers.front());
    }
    EXPECT_EQ(dataplane_.installed().size(), 1U);
}

TEST_F(IdempotencyTest, KeyWithAnotherRequestIsRefusedUnderWayAndAfterwards) {
    const ObjectId tenant = given_connected_tenant("acme");
    send(with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k", "one"));

    const Answer early =
        send(with_key(create_circuit(tenant, eline("d", c_vlan(200))), "k", "two"));
    settle();
    const Answer later =
        send(with_key(create_circuit(tenant, eline("d", c_vlan(200))), "k", "two"));

    for (const Answer& answer : {early, later}) {
        EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Invalid);
        EXPECT_THAT(problems_of(answer), ElementsAre("idempotency_key_reused"));
    }
}

TEST_F(IdempotencyTest, KeysOfTenantsAndOperatorAreApart) {
    const ObjectId acme = given_connected_tenant("acme");
    send_and_settle(with_key(create_circuit(acme, eline("c", c_vlan(100))), "k", "one"));
    WriteRequest by_operator = with_key(create_circuit(acme, eline("d", c_vlan(200))), "k", "two");
    by_operator.identity.tenant = std::nullopt;

    EXPECT_EQ(outcome_of(send_and_settle(std::move(by_operator))).status, 201);
}

TEST_F(IdempotencyTest, RefusalsAreEvaluatedAnew) {
    const ObjectId tenant = given_connected_tenant("acme");
    send_and_settle(create_circuit(tenant, eline("other", c_vlan(100))));
    const auto create = [&] {
        return with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k");
    };
    EXPECT_EQ(refusal_of(send(create())).error.code, ErrorCode::Conflict);
    send_and_settle(request(ObjectKind::Circuit, WriteKind::Delete, tenant, "other"));

    EXPECT_EQ(outcome_of(send_and_settle(create())).status, 201);
}

TEST_F(IdempotencyTest, SecretIsShownOnceAlsoToDuplicates) {
    const ObjectId tenant = given_tenant("acme");
    const auto create = [&] {
        WriteRequest made = request(ObjectKind::Token, WriteKind::Create, tenant);
        made.decode = says({Draft::Token{{name("laptop"), ""}, auth::sha256("s")}, "laptop"});
        made.render = [](const Record&, const std::vector<Problem>&) {
            return Rendered{"secret", "null"};
        };
        return with_key(std::move(made), "k");
    };
    const Answer first = send(create());
    const Answer duplicate = send(create());
    settle();
    const Answer later = send(create());

    EXPECT_EQ(outcome_of(first).body, "secret");
    EXPECT_EQ(outcome_of(duplicate).body, "null");
    EXPECT_EQ(outcome_of(later).body, "null");
}

TEST_F(IdempotencyTest, TooManyKeysAreRateLimitedAndUnkeyedWritesAreNot) {
    const ObjectId tenant = given_connected_tenant("acme");
    store_.set_idempotency_count(limits_.idempotency_keys_max);

    const Answer keyed = send(with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k"));
    const Answer plain = send_and_settle(create_circuit(tenant, eline("c", c_vlan(100))));

    EXPECT_EQ(refusal_of(keyed).error.code, ErrorCode::RateLimited);
    EXPECT_EQ(outcome_of(plain).status, 201);
}

// Failing disks and silent workers.

} // namespace
} // namespace strowger::service
