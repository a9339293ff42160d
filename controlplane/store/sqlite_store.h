// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace strowger::store {

class FileClaim;
class StoreReader;
class StoreWriter;

struct SqliteStoreOptions {
    std::string path; ///< of the database file; created when missing, its folder is not
    /// Called on the store thread when take_results() has something new; must only pass the word on
    /// to the control thread.
    std::function<void()> notify{};
    /// Called on the store thread when it starts: where the daemon sets its priority and name.
    std::function<void()> thread_started{};
    /// How much of the WAL is laid out on the disk when the store is opened. Syncing a file that
    /// grows makes the file system commit its own journal too, which took 8 ms instead of 0.2 ms on
    /// a busy ext4 disk. Less than a WAL that waits for its checkpoint: it grows after all.
    std::uint64_t wal_bytes = 17U << 20U;
};

/// The store in one SQLite file: WAL, synchronous=FULL, so a commit is on the disk when it is
/// reported. One store thread writes: it takes whatever is queued as one transaction, so the price
/// of an fsync is shared by all that wait for it. The control thread reads through a connection of
/// its own, which WAL never makes wait for the writer.
class SqliteStore final : public Store {
public:
    /// Opens or creates the file and takes it for this process alone. Fails with a sentence when it
    /// is in use by another daemon, not a Strowger store, damaged, of a newer version, or not
    /// writable.
    static Result<std::unique_ptr<SqliteStore>> open(SqliteStoreOptions options);
    /// Commits what is queued, then closes.
    ~SqliteStore() override;

    void submit(std::uint64_t ticket, Change change) override;
    void submit_all(std::uint64_t ticket, std::vector<Change> changes) override;
    void take_results(std::vector<CommitResult>& results) override;
    [[nodiscard]] bool healthy() const override;
    [[nodiscard]] std::string failure() const override;
    Result<std::uint64_t> count_objects() override;
    Result<StoredInventory> load(const TakeObject& take) override;
    Result<void> commit_now(Change change) override;
    Result<std::optional<IdempotencyRecord>> find_idempotency(const IdempotencyKey& key) override;
    [[nodiscard]] std::size_t idempotency_count(const std::string& scope) const override;
    Result<std::optional<service::Tombstone>> find_tombstone(const ObjectId& id) override;
    Result<std::optional<service::OrderRecord>> find_order(const ObjectId& id) override;
    Result<OrderPage> list_orders(const OrderQuery& query) override;
    void note_tokens_used(std::vector<std::pair<ObjectId, std::int64_t>> used) override;
    void forget_before(const Retention& retention) override;

private:
    SqliteStore(
        std::unique_ptr<FileClaim> claim,
        std::unique_ptr<StoreWriter> writer,
        std::unique_ptr<StoreReader> reader
    );

    // Let go from the last to the first: the connection that closes last empties the WAL, which
    // takes one that may write.
    std::unique_ptr<FileClaim> claim_;
    std::unique_ptr<StoreWriter> writer_; // its queue is shared, its connection the store thread's
    std::unique_ptr<StoreReader> reader_; // control thread
};

} // namespace strowger::store
