// SPDX-License-Identifier: Apache-2.0
#include "api/canonical_reader.h"

#include "api/draft.h"
#include "api/json_codec.h"
#include "api/json_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::api {
namespace {

std::string with_map(const std::string& map) {
    return R"({"name":"ny-dc","type":"eline","bandwidth":{"cir_bps":50000000},"endpoints":{)"
           R"("a":{"uni":"ny","vlan_map":)" +
           map + R"(},"z":{"uni":"dc","vlan_map":)" + map + "}}}";
}

/// Both ways to read it agree; whether the short one took it.
bool agrees(const std::string& text) {
    const service::Draft general = draft_from(SpecKind::Circuit, *read_json(text));
    const std::optional<service::Draft> plain = canonical_circuit_draft(text);
    if (!plain) {
        return false;
    }
    EXPECT_TRUE(general.problems.empty()) << text;
    EXPECT_EQ(general.spec_json, text);
    EXPECT_EQ(plain->spec_json, text);
    const auto& left = std::get<CircuitSpec>(plain->spec);
    const auto& right = std::get<CircuitSpec>(general.spec);
    EXPECT_EQ(left.name, right.name);
    EXPECT_EQ(left.display_name, right.display_name);
    EXPECT_EQ(left.tags, right.tags);
    EXPECT_EQ(left.admin_state, right.admin_state);
    EXPECT_EQ(left.frame_max, right.frame_max);
    EXPECT_EQ(left.bandwidth, right.bandwidth);
    for (const auto& [name, endpoint] : right.endpoints) {
        EXPECT_EQ(left.endpoints.at(name).uni, endpoint.uni);
        EXPECT_EQ(left.endpoints.at(name).vlan_map, endpoint.vlan_map);
        EXPECT_EQ(left.endpoints.at(name).bandwidth, endpoint.bandwidth);
    }
    return true;
}

TEST(CanonicalReader, ReadsEveryFormOfMap) {
    for (const char* map :
         {R"({"all":true})",
          R"({"untagged":true})",
          R"({"c_vlans":[100]})",
          R"({"c_vlans":[100,"200-299",4094]})",
          R"({"s_vlan":900})",
          R"({"s_vlan":900,"c_vlans":["1-4094"]})"}) {
        EXPECT_TRUE(agrees(with_map(map))) << map;
    }
}

TEST(CanonicalReader, ReadsEveryMember) {
    EXPECT_TRUE(agrees(
        R"({"name":"ny-dc","display_name":"New York","tags":{"a":"1","b":""},"type":"eline",)"
        R"("admin_state":"down","max_frame_bytes":2000,"bandwidth":{"cir_bps":50000000,)"
        R"("cbs_bytes":64000,"eir_bps":1000000,"ebs_bytes":64000,"color_mode":"color_aware",)"
        R"("coupling_flag":true},"endpoints":{"a":{"uni":"ny","vlan_map":{"c_vlans":[1]},)"
        R"("bandwidth":{"cir_bps":0}},"z":{"uni":"dc","vlan_map":{"s_vlan":2}}}})"
    ));
}

TEST(CanonicalReader, LeavesToTheOtherWhatIsNotPlain) {
    const std::string good = with_map(R"({"c_vlans":[100]})");
    ASSERT_TRUE(agrees(good));
    const std::pair<const char*, const char*> changes[] = {
        {"\"ny-dc\"", " \"ny-dc\""},
        {"\"ny-dc\"", "\"ny\\u002ddc\""},
        {"\"ny-dc\"", "\"NY\""},
        {"50000000", "050000000"},
        {"50000000", "5e7"},
        {"50000000", "500000000000"},
        {"50000000", "9999999999999999"},
        {"[100]", "[100,100]"},
        {"[100]", "[0]"},
        {"[100]", "[4095]"},
        {"[100]", "[]"},
        {"[100]", "[\"5-4\"]"},
        {"[100]", "[\"05-6\"]"},
        {"\"ny\",", "\"ny\",\"x\":1,"},
        {"\"ny\"", "\"N Y\""},
        {"\"type\":\"eline\"", "\"type\":\"elan\""},
        {"\"type\":\"eline\",", "\"type\":\"eline\",\"tags\":{\"b\":\"\",\"a\":\"\"},"},
        {"}}}", "}}} "},
        {"}}}", "}}"}};
    for (const auto& [from, to] : changes) {
        std::string text = good;
        text.replace(text.find(from), std::string(from).size(), to);
        EXPECT_FALSE(canonical_circuit_draft(text).has_value()) << text;
    }
}

TEST(CanonicalReader, ReadsWhatTheCodecWrites) {
    const CircuitSpec spec = *read_canonical_circuit(with_map(R"({"c_vlans":[100]})"));
    const EffectiveCircuit effective = *resolve_circuit(spec);
    const std::string text = JsonCodec().encode_effective(effective);

    const std::optional<EffectiveCircuit> read = read_canonical_effective(text);

    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->frame_max, effective.frame_max);
    EXPECT_EQ(read->bandwidth, effective.bandwidth);
    EXPECT_FALSE(read_canonical_effective(text + " ").has_value());
}

} // namespace
} // namespace strowger::api
