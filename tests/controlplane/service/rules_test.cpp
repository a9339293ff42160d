// SPDX-License-Identifier: Apache-2.0
#include "tests/controlplane/service/service_fixture.h"

#include <gmock/gmock.h>

namespace strowger::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RulesTest : public ServiceFixture {
protected:
    RulesTest() : tenant_(given_connected_tenant("acme")) {}

    std::vector<std::string> faults_of(const CircuitSpec& spec) {
        return problems_of(send(create_circuit(tenant_, spec)));
    }
    Answer given_circuit(const CircuitSpec& spec) {
        Answer answer = send_and_settle(create_circuit(tenant_, spec));
        EXPECT_EQ(outcome_of(answer).status, 201);
        return answer;
    }

    ObjectId tenant_;
};

TEST_F(RulesTest, ForeignUniIsAbsentByIdAndByName) {
    const ObjectId other = given_tenant("umbrella");
    UniSpec spec{.name = name("x"), .display_name = "", .tags = {}, .port = name("east")};
    spec.s_vlans = SVlanRange{*VlanId::from(1), *VlanId::from(2)};
    // Port east belongs to acme as a whole.
    EXPECT_THAT(problems_of(send(create_uni(other, spec))), ElementsAre("uni_collides /s_vlans"));
    const ObjectId foreign = get(ObjectKind::Uni, tenant_, "a")->id;

    std::vector<std::string> messages;
    for (const std::string& reference :
         {foreign.text(), std::string("a"), std::string("nowhere")}) {
        CircuitSpec circuit = eline("c", c_vlan(100));
        circuit.endpoints.at(name("a")).uni = reference;
        circuit.endpoints.at(name("z")).uni = "nothing";
        const Answer answer = send(create_circuit(other, circuit));
        EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::NotFound);
        EXPECT_THAT(
            problems_of(answer),
            ElementsAre("not_found /endpoints/a/uni", "not_found /endpoints/z/uni")
        );
    }
}

TEST_F(RulesTest, FaultsOfTheBodyAndOfTheInventoryAreOneAnswer) {
    given_circuit(eline("taken", c_vlan(100)));
    CircuitSpec spec = eline("taken", c_vlan(100));
    spec.endpoints.at(name("z")).uni = "nowhere";
    WriteRequest made = create_circuit(tenant_, spec);
    made.decode = says({spec, "", {{"/bandwidth/cir_bps", "wrong_type", "m", "", ""}}});

    const Answer answer = send(std::move(made));

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::NotFound);
    EXPECT_THAT(
        problems_of(answer),
        ElementsAre(
            "not_found /endpoints/z/uni",
            "wrong_type /bandwidth/cir_bps",
            "name_in_use /name",
            "vlan_in_use /endpoints/a/vlan_map"
        )
    );
}

TEST_F(RulesTest, WhatCouldNotBeReadIsBlamedForThatAlone) {
    given_circuit(eline("c", MapUntagged{}));
    const std::vector<Problem> own = {
        {"/name", "invalid_name", "m", "", ""},
        {"/endpoints/a/uni", "required", "m", "", ""},
        {"/endpoints/z/vlan_map/s_vlan", "out_of_range", "m", "", ""},
    };
    CircuitSpec spec = eline("c", MapUntagged{});
    spec.endpoints.at(name("a")).uni = "";
    WriteRequest made = create_circuit(tenant_, spec);
    made.decode = says({spec, "", own});

    const Answer answer = send(std::move(made));

    EXPECT_EQ(refusal_of(answer).error.code, ErrorCode::Invalid);
    EXPECT_THAT(
        problems_of(answer),
        ElementsAre(
            "invalid_name /name",
            "required /endpoints/a/uni",
            "out_of_range /endpoints/z/vlan_map/s_vlan"
        )
    );
}

TEST_F(RulesTest, TheReadablePartOfAListIsComparedWithOtherCircuits) {
    given_circuit(eline("taken", c_vlan(100)));
    WriteRequest made = create_circuit(tenant_, eline("c", c_vlan(100)));
    made.decode = says(
        {eline("c", c_vlan(100)),
         "",
         {{"/endpoints/a/vlan_map/c_vlans/1", "out_of_range", "m", "", ""}}}
    );

    EXPECT_THAT(
        problems_of(send(std::move(made))),
        ElementsAre(
            "out_of_range /endpoints/a/vlan_map/c_vlans/1",
            "vlan_in_use /endpoints/a/vlan_map",
            "vlan_in_use /endpoints/z/vlan_map"
        )
    );
}

TEST_F(RulesTest, AUniThatCouldNotBeReadCollidesWithNothing) {
    UniSpec spec{.name = name("x"), .display_name = "", .tags = {}, .port = name("east")};
    WriteRequest made = create_uni(tenant_, spec);
    made.decode = says({spec, "", {{"/s_vlans/first", "out_of_range", "m", "", ""}}});

    EXPECT_THAT(problems_of(send(std::move(made))), ElementsAre("out_of_range /s_vlans/first"));
}

TEST_F(RulesTest, ForeignCircuitIsAbsent) {
    const ObjectId other = given_tenant("umbrella");
    const ObjectId id = outcome_of(given_circuit(eline("c", c_vlan(100)))).object;

    for (const WriteKind write : {WriteKind::Patch, WriteKind::Delete, WriteKind::Put}) {
        WriteRequest made = change_circuit(other, id.text(), eline("c", c_vlan(100)));
        made.write = write;
        EXPECT_EQ(refusal_of(send(std::move(made))).error.code, ErrorCode::NotFound);
    }
    EXPECT_EQ(get_error(ObjectKind::Circuit, other, id.text()), ErrorCode::NotFound);
    EXPECT_EQ(get_error(ObjectKind::Circuit, other, "c"), ErrorCode::NotFound);
}

TEST_F(RulesTest, EveryFaultIsNamedAtOnce) {
    given_circuit(eline("c", c_vlan(100)));
    CircuitSpec spec = eline("c", c_vlan(100));
    spec.endpoints.at(name("z")).uni = "nothing";
    spec.endpoints.at(name("a")).bandwidth =
        BandwidthProfileSpec{.cir = {10'000'000}, .cbs = Bytes{1}};

    EXPECT_THAT(
        faults_of(spec),
        ElementsAre(
            "not_found /endpoints/z/uni",
            "burst_below_frame /endpoints/a/bandwidth/cbs_bytes",
            "name_in_use /name",
            "vlan_in_use /endpoints/a/vlan_map"
        )
    );
}

TEST_F(RulesTest, NamesAreUniqueByTenantAndKind) {
    given_circuit(eline("c", c_vlan(100)));
    const ObjectId other = given_tenant("umbrella");

    EXPECT_THAT(faults_of(eline("c", c_vlan(200))), ElementsAre("name_in_use /name"));
    EXPECT_THAT(problems_of(send(create_tenant("umbrella"))), ElementsAre("name_in_use /name"));
    // "a" is a UNI of acme and may be a circuit of it.
    given_circuit(eline("a", c_vlan(200)));
    (void)other;
}

TEST_F(RulesTest, QuotaCountsCircuitsUnderWay) {
    limits_.circuits_per_tenant = 1;
    start();
    ASSERT_TRUE(provisioner_->restore());
    send(create_circuit(tenant_, eline("c1", c_vlan(100))));

    const Answer second = send(create_circuit(tenant_, eline("c2", c_vlan(200))));

    EXPECT_EQ(refusal_of(second).error.code, ErrorCode::Forbidden);
    EXPECT_THAT(problems_of(second), ElementsAre("quota_exceeded"));
}

TEST_F(RulesTest, UnisOnOnePortShareItByDisjointRangesOnly) {
    dataplane_.add_port("south");
    provisioner_ = std::make_unique<Provisioner>(
        Provisioner::Parts{dataplane_, store_, codec_, clock_},
        std::vector<PortConfig>{
            {.name = "east", .device = ""},
            {.name = "west", .device = ""},
            {.name = "south", .device = ""}},
        limits_
    );
    ASSERT_TRUE(provisioner_->restore());
    const auto ranged = [&](const std::string& text, std::uint16_t first, std::uint16_t last) {
        UniSpec spec{.name = name(text), .display_name = "", .tags = {}, .port = name("south")};
        spec.s_vlans = SVlanRange{*VlanId::from(first), *VlanId::from(last)};
        return spec;
    };
    const Answer first = send(create_uni(tenant_, ranged("s1", 100, 199)));

    EXPECT_THAT(
        problems_of(send(create_uni(tenant_, ranged("s2", 199, 299)))),
        ElementsAre("uni_collides /s_vlans")
    );
    settle();
    EXPECT_EQ(outcome_of(first).status, 201);
    EXPECT_EQ(outcome_of(send_and_settle(create_uni(tenant_, ranged("s2", 200, 299)))).status, 201);
    CircuitSpec circuit = eline("c", s_vlan(150));
    circuit.endpoints.at(name("a")).uni = "s2";
    EXPECT_THAT(faults_of(circuit), ElementsAre("map_not_on_uni /endpoints/a/vlan_map/s_vlan"));
}

TEST_F(RulesTest, UniOnAnUnknownPortIsRefused) {
    UniSpec spec{.name = name("x"), .display_name = "", .tags = {}, .port = name("nowhere")};

    EXPECT_THAT(problems_of(send(create_uni(tenant_, spec))), ElementsAre("not_found /port"));
}

TEST_F(RulesTest, OneUniNamedInTwoWaysIsOneUni) {
    CircuitSpec spec = eline("c", c_vlan(100));
    spec.endpoints.at(name("z")).uni = get(ObjectKind::Uni, tenant_, "a")->id.text();

    EXPECT_THAT(faults_of(spec), ElementsAre("same_uni /endpoints/z/uni"));
}

TEST_F(RulesTest, FramesThatAPortWouldNotPassAreRefused) {
    const PortIndex narrow = dataplane_.add_port("narrow", Bytes{1530});
    (void)narrow;
    provisioner_ = std::make_unique<Provisioner>(
        Provisioner::Parts{dataplane_, store_, codec_, clock_},
        std::vector<PortConfig>{
            {.name = "east", .device = ""},
            {.name = "west", .device = ""},
            {.name = "narrow", .device = ""}},
        limits_
    );
    ASSERT_TRUE(provisioner_->restore());
    given_uni(tenant_, "n", "narrow");
    CircuitSpec spec = eline("c", MapUntagged{});
    spec.endpoints.at(name("z")).uni = "n";
    spec.frame_max = Bytes{1531};
    EXPECT_THAT(faults_of(spec), ElementsAre("frame_too_large_for_port /endpoints/z/uni"));

    // 1526 bytes of an untagged frame leave with one tag as 1530, and with two as 1534.
    spec.frame_max = Bytes{1526};
    spec.endpoints.at(name("z")).vlan_map =
        MapSCVlans{*VlanId::from(9), VlanSet::single(*VlanId::from(7))};
    EXPECT_THAT(faults_of(spec), ElementsAre("frame_too_large_for_port /endpoints/z/uni"));
    spec.endpoints.at(name("z")).vlan_map = c_vlan(9);
    given_circuit(spec);
}

TEST_F(RulesTest, WhatIsImmutableStaysAndUniMayBeNamedInAnyWay) {
    given_circuit(eline("c", c_vlan(100)));
    given_tenant("umbrella");
    CircuitSpec spec = eline("d", c_vlan(100));
    spec.frame_max = Bytes{2000};
    std::swap(spec.endpoints.at(name("a")).uni, spec.endpoints.at(name("z")).uni);
    EXPECT_THAT(
        problems_of(send(change_circuit(tenant_, "c", spec))),
        ElementsAre(
            "immutable /name",
            "immutable /max_frame_bytes",
            "immutable /endpoints/a/uni",
            "immutable /endpoints/z/uni"
        )
    );
    CircuitSpec keys = eline("c", c_vlan(100));
    keys.endpoints.emplace(name("b"), EndpointSpec{"z", c_vlan(100), std::nullopt});
    keys.endpoints.erase(name("z"));
    EXPECT_THAT(
        problems_of(send(change_circuit(tenant_, "c", keys))), ElementsAre("immutable /endpoints")
    );
    CircuitSpec by_id = eline("c", c_vlan(100));
    by_id.endpoints.at(name("a")).uni = get(ObjectKind::Uni, tenant_, "a")->id.text();
    EXPECT_EQ(outcome_of(send_and_settle(change_circuit(tenant_, "c", by_id))).generation, 2U);
}

TEST_F(RulesTest, UniKeepsItsPlaceAndTakesNewLabels) {
    UniSpec spec = get(ObjectKind::Uni, tenant_, "a")->as_uni().spec;
    const auto patch = [&](const UniSpec& next, const std::string& text) {
        WriteRequest made = request(ObjectKind::Uni, WriteKind::Patch, tenant_, "a");
        codec_.unis.insert_or_assign(text, next);
        made.decode = says({next, text});
        return made;
    };
    UniSpec moved = spec;
    moved.port = name("west");
    moved.tpid = Tpid::STag9100;
    moved.s_vlans = SVlanRange{*VlanId::from(1), *VlanId::from(2)};
    EXPECT_THAT(
        problems_of(send(patch(moved, "moved"))),
        ElementsAre("immutable /port", "immutable /tpid", "immutable /s_vlans")
    );
    spec.display_name = "Roof";

    EXPECT_EQ(outcome_of(send_and_settle(patch(spec, "labelled"))).generation, 2U);
}

TEST_F(RulesTest, ChangeThatChangesNothingIsNoOrder) {
    given_circuit(eline("c", c_vlan(100)));
    const std::size_t orders = store_.orders().size();

    const Answer answer = send(change_circuit(tenant_, "c", eline("c", c_vlan(100))));

    EXPECT_EQ(outcome_of(answer).status, 200);
    EXPECT_EQ(outcome_of(answer).generation, 1U);
    EXPECT_EQ(outcome_of(answer).order, std::nullopt);
    EXPECT_EQ(store_.orders().size(), orders);
}

TEST_F(RulesTest, NewDisplayNameDoesNotTouchTheWorkers) {
    given_circuit(eline("c", c_vlan(100)));
    dataplane_.hold_completions(true);
    CircuitSpec spec = eline("c", c_vlan(100));
    spec.display_name = "New York";

    const Answer answer = send(change_circuit(tenant_, "c", spec));
    store_.commit();
    provisioner_->on_store_progress();

    EXPECT_EQ(outcome_of(answer).generation, 2U);
    EXPECT_EQ(dataplane_.outstanding(), 0U);
}

TEST_F(RulesTest, WhatWasResolvedOnceStaysUntilAMemberItFollowsFromChanges) {
    given_circuit(eline("c", c_vlan(100)));
    // As if the defaults had been others when the circuit was made.
    CircuitSpec asked = eline("c", c_vlan(100));
    asked.bandwidth->cbs = Bytes{77'000};
    codec_.effectives.back() = *resolve_circuit(asked);
    FakeDataplane fresh;
    fresh.add_port("east");
    fresh.add_port("west");
    const std::unique_ptr<Provisioner> restarted = process_over(fresh);
    ASSERT_TRUE(restarted->restore());
    const auto cbs_after = [&](const CircuitSpec& spec) {
        restarted->submit(change_circuit(tenant_, "c", spec), [](const WriteResult&) {});
        store_.commit();
        restarted->on_store_progress();
        restarted->poll();
        const auto circuit = *restarted->find(ObjectKind::Circuit, tenant_, "c");
        return circuit->as_circuit().effective.bandwidth.at(name("a")).cbs().value;
    };

    CircuitSpec spec = eline("c", c_vlan(200));
    EXPECT_EQ(cbs_after(spec), 77'000U) << "the map is not the bandwidth";
    spec.bandwidth->cir.value = 20'000'000;
    EXPECT_EQ(cbs_after(spec), 125'000U) << "50 ms of 20 Mb/s";
}

TEST_F(RulesTest, TightBurstIsAWarning) {
    CircuitSpec spec = eline("c", c_vlan(100));
    spec.bandwidth->cbs = Bytes{2'000};

    const Answer answer = given_circuit(spec);

    EXPECT_NE(outcome_of(answer).body.find("burst_tight"), std::string::npos);
}

TEST_F(RulesTest, PreconditionsNameTheGeneration) {
    const ObjectId id = outcome_of(given_circuit(eline("c", c_vlan(100)))).object;
    const auto change = [&](const std::string& if_match, std::uint16_t vid) {
        WriteRequest made = change_circuit(tenant_, "c", eline("c", c_vlan(vid)));
        made.if_match = if_match;
        return send_and_settle(std::move(made));
    };
    const std::string first = etag_of(id, 1);

    EXPECT_EQ(outcome_of(change(first, 200)).generation, 2U);
    EXPECT_EQ(refusal_of(change(first, 300)).error.code, ErrorCode::Precondition);
    EXPECT_EQ(refusal_of(change("W/" + etag_of(id, 2), 300)).error.code, ErrorCode::Precondition);
    EXPECT_EQ(outcome_of(change(first + ", " + etag_of(id, 2), 300)).generation, 3U);
    EXPECT_EQ(outcome_of(change("*", 400)).generation, 4U);

    WriteRequest put = create_circuit(tenant_, eline("c", c_vlan(100)));
    put.write = WriteKind::Put;
    put.reference = "c";
    put.if_none_match_any = true;
    EXPECT_EQ(refusal_of(send(put)).error.code, ErrorCode::Precondition);
    put.reference = "new";
    put.if_none_match_any = false;
    put.if_match = "*";
    EXPECT_EQ(refusal_of(send(put)).error.code, ErrorCode::Precondition);
}

TEST_F(RulesTest, ListsGiveEachLiveObjectOnceInIdOrder) {
    for (std::uint16_t vid = 1; vid <= 5; ++vid) {
        CircuitSpec spec =
            eline((vid % 2 == 0 ? "even-" : "odd-") + std::to_string(vid), c_vlan(vid));
        spec.tags["n"] = std::to_string(vid);
        given_circuit(spec);
    }
    const Inventory& inventory = provisioner_->inventory();
    const auto names = [&](const ListQuery& query) {
        std::vector<std::string> found;
        for (const RecordPtr& record : inventory.list(query).records) {
            found.push_back(name_of(*record).text());
        }
        return found;
    };
    ListQuery query{.kind = ObjectKind::Circuit, .tenant = tenant_, .limit = 2, .count = true};

    EXPECT_THAT(names(query), ElementsAre("odd-1", "even-2"));
    EXPECT_TRUE(inventory.list(query).more);
    EXPECT_EQ(inventory.list(query).count, 5U);
    query.after = inventory.list(query).records.back()->id;
    EXPECT_THAT(names(query), ElementsAre("odd-3", "even-4"));
    query = {.kind = ObjectKind::Circuit, .tenant = tenant_, .name_prefix = "even-"};
    EXPECT_THAT(names(query), ElementsAre("even-2", "even-4"));
    EXPECT_FALSE(inventory.list(query).more);
    query = {.kind = ObjectKind::Circuit, .tenant = tenant_, .tags = {{"n", "3"}}};
    EXPECT_THAT(names(query), ElementsAre("odd-3"));
    query = {.kind = ObjectKind::Circuit, .tenant = tenant_, .uni = "nothing"};
    EXPECT_THAT(names(query), IsEmpty());
    query.uni = "a";
    EXPECT_EQ(names(query).size(), 5U);
    query = {.kind = ObjectKind::Circuit, .tenant = given_tenant("umbrella")};
    EXPECT_THAT(names(query), IsEmpty());
}

TEST_F(RulesTest, CircuitIsDownWithItsSwitchOrALink) {
    given_circuit(eline("c", c_vlan(100)));
    const auto status = [&] {
        return provisioner_->inventory().circuit_status(*get(ObjectKind::Circuit, tenant_, "c"));
    };
    EXPECT_EQ(status().oper_state, OperState::Up);

    dataplane_.set_link(port_west_, false);
    EXPECT_EQ(status().oper_state, OperState::Down);
    ASSERT_EQ(status().reasons.size(), 1U);
    EXPECT_EQ(status().reasons[0].code, "link_down");
    EXPECT_EQ(status().reasons[0].endpoint, "z");

    dataplane_.set_link(port_west_, true);
    CircuitSpec off = eline("c", c_vlan(100));
    off.admin_state = AdminState::Down;
    send_and_settle(change_circuit(tenant_, "c", off));
    EXPECT_EQ(status().oper_state, OperState::Down);
    EXPECT_EQ(status().reasons.at(0).code, "admin_down");
}

} // namespace
} // namespace strowger::service
