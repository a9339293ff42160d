// SPDX-License-Identifier: Apache-2.0
#include "store/store_writer.h"

#include <chrono>
#include <iterator>

namespace strowger::store {
namespace {

/// A checkpoint syncs twice, and so does the first commit after it. So there is none before the WAL
/// has 4 MiB, then it waits for a pause, and only a WAL of 16 MiB does not wait.
constexpr std::int64_t kWalPagesWorthIt = 1'024;
constexpr std::int64_t kWalPagesMax = 4'096;
constexpr std::chrono::milliseconds kPause{200};
constexpr std::size_t kForgetAtOnce = 256;

} // namespace

StoreWriter::StoreWriter(
    Database database,
    std::unique_ptr<ChangeWriter> changes,
    SqliteStoreOptions options
)
    : database_(std::move(database)),
      changes_(std::move(changes)),
      options_(std::move(options)),
      thread_([this] { run(); }) {}

StoreWriter::~StoreWriter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_ready_.notify_one();
    thread_.join();
}

void StoreWriter::submit(std::uint64_t ticket, std::vector<Change> changes) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back({ticket, std::move(changes), false});
    }
    work_ready_.notify_one();
}

void StoreWriter::take_results(std::vector<CommitResult>& results) {
    const std::lock_guard lock(mutex_);
    results.insert(results.end(), results_.begin(), results_.end());
    results_.clear();
}

Result<void> StoreWriter::commit_and_wait(Change change) {
    std::unique_lock lock(mutex_);
    waited_result_.reset();
    queue_.push_back({0, {}, true});
    queue_.back().changes.push_back(std::move(change));
    work_ready_.notify_one();
    waited_done_.wait(lock, [this] { return waited_result_.has_value(); });
    if (!*waited_result_) {
        return Error{ErrorCode::Unavailable, failure_, {}};
    }
    return {};
}

void StoreWriter::note_tokens_used(Uses used) {
    {
        const std::lock_guard lock(mutex_);
        uses_.insert(
            uses_.end(), std::make_move_iterator(used.begin()), std::make_move_iterator(used.end())
        );
    }
    work_ready_.notify_one();
}

void StoreWriter::forget_before(const Retention& retention) {
    {
        const std::lock_guard lock(mutex_);
        retention_ = retention;
    }
    work_ready_.notify_one();
}

std::string StoreWriter::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

std::size_t StoreWriter::idempotency_count(const std::string& scope) const {
    const std::lock_guard lock(mutex_);
    const auto found = key_counts_.find(scope);
    return found == key_counts_.end() ? 0 : found->second;
}

void StoreWriter::set_idempotency_counts(std::unordered_map<std::string, std::size_t> counts) {
    const std::lock_guard lock(mutex_);
    key_counts_ = std::move(counts);
}

void StoreWriter::run() {
    if (options_.thread_started) {
        options_.thread_started();
    }
    for (Work work = next_work(); !work.stop; work = next_work()) {
        if (!work.items.empty() || !work.uses.empty()) {
            commit_batch(work);
        }
        if (work.retention.has_value()) {
            forget_some(*work.retention);
        }
        if (work.checkpoint) {
            checkpoint();
        }
    }
    if (!healthy()) {
        database_.keep_files_on_close(
        ); // a checkpoint would sync again, which is not to be trusted
    }
}

StoreWriter::Work StoreWriter::next_work() {
    std::unique_lock lock(mutex_);
    const auto wanted = [this] {
        return !queue_.empty() || !uses_.empty() || retention_.has_value() || stopping_;
    };
    Work work;
    if (database_.wal_pages() < kWalPagesWorthIt || !healthy()) {
        work_ready_.wait(lock, wanted);
    } else if (database_.wal_pages() > kWalPagesMax || !work_ready_.wait_for(lock, kPause, wanted)) {
        work.checkpoint = true;
    }
    work.items.swap(queue_);
    work.uses.swap(uses_);
    if (work.items.empty()) {
        work.retention.swap(retention_);
    }
    work.stop = stopping_ && work.items.empty() && work.uses.empty();
    return work;
}

void StoreWriter::commit_batch(const Work& work) {
    if (!healthy()) {
        report(work.items, false);
        return;
    }
    const Result<void> written = write_batch(work);
    if (!written) {
        fail(written.error());
    }
    report(work.items, written.has_value());
}

Result<void> StoreWriter::write_batch(const Work& work) {
    if (Result<void> begun = changes_->begin(); !begun) {
        return begun;
    }
    for (const Item& item : work.items) {
        for (const Change& change : item.changes) {
            if (Result<void> written = changes_->write(change); !written) {
                return written;
            }
        }
    }
    if (Result<void> written = changes_->write_token_uses(work.uses); !written) {
        return written;
    }
    return changes_->commit();
}

/// With the lock held.
void StoreWriter::count_keys(const Item& item) {
    for (const Change& change : item.changes) {
        if (change.idempotency.has_value()) {
            ++key_counts_[change.idempotency->key.scope];
        }
    }
}

void StoreWriter::report(const std::vector<Item>& items, bool committed) {
    {
        const std::lock_guard lock(mutex_);
        for (const Item& item : items) {
            if (committed) {
                count_keys(item);
            }
            if (item.waited_for) {
                waited_result_ = committed;
            } else {
                results_.push_back({item.ticket, committed});
            }
        }
    }
    waited_done_.notify_one();
    if (!items.empty() && options_.notify) {
        options_.notify();
    }
}

void StoreWriter::forget_some(const Retention& retention) {
    if (!healthy()) {
        return;
    }
    std::unordered_map<std::string, std::size_t> forgotten;
    std::size_t removed = 0;
    const auto forget = [&]() -> Result<void> {
        if (Result<void> begun = changes_->begin(); !begun) {
            return begun;
        }
        Result<std::size_t> gone = changes_->forget(retention, kForgetAtOnce, forgotten);
        if (!gone) {
            return std::move(gone).error();
        }
        removed = *gone;
        return changes_->commit();
    };
    if (const Result<void> done = forget(); !done) {
        fail(done.error());
        return;
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [scope, count] : forgotten) {
        const auto found = key_counts_.find(scope);
        if (found != key_counts_.end() && (found->second -= count) == 0) {
            key_counts_.erase(found);
        }
    }
    if (removed >= kForgetAtOnce && !retention_.has_value()) {
        retention_ = retention; // there is more: at the next turn, behind what waits by then
    }
}

void StoreWriter::checkpoint() {
    if (!healthy()) {
        return;
    }
    if (const Result<void> done = database_.checkpoint(); !done) {
        fail(done.error());
    }
}

void StoreWriter::fail(const Error& error) {
    {
        const std::lock_guard lock(mutex_);
        failure_ = error.message;
    }
    healthy_.store(false, std::memory_order_release);
}

} // namespace strowger::store
