// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_store.h"

#include "store/change_writer.h"
#include "store/file_claim.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store_reader.h"
#include "store/store_writer.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace strowger::store {
namespace {

Error refusal(const std::string& path, const Error& reason) {
    return {
        ErrorCode::Unavailable,
        "The store " + path + " cannot be used: " + reason.message + ".",
        {}};
}

/// The file holds digests of tokens: nobody else may read it, whatever the umask. SQLite gives its
/// WAL the same mode.
Result<void> create_private(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return Error{ErrorCode::Unavailable, std::strerror(errno), {}};
    }
    ::close(descriptor);
    return {};
}

/// What was damaged while nobody looked is better found before the API opens.
Result<void> check_objects(Database& database) {
    Result<std::string> verdict = database.query_text("PRAGMA quick_check(objects)");
    if (!verdict) {
        return std::move(verdict).error();
    }
    if (*verdict != "ok") {
        return Error{ErrorCode::Unavailable, "it is damaged: " + *verdict, {}};
    }
    return {};
}

/// WAL and FULL: COMMIT returns when the WAL is synced (sqlite.org/pragma.html#pragma_synchronous).
Result<void> make_durable(Database& database) {
    Result<std::string> mode = database.query_text("PRAGMA journal_mode = WAL");
    if (!mode) {
        return std::move(mode).error();
    }
    if (*mode != "wal") {
        return Error{ErrorCode::Unavailable, "its file system does not let SQLite keep a WAL", {}};
    }
    if (Result<void> set = database.execute("PRAGMA synchronous = FULL"); !set) {
        return set;
    }
    // Room for the pages of the largest batch (10,000 circuits dirty about 12 MiB): what does not
    // fit is written to the WAL early and read back.
    return database.execute("PRAGMA cache_size = -65536");
}

/// Writes the whole WAL once, so that commits overwrite it and never make it longer. Two
/// transactions: pages that are freed in the transaction that made them are not written. An orderly
/// end deletes the WAL: one that outlived its database's replacement would damage the new one.
Result<void> lay_out_wal(Database& database, const SqliteStoreOptions& options) {
    if (Result<void> cleared = database.execute("DROP TABLE IF EXISTS ballast"); !cleared) {
        return cleared;
    }
    struct stat wal {};
    const bool there = ::stat((options.path + "-wal").c_str(), &wal) == 0;
    if (!there || static_cast<std::uint64_t>(wal.st_size) < options.wal_bytes) {
        const std::string ballast =
            "CREATE TABLE ballast(bytes BLOB); INSERT INTO ballast VALUES(zeroblob(" +
            std::to_string(options.wal_bytes) + ")); DROP TABLE ballast";
        if (Result<void> written = database.execute(ballast.c_str()); !written) {
            return written;
        }
    }
    return database.checkpoint(); // the next commit begins at the WAL's first page
}

Result<Database> open_for_writing(const SqliteStoreOptions& options) {
    const std::string& path = options.path;
    if (Result<void> created = create_private(path); !created) {
        return created.error();
    }
    Result<Database> database = Database::open(path, OpenMode::ReadWrite);
    if (!database) {
        return database;
    }
    database->checkpoint_by_hand();
    // A probe, so that a read-only file is found now and not at the first order.
    constexpr auto kProbe = [](Database& it) { return it.execute("BEGIN IMMEDIATE; ROLLBACK"); };
    for (Result<void> (*step)(Database&) : {+kProbe, &migrate, &make_durable, &check_objects}) {
        if (const Result<void> done = step(*database); !done) {
            return done.error();
        }
    }
    if (const Result<void> done = lay_out_wal(*database, options); !done) {
        return done.error();
    }
    return database;
}

} // namespace

SqliteStore::SqliteStore(
    std::unique_ptr<FileClaim> claim,
    std::unique_ptr<StoreWriter> writer,
    std::unique_ptr<StoreReader> reader
)
    : claim_(std::move(claim)), writer_(std::move(writer)), reader_(std::move(reader)) {}

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(SqliteStoreOptions options) {
    const std::string path = options.path;
    Result<std::unique_ptr<FileClaim>> claim = FileClaim::take(path);
    if (!claim) {
        return refusal(path, claim.error());
    }
    Result<Database> database = open_for_writing(options);
    if (!database) {
        return refusal(path, database.error());
    }
    Result<std::unique_ptr<ChangeWriter>> changes = ChangeWriter::prepare(*database);
    if (!changes) {
        return refusal(path, changes.error());
    }
    Result<std::unique_ptr<StoreReader>> reader = StoreReader::open(path);
    if (!reader) {
        return refusal(path, reader.error());
    }
    Result<std::unordered_map<std::string, std::size_t>> counts = (*reader)->count_idempotency();
    if (!counts) {
        return refusal(path, counts.error());
    }
    auto writer = std::make_unique<StoreWriter>(
        *std::move(database), *std::move(changes), std::move(options)
    );
    writer->set_idempotency_counts(*std::move(counts));
    return std::unique_ptr<SqliteStore>(
        new SqliteStore(*std::move(claim), std::move(writer), *std::move(reader))
    );
}

void SqliteStore::submit(std::uint64_t ticket, Change change) {
    std::vector<Change> changes;
    changes.push_back(std::move(change));
    writer_->submit(ticket, std::move(changes));
}

void SqliteStore::submit_all(std::uint64_t ticket, std::vector<Change> changes) {
    writer_->submit(ticket, std::move(changes));
}

void SqliteStore::take_results(std::vector<CommitResult>& results) {
    writer_->take_results(results);
}

bool SqliteStore::healthy() const {
    return writer_->healthy();
}

std::string SqliteStore::failure() const {
    return writer_->failure();
}

Result<std::uint64_t> SqliteStore::count_objects() {
    return reader_->count_objects();
}

Result<StoredInventory> SqliteStore::load(const TakeObject& take) {
    return reader_->load(take);
}

Result<void> SqliteStore::commit_now(Change change) {
    return writer_->commit_and_wait(std::move(change));
}

Result<std::optional<IdempotencyRecord>> SqliteStore::find_idempotency(const IdempotencyKey& key) {
    return reader_->find_idempotency(key);
}

std::size_t SqliteStore::idempotency_count(const std::string& scope) const {
    return writer_->idempotency_count(scope);
}

Result<std::optional<service::Tombstone>> SqliteStore::find_tombstone(const ObjectId& id) {
    return reader_->find_tombstone(id);
}

Result<std::optional<service::OrderRecord>> SqliteStore::find_order(const ObjectId& id) {
    return reader_->find_order(id);
}

Result<OrderPage> SqliteStore::list_orders(const OrderQuery& query) {
    return reader_->list_orders(query);
}

void SqliteStore::note_tokens_used(std::vector<std::pair<ObjectId, std::int64_t>> used) {
    writer_->note_tokens_used(std::move(used));
}

void SqliteStore::forget_before(const Retention& retention) {
    writer_->forget_before(retention);
}

} // namespace strowger::store
