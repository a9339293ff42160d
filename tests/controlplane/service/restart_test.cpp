// SPDX-License-Identifier: Apache-2.0
// A new process over the store of the one before.
#include "service/provisioner.h"
#include "tests/controlplane/service/service_fixture.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace strowger::service {
namespace {

using ::testing::ElementsAre;

class RestartTest : public ServiceFixture {};

TEST_F(RestartTest, BringsBackWhatWasAnswered) {
    const ObjectId tenant = given_connected_tenant("acme");
    const auth::TokenSecret secret = auth::generate_token();
    WriteRequest token = request(ObjectKind::Token, WriteKind::Create, tenant);
    token.decode = says({Draft::Token{{name("laptop"), ""}, secret.digest}, "laptop"});
    send_and_settle(std::move(token));
    send_and_settle(create_circuit(tenant, eline("c", c_vlan(100))));
    send_and_settle(change_circuit(tenant, "c", eline("c", c_vlan(200))));
    const RecordPtr before = get(ObjectKind::Circuit, tenant, "c");
    const CircuitProgram program = dataplane_.installed().begin()->second;

    FakeDataplane fresh;
    fresh.add_port("east");
    fresh.add_port("west");
    const std::unique_ptr<Provisioner> restarted = process_over(fresh);
    const Result<void> restored = restarted->restore();

    ASSERT_TRUE(restored) << restored.error().message;
    const RecordPtr after = *restarted->find(ObjectKind::Circuit, tenant, "c");
    EXPECT_EQ(after->id, before->id);
    EXPECT_EQ(after->generation, 2U);
    EXPECT_EQ(after->spec_json, before->spec_json);
    EXPECT_EQ(after->created_us, before->created_us);
    EXPECT_EQ(after->updated_us, before->updated_us);
    ASSERT_EQ(fresh.installed().size(), 1U);
    EXPECT_EQ(fresh.installed().begin()->second, program);
    EXPECT_TRUE(restarted->authenticate(secret.text).has_value());
}

TEST_F(RestartTest, OrdersAreNumberedWithoutGapsForEachTenantAlsoAfterRestart) {
    const ObjectId acme = given_tenant("acme");
    const ObjectId umbrella = given_tenant("umbrella");
    given_uni(acme, "a", "east");
    start();
    ASSERT_TRUE(provisioner_->restore());
    given_uni(acme, "z", "west");

    std::vector<std::pair<std::string, std::uint64_t>> seqs;
    for (const OrderRecord& order : store_.orders()) {
        seqs.emplace_back(order.tenant.has_value() ? "acme" : "", order.seq);
    }
    using Seq = std::pair<std::string, std::uint64_t>;
    EXPECT_THAT(seqs, ElementsAre(Seq{"", 1}, Seq{"", 2}, Seq{"acme", 1}, Seq{"acme", 2}));
}

TEST_F(RestartTest, OrdersAreListedBehindThoseBeforeARestartWithTheClockSetBack) {
    const ObjectId tenant = given_tenant("acme");
    given_uni(tenant, "a", "east");
    clock_.set_wall_back_us(3'600'000'000);
    start();
    ASSERT_TRUE(provisioner_->restore());
    given_uni(tenant, "z", "west");

    std::vector<ObjectId> orders;
    for (const OrderRecord& order : store_.orders()) {
        orders.push_back(order.id);
    }
    EXPECT_TRUE(std::is_sorted(orders.begin(), orders.end()));
}

TEST_F(RestartTest, WithoutThePortOfAUniIsRefusedWithASentence) {
    const ObjectId tenant = given_tenant("acme");
    given_uni(tenant, "a", "east");
    Provisioner restarted(
        {dataplane_, store_, codec_, clock_}, {{.name = "other", .device = ""}}, limits_
    );

    const Result<void> restored = restarted.restore();

    ASSERT_FALSE(restored);
    EXPECT_NE(
        restored.error().message.find("its port \"east\" is not in the site file"),
        std::string::npos
    );
}

} // namespace
} // namespace strowger::service
