// SPDX-License-Identifier: Apache-2.0
// What a slice may be.
#include "tests/controlplane/service/slice_fixture.h"

#include <gmock/gmock.h>

namespace strowger::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SliceRulesTest : public SliceFixture {};

TEST_F(SliceRulesTest, ASliceIsTheOperatorsOwnAndItsOrdersAre) {
    const ObjectId acme = given_tenant("acme");
    const ObjectId id = given_slice("gold", {2}, {"acme"});

    const Result<RecordPtr> slice = provisioner_->find(ObjectKind::Slice, std::nullopt, "gold");
    ASSERT_TRUE(slice);
    EXPECT_EQ((*slice)->id, id);
    EXPECT_FALSE((*slice)->tenant.has_value());
    EXPECT_EQ(store_.orders().back().object, id);
    EXPECT_FALSE(store_.orders().back().tenant.has_value());
    EXPECT_THAT((*slice)->as_slice().tenants, ElementsAre(acme));
}

TEST_F(SliceRulesTest, ACoreIsOfAWorkerWithACoreOfItsOwn) {
    const Answer answer = send_and_settle(create_slice(slice("gold", {2, 9, 0}, {})));

    EXPECT_THAT(problems_of(answer), ElementsAre("not_found /cores/1", "worker_shared /cores/2"));
    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::NotFound);
    EXPECT_THAT(refusal_of(answer).error.problems[0].hint, HasSubstr("1, 2, 3, 0"));
}

TEST_F(SliceRulesTest, ACoreIsInOneSlice) {
    given_slice("gold", {2}, {});

    const Answer second = send_and_settle(create_slice(slice("iron", {3, 2}, {})));

    EXPECT_THAT(problems_of(second), ElementsAre("core_in_slice /cores/1"));
    EXPECT_THAT(refusal_of(second).error.message, HasSubstr("gold"));
    outcome_of(send_and_settle(create_slice(slice("iron", {3}, {}))));
}

TEST_F(SliceRulesTest, ATenantIsInOneSlice) {
    given_tenant("acme");
    given_slice("gold", {2}, {"acme"});

    const Answer second = send_and_settle(create_slice(slice("iron", {3}, {"acme"})));

    EXPECT_THAT(problems_of(second), ElementsAre("tenant_in_slice /tenants/0"));
}

TEST_F(SliceRulesTest, ATenantNamedByIdAndByNameIsNamedTwice) {
    const ObjectId acme = given_tenant("acme");

    const Answer answer = send_and_settle(create_slice(slice("gold", {2}, {"acme", acme.text()})));

    EXPECT_THAT(problems_of(answer), ElementsAre("duplicate_tenant /tenants/1"));
}

TEST_F(SliceRulesTest, ATenantThatIsNotThereIsBlamedInItsPlace) {
    given_tenant("acme");

    const Answer answer = send_and_settle(create_slice(slice("gold", {2}, {"acme", "nobody"})));

    EXPECT_THAT(problems_of(answer), ElementsAre("not_found /tenants/1"));
}

TEST_F(SliceRulesTest, OneWorkerStaysWithoutASlice) {
    dataplane_.set_workers({{.core = 1}, {.core = 2}});
    start();

    EXPECT_THAT(
        problems_of(send_and_settle(create_slice(slice("all", {1, 2}, {})))),
        ElementsAre("no_worker_left /cores")
    );
    given_slice("gold", {1}, {});
    EXPECT_THAT(
        problems_of(send_and_settle(create_slice(slice("iron", {2}, {})))),
        ElementsAre("no_worker_left /cores")
    );
}

TEST_F(SliceRulesTest, WithOneWorkerThereIsNoSlice) {
    dataplane_.set_workers({{.core = 1}});
    start();

    const Answer answer = send_and_settle(create_slice(slice("gold", {1}, {})));

    EXPECT_THAT(problems_of(answer), ElementsAre("no_worker_left /cores"));
    EXPECT_THAT(refusal_of(answer).error.message, HasSubstr("one worker"));
}

TEST_F(SliceRulesTest, WhatASliceOnItsWayHoldsIsHeld) {
    const ObjectId acme = given_tenant("acme");
    const Answer first = send(create_slice(slice("gold", {2}, {"acme"})));

    EXPECT_THAT(
        problems_of(send(create_slice(slice("iron", {2}, {"acme"})))),
        ElementsAre("core_in_slice /cores/0", "tenant_in_slice /tenants/0")
    );
    EXPECT_THAT(
        problems_of(send(request(ObjectKind::Tenant, WriteKind::Delete, std::nullopt, "acme"))),
        ElementsAre("tenant_in_slice")
    );
    settle();
    outcome_of(first);
}

TEST_F(SliceRulesTest, WhatASliceGivesUpIsFreeWhenThatIsDurable) {
    given_tenant("acme");
    given_slice("gold", {2}, {"acme"});

    const Answer change = send(change_slice(slice("gold", {3}, {})));
    EXPECT_THAT(
        problems_of(send(create_slice(slice("iron", {2}, {"acme"})))),
        ElementsAre("core_in_slice /cores/0", "tenant_in_slice /tenants/0")
    );
    EXPECT_THAT(
        problems_of(send(create_slice(slice("iron", {3}, {})))),
        ElementsAre("core_in_slice /cores/0")
    ) << "what it is about to take is taken";
    settle();
    outcome_of(change);
    outcome_of(send_and_settle(create_slice(slice("iron", {2}, {"acme"}))));
}

TEST_F(SliceRulesTest, ATenantInASliceIsNotDeleted) {
    given_tenant("acme");
    given_slice("gold", {2}, {"acme"});

    const Answer refused =
        send_and_settle(request(ObjectKind::Tenant, WriteKind::Delete, std::nullopt, "acme"));

    EXPECT_THAT(problems_of(refused), ElementsAre("tenant_in_slice"));
    EXPECT_THAT(refusal_of(refused).error.message, HasSubstr("gold"));
    outcome_of(send_and_settle(change_slice(slice("gold", {2}, {}))));
    outcome_of(send_and_settle(request(ObjectKind::Tenant, WriteKind::Delete, std::nullopt, "acme"))
    );
}

TEST_F(SliceRulesTest, WhatItsWorkersCannotHoldIsRefusedAtOnce) {
    limits_.endpoints_per_worker = 2;
    start();
    const ObjectId acme = given_connected_tenant("acme");
    given_circuit(acme, "one", 100);
    given_slice("gold", {2}, {"acme"}); // one circuit has two endpoints
    outcome_of(send_and_settle(delete_slice("gold")));
    given_circuit(acme, "two", 101);

    const Answer refused = send_and_settle(create_slice(slice("gold", {2}, {"acme"})));

    EXPECT_THAT(problems_of(refused), ElementsAre("capacity_exceeded /cores"));
    EXPECT_THAT(refusal_of(refused).error.message, HasSubstr("4 endpoints"));
    EXPECT_THAT(refusal_of(refused).error.problems[0].hint, HasSubstr("memory.endpoints"));
    outcome_of(send_and_settle(create_slice(slice("gold", {2, 3}, {"acme"}))));
}

TEST_F(SliceRulesTest, EveryFaultIsToldAtOnce) {
    SliceSpec spec = slice("gold", {}, {"nobody"});
    spec.display_name = "\a";

    EXPECT_THAT(
        problems_of(send_and_settle(create_slice(spec))),
        ElementsAre("invalid_text /display_name", "out_of_range /cores")
    );
}

} // namespace
} // namespace strowger::service
