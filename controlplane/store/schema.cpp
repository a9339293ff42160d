// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include <array>
#include <string>

namespace strowger::store {
namespace {

/// Step n brings a file from version n to n + 1. A step that was released is never edited.
constexpr std::array<const char*, kSchemaVersion> kSteps = {
    R"sql(
CREATE TABLE migrations(
    version     INTEGER PRIMARY KEY,
    applied_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
) STRICT;

-- Live tenants, tokens, UNIs and circuits; the kind is the prefix of the id.
CREATE TABLE objects(
    id            TEXT PRIMARY KEY,
    tenant        TEXT,
    name          TEXT NOT NULL,
    generation    INTEGER NOT NULL,
    spec          TEXT NOT NULL,
    effective     TEXT,
    digest        BLOB,
    created_us    INTEGER NOT NULL,
    updated_us    INTEGER NOT NULL,
    last_used_us  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
-- The service keeps names unique; this makes sure that no bug of it outlives a restart.
CREATE UNIQUE INDEX object_names ON objects(ifnull(tenant, ''), substr(id, 1, 3), name);

CREATE TABLE tombstones(
    id          TEXT PRIMARY KEY,
    tenant      TEXT,
    generation  INTEGER NOT NULL,
    deleted_us  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstone_ages ON tombstones(deleted_us);

CREATE TABLE orders(
    id          TEXT PRIMARY KEY,
    tenant      TEXT NOT NULL,  -- '': the operator's own
    seq         INTEGER NOT NULL,
    actor_kind  TEXT NOT NULL CHECK (actor_kind IN ('token', 'socket')),
    actor_id    TEXT NOT NULL,
    operation   TEXT NOT NULL CHECK (operation IN ('create', 'update', 'delete')),
    object      TEXT NOT NULL,
    generation  INTEGER NOT NULL,
    before      TEXT,
    after       TEXT,
    at_us       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX order_seqs ON orders(tenant, seq);
CREATE INDEX order_objects ON orders(object, id);

CREATE TABLE idempotency(
    scope           TEXT NOT NULL,
    key             TEXT NOT NULL,
    request_digest  BLOB NOT NULL,
    status          INTEGER NOT NULL,
    body            TEXT NOT NULL,
    order_id        TEXT NOT NULL,
    object          TEXT NOT NULL,
    generation      INTEGER NOT NULL,
    created_us      INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_ages ON idempotency(created_us);
)sql"};

Error refusal(std::string message) {
    return {ErrorCode::Unavailable, std::move(message), {}};
}

/// Whose file this is: fails when it is neither empty nor Strowger's.
Result<void> check_owner(Database& database) {
    Result<std::int64_t> owner = database.query_integer("PRAGMA application_id");
    Result<std::int64_t> tables = database.query_integer("SELECT count(*) FROM sqlite_schema");
    if (!owner) {
        return std::move(owner).error();
    }
    if (!tables) {
        return std::move(tables).error();
    }
    if (*owner == kApplicationId || (*owner == 0 && *tables == 0)) {
        return {};
    }
    return refusal("it is an SQLite file of another program");
}

Result<void> apply(Database& database, std::int64_t version) {
    const std::string script =
        "BEGIN IMMEDIATE;" + std::string(kSteps[static_cast<std::size_t>(version)]) +
        "INSERT INTO migrations(version) VALUES(" + std::to_string(version + 1) +
        ");PRAGMA application_id = " + std::to_string(kApplicationId) + ";COMMIT;";
    return database.execute(script.c_str());
}

} // namespace

Result<void> migrate(Database& database) {
    if (Result<void> owned = check_owner(database); !owned) {
        return owned;
    }
    Result<std::int64_t> known = database.query_integer(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'"
    );
    if (!known) {
        return std::move(known).error();
    }
    std::int64_t version = 0;
    if (*known != 0) {
        Result<std::int64_t> last = database.query_integer("SELECT max(version) FROM migrations");
        if (!last) {
            return std::move(last).error();
        }
        version = *last;
    }
    if (version > kSchemaVersion) {
        return refusal(
            "its schema is version " + std::to_string(version) + " and this program knows " +
            std::to_string(kSchemaVersion) + "; run the newer strowgerd"
        );
    }
    for (; version < kSchemaVersion; ++version) {
        if (Result<void> applied = apply(database, version); !applied) {
            return applied;
        }
    }
    return {};
}

} // namespace strowger::store
