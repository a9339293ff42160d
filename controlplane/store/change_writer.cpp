// SPDX-License-Identifier: Apache-2.0
#include "store/change_writer.h"

#include <array>
#include <optional>
#include <string_view>

namespace strowger::store {
namespace {

constexpr std::array<std::string_view, 10> kSql = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "INSERT INTO objects(id, tenant, name, generation, spec, effective, digest, created_us, "
    "updated_us) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
    "ON CONFLICT(id) DO UPDATE SET generation = ?4, spec = ?5, effective = ?6, updated_us = ?9",
    "DELETE FROM objects WHERE id = ?1",
    "INSERT INTO tombstones(id, tenant, generation, deleted_us) VALUES(?1, ?2, ?3, ?4)",
    "INSERT INTO orders(id, tenant, seq, actor_kind, actor_id, operation, object, generation, "
    "before, after, at_us) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    "INSERT INTO idempotency(scope, key, request_digest, status, body, order_id, "
    "object, generation, created_us) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "UPDATE objects SET last_used_us = ?2 WHERE id = ?1",
    "DELETE FROM idempotency WHERE (scope, key) IN (SELECT scope, key FROM idempotency "
    "WHERE created_us < ?1 ORDER BY created_us LIMIT ?2) RETURNING scope",
    "DELETE FROM tombstones WHERE id IN (SELECT id FROM tombstones "
    "WHERE deleted_us < ?1 ORDER BY deleted_us LIMIT ?2) RETURNING id",
};

std::optional<std::string_view> text_of(const std::optional<ObjectId>& id) {
    return id.has_value() ? std::optional<std::string_view>(id->text()) : std::nullopt;
}

std::optional<std::string_view> text_or_null(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

std::int64_t stored(std::uint64_t value) {
    return static_cast<std::int64_t>(value); // counts from 1; never near 2^63
}

} // namespace

Result<std::unique_ptr<ChangeWriter>> ChangeWriter::prepare(Database& database) {
    std::vector<Statement> ready;
    ready.reserve(kSql.size());
    for (const std::string_view sql : kSql) {
        Result<Statement> statement = database.prepare(sql);
        if (!statement) {
            return std::move(statement).error();
        }
        ready.push_back(*std::move(statement));
    }
    return std::unique_ptr<ChangeWriter>(new ChangeWriter(
        {std::move(ready[0]),
         std::move(ready[1]),
         std::move(ready[2]),
         std::move(ready[3]),
         std::move(ready[4]),
         std::move(ready[5]),
         std::move(ready[6]),
         std::move(ready[7]),
         std::move(ready[8]),
         std::move(ready[9])}
    ));
}

Result<void> ChangeWriter::begin() {
    return statements_.begin.run();
}

Result<void> ChangeWriter::commit() {
    return statements_.commit.run();
}

Result<void> ChangeWriter::write(const Change& change) {
    Result<void> written =
        change.object.has_value() ? write_object(*change.object) : erase_object(change.order);
    if (written) {
        written = write_order(change.order);
    }
    if (written && change.idempotency.has_value()) {
        written = write_idempotency(*change.idempotency);
    }
    return written;
}

Result<void> ChangeWriter::write_object(const StoredObject& object) {
    Statement& put = statements_.put_object;
    put.bind(1, object.id.text()).bind_optional(2, text_of(object.tenant)).bind(3, object.name);
    put.bind(4, stored(object.generation)).bind(5, object.spec_json);
    put.bind_optional(6, text_or_null(object.effective_json));
    if (object.digest.has_value()) {
        put.bind(7, object.digest->bytes);
    } else {
        put.bind_null(7);
    }
    put.bind(8, object.created_us).bind(9, object.updated_us);
    return put.run();
}

Result<void> ChangeWriter::erase_object(const service::OrderRecord& order) {
    Result<void> erased = statements_.erase_object.bind(1, order.object.text()).run();
    if (!erased) {
        return erased;
    }
    Statement& put = statements_.put_tombstone;
    put.bind(1, order.object.text()).bind_optional(2, text_of(order.tenant));
    put.bind(3, stored(order.generation)).bind(4, order.at_us);
    return put.run();
}

Result<void> ChangeWriter::write_order(const service::OrderRecord& order) {
    Statement& put = statements_.put_order;
    put.bind(1, order.id.text()).bind(2, text_of(order.tenant).value_or(""));
    put.bind(3, stored(order.seq));
    put.bind(4, std::string_view(order.actor.kind == auth::ActorKind::Token ? "token" : "socket"));
    put.bind(5, order.actor.id).bind(6, service::to_string(order.operation));
    put.bind(7, order.object.text()).bind(8, stored(order.generation));
    put.bind_optional(9, text_or_null(order.before_json))
        .bind_optional(10, text_or_null(order.after_json));
    put.bind(11, order.at_us);
    return put.run();
}

Result<void> ChangeWriter::write_idempotency(const IdempotencyRecord& record) {
    Statement& put = statements_.put_idempotency;
    put.bind(1, record.key.scope).bind(2, record.key.key).bind(3, record.request_digest.bytes);
    put.bind(4, std::int64_t{record.status}).bind(5, record.body);
    put.bind(6, record.order.text()).bind(7, record.object.text());
    put.bind(8, stored(record.generation)).bind(9, record.created_us);
    return put.run();
}

Result<void> ChangeWriter::write_token_uses(
    const std::vector<std::pair<ObjectId, std::int64_t>>& used
) {
    for (const auto& [token, used_us] : used) {
        Result<void> written =
            statements_.put_token_use.bind(1, token.text()).bind(2, used_us).run();
        if (!written) {
            return written;
        }
    }
    return {};
}

Result<std::size_t> ChangeWriter::forget(
    const Retention& retention,
    std::size_t limit,
    std::unordered_map<std::string, std::size_t>& forgotten
) {
    std::size_t removed = 0;
    const auto most = static_cast<std::int64_t>(limit);
    {
        StatementUse keys(statements_.forget_keys);
        keys->bind(1, retention.idempotency_us).bind(2, most);
        Result<bool> row = keys->step();
        for (; row && *row; row = keys->step()) {
            ++forgotten[keys->text(0)];
            ++removed;
        }
        if (!row) {
            return std::move(row).error();
        }
    }
    StatementUse tombstones(statements_.forget_tombstones);
    tombstones->bind(1, retention.tombstone_us).bind(2, most);
    Result<bool> row = tombstones->step();
    for (; row && *row; row = tombstones->step()) {
        ++removed;
    }
    if (!row) {
        return std::move(row).error();
    }
    return removed;
}

} // namespace strowger::store
