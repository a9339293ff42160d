// SPDX-License-Identifier: Apache-2.0
#include "api/json_codec.h"

#include "api/draft.h"
#include "api/json_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace strowger::api {
namespace {

constexpr std::string_view kCircuit =
    R"({"name":"ny-dc","type":"eline","bandwidth":{"cir_bps":50000000},)"
    R"("endpoints":{"a":{"uni":"ny","vlan_map":{"c_vlans":[100]}},)"
    R"("z":{"uni":"dc","vlan_map":{"s_vlan":900},"bandwidth":{"cir_bps":7,"eir_bps":9,)"
    R"("color_mode":"color_aware","coupling_flag":true}}}})";

TEST(JsonCodec, WritesEveryEffectiveMemberAndReadsItBack) {
    const JsonCodec codec;
    const Result<CircuitSpec> spec = codec.decode_circuit(kCircuit);
    ASSERT_TRUE(spec);
    const Result<EffectiveCircuit> effective = resolve_circuit(*spec);
    ASSERT_TRUE(effective);

    const std::string text = codec.encode_effective(*effective);
    const Result<EffectiveCircuit> again = codec.decode_effective(text);

    EXPECT_EQ(
        text,
        R"({"max_frame_bytes":1526,"endpoints":{"a":{"bandwidth":{"cir_bps":50000000,)"
        R"("cbs_bytes":312500,"eir_bps":0,"ebs_bytes":0,"color_mode":"color_blind",)"
        R"("coupling_flag":false}},"z":{"bandwidth":{"cir_bps":7,"cbs_bytes":3052,"eir_bps":9,)"
        R"("ebs_bytes":3052,"color_mode":"color_aware","coupling_flag":true}}}})"
    );
    ASSERT_TRUE(again);
    EXPECT_EQ(again->frame_max, effective->frame_max);
    EXPECT_EQ(again->bandwidth, effective->bandwidth);
}

TEST(JsonCodec, SaysThatAStoredTextIsDamaged) {
    const JsonCodec codec;

    EXPECT_FALSE(codec.decode_circuit("{"));
    EXPECT_FALSE(codec.decode_tenant(R"({"display_name":"no name"})"));
    EXPECT_FALSE(codec.decode_uni(R"({"name":"x"})"));
    EXPECT_FALSE(codec.decode_token("[]"));
    EXPECT_FALSE(codec.decode_effective(R"({"endpoints":{"a":{}}})"));
}

TEST(JsonWriter, PutsCommasAndEscapesWhereTheyBelong) {
    JsonWriter writer;
    writer.begin_object().key("a\"\\\n").begin_array().integer(1).text("x").null().begin_object();
    writer.end_object().boolean(true).end_array().key("n").decimal(18'446'744'073'709'551'615ULL);
    writer.key("raw").raw("{\"y\":[]}").key("z").begin_array().end_array().end_object();

    EXPECT_EQ(
        writer.take(),
        "{\"a\\\"\\\\\\u000a\":[1,\"x\",null,{},true],\"n\":\"18446744073709551615\","
        "\"raw\":{\"y\":[]},\"z\":[]}"
    );
}

TEST(JsonWriter, WritesInstantsWithMicroseconds) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(rfc3339(1'709'208'000'000'042), "2024-02-29T12:00:00.000042Z");
    EXPECT_EQ(rfc3339(4'102'444'799'999'999), "2099-12-31T23:59:59.999999Z");
}

} // namespace
} // namespace strowger::api
