// SPDX-License-Identifier: Apache-2.0
#include "api/draft.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace strowger::api {
namespace {

using service::Draft;

JsonDocument document_of(std::string_view text) {
    Result<JsonDocument> document = read_json(text);
    EXPECT_TRUE(document) << text;
    return document ? *std::move(document) : JsonDocument{};
}

/// "pointer code" of each problem, sorted.
std::vector<std::string> faults(const std::vector<Problem>& problems) {
    std::vector<std::string> faults;
    for (const Problem& problem : problems) {
        faults.push_back(problem.pointer + " " + problem.code);
    }
    std::sort(faults.begin(), faults.end());
    return faults;
}
std::vector<std::string> faults(const Result<Draft>& draft) {
    return faults(draft ? draft->problems : draft.error().problems);
}
bool accepted(const Result<Draft>& draft) {
    return draft && draft->problems.empty();
}

constexpr std::string_view kCircuit =
    R"({"name":"ny-dc","type":"eline","bandwidth":{"cir_bps":50000000},)"
    R"("endpoints":{"a":{"uni":"ny","vlan_map":{"c_vlans":[100]}},)"
    R"("z":{"uni":"dc","vlan_map":{"s_vlan":900}}}})";

/// kCircuit with one text replaced.
std::string circuit_with(std::string_view from, std::string_view to) {
    std::string text(kCircuit);
    const std::size_t place = text.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    return text.replace(place, from.size(), to);
}

TEST(CircuitDraft, IsCanonicalWhateverTheOrderOfMembers) {
    const std::string_view shuffled =
        R"( { "endpoints" : { "z":{"vlan_map":{"s_vlan":900},"uni":"dc"},
              "a":{"vlan_map":{"c_vlans":[100]},"uni":"ny"} },
              "bandwidth":{"cir_bps":50000000},"type":"eline","name":"ny-dc" } )";

    const Draft plain = draft_from(SpecKind::Circuit, document_of(kCircuit));
    const Draft other = draft_from(SpecKind::Circuit, document_of(shuffled));

    EXPECT_TRUE(plain.problems.empty());
    EXPECT_TRUE(other.problems.empty());
    EXPECT_EQ(plain.spec_json, kCircuit);
    EXPECT_EQ(other.spec_json, kCircuit);
}

TEST(CircuitDraft, KeepsWhatWasSaidAndAddsNoDefaults) {
    const std::string text =
        R"({"name":"c","display_name":"C \"é\"","tags":{"b":"2","a":"1"},"type":"eline",)"
        R"("admin_state":"up","max_frame_bytes":1526,"bandwidth":{"cir_bps":1000000,"eir_bps":0,)"
        R"("color_mode":"color_blind","coupling_flag":false},)"
        R"("endpoints":{"a":{"uni":"ny","vlan_map":{"c_vlans":[30,"10-20"]}},)"
        R"("z":{"uni":"dc","vlan_map":{"all":true},"bandwidth":{"cir_bps":5}}}})";
    std::string canonical = text;
    canonical.replace(canonical.find(R"("b":"2","a":"1")"), 15, R"("a":"1","b":"2")");

    const Result<Draft> draft = draft_from(SpecKind::Circuit, document_of(text));

    ASSERT_TRUE(accepted(draft)) << faults(draft)[0];
    EXPECT_EQ(draft->spec_json, canonical);
    const auto& spec = std::get<CircuitSpec>(draft->spec);
    EXPECT_EQ(spec.frame_max, Bytes{1526});
    EXPECT_TRUE(std::holds_alternative<MapAll>(spec.endpoints.at(*Name::from("z")).vlan_map));
}

struct BadCircuit {
    std::string_view what;
    std::string_view from;
    std::string_view to;
    std::vector<std::string> faults;
};
void PrintTo(const BadCircuit& bad, std::ostream* out) {
    *out << bad.what;
}

class BadCircuits : public testing::TestWithParam<BadCircuit> {};

TEST_P(BadCircuits, AreRefusedInTheRightPlace) {
    const std::string text = circuit_with(GetParam().from, GetParam().to);

    EXPECT_EQ(faults(draft_from(SpecKind::Circuit, document_of(text))), GetParam().faults) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    BadCircuits,
    testing::Values(
        BadCircuit{"unknown", R"("type")", R"("vlan":1,"type")", {"/vlan unknown_member"}},
        BadCircuit{
            "unknown below",
            R"("cir_bps":50000000)",
            R"("cir_bps":1,"cir":1)",
            {"/bandwidth/cir unknown_member"}},
        BadCircuit{"duplicate", R"("type")", R"("name":"b","type")", {"/name duplicate_member"}},
        BadCircuit{"1e400", "50000000", "1e400", {"/bandwidth/cir_bps out_of_range"}},
        BadCircuit{"2^64", "50000000", "18446744073709551616", {"/bandwidth/cir_bps out_of_range"}},
        BadCircuit{"2^63", "50000000", "9223372036854775808", {"/bandwidth/cir_bps out_of_range"}},
        BadCircuit{"negative", "50000000", "-1", {"/bandwidth/cir_bps out_of_range"}},
        BadCircuit{"above", "50000000", "400000000001", {"/bandwidth/cir_bps out_of_range"}},
        BadCircuit{"fraction", "50000000", "1.5", {"/bandwidth/cir_bps wrong_type"}},
        BadCircuit{"exponent", "50000000", "5e7", {"/bandwidth/cir_bps wrong_type"}},
        BadCircuit{"text rate", "50000000", R"("50M")", {"/bandwidth/cir_bps wrong_type"}},
        BadCircuit{"null rate", "50000000", "null", {"/bandwidth/cir_bps wrong_type"}},
        BadCircuit{"no rate", R"("cir_bps":50000000)", "", {"/bandwidth/cir_bps required"}},
        BadCircuit{
            "no bandwidth",
            R"("bandwidth":{"cir_bps":50000000},)",
            "",
            {"/endpoints/a/bandwidth required", "/endpoints/z/bandwidth required"}},
        BadCircuit{
            "small CBS",
            R"("cir_bps":50000000)",
            R"("cir_bps":1,"cbs_bytes":1525)",
            {"/bandwidth/cbs_bytes burst_below_frame"}},
        BadCircuit{"no name", R"("name":"ny-dc",)", "", {"/name required"}},
        BadCircuit{"bad name", "ny-dc", "NY", {"/name invalid_name"}},
        BadCircuit{"id as name", "ny-dc", "ckt_1", {"/name invalid_name"}},
        BadCircuit{"type", "eline", "elan", {"/type unknown_value"}},
        BadCircuit{"no type", R"("type":"eline",)", "", {"/type required"}},
        BadCircuit{
            "frame",
            R"("type")",
            R"("max_frame_bytes":1521,"type")",
            {"/max_frame_bytes out_of_range"}},
        BadCircuit{
            "admin",
            R"("type")",
            R"("admin_state":"on","type")",
            {"/admin_state unknown_value"}},
        BadCircuit{"tag type", R"("type")", R"("tags":{"a":1},"type")", {"/tags/a wrong_type"}},
        BadCircuit{"tag key", R"("type")", R"("tags":{"":"x"},"type")", {"/tags/ out_of_range"}},
        BadCircuit{
            "display name",
            R"("type")",
            R"("display_name":"a\nb","type")",
            {"/display_name invalid_text"}},
        BadCircuit{"VID 0", "[100]", "[0]", {"/endpoints/a/vlan_map/c_vlans/0 out_of_range"}},
        BadCircuit{
            "VID 4095",
            "[100]",
            "[4094,4095]",
            {"/endpoints/a/vlan_map/c_vlans/1 out_of_range"}},
        BadCircuit{"S-VID 0", "900", "0", {"/endpoints/z/vlan_map/s_vlan out_of_range"}},
        BadCircuit{
            "range 0",
            "[100]",
            R"(["0-3"])",
            {"/endpoints/a/vlan_map/c_vlans/0 out_of_range"}},
        BadCircuit{
            "range back",
            "[100]",
            R"(["9-3"])",
            {"/endpoints/a/vlan_map/c_vlans/0 out_of_range"}},
        BadCircuit{
            "range odd",
            "[100]",
            R"([" 3-9","3-9x","3","-","3--9"])",
            {"/endpoints/a/vlan_map/c_vlans/0 out_of_range",
             "/endpoints/a/vlan_map/c_vlans/1 out_of_range",
             "/endpoints/a/vlan_map/c_vlans/2 out_of_range",
             "/endpoints/a/vlan_map/c_vlans/3 out_of_range",
             "/endpoints/a/vlan_map/c_vlans/4 out_of_range"}},
        BadCircuit{
            "twice",
            "[100]",
            R"([100,"50-150"])",
            {"/endpoints/a/vlan_map/c_vlans/1 overlapping_maps"}},
        BadCircuit{"empty", "[100]", "[]", {"/endpoints/a/vlan_map/c_vlans out_of_range"}},
        BadCircuit{"no list", "[100]", "100", {"/endpoints/a/vlan_map/c_vlans wrong_type"}},
        BadCircuit{"no form", R"("c_vlans":[100])", "", {"/endpoints/a/vlan_map required"}},
        BadCircuit{
            "two forms",
            R"("c_vlans":[100])",
            R"("c_vlans":[100],"all":true)",
            {"/endpoints/a/vlan_map overlapping_maps"}},
        BadCircuit{
            "false",
            R"("c_vlans":[100])",
            R"("all":false)",
            {"/endpoints/a/vlan_map/all unknown_value"}},
        BadCircuit{"map type", R"({"c_vlans":[100]})", "7", {"/endpoints/a/vlan_map wrong_type"}},
        BadCircuit{"no uni", R"("uni":"ny",)", "", {"/endpoints/a/uni required"}},
        BadCircuit{"odd uni", R"("ny")", R"("ckt_01")", {"/endpoints/a/uni invalid_name"}},
        BadCircuit{"same uni", R"("ny")", R"("dc")", {"/endpoints/z/uni same_uni"}},
        BadCircuit{"key", R"("a":{)", R"("A":{)", {"/endpoints/A invalid_name"}},
        BadCircuit{
            "three",
            R"("a":{)",
            R"("b":{"uni":"x","vlan_map":{"all":true}},"a":{)",
            {"/endpoints out_of_range"}},
        BadCircuit{
            "all at once",
            R"("name":"ny-dc","type":"eline","bandwidth":{"cir_bps":50000000})",
            R"("nam":"x","type":7,"bandwidth":[])",
            {"/bandwidth wrong_type", "/nam unknown_member", "/name required", "/type wrong_type"}},
        BadCircuit{
            "a list that can be read in part is no other list",
            R"({"c_vlans":[100]}},"z":{"uni":"dc","vlan_map":{"s_vlan":900}})",
            R"({"c_vlans":[5,6,4095]}},"z":{"uni":"dc","vlan_map":{"c_vlans":[5,6,7]}})",
            {"/endpoints/a/vlan_map/c_vlans/2 out_of_range"}},
        BadCircuit{
            "bundles that differ, beside an unknown member",
            R"({"c_vlans":[100]}},"z":{"uni":"dc","vlan_map":{"s_vlan":900}})",
            R"({"c_vlans":[5,6],"b":1}},"z":{"uni":"dc","vlan_map":{"c_vlans":[5,7]}})",
            {"/endpoints/a/vlan_map/b unknown_member",
             "/endpoints/z/vlan_map/c_vlans bundle_mismatch"}}
    )
);

TEST(CircuitDraft, SuggestsTheMemberThatWasMeant) {
    const Result<Draft> draft =
        draft_from(SpecKind::Circuit, document_of(circuit_with("cir_bps", "cir_bsp")));

    ASSERT_FALSE(draft->problems.empty());
    EXPECT_EQ(draft->problems[0].hint, "Did you mean \"cir_bps\"?");
}

TEST(CircuitDraft, RefusesWhatIsNoObject) {
    for (const std::string_view text : {"[]", "null", "7", "\"x\"", "true"}) {
        EXPECT_EQ(faults(draft_from(SpecKind::Circuit, document_of(text))).front(), " wrong_type")
            << text;
    }
}

TEST(CircuitPatch, MergesReplacesAndRemoves) {
    const Result<Draft> draft = patched_from(
        SpecKind::Circuit,
        document_of(R"({"bandwidth":{"cir_bps":90000000,"eir_bps":1},"display_name":"New",)"
                    R"("endpoints":{"z":{"vlan_map":{"s_vlan":null,"c_vlans":[7]}}}})"),
        kCircuit
    );

    ASSERT_TRUE(accepted(draft));
    EXPECT_EQ(
        draft->spec_json,
        R"({"name":"ny-dc","display_name":"New","type":"eline",)"
        R"("bandwidth":{"cir_bps":90000000,"eir_bps":1},)"
        R"("endpoints":{"a":{"uni":"ny","vlan_map":{"c_vlans":[100]}},)"
        R"("z":{"uni":"dc","vlan_map":{"c_vlans":[7]}}}})"
    );
}

TEST(CircuitPatch, RefusesWhatCannotChange) {
    const std::pair<std::string_view, std::vector<std::string>> cases[] = {
        {R"({"name":"other"})", {"/name immutable"}},
        {R"({"name":"ny-dc"})", {}},
        {R"({"max_frame_bytes":2000})", {"/max_frame_bytes immutable"}},
        {R"({"endpoints":{"a":null}})", {"/endpoints/a immutable"}},
        {R"({"endpoints":{"b":{"uni":"x","vlan_map":{"all":true}}}})", {"/endpoints/b immutable"}},
        {R"({"nmae":null})", {"/nmae unknown_member"}},
        {R"({"bandwidth":{"cir":null}})", {"/bandwidth/cir unknown_member"}},
        {R"([1])", {" wrong_type"}},
        {R"({"display_name":"a","display_name":"b"})", {"/display_name duplicate_member"}},
    };
    for (const auto& [patch, expected] : cases) {
        EXPECT_EQ(faults(patched_from(SpecKind::Circuit, document_of(patch), kCircuit)), expected)
            << patch;
    }
}

TEST(CircuitReplacement, MayChangeTheBandwidthOnly) {
    EXPECT_TRUE(accepted(replacement_from(
        SpecKind::Circuit, document_of(circuit_with("50000000", "60000000")), kCircuit
    )));
    EXPECT_EQ(
        faults(
            replacement_from(SpecKind::Circuit, document_of(circuit_with("ny-dc", "x")), kCircuit)
        ),
        std::vector<std::string>{"/name immutable"}
    );
}

TEST(MergePatch, FollowsTheExamplesOfRfc7396) {
    const std::string_view cases[][3] = {
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        {R"({"a":"b"})", R"({"a":null})", R"({})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
        {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
        {R"({"a":"foo"})", R"(null)", R"(null)"},
        {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    };
    for (const auto& [target, patch, expected] : cases) {
        boost::json::value value = document_of(target).value;

        merge_patch(value, document_of(patch).value);

        EXPECT_EQ(value, document_of(expected).value) << target << " + " << patch;
    }
}

TEST(UniDraft, ReadsEveryMember) {
    const std::string_view text =
        R"({"name":"ny","port":"p0","tpid":"0x88a8","s_vlans":{"first":100,"last":199}})";

    const Result<Draft> draft = draft_from(SpecKind::Uni, document_of(text));

    ASSERT_TRUE(accepted(draft));
    EXPECT_EQ(draft->spec_json, text);
    const auto& spec = std::get<UniSpec>(draft->spec);
    EXPECT_EQ(spec.tpid, Tpid::STag88a8);
    ASSERT_TRUE(spec.s_vlans);
    EXPECT_EQ(spec.s_vlans->last.value(), 199);
}

TEST(UniDraft, BlamesWhatIsWrong) {
    const std::pair<std::string_view, std::vector<std::string>> cases[] = {
        {R"({"name":"ny"})", {"/port required"}},
        {R"({"name":"ny","port":"P"})", {"/port invalid_name"}},
        {R"({"name":"ny","port":"p","tpid":"0x88A8"})", {"/tpid unknown_value"}},
        {R"({"name":"ny","port":"p","s_vlans":{"first":2,"last":1}})",
         {"/s_vlans/last out_of_range"}},
        {R"({"name":"ny","port":"p","s_vlans":{"first":0}})",
         {"/s_vlans/first out_of_range", "/s_vlans/last required"}},
        {R"({"name":"ny","port":"p","s_vlans":"1-2"})", {"/s_vlans wrong_type"}},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(faults(draft_from(SpecKind::Uni, document_of(text))), expected) << text;
    }
}

TEST(TokenDraft, KnowsOneRoleAndNoTags) {
    EXPECT_TRUE(
        accepted(draft_from(SpecKind::Token, document_of(R"({"name":"ci","role":"tenant"})")))
    );
    EXPECT_EQ(
        faults(
            draft_from(SpecKind::Token, document_of(R"({"name":"ci","role":"operator","tags":{}})"))
        ),
        (std::vector<std::string>{"/role unknown_value", "/tags unknown_member"})
    );
}

TEST(TenantDraft, BoundsItsLabels) {
    const std::string long_name(300, 'x');
    const Result<Draft> draft = draft_from(
        SpecKind::Tenant, document_of(R"({"name":"acme","display_name":")" + long_name + "\"}")
    );

    ASSERT_EQ(faults(draft).size(), 1U);
    EXPECT_EQ(draft->problems[0].pointer, "/display_name");
}

} // namespace
} // namespace strowger::api
