// SPDX-License-Identifier: Apache-2.0
#include "store/store_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace strowger::store {
namespace {

enum Lookup : std::size_t {
    Idempotency,
    Tombstone,
    Order,
    LastSeq,
    // Orders by what the filter can be answered from; each with its count behind it.
    OrdersOfAll,
    CountOfAll,
    OrdersOfTenant,
    CountOfTenant,
    OrdersOfObject,
    CountOfObject,
    LookupCount
};

#define STROWGER_SELECT_ORDERS                                                              \
    "SELECT id, tenant, seq, actor_kind, actor_id, operation, object, generation, before, " \
    "after, at_us FROM orders "

// ?1 tenant, ?2 object, ?3 id of the order to begin behind ("": from the first), ?4 limit. Each
// uses an index from its first row on, however many orders there are.
constexpr std::array<std::string_view, LookupCount> kSql = {
    "SELECT request_digest, status, body, order_id, object, generation, created_us "
    "FROM idempotency WHERE scope = ?1 AND key = ?2",
    "SELECT tenant, generation, deleted_us FROM tombstones WHERE id = ?1",
    STROWGER_SELECT_ORDERS "WHERE id = ?3",
    "SELECT max(seq) FROM orders WHERE tenant = ?1",
    STROWGER_SELECT_ORDERS "WHERE id > ?3 ORDER BY id LIMIT ?4",
    "SELECT count(*) FROM orders",
    // Within a tenant seq rises with the id.
    STROWGER_SELECT_ORDERS
    "WHERE tenant = ?1 AND seq > "
    "ifnull((SELECT seq FROM orders WHERE id = ?3 AND tenant = ?1), 0) ORDER BY seq LIMIT ?4",
    "SELECT count(*) FROM orders WHERE tenant = ?1",
    STROWGER_SELECT_ORDERS
    "WHERE object = ?2 AND (?1 IS NULL OR tenant = ?1) AND id > ?3 "
    "ORDER BY id LIMIT ?4",
    "SELECT count(*) FROM orders WHERE object = ?2 AND (?1 IS NULL OR tenant = ?1)",
};

Lookup lookup_for(const OrderQuery& query) {
    if (query.object.has_value()) {
        return OrdersOfObject;
    }
    return query.tenant.has_value() ? OrdersOfTenant : OrdersOfAll;
}

Error damaged(const std::string& what) {
    return {ErrorCode::Unavailable, "The store is damaged: " + what + ".", {}};
}

/// An id of whatever kind its prefix says.
Result<ObjectId> read_id(const std::string& text) {
    for (std::size_t index = 0; index < kObjectKindCount; ++index) {
        const auto kind = static_cast<ObjectKind>(index);
        if (text.starts_with(id_prefix(kind))) {
            return ObjectId::from(kind, text);
        }
    }
    return damaged("\"" + text + "\" is no id");
}

bool read_digest(std::span<const std::uint8_t> blob, auth::Digest& digest) {
    if (blob.size() != digest.bytes.size()) {
        return false;
    }
    std::copy(blob.begin(), blob.end(), digest.bytes.begin());
    return true;
}

Result<std::optional<ObjectId>> read_tenant(const Statement& row, int column) {
    const std::string text = row.text(column);
    if (text.empty()) {
        return std::optional<ObjectId>();
    }
    Result<ObjectId> id = ObjectId::from(ObjectKind::Tenant, text);
    if (!id) {
        return std::move(id).error();
    }
    return std::optional<ObjectId>(*std::move(id));
}

Result<StoredObject> read_object(const Statement& row) {
    Result<ObjectId> id = read_id(row.text(0));
    if (!id) {
        return std::move(id).error();
    }
    Result<std::optional<ObjectId>> tenant = read_tenant(row, 1);
    if (!tenant) {
        return std::move(tenant).error();
    }
    StoredObject object{*std::move(id), *std::move(tenant), row.text(2)};
    object.generation = static_cast<std::uint64_t>(row.integer(3));
    object.spec_json = row.text(4);
    object.effective_json = row.text(5);
    if (!row.is_null(6)) {
        auth::Digest digest;
        if (!read_digest(row.blob(6), digest)) {
            return damaged("the token " + object.id.text() + " has no digest");
        }
        object.digest = digest;
    }
    object.created_us = row.integer(7);
    object.updated_us = row.integer(8);
    object.last_used_us = row.integer(9);
    return object;
}

service::Operation operation_from(std::string_view text) {
    if (text == service::to_string(service::Operation::Create)) {
        return service::Operation::Create;
    }
    return text == service::to_string(service::Operation::Delete) ? service::Operation::Delete
                                                                  : service::Operation::Update;
}

Result<service::OrderRecord> read_order(const Statement& row) {
    Result<ObjectId> id = ObjectId::from(ObjectKind::Order, row.text(0));
    Result<std::optional<ObjectId>> tenant = read_tenant(row, 1);
    Result<ObjectId> object = read_id(row.text(6));
    if (!id || !tenant || !object) {
        return damaged("an order has an unreadable id");
    }
    service::OrderRecord order{
        .id = *std::move(id), .tenant = *std::move(tenant), .object = *std::move(object)};
    order.seq = static_cast<std::uint64_t>(row.integer(2));
    order.actor.kind = row.text(3) == "token" ? auth::ActorKind::Token : auth::ActorKind::Socket;
    order.actor.id = row.text(4);
    order.operation = operation_from(row.text(5));
    order.generation = static_cast<std::uint64_t>(row.integer(7));
    order.before_json = row.text(8);
    order.after_json = row.text(9);
    order.at_us = row.integer(10);
    return order;
}

Result<IdempotencyRecord> read_idempotency(const Statement& row, const IdempotencyKey& key) {
    Result<ObjectId> order = ObjectId::from(ObjectKind::Order, row.text(3));
    Result<ObjectId> object = read_id(row.text(4));
    auth::Digest digest;
    if (!order || !object || !read_digest(row.blob(0), digest)) {
        return damaged("an idempotency record is unreadable");
    }
    return IdempotencyRecord{
        key,
        digest,
        static_cast<int>(row.integer(1)),
        row.text(2),
        *std::move(order),
        *std::move(object),
        static_cast<std::uint64_t>(row.integer(5)),
        row.integer(6)};
}

std::optional<std::string_view> text_of(const std::optional<ObjectId>& id) {
    return id.has_value() ? std::optional<std::string_view>(id->text()) : std::nullopt;
}

/// A statement refuses what it has no place for.
void bind_filter(Statement& statement, const OrderQuery& query) {
    if (lookup_for(query) != OrdersOfAll) {
        statement.bind_optional(1, text_of(query.tenant));
    }
    if (query.object.has_value()) {
        statement.bind(2, query.object->text());
    }
}

} // namespace

StoreReader::StoreReader(Database database, std::vector<Statement> statements)
    : database_(std::move(database)), statements_(std::move(statements)) {}

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::string& path) {
    Result<Database> database = Database::open(path, OpenMode::ReadOnly);
    if (!database) {
        return std::move(database).error();
    }
    std::vector<Statement> statements;
    statements.reserve(kSql.size());
    for (const std::string_view sql : kSql) {
        Result<Statement> statement = database->prepare(sql);
        if (!statement) {
            return std::move(statement).error();
        }
        statements.push_back(*std::move(statement));
    }
    return std::unique_ptr<StoreReader>(new StoreReader(*std::move(database), std::move(statements))
    );
}

Result<std::uint64_t> StoreReader::count_objects() {
    Result<std::int64_t> count = database_.query_integer("SELECT count(*) FROM objects");
    if (!count) {
        return std::move(count).error();
    }
    return static_cast<std::uint64_t>(*count);
}

/// One kind in the order of the table, which takes no sorting.
Result<void> StoreReader::load_objects(std::string_view prefix, const TakeObject& take) {
    Result<Statement> objects = database_.prepare(
        "SELECT id, tenant, name, generation, spec, effective, digest, created_us, updated_us, "
        "last_used_us FROM objects WHERE id >= ?1 AND id < ?2 ORDER BY id"
    );
    if (!objects) {
        return std::move(objects).error();
    }
    const std::string first = std::string(prefix) + '_';
    const std::string end = std::string(prefix) + '`'; // what follows '_'
    objects->bind(1, first).bind(2, end);
    Result<bool> row = objects->step();
    for (; row && *row; row = objects->step()) {
        Result<StoredObject> object = read_object(*objects);
        if (!object) {
            return std::move(object).error();
        }
        if (Result<void> taken = take(*std::move(object)); !taken) {
            return taken;
        }
    }
    return row ? Result<void>() : Result<void>(std::move(row).error());
}

Result<StoredInventory> StoreReader::load(const TakeObject& take) {
    StoredInventory inventory;
    std::vector<std::string> owners = {""};
    const TakeObject take_and_note = [&](StoredObject object) {
        if (object.id.kind() == ObjectKind::Tenant) {
            owners.push_back(object.id.text());
        }
        return take(std::move(object));
    };
    // Owners before what they own, and slices before the circuits they place.
    for (const std::string_view prefix : {"ten", "tok", "slc", "uni", "ckt"}) {
        if (const Result<void> loaded = load_objects(prefix, take_and_note); !loaded) {
            return loaded.error();
        }
    }
    Result<bool> row = false;
    for (const std::string& owner : owners) {
        StatementUse last(statements_[LastSeq]);
        last->bind(1, owner);
        row = last->step();
        if (!row) {
            return std::move(row).error();
        }
        inventory.order_seqs.emplace_back(owner, static_cast<std::uint64_t>(last->integer(0)));
    }
    Result<Statement> last_order = database_.prepare("SELECT ifnull(max(id), '') FROM orders");
    if (!last_order) {
        return std::move(last_order).error();
    }
    row = last_order->step();
    if (!row) {
        return std::move(row).error();
    }
    if (const std::string text = last_order->text(0); !text.empty()) {
        Result<ObjectId> id = ObjectId::from(ObjectKind::Order, text);
        if (!id) {
            return damaged("\"" + text + "\" is no order's id");
        }
        inventory.last_order = *std::move(id);
    }
    return inventory;
}

Result<std::unordered_map<std::string, std::size_t>> StoreReader::count_idempotency() {
    Result<Statement> counts =
        database_.prepare("SELECT scope, count(*) FROM idempotency GROUP BY scope");
    if (!counts) {
        return std::move(counts).error();
    }
    std::unordered_map<std::string, std::size_t> by_scope;
    Result<bool> row = counts->step();
    for (; row && *row; row = counts->step()) {
        by_scope.emplace(counts->text(0), static_cast<std::size_t>(counts->integer(1)));
    }
    if (!row) {
        return std::move(row).error();
    }
    return by_scope;
}

Result<std::optional<IdempotencyRecord>> StoreReader::find_idempotency(const IdempotencyKey& key) {
    StatementUse lookup(statements_[Idempotency]);
    lookup->bind(1, key.scope).bind(2, key.key);
    Result<bool> row = lookup->step();
    if (!row) {
        return std::move(row).error();
    }
    if (!*row) {
        return std::optional<IdempotencyRecord>();
    }
    Result<IdempotencyRecord> record = read_idempotency(statements_[Idempotency], key);
    if (!record) {
        return std::move(record).error();
    }
    return std::optional<IdempotencyRecord>(*std::move(record));
}

Result<std::optional<service::Tombstone>> StoreReader::find_tombstone(const ObjectId& id) {
    StatementUse lookup(statements_[Tombstone]);
    lookup->bind(1, id.text());
    Result<bool> row = lookup->step();
    if (!row) {
        return std::move(row).error();
    }
    if (!*row) {
        return std::optional<service::Tombstone>();
    }
    Result<std::optional<ObjectId>> tenant = read_tenant(statements_[Tombstone], 0);
    if (!tenant) {
        return std::move(tenant).error();
    }
    return std::optional<service::Tombstone>(service::Tombstone{
        id, *std::move(tenant), static_cast<std::uint64_t>(lookup->integer(1)), lookup->integer(2)}
    );
}

Result<std::optional<service::OrderRecord>> StoreReader::find_order(const ObjectId& id) {
    StatementUse lookup(statements_[Order]);
    lookup->bind(3, id.text());
    Result<bool> row = lookup->step();
    if (!row) {
        return std::move(row).error();
    }
    if (!*row) {
        return std::optional<service::OrderRecord>();
    }
    Result<service::OrderRecord> order = read_order(statements_[Order]);
    if (!order) {
        return std::move(order).error();
    }
    return std::optional<service::OrderRecord>(*std::move(order));
}

Result<OrderPage> StoreReader::list_orders(const OrderQuery& query) {
    OrderPage page;
    const Lookup which = lookup_for(query);
    StatementUse lookup(statements_[which]);
    bind_filter(statements_[which], query);
    lookup->bind_optional(3, text_of(query.after).value_or(""));
    lookup->bind(4, static_cast<std::int64_t>(query.limit) + 1);
    Result<bool> row = lookup->step();
    for (; row && *row && page.orders.size() < query.limit; row = lookup->step()) {
        Result<service::OrderRecord> order = read_order(statements_[which]);
        if (!order) {
            return std::move(order).error();
        }
        page.orders.push_back(*std::move(order));
    }
    if (!row) {
        return std::move(row).error();
    }
    page.more = *row;
    if (query.count) {
        Result<std::uint64_t> count = count_orders(query);
        if (!count) {
            return std::move(count).error();
        }
        page.count = *count;
    }
    return page;
}

Result<std::uint64_t> StoreReader::count_orders(const OrderQuery& query) {
    Statement& statement = statements_[lookup_for(query) + 1U];
    StatementUse counter(statement);
    bind_filter(statement, query);
    Result<bool> row = counter->step();
    if (!row) {
        return std::move(row).error();
    }
    return static_cast<std::uint64_t>(counter->integer(0));
}

} // namespace strowger::store
