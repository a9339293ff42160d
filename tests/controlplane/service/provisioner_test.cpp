// SPDX-License-Identifier: Apache-2.0
#include "service/provisioner.h"

#include "tests/controlplane/service/service_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace strowger::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kDayNs = 24 * 3600 * kSecondNs;

class ProvisionerTest : public ServiceFixture {};

TEST_F(ProvisionerTest, CircuitIsAnsweredWhenDurableAndHeldByTheWorkers) {
    const ObjectId tenant = given_connected_tenant("acme");
    dataplane_.hold_completions(true);

    const Answer answer = send(create_circuit(tenant, eline("ny-dc", c_vlan(100))));
    EXPECT_TRUE(provisioner_->busy());
    EXPECT_EQ(dataplane_.staged_count(), 1U);
    provisioner_->poll();
    EXPECT_FALSE(is_answered(answer)) << "before it is durable";
    EXPECT_EQ(dataplane_.outstanding(), 0U) << "workers before the disk";

    store_.commit();
    provisioner_->on_store_progress();
    provisioner_->poll();
    EXPECT_FALSE(is_answered(answer)) << "before the workers hold it";
    EXPECT_EQ(get(ObjectKind::Circuit, tenant, "ny-dc"), nullptr) << "readers see it too early";

    dataplane_.hold_completions(false);
    provisioner_->poll();
    const WriteOutcome& outcome = outcome_of(answer);
    EXPECT_EQ(outcome.status, 201);
    EXPECT_EQ(outcome.generation, 1U);
    EXPECT_TRUE(outcome.order.has_value());
    EXPECT_EQ(get(ObjectKind::Circuit, tenant, "ny-dc")->id, outcome.object);
    EXPECT_FALSE(provisioner_->busy());
}

TEST_F(ProvisionerTest, WorkersGetWhatTheCircuitSays) {
    const ObjectId tenant = given_tenant("acme");
    given_uni(tenant, "a", "east");
    UniSpec far{.name = name("z"), .display_name = "", .tags = {}, .port = name("west")};
    far.tpid = Tpid::STag88a8;
    send_and_settle(create_uni(tenant, far));
    CircuitSpec spec = eline("c", c_vlan(100));
    spec.endpoints.at(name("z")).vlan_map = s_vlan(900);
    spec.endpoints.at(name("z")).bandwidth = BandwidthProfileSpec{.cir = {5'000'000}};
    spec.admin_state = AdminState::Down;

    send_and_settle(create_circuit(tenant, spec));

    ASSERT_EQ(dataplane_.installed().size(), 1U);
    const CircuitProgram& program = dataplane_.installed().begin()->second;
    EXPECT_EQ(program.endpoints[0].port, port_east_);
    EXPECT_EQ(program.endpoints[0].map, c_vlan(100));
    EXPECT_EQ(program.endpoints[0].bandwidth.cir().value, 10'000'000U);
    EXPECT_EQ(program.endpoints[1].port, port_west_);
    EXPECT_EQ(program.endpoints[1].tpid, Tpid::STag88a8);
    EXPECT_EQ(program.endpoints[1].map, s_vlan(900));
    EXPECT_EQ(program.endpoints[1].bandwidth.cir().value, 5'000'000U);
    EXPECT_FALSE(program.forwarding);
    EXPECT_FALSE(program.l2cp_transparent);
    EXPECT_EQ(program.frame_max.value, 1526U);
}

TEST_F(ProvisionerTest, AllToOneCircuitIsTransparentToControlProtocols) {
    const ObjectId tenant = given_connected_tenant("acme");

    send_and_settle(create_circuit(tenant, eline("c", MapAll{})));

    EXPECT_TRUE(dataplane_.installed().begin()->second.l2cp_transparent);
}

// Two at once.

TEST_F(ProvisionerTest, SecondCreateOfAVlanIsRefusedWhileTheFirstIsUncommitted) {
    const ObjectId tenant = given_connected_tenant("acme");
    const Answer first = send(create_circuit(tenant, eline("c1", c_vlan(100))));

    const Answer second = send(create_circuit(tenant, eline("c2", c_vlan(100))));

    EXPECT_EQ(refusal_of(second).error.code, ErrorCode::Conflict);
    EXPECT_THAT(
        problems_of(second),
        ElementsAre("vlan_in_use /endpoints/a/vlan_map", "vlan_in_use /endpoints/z/vlan_map")
    );
    settle();
    EXPECT_EQ(outcome_of(first).status, 201);
    EXPECT_EQ(dataplane_.installed().size(), 1U);
}

TEST_F(ProvisionerTest, VlanIsFreeOnlyWhenTheWorkersLetGoOfIt) {
    const ObjectId tenant = given_connected_tenant("acme");
    send_and_settle(create_circuit(tenant, eline("c1", c_vlan(100))));
    dataplane_.hold_completions(true);
    send(request(ObjectKind::Circuit, WriteKind::Delete, tenant, "c1"));
    store_.commit();
    provisioner_->on_store_progress();

    const Answer early = send(create_circuit(tenant, eline("c2", c_vlan(100))));
    EXPECT_EQ(refusal_of(early).error.code, ErrorCode::Conflict);

    dataplane_.hold_completions(false);
    settle();
    EXPECT_EQ(
        outcome_of(send_and_settle(create_circuit(tenant, eline("c2", c_vlan(100))))).status, 201
    );
}

TEST_F(ProvisionerTest, ChangeOfMapHoldsOldAndNewVlanUntilItIsApplied) {
    const ObjectId tenant = given_connected_tenant("acme");
    send_and_settle(create_circuit(tenant, eline("c1", c_vlan(100))));
    const Answer change = send(change_circuit(tenant, "c1", eline("c1", c_vlan(200))));

    for (const std::uint16_t vid : {std::uint16_t{100}, std::uint16_t{200}}) {
        const Answer other = send(create_circuit(tenant, eline("other", c_vlan(vid))));
        EXPECT_EQ(refusal_of(other).error.code, ErrorCode::Conflict) << vid;
    }
    settle();

    EXPECT_EQ(outcome_of(change).status, 200);
    EXPECT_EQ(
        outcome_of(send_and_settle(create_circuit(tenant, eline("c2", c_vlan(100))))).status, 201
    );
}

TEST_F(ProvisionerTest, ChangesOfOneObjectQueueAndEachSeesTheOneBefore) {
    const ObjectId tenant = given_connected_tenant("acme");
    send_and_settle(create_circuit(tenant, eline("c", c_vlan(100))));
    std::vector<std::uint64_t> seen;
    const auto patch = [&](std::uint64_t cir_bps) {
        WriteRequest made = request(ObjectKind::Circuit, WriteKind::Patch, tenant, "c");
        made.decode = [this, cir_bps, &seen](const Record* current) -> Result<Draft> {
            seen.push_back(current->as_circuit().spec.bandwidth->cir.value);
            CircuitSpec spec = current->as_circuit().spec;
            spec.bandwidth->cir.value = cir_bps;
            return draft(spec);
        };
        return made;
    };

    const Answer first = send(patch(20'000'000));
    const Answer second = send(patch(30'000'000));
    const Answer third = send(patch(40'000'000));
    EXPECT_EQ(store_.waiting(), 1U);
    settle();

    EXPECT_THAT(seen, ElementsAre(10'000'000U, 20'000'000U, 30'000'000U));
    EXPECT_EQ(outcome_of(first).generation, 2U);
    EXPECT_EQ(outcome_of(second).generation, 3U);
    EXPECT_EQ(outcome_of(third).generation, 4U);
    EXPECT_EQ(
        dataplane_.installed().begin()->second.endpoints[0].bandwidth.cir().value, 40'000'000U
    );
}

TEST_F(ProvisionerTest, PutBehindADeletionCreatesAnew) {
    const ObjectId tenant = given_connected_tenant("acme");
    const ObjectId old_id =
        outcome_of(send_and_settle(create_circuit(tenant, eline("c", c_vlan(100))))).object;
    const Answer removal = send(request(ObjectKind::Circuit, WriteKind::Delete, tenant, "c"));
    WriteRequest put = create_circuit(tenant, eline("c", c_vlan(100)));
    put.write = WriteKind::Put;
    put.reference = "c";

    const Answer anew = send(std::move(put));
    settle();

    EXPECT_EQ(outcome_of(removal).status, 204);
    EXPECT_EQ(outcome_of(anew).status, 201);
    EXPECT_NE(outcome_of(anew).object, old_id);
}

TEST_F(ProvisionerTest, PutUnderAnotherNameThanThePathsIsRefused) {
    const ObjectId tenant = given_connected_tenant("acme");
    WriteRequest put = create_circuit(tenant, eline("c", c_vlan(100)));
    put.write = WriteKind::Put;
    put.reference = "d";

    EXPECT_THAT(problems_of(send(std::move(put))), ElementsAre("immutable /name"));
}

// Idempotency.

TEST_F(ProvisionerTest, FailedCommitChangesNothingAndForwardingGoesOn) {
    const ObjectId tenant = given_connected_tenant("acme");
    send_and_settle(create_circuit(tenant, eline("old", c_vlan(100))));
    const auto installed = dataplane_.installed();
    const Answer created = send(with_key(create_circuit(tenant, eline("c", c_vlan(200))), "k"));
    const Answer duplicate = send(with_key(create_circuit(tenant, eline("c", c_vlan(200))), "k"));
    const Answer changed = send(change_circuit(tenant, "old", eline("old", c_vlan(300))));
    const Answer behind = send(request(ObjectKind::Circuit, WriteKind::Delete, tenant, "old"));

    store_.fail();
    provisioner_->on_store_progress();

    for (const Answer& answer : {created, duplicate, changed, behind}) {
        EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Unavailable);
        EXPECT_EQ(refusal_of(answer).order, std::nullopt);
    }
    EXPECT_EQ(dataplane_.staged_count(), 0U);
    EXPECT_EQ(dataplane_.outstanding(), 0U);
    EXPECT_EQ(dataplane_.installed(), installed);
    EXPECT_EQ(get(ObjectKind::Circuit, tenant, "c"), nullptr);
    EXPECT_EQ(get(ObjectKind::Circuit, tenant, "old")->generation, 1U);
    EXPECT_FALSE(provisioner_->readiness().ready);
    EXPECT_FALSE(provisioner_->busy());
}

TEST_F(ProvisionerTest, FailedStoreTakesNoMoreWritesButReplays) {
    const ObjectId tenant = given_connected_tenant("acme");
    const auto create = [&] {
        return with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k");
    };
    send_and_settle(create());
    store_.fail();

    EXPECT_EQ(
        refusal_of(send(create_circuit(tenant, eline("d", c_vlan(200))))).error.code,
        ErrorCode::Unavailable
    );
    EXPECT_TRUE(outcome_of(send(create())).replayed);
}

TEST_F(ProvisionerTest, OrderThatIsNotAcknowledgedInASecondStandsAndIsNamed) {
    const ObjectId tenant = given_connected_tenant("acme");
    const auto create = [&] {
        return with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k");
    };
    dataplane_.hold_completions(true);
    const Answer answer = send(create());
    const Answer duplicate = send(create());
    store_.commit();
    provisioner_->on_store_progress();
    clock_.advance_ns(kSecondNs);
    provisioner_->poll();
    EXPECT_FALSE(is_answered(answer));
    EXPECT_TRUE(provisioner_->readiness().ready);

    clock_.advance_ns(1);
    provisioner_->poll();

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Unavailable);
    ASSERT_EQ(store_.orders().size(), 4U); // tenant, two UNIs, circuit
    EXPECT_EQ(refusal_of(answer).order, store_.orders().back().id);
    EXPECT_EQ(refusal_of(duplicate).order, store_.orders().back().id);
    EXPECT_FALSE(provisioner_->readiness().ready);
    EXPECT_TRUE(provisioner_->busy());

    const Answer patient = send(create());
    EXPECT_FALSE(is_answered(patient));
    dataplane_.hold_completions(false);
    provisioner_->poll();
    EXPECT_EQ(outcome_of(patient).status, 201);
    EXPECT_EQ(outcome_of(patient).order, refusal_of(answer).order);
    EXPECT_TRUE(provisioner_->readiness().ready);
    EXPECT_EQ(outcome_of(send(create())).order, refusal_of(answer).order);
    EXPECT_EQ(dataplane_.installed().size(), 1U);
}

TEST_F(ProvisionerTest, WhoAsksAgainForAStuckOrderGetsASecondOfItsOwn) {
    const ObjectId tenant = given_connected_tenant("acme");
    const auto create = [&] {
        return with_key(create_circuit(tenant, eline("c", c_vlan(100))), "k");
    };
    dataplane_.hold_completions(true);
    send(create());
    store_.commit();
    provisioner_->on_store_progress();
    clock_.advance_ns(kSecondNs + 1);
    provisioner_->poll();
    const Answer again = send(create());
    clock_.advance_ns(kSecondNs);
    provisioner_->poll();
    EXPECT_FALSE(is_answered(again));

    clock_.advance_ns(1);
    provisioner_->poll();

    EXPECT_EQ(refusal_of(again).error.code, ErrorCode::Unavailable);
}

TEST_F(ProvisionerTest, NothingWaitsBehindAStuckOrder) {
    const ObjectId tenant = given_connected_tenant("acme");
    send_and_settle(create_circuit(tenant, eline("c", c_vlan(100))));
    dataplane_.hold_completions(true);
    send(change_circuit(tenant, "c", eline("c", c_vlan(200))));
    const Answer behind = send(request(ObjectKind::Circuit, WriteKind::Delete, tenant, "c"));
    store_.commit();
    provisioner_->on_store_progress();
    clock_.advance_ns(kSecondNs + 1);
    provisioner_->poll();
    const Answer later = send(request(ObjectKind::Circuit, WriteKind::Delete, tenant, "c"));

    for (const Answer& answer : {behind, later}) {
        EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Unavailable);
        EXPECT_EQ(refusal_of(answer).order, std::nullopt) << "it was not taken";
    }
    dataplane_.hold_completions(false);
    settle();
    EXPECT_EQ(get(ObjectKind::Circuit, tenant, "c")->generation, 2U);
}

TEST_F(ProvisionerTest, TooManyWritesUnderWayAreShed) {
    limits_.writes_outstanding_max = 3;
    start();
    const ObjectId tenant = given_connected_tenant("acme");
    std::vector<Answer> answers;
    for (std::uint16_t vid = 1; vid <= 4; ++vid) {
        answers.push_back(send(create_circuit(tenant, eline("c" + std::to_string(vid), c_vlan(vid)))
        ));
    }

    EXPECT_EQ(refusal_of(answers[3]).error.code, ErrorCode::Unavailable);
    settle();
    EXPECT_EQ(outcome_of(answers[2]).status, 201);
    EXPECT_EQ(
        outcome_of(send_and_settle(create_circuit(tenant, eline("c4", c_vlan(4))))).status, 201
    );
}

TEST_F(ProvisionerTest, SilentWorkerTurnsReadinessRed) {
    provisioner_->poll();
    dataplane_.set_workers_alive(false);
    for (int step = 0; step < 12; ++step) {
        clock_.advance_ns(kSecondNs / 10);
        provisioner_->poll();
    }
    EXPECT_FALSE(provisioner_->readiness().ready);

    dataplane_.set_workers_alive(true);
    clock_.advance_ns(kSecondNs / 10);
    provisioner_->poll();

    EXPECT_TRUE(provisioner_->readiness().ready);
}

TEST_F(ProvisionerTest, RefusedPlaceLeavesNoTrace) {
    const ObjectId tenant = given_connected_tenant("acme");
    dataplane_.set_capacity(0);
    EXPECT_THAT(
        problems_of(send(create_circuit(tenant, eline("c", c_vlan(100))))),
        ElementsAre("capacity_exceeded")
    );
    dataplane_.set_capacity(1);

    EXPECT_EQ(
        outcome_of(send_and_settle(create_circuit(tenant, eline("c", c_vlan(100))))).status, 201
    );
}

// Deletion and what is left.

TEST_F(ProvisionerTest, DeletedCircuitIsGoneForThirtyDaysThenAbsent) {
    const ObjectId tenant = given_connected_tenant("acme");
    const ObjectId other = given_tenant("umbrella");
    const ObjectId id =
        outcome_of(send_and_settle(create_circuit(tenant, eline("c", c_vlan(100))))).object;
    const auto remove = [&](const ObjectId& who) {
        return send_and_settle(request(ObjectKind::Circuit, WriteKind::Delete, who, id.text()));
    };

    const Answer removal = remove(tenant);
    EXPECT_EQ(outcome_of(removal).status, 204);
    EXPECT_EQ(outcome_of(removal).generation, 2U);
    EXPECT_TRUE(dataplane_.installed().empty());
    EXPECT_EQ(get_error(ObjectKind::Circuit, tenant, id.text()), ErrorCode::Gone);
    EXPECT_EQ(get_error(ObjectKind::Circuit, tenant, "c"), ErrorCode::NotFound);
    EXPECT_EQ(get_error(ObjectKind::Circuit, other, id.text()), ErrorCode::NotFound);
    EXPECT_EQ(outcome_of(remove(tenant)).status, 204);
    EXPECT_EQ(outcome_of(remove(tenant)).order, std::nullopt);
    EXPECT_EQ(refusal_of(remove(other)).error.code, ErrorCode::NotFound);

    clock_.advance_ns(30 * kDayNs + kSecondNs);
    EXPECT_EQ(get_error(ObjectKind::Circuit, tenant, id.text()), ErrorCode::NotFound);
    EXPECT_EQ(refusal_of(remove(tenant)).error.code, ErrorCode::NotFound);
}

TEST_F(ProvisionerTest, UniInUseIsKeptAndItsCircuitsAreNamed) {
    const ObjectId tenant = given_connected_tenant("acme");
    const Answer circuit = send(create_circuit(tenant, eline("c", c_vlan(100))));

    const Answer early = send(request(ObjectKind::Uni, WriteKind::Delete, tenant, "a"));
    settle();

    EXPECT_THAT(problems_of(early), ElementsAre("uni_in_use"));
    EXPECT_NE(
        refusal_of(early).error.problems[0].message.find(outcome_of(circuit).object.text()),
        std::string::npos
    );
    send_and_settle(request(ObjectKind::Circuit, WriteKind::Delete, tenant, "c"));
    EXPECT_EQ(
        outcome_of(send_and_settle(request(ObjectKind::Uni, WriteKind::Delete, tenant, "a")))
            .status,
        204
    );
}

TEST_F(ProvisionerTest, NothingIsBuiltOnWhatIsOnItsWayOut) {
    const ObjectId tenant = given_connected_tenant("acme");
    send(request(ObjectKind::Uni, WriteKind::Delete, tenant, "a"));

    const Answer answer = send(create_circuit(tenant, eline("c", c_vlan(100))));

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::NotFound);
    EXPECT_THAT(problems_of(answer), ElementsAre("not_found /endpoints/a/uni"));
}

TEST_F(ProvisionerTest, TenantGoesOnlyWhenEmptyAndItsTokensWithIt) {
    const ObjectId tenant = given_tenant("acme");
    const auth::TokenSecret secret = auth::generate_token();
    WriteRequest token = request(ObjectKind::Token, WriteKind::Create, tenant);
    token.decode = says({Draft::Token{{name("laptop"), ""}, secret.digest}, "laptop"});
    send_and_settle(std::move(token));
    given_uni(tenant, "a", "east");
    WriteRequest remove = request(ObjectKind::Tenant, WriteKind::Delete, std::nullopt, "acme");

    EXPECT_THAT(problems_of(send(remove)), ElementsAre("tenant_not_empty"));
    send_and_settle(request(ObjectKind::Uni, WriteKind::Delete, tenant, "a"));
    ASSERT_TRUE(provisioner_->authenticate(secret.text).has_value());
    EXPECT_EQ(outcome_of(send_and_settle(remove)).status, 204);

    EXPECT_FALSE(provisioner_->authenticate(secret.text).has_value());
    EXPECT_TRUE(provisioner_->inventory().list({.kind = ObjectKind::Token}).records.empty());
}

TEST_F(ProvisionerTest, TenantStaysWhileATokenIsBeingMade) {
    const ObjectId tenant = given_tenant("acme");
    WriteRequest token = request(ObjectKind::Token, WriteKind::Create, tenant);
    token.decode = says({Draft::Token{{name("laptop"), ""}, auth::sha256("s")}, "laptop"});
    send(std::move(token));

    EXPECT_THAT(
        problems_of(send(request(ObjectKind::Tenant, WriteKind::Delete, std::nullopt, "acme"))),
        ElementsAre("tenant_not_empty")
    );
}

// Tokens.

TEST_F(ProvisionerTest, TokenIsGoodFromItsAnswerToItsDeletion) {
    const ObjectId tenant = given_tenant("acme");
    const auth::TokenSecret secret = auth::generate_token();
    WriteRequest token = request(ObjectKind::Token, WriteKind::Create, tenant);
    token.decode = says({Draft::Token{{name("laptop"), ""}, secret.digest}, "laptop"});
    send(std::move(token));
    EXPECT_FALSE(provisioner_->authenticate(secret.text).has_value());
    settle();

    const auto identity = provisioner_->authenticate(secret.text);
    ASSERT_TRUE(identity.has_value());
    EXPECT_EQ(identity->tenant, tenant);
    const RecordPtr record = get(ObjectKind::Token, tenant, "laptop");
    EXPECT_EQ(provisioner_->token_last_used_us(*record), clock_.wall_us());

    send_and_settle(request(ObjectKind::Token, WriteKind::Delete, tenant, "laptop"));
    EXPECT_FALSE(provisioner_->authenticate(secret.text).has_value());
}

TEST_F(ProvisionerTest, UsesOfTokensAreWrittenNowAndThen) {
    const ObjectId tenant = given_tenant("acme");
    const auth::TokenSecret secret = auth::generate_token();
    WriteRequest token = request(ObjectKind::Token, WriteKind::Create, tenant);
    token.decode = says({Draft::Token{{name("laptop"), ""}, secret.digest}, "laptop"});
    const ObjectId id = outcome_of(send_and_settle(std::move(token))).object;
    provisioner_->poll();
    (void)provisioner_->authenticate(secret.text);
    provisioner_->poll();
    EXPECT_THAT(store_.token_uses(), IsEmpty());

    clock_.advance_ns(60 * kSecondNs);
    provisioner_->poll();

    ASSERT_EQ(store_.token_uses().size(), 1U);
    EXPECT_EQ(store_.token_uses()[0].first, id);
    EXPECT_EQ(store_.retentions().back().idempotency_us, clock_.wall_us() - kDayNs / 1'000);
}

TEST_F(ProvisionerTest, FirstOperatorTokenIsSavedOnceBeforeItWorks) {
    std::vector<std::string> saved;
    const auto save = [&](const std::string& token) -> Result<void> {
        EXPECT_FALSE(provisioner_->authenticate(token).has_value());
        saved.push_back(token);
        return {};
    };

    ASSERT_TRUE(provisioner_->ensure_operator_token(save));
    ASSERT_TRUE(provisioner_->ensure_operator_token(save));
    ASSERT_EQ(saved.size(), 1U);
    EXPECT_TRUE(provisioner_->authenticate(saved[0])->is_operator());
}

TEST_F(ProvisionerTest, OperatorTokenThatCannotBeSavedIsNotMade) {
    const auto fail = [](const std::string&) -> Result<void> {
        return Error{ErrorCode::Unavailable, "read-only file system", {}};
    };

    EXPECT_FALSE(provisioner_->ensure_operator_token(fail));

    EXPECT_TRUE(store_.orders().empty());
}

TEST_F(ProvisionerTest, OrderIsThereForItsTenantAndTheOperatorOnly) {
    const ObjectId acme = given_tenant("acme");
    const ObjectId umbrella = given_tenant("umbrella");
    UniSpec spec{.name = name("a"), .display_name = "", .tags = {}, .port = name("east")};
    const std::string order = outcome_of(send_and_settle(create_uni(acme, spec))).order->text();

    EXPECT_EQ(provisioner_->find_order(acme, order).value().id.text(), order);
    EXPECT_TRUE(provisioner_->find_order(std::nullopt, order));
    const auto foreign = provisioner_->find_order(umbrella, order);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, ErrorCode::NotFound);
    EXPECT_FALSE(provisioner_->find_order(acme, "ord_no"));
}

TEST_F(ProvisionerTest, UniIsCheckedAndKeepsItsName) {
    const ObjectId tenant = given_connected_tenant("acme");
    UniSpec renamed{.name = name("b"), .display_name = "", .tags = {}, .port = name("east")};
    UniSpec empty{.name = name("a"), .display_name = "", .tags = {}, .port = name("east")};
    empty.s_vlans = SVlanRange{*VlanId::from(20), *VlanId::from(10)};
    const auto change = [&](const UniSpec& spec) {
        WriteRequest made = request(ObjectKind::Uni, WriteKind::Patch, tenant, "a");
        codec_.unis.insert_or_assign("changed", spec);
        made.decode = says({spec, "changed"});
        return send_and_settle(std::move(made));
    };

    EXPECT_THAT(problems_of(change(renamed)), ElementsAre("immutable /name"));
    EXPECT_THAT(
        problems_of(change(empty)), ElementsAre("out_of_range /s_vlans/last", "immutable /s_vlans")
    );
    EXPECT_EQ(get(ObjectKind::Uni, tenant, "a")->generation, 1U);
}

} // namespace
} // namespace strowger::service
