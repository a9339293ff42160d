// SPDX-License-Identifier: Apache-2.0
#include "api/json_codec.h"

#include "api/canonical_reader.h"
#include "api/json_fields.h"
#include "api/json_reader.h"
#include "api/json_writer.h"
#include "api/spec_reader.h"
#include "strowger/model/limits.h"

#include <utility>

namespace strowger::api {
namespace {

/// Reads stored text with one of the spec readers.
template <typename Spec>
Result<Spec> decode(
    std::string_view json,
    Spec (*read)(const boost::json::value& value, ProblemList& problems)
) {
    const Result<JsonDocument> document = read_json(json);
    if (!document) {
        return document.error();
    }
    ProblemList problems;
    Spec spec = read(document->value, problems);
    if (!problems.empty()) {
        return problems.to_error();
    }
    return spec;
}

void write_profile(JsonWriter& writer, const BandwidthProfile& profile) {
    writer.begin_object();
    writer.key("cir_bps").integer(profile.cir().value);
    writer.key("cbs_bytes").integer(profile.cbs().value);
    writer.key("eir_bps").integer(profile.eir().value);
    writer.key("ebs_bytes").integer(profile.ebs().value);
    writer.key("color_mode").text(to_string(profile.color_mode()));
    writer.key("coupling_flag").boolean(profile.coupling_flag());
    writer.end_object();
}

EffectiveCircuit read_effective(const boost::json::value& value, ProblemList& problems) {
    JsonFields fields(value, "", problems);
    EffectiveCircuit effective;
    effective.frame_max =
        Bytes{fields.integer("max_frame_bytes", {limits::kFrameBytesMin, limits::kFrameBytesMax})
                  .value_or(limits::kFrameBytesDefault)};
    fields.for_each("endpoints", [&](std::string_view key, const boost::json::value& endpoint) {
        const std::string pointer = pointer_to("/endpoints", key);
        JsonFields members(endpoint, pointer, problems);
        const boost::json::value* bandwidth = members.require("bandwidth", "");
        const Result<Name> name = Name::from(key);
        if (bandwidth == nullptr || !name) {
            problems.add(pointer, "required", "This endpoint cannot be read.");
            return;
        }
        const std::optional<BandwidthProfileSpec> spec =
            read_bandwidth(*bandwidth, pointer + "/bandwidth", problems);
        if (!spec) {
            return;
        }
        // All six members are there, so resolving adds nothing.
        Result<BandwidthProfile> profile = BandwidthProfile::resolve(*spec, effective.frame_max);
        if (profile) {
            effective.bandwidth.emplace(*name, *profile);
        } else {
            problems.add_all(profile.error().problems);
        }
    });
    return effective;
}

} // namespace

Result<TenantSpec> JsonCodec::decode_tenant(std::string_view json) const {
    return decode(json, &read_tenant_spec);
}
Result<service::TokenSpec> JsonCodec::decode_token(std::string_view json) const {
    return decode(json, &read_token_spec);
}
Result<UniSpec> JsonCodec::decode_uni(std::string_view json) const {
    return decode(json, &read_uni_spec);
}
Result<CircuitSpec> JsonCodec::decode_circuit(std::string_view json) const {
    if (std::optional<CircuitSpec> plain = read_canonical_circuit(json)) {
        return *std::move(plain);
    }
    return decode(json, &read_circuit_spec);
}

Result<SliceSpec> JsonCodec::decode_slice(std::string_view json) const {
    return decode(json, &read_slice_spec);
}

std::string JsonCodec::encode_effective(const EffectiveCircuit& effective) const {
    JsonWriter writer;
    writer.begin_object();
    writer.key("max_frame_bytes").integer(effective.frame_max.value);
    writer.key("endpoints").begin_object();
    for (const auto& [name, profile] : effective.bandwidth) {
        writer.key(name.text()).begin_object().key("bandwidth");
        write_profile(writer, profile);
        writer.end_object();
    }
    writer.end_object().end_object();
    return writer.take();
}

Result<EffectiveCircuit> JsonCodec::decode_effective(std::string_view json) const {
    if (std::optional<EffectiveCircuit> plain = read_canonical_effective(json)) {
        return *std::move(plain);
    }
    return decode(json, &read_effective);
}

} // namespace strowger::api
