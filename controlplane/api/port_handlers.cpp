// SPDX-License-Identifier: Apache-2.0
#include "api/counters_json.h"
#include "api/handlers.h"
#include "api/problem_response.h"
#include "api/read_path.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

namespace strowger::api {
namespace {

void write_number_or_null(JsonWriter& writer, std::optional<std::uint16_t> number) {
    if (number) {
        writer.integer(*number);
    } else {
        writer.null();
    }
}

/// A tag that is not there is null: VID 0 is a priority tag.
void write_unmatched(JsonWriter& writer, const std::vector<UnmatchedTags>& unmatched) {
    writer.key("unmatched").begin_array();
    for (const UnmatchedTags& tags : unmatched) {
        writer.begin_object().key("outer_tpid");
        if (tags.outer_tpid == 0) {
            writer.null();
        } else {
            std::array<char, 8> text{};
            std::snprintf(text.data(), text.size(), "0x%04x", unsigned{tags.outer_tpid});
            writer.text(text.data());
        }
        writer.key("outer_vid");
        write_number_or_null(
            writer, tags.outer_tpid == 0 ? std::nullopt : std::optional(tags.outer_vid)
        );
        writer.key("inner_vid");
        write_number_or_null(writer, tags.inner_vid);
        writer.key("frames").decimal(tags.frames);
        writer.end_object();
    }
    writer.end_array();
}

void write_counters(JsonWriter& writer, const PortCounters& counters) {
    writer.key("counters").begin_object();
    write_frame_count(writer, "rx", counters.rx);
    write_frame_count(writer, "tx", counters.tx);
    writer.key("rx_missed").decimal(counters.rx_missed);
    writer.key("rx_no_mbuf").decimal(counters.rx_no_mbuf);
    writer.key("rx_errors").decimal(counters.rx_errors);
    write_drops(writer, counters.drops);
    writer.end_object();
    write_unmatched(writer, counters.unmatched);
}

const char* name_of(Steering steering) {
    switch (steering) {
        case Steering::Hash:
            return "hash";
        case Steering::Rules:
            return "rules";
        case Steering::None:
            break;
    }
    return "none";
}

/// Who receives, and how frames come to several queues.
void write_reception(
    JsonWriter& writer,
    const PortStatus& status,
    const std::vector<WorkerStatus>& workers
) {
    writer.key("rx_queues").integer(status.rx_queues);
    writer.key("steering").text(name_of(status.steering));
    writer.key("receiver_cores").begin_array();
    for (std::size_t worker = 0; worker < workers.size(); ++worker) {
        if (status.receivers.contains(worker)) {
            writer.integer(workers[worker].core);
        }
    }
    writer.end_array();
}

void write_port(
    JsonWriter& writer,
    const service::Inventory& inventory,
    const service::PortRecord& port
) {
    const PortStatus status = inventory.port_status(port);
    writer.begin_object();
    writer.key("id").text(port.id.text());
    writer.key("tenant").null();
    writer.key("generation").integer(1); // as the site file says; a restart reads it anew
    writer.key("spec").begin_object();
    writer.key("name").text(port.config.name);
    writer.key("device").text(port.config.device);
    writer.key("buffers").text(port.config.buffers == BufferClass::Jumbo ? "jumbo" : "standard");
    writer.end_object();
    writer.key("status").begin_object();
    writer.key("oper_state").text(status.link_up ? "up" : "down");
    writer.key("driver").text(status.driver);
    writer.key("mac").text(status.mac);
    writer.key("numa_node").integer(static_cast<std::uint64_t>(std::max(status.socket, 0)));
    writer.key("speed_bps").integer(status.speed_bps);
    writer.key("max_frame_bytes").integer(status.frame_max.value);
    write_reception(writer, status, inventory.placement().workers());
    write_counters(writer, inventory.port_counters(port));
    writer.end_object().end_object();
}

} // namespace

HttpResponse list_ports(Services& services, const Exchange& exchange) {
    const service::Inventory& inventory = services.provisioner.inventory();
    const ListParams& params = *exchange.list;
    std::vector<const service::PortRecord*> matching;
    for (const service::PortRecord& port : inventory.ports()) {
        if (port.config.name.starts_with(params.name_prefix)) {
            matching.push_back(&port);
        }
    }
    std::sort(matching.begin(), matching.end(), [](const auto* left, const auto* right) {
        return left->id < right->id;
    });
    const auto first = std::find_if(matching.begin(), matching.end(), [&](const auto* port) {
        return !params.after || *params.after < port->id;
    });
    const auto left = static_cast<std::size_t>(matching.end() - first);
    const auto end = first + static_cast<std::ptrdiff_t>(std::min(left, params.limit));

    JsonWriter writer;
    writer.begin_object().key("data").begin_array();
    std::for_each(first, end, [&](const auto* port) { write_port(writer, inventory, *port); });
    writer.end_array();
    std::optional<ObjectId> last;
    if (end != matching.end()) {
        last = (*(end - 1))->id;
    }
    write_list_end(
        writer, last, params.count ? std::optional<std::uint64_t>(matching.size()) : std::nullopt
    );
    return json_response(writer.take());
}

HttpResponse get_port(Services& services, const Exchange& exchange) {
    const service::Inventory& inventory = services.provisioner.inventory();
    const Result<const service::PortRecord*> port = inventory.find_port(exchange.reference);
    if (!port) {
        return problem_response(port.error());
    }
    JsonWriter writer;
    write_port(writer, inventory, **port);
    return json_response(writer.take());
}

} // namespace strowger::api
