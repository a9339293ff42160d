// SPDX-License-Identifier: Apache-2.0
// Batches: all or none, over a store and workers that do what the test says.
#include "service/batch.h"

#include "tests/controlplane/service/service_fixture.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace strowger::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Members as the test lists them.
class ListedBatch final : public Batch {
public:
    struct Item {
        BatchMember member;
        std::function<Result<Draft>(const Record* current)> decode;
        bool malformed = false;
    };
    std::vector<Item> items;

    [[nodiscard]] std::size_t size() const override { return items.size(); }
    [[nodiscard]] std::string pointer(std::size_t index) const override {
        return "/" + std::to_string(index);
    }
    Result<BatchMember> member(std::size_t index) override {
        read_ = index;
        if (items.at(index).malformed) {
            return Error{ErrorCode::Malformed, "no JSON", {}};
        }
        return items.at(index).member;
    }
    Result<Draft> decode(const Record* current) override { return items.at(read_).decode(current); }
    [[nodiscard]] std::string render(const BatchSummary& summary) const override {
        std::string text =
            "+" + std::to_string(summary.created) + " ~" + std::to_string(summary.updated) + " -" +
            std::to_string(summary.deleted) + " =" + std::to_string(summary.unchanged);
        if (summary.orders) {
            text += " orders " + std::to_string(summary.orders->first_seq) + "-" +
                    std::to_string(summary.orders->last_seq);
        }
        return text;
    }

private:
    std::size_t read_ = 0;
};

class BatchTest : public ServiceFixture {
protected:
    BatchTest() : tenant_(given_connected_tenant("acme")), orders_before_(store_.orders().size()) {}

    void create(const CircuitSpec& spec) {
        items_.push_back({{WriteKind::Create, spec.name.text()}, says(draft(spec))});
    }
    void put(const CircuitSpec& spec) {
        items_.push_back({{WriteKind::Put, spec.name.text()}, says(draft(spec))});
    }
    void remove(const std::string& reference) {
        items_.push_back({{WriteKind::Delete, reference}, nullptr});
    }
    /// What was listed since the last call.
    WriteRequest batch() {
        WriteRequest made = request(ObjectKind::Circuit, WriteKind::Create, tenant_);
        auto listed = std::make_shared<ListedBatch>();
        listed->items = std::exchange(items_, {});
        made.batch = std::move(listed);
        return made;
    }
    /// Slices until the batch waits for disk or workers, or is answered.
    void plan() {
        while (provisioner_->has_work()) {
            provisioner_->poll();
        }
    }
    Answer send_batch_and_settle() {
        Answer answer = send(batch());
        plan();
        settle();
        return answer;
    }
    std::string state_of(const std::string& circuit) {
        const RecordPtr record = get(ObjectKind::Circuit, tenant_, circuit);
        return record == nullptr ? "absent" : "generation " + std::to_string(record->generation);
    }
    std::size_t new_orders() { return store_.orders().size() - orders_before_; }
    /// That a refusal left no trace: what the tenant asks for next finds everything free.
    void expect_nothing_held(std::uint16_t vid) {
        EXPECT_EQ(dataplane_.staged_count(), 0U);
        EXPECT_EQ(new_orders(), 0U);
        EXPECT_FALSE(provisioner_->busy());
        EXPECT_EQ(
            outcome_of(send_and_settle(create_circuit(tenant_, eline("c1", c_vlan(vid))))).status,
            201
        );
    }

    ObjectId tenant_;
    std::size_t orders_before_;
    std::vector<ListedBatch::Item> items_;
};

TEST_F(BatchTest, CreatesChangesAndDeletesInOneTransaction) {
    send_and_settle(create_circuit(tenant_, eline("changed", c_vlan(1))));
    send_and_settle(create_circuit(tenant_, eline("same", c_vlan(2))));
    send_and_settle(create_circuit(tenant_, eline("gone", c_vlan(3))));
    orders_before_ = store_.orders().size();
    const std::uint64_t last_seq = store_.orders().back().seq;
    create(eline("new", c_vlan(10)));
    put(eline("changed", c_vlan(11)));
    put(eline("same", c_vlan(2)));
    put(eline("also-new", c_vlan(12)));
    remove("gone");

    const Answer answer = send(batch());
    plan();

    EXPECT_EQ(store_.waiting(), 1U) << "one transaction";
    EXPECT_EQ(state_of("new"), "absent") << "not before it is durable and held";
    settle();
    const std::string orders =
        " orders " + std::to_string(last_seq + 1) + "-" + std::to_string(last_seq + 4);
    EXPECT_EQ(outcome_of(answer).body, "+2 ~1 -1 =1" + orders);
    EXPECT_EQ(outcome_of(answer).status, 200);
    EXPECT_EQ(state_of("new"), "generation 1");
    EXPECT_EQ(state_of("changed"), "generation 2");
    EXPECT_EQ(state_of("gone"), "absent");
    EXPECT_EQ(dataplane_.installed().size(), 4U);
    EXPECT_EQ(new_orders(), 4U) << "one order for each circuit that changed";
}

TEST_F(BatchTest, WithBadMembersNamesEachAndDoesNone) {
    CircuitSpec nowhere = eline("c2", c_vlan(2));
    nowhere.endpoints.at(name("a")).uni = "no-such-uni";
    send_and_settle(create_circuit(tenant_, eline("there", c_vlan(100))));
    orders_before_ = store_.orders().size();
    create(eline("c1", c_vlan(1)));
    create(nowhere);
    create(eline("c3", c_vlan(100)));
    create(eline("c4", c_vlan(4)));
    remove("never-was");

    const Answer answer = send_batch_and_settle();

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::NotFound);
    EXPECT_THAT(
        problems_of(answer),
        ElementsAre(
            "not_found /1/endpoints/a/uni",
            "not_found /4",
            "vlan_in_use /2/endpoints/a/vlan_map",
            "vlan_in_use /2/endpoints/z/vlan_map"
        )
    );
    EXPECT_THAT(refusal_of(answer).refused, ElementsAre("/1", "/2", "/4"));
    EXPECT_EQ(dataplane_.installed().size(), 1U);
    expect_nothing_held(1);
}

TEST_F(BatchTest, FindsConflictsBetweenItsMembers) {
    create(eline("c1", c_vlan(1)));
    create(eline("c2", c_vlan(1)));
    create(eline("c1", c_vlan(3)));

    const Answer answer = send_batch_and_settle();

    EXPECT_THAT(refusal_of(answer).refused, ElementsAre("/1", "/2"));
    const std::vector<Problem>& problems = refusal_of(answer).error.problems;
    EXPECT_EQ(problems.at(0).code, "named_twice");
    EXPECT_THAT(problems.at(0).message, HasSubstr("/0 is about circuit \"c1\""));
    EXPECT_EQ(problems.at(1).code, "vlan_in_use");
    EXPECT_THAT(problems.at(1).message, HasSubstr("asked for by /0"))
        << "an id of a circuit that will not exist helps nobody";
    expect_nothing_held(1);
}

TEST_F(BatchTest, FindsConflictsWithASoundMemberBehindABadOne) {
    items_.push_back({{WriteKind::Patch, "", {{"/name", "required", "no name", "", ""}}}, nullptr});
    create(eline("c1", c_vlan(1)));
    create(eline("c2", c_vlan(1)));

    const Answer answer = send_batch_and_settle();

    EXPECT_THAT(refusal_of(answer).refused, ElementsAre("/0", "/2"));
    expect_nothing_held(1);
}

TEST_F(BatchTest, OneCircuitByItsIdAndItsNameIsNamedTwice) {
    const ObjectId id =
        outcome_of(send_and_settle(create_circuit(tenant_, eline("c", c_vlan(1))))).object;
    put(eline("c", c_vlan(2)));
    remove(id.text());

    const Answer answer = send_batch_and_settle();

    EXPECT_THAT(problems_of(answer), ElementsAre("named_twice /1"));
    EXPECT_EQ(state_of("c"), "generation 1");
}

TEST_F(BatchTest, AVlanThatAMemberGivesUpIsFreeOnlyBehindTheBatch) {
    send_and_settle(create_circuit(tenant_, eline("c1", c_vlan(1))));
    remove("c1");
    create(eline("c2", c_vlan(1)));

    EXPECT_THAT(refusal_of(send_batch_and_settle()).refused, ElementsAre("/1"));

    remove("c1");
    create(eline("c2", c_vlan(2)));
    EXPECT_EQ(outcome_of(send_batch_and_settle()).status, 200);
}

TEST_F(BatchTest, BeyondCapacitySaysHowMuchOfItWouldFit) {
    dataplane_.set_capacity(3);
    for (std::uint16_t vid = 1; vid <= 5; ++vid) {
        create(eline("c" + std::to_string(vid), c_vlan(vid)));
    }

    const Answer answer = send_batch_and_settle();

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Conflict);
    EXPECT_THAT(problems_of(answer), ElementsAre("capacity_exceeded /3"));
    EXPECT_THAT(refusal_of(answer).error.problems.at(0).message, HasSubstr("3 new circuits"));
    expect_nothing_held(1);
}

TEST_F(BatchTest, KeepsTheTenantsQuota) {
    limits_.circuits_per_tenant = 2;
    start();
    ASSERT_TRUE(provisioner_->restore());
    for (std::uint16_t vid = 1; vid <= 3; ++vid) {
        create(eline("c" + std::to_string(vid), c_vlan(vid)));
    }

    const Answer answer = send_batch_and_settle();

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Forbidden);
    EXPECT_THAT(problems_of(answer), ElementsAre("quota_exceeded /2"));
}

TEST_F(BatchTest, ThatCannotBeReadToItsEndIsNoRequest) {
    create(eline("c1", c_vlan(1)));
    remove("never-was");
    items_.push_back({{}, nullptr, true});

    const Answer answer = send_batch_and_settle();

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Malformed);
    expect_nothing_held(1);
}

TEST_F(BatchTest, IsNotDoneTwiceUnderOneKey) {
    create(eline("c1", c_vlan(1)));
    const WriteRequest keyed = with_key(batch(), "k");
    const Answer first = send(keyed);
    const Answer duplicate = send(keyed);
    plan();
    settle();
    const Answer replay = send(keyed);

    EXPECT_EQ(outcome_of(duplicate).body, outcome_of(first).body);
    EXPECT_TRUE(outcome_of(replay).replayed);
    EXPECT_EQ(outcome_of(replay).body, outcome_of(first).body);
    EXPECT_EQ(new_orders(), 1U);
}

TEST_F(BatchTest, WhoseStoreFailsLeavesNothing) {
    create(eline("c1", c_vlan(1)));
    create(eline("c2", c_vlan(2)));
    const Answer answer = send(batch());
    plan();

    store_.fail();
    provisioner_->on_store_progress();
    plan();

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Unavailable);
    EXPECT_EQ(dataplane_.staged_count(), 0U);
    EXPECT_TRUE(dataplane_.installed().empty());
    EXPECT_FALSE(provisioner_->busy());
}

TEST_F(BatchTest, ThatChangesNothingTakesNoOrder) {
    send_and_settle(create_circuit(tenant_, eline("c", c_vlan(1))));
    orders_before_ = store_.orders().size();
    put(eline("c", c_vlan(1)));

    const Answer answer = send_batch_and_settle();

    EXPECT_EQ(outcome_of(answer).body, "+0 ~0 -0 =1");
    EXPECT_EQ(new_orders(), 0U);
}

TEST_F(BatchTest, WhoseWorkersDoNotAcknowledgeIsAnsweredAsStandingAndEndsLater) {
    create(eline("c1", c_vlan(1)));
    create(eline("c2", c_vlan(2)));
    const WriteRequest keyed = with_key(batch(), "k");
    const Answer answer = send(keyed);
    plan();
    dataplane_.hold_completions(true);
    store_.commit();
    provisioner_->on_store_progress();
    dataplane_.release(1);
    provisioner_->poll();
    const Answer behind = send(change_circuit(tenant_, "c2", eline("c2", c_vlan(3))));

    clock_.advance_ns(1'000'000'001);
    provisioner_->poll();

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Unavailable);
    EXPECT_TRUE(refusal_of(answer).order.has_value()) << "the order stands, and is named";
    EXPECT_EQ(refusal_of(behind).error.code, ErrorCode::Unavailable);
    EXPECT_FALSE(provisioner_->readiness().ready);

    dataplane_.hold_completions(false);
    settle();
    EXPECT_EQ(outcome_of(send(keyed)).body.substr(0, 3), "+2 ");
    EXPECT_TRUE(provisioner_->readiness().ready);
    EXPECT_EQ(state_of("c2"), "generation 1");
}

TEST_F(BatchTest, WaitsForAnOrderOfOneOfItsCircuitsAndHoldsNothingMeanwhile) {
    send_and_settle(create_circuit(tenant_, eline("c", c_vlan(1))));
    const Answer single = send(change_circuit(tenant_, "c", eline("c", c_vlan(2))));
    create(eline("new", c_vlan(10)));
    put(eline("c", c_vlan(3)));

    const Answer batched = send(batch());
    plan();

    EXPECT_FALSE(is_answered(batched));
    EXPECT_EQ(
        outcome_of(send_and_settle(create_circuit(tenant_, eline("x", c_vlan(10))))).status, 201
    ) << "what the batch had reserved is free while it waits";
    plan();
    settle();
    EXPECT_EQ(outcome_of(single).generation, 2U);
    EXPECT_THAT(problems_of(batched), SizeIs(2)) << "c 10 is taken now";
    EXPECT_EQ(state_of("c"), "generation 2");
}

TEST_F(BatchTest, MakesLaterOrdersOfItsCircuitsWait) {
    send_and_settle(create_circuit(tenant_, eline("c", c_vlan(1))));
    put(eline("c", c_vlan(2)));
    const Answer batched = send(batch());
    plan();

    const Answer single = send(change_circuit(tenant_, "c", eline("c", c_vlan(3))));

    EXPECT_FALSE(is_answered(single));
    settle();
    EXPECT_EQ(outcome_of(batched).status, 200);
    EXPECT_EQ(outcome_of(single).generation, 3U);
}

TEST_F(BatchTest, OfManyMembersLetsOtherOrdersThroughBetweenItsSlices) {
    for (int number = 0; number < 2'000; ++number) {
        CircuitSpec spec = eline("c" + std::to_string(number), c_vlan(1));
        const auto s_vid = *VlanId::from(static_cast<std::uint64_t>(1 + number / 1'000));
        const auto c_vid = *VlanId::from(static_cast<std::uint64_t>(1 + number % 1'000));
        for (auto& [key, endpoint] : spec.endpoints) {
            endpoint.vlan_map = MapSCVlans{s_vid, VlanSet::single(c_vid)};
        }
        items_.push_back({{WriteKind::Create, spec.name.text()}, says({spec, spec.name.text()})});
    }
    const Answer batched = send(batch());
    provisioner_->poll();
    ASSERT_TRUE(provisioner_->has_work()) << "one turn does a slice";

    const Answer single = send(create_circuit(tenant_, eline("single", c_vlan(4'000))));

    EXPECT_EQ(store_.waiting(), 1U) << "the single order is with the store already";
    while (provisioner_->busy()) {
        plan();
        settle();
    }
    EXPECT_EQ(outcome_of(single).status, 201);
    EXPECT_EQ(outcome_of(batched).body.substr(0, 6), "+2000 ");
    std::vector<std::uint64_t> seqs;
    for (std::size_t index = orders_before_; index < store_.orders().size(); ++index) {
        seqs.push_back(store_.orders()[index].seq - store_.orders()[orders_before_].seq);
    }
    for (std::size_t index = 0; index < seqs.size(); ++index) {
        ASSERT_EQ(seqs[index], index) << "the tenant's numbers have no gap";
    }
}

} // namespace
} // namespace strowger::service
