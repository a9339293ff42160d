// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/change_writer.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"
#include "store/store.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace strowger::store {

/// The store thread and its queue. One transaction takes all that waits (group commit), so under
/// load an fsync is shared and alone it is not delayed.
class StoreWriter {
public:
    StoreWriter(
        Database database,
        std::unique_ptr<ChangeWriter> changes,
        SqliteStoreOptions options
    );
    ~StoreWriter();
    StoreWriter(const StoreWriter&) = delete;
    StoreWriter& operator=(const StoreWriter&) = delete;
    StoreWriter(StoreWriter&&) = delete;
    StoreWriter& operator=(StoreWriter&&) = delete;

    // Control thread.
    void submit(std::uint64_t ticket, std::vector<Change> changes);
    void take_results(std::vector<CommitResult>& results);
    Result<void> commit_and_wait(Change change);
    void note_tokens_used(std::vector<std::pair<ObjectId, std::int64_t>> used);
    void forget_before(const Retention& retention);
    [[nodiscard]] bool healthy() const { return healthy_.load(std::memory_order_acquire); }
    [[nodiscard]] std::string failure() const;
    [[nodiscard]] std::size_t idempotency_count(const std::string& scope) const;
    void set_idempotency_counts(std::unordered_map<std::string, std::size_t> counts);

private:
    struct Item {
        std::uint64_t ticket = 0;
        std::vector<Change> changes; ///< in one transaction, in any case
        bool waited_for = false;     ///< by commit_and_wait(), not by take_results()
    };
    using Uses = std::vector<std::pair<ObjectId, std::int64_t>>;
    /// What the store thread does next: never idle work while a change waits.
    struct Work {
        std::vector<Item> items;
        Uses uses;
        std::optional<Retention> retention;
        bool checkpoint = false;
        bool stop = false;
    };

    // Store thread.
    void run();
    Work next_work();
    void commit_batch(const Work& work);
    Result<void> write_batch(const Work& work);
    void count_keys(const Item& item);
    void report(const std::vector<Item>& items, bool committed);
    void forget_some(const Retention& retention);
    void checkpoint();
    void fail(const Error& error);

    Database database_;                     // store thread
    std::unique_ptr<ChangeWriter> changes_; // store thread; goes before database_
    SqliteStoreOptions options_;

    mutable std::mutex mutex_;
    std::condition_variable work_ready_;
    std::condition_variable waited_done_;
    std::vector<Item> queue_;                                 // guarded by mutex_
    Uses uses_;                                               // guarded by mutex_
    std::optional<Retention> retention_;                      // guarded by mutex_
    bool stopping_ = false;                                   // guarded by mutex_
    std::vector<CommitResult> results_;                       // guarded by mutex_
    std::optional<bool> waited_result_;                       // guarded by mutex_
    std::string failure_;                                     // guarded by mutex_
    std::unordered_map<std::string, std::size_t> key_counts_; // guarded by mutex_
    std::atomic<bool> healthy_{true};
    std::thread thread_; // last: it uses all of the above
};

} // namespace strowger::store
