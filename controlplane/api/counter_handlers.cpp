// SPDX-License-Identifier: Apache-2.0
#include "api/counters_json.h"
#include "api/handlers.h"
#include "api/problem_response.h"
#include "api/read_path.h"

#include <utility>

namespace strowger::api {
namespace {

void write_endpoint(JsonWriter& writer, const EndpointCounters& counters) {
    writer.key("ingress").begin_object();
    write_frame_count(writer, "green", counters.ingress_green);
    write_frame_count(writer, "yellow", counters.ingress_yellow);
    write_frame_count(writer, "red", counters.ingress_red);
    writer.end_object();
    writer.key("egress").begin_object();
    write_frame_count(writer, "green", counters.egress_green);
    write_frame_count(writer, "yellow", counters.egress_yellow);
    writer.end_object();
    write_drops(writer, counters.drops);
}

} // namespace

void write_frame_count(JsonWriter& writer, std::string_view name, const FrameCount& count) {
    writer.key(name).begin_object();
    writer.key("frames").decimal(count.frames);
    writer.key("bytes").decimal(count.bytes);
    writer.end_object();
}

void write_drops(JsonWriter& writer, const std::array<std::uint64_t, kDropReasonCount>& drops) {
    writer.key("drops").begin_object();
    for (std::size_t reason = 0; reason < drops.size(); ++reason) {
        writer.key(kDropReasonNames[reason]).decimal(drops[reason]);
    }
    writer.end_object();
}

HttpResponse get_circuit_counters(Services& services, const Exchange& exchange) {
    std::variant<service::RecordPtr, HttpResponse> found =
        find_object(services, exchange, ObjectKind::Circuit);
    if (auto* refusal = std::get_if<HttpResponse>(&found)) {
        return std::move(*refusal);
    }
    const service::Record& circuit = *std::get<service::RecordPtr>(found);
    const std::optional<CircuitCounters> counters =
        services.provisioner.inventory().circuit_counters(circuit);
    if (!counters) {
        return problem_response("not_found", "The circuit is being taken down.");
    }
    JsonWriter writer;
    writer.begin_object();
    writer.key("id").text(circuit.id.text());
    writer.key("at").instant(services.clock.wall_us());
    writer.key("endpoints").begin_object();
    std::size_t end = 0;
    for (const auto& [name, endpoint] : circuit.as_circuit().spec.endpoints) {
        writer.key(name.text()).begin_object();
        write_endpoint(writer, counters->endpoints.at(end));
        writer.end_object();
        ++end;
    }
    writer.end_object().end_object();
    return json_response(writer.take());
}

} // namespace strowger::api
