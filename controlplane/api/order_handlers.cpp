// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.h"
#include "api/problem_response.h"
#include "api/read_path.h"

#include <utility>

namespace strowger::api {
namespace {

void write_spec_or_null(JsonWriter& writer, std::string_view name, const std::string& json) {
    writer.key(name);
    if (json.empty()) {
        writer.null();
    } else {
        writer.raw(json);
    }
}

void write_order(JsonWriter& writer, const service::OrderRecord& order) {
    writer.begin_object();
    writer.key("id").text(order.id.text());
    writer.key("tenant");
    if (order.tenant) {
        writer.text(order.tenant->text());
    } else {
        writer.null();
    }
    writer.key("seq").decimal(order.seq);
    writer.key("state").text("applied");
    writer.key("actor").begin_object();
    writer.key("kind").text(order.actor.kind == auth::ActorKind::Token ? "token" : "socket");
    writer.key("id").text(order.actor.id);
    writer.end_object();
    writer.key("operation").text(service::to_string(order.operation));
    writer.key("object").begin_object();
    writer.key("kind").text(strowger::to_string(order.object.kind()));
    writer.key("id").text(order.object.text());
    writer.end_object();
    writer.key("generation").integer(order.generation);
    write_spec_or_null(writer, "before", order.before_json);
    write_spec_or_null(writer, "after", order.after_json);
    writer.key("at").instant(order.at_us);
    writer.end_object();
}

} // namespace

HttpResponse list_orders(Services& services, const Exchange& exchange) {
    const ListParams& params = *exchange.list;
    store::OrderQuery query;
    query.tenant = exchange.tenant;
    query.object = params.object;
    query.after = params.after;
    query.limit = params.limit;
    query.count = params.count;
    const Result<store::OrderPage> page = services.provisioner.list_orders(query);
    if (!page) {
        return problem_response(page.error());
    }
    JsonWriter writer;
    writer.begin_object().key("data").begin_array();
    for (const service::OrderRecord& order : page->orders) {
        write_order(writer, order);
    }
    writer.end_array();
    std::optional<ObjectId> last;
    if (page->more && !page->orders.empty()) {
        last = page->orders.back().id;
    }
    write_list_end(writer, last, page->count);
    return json_response(writer.take());
}

HttpResponse get_order(Services& services, const Exchange& exchange) {
    const Result<service::OrderRecord> order =
        services.provisioner.find_order(exchange.tenant, exchange.reference);
    if (!order) {
        return problem_response(order.error());
    }
    JsonWriter writer;
    write_order(writer, *order);
    return json_response(writer.take());
}

} // namespace strowger::api
