// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/digest.h"
#include "service/records.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strowger::store {

/// An object as the store keeps it: specs are text, which only the API's codec reads.
struct StoredObject {
    ObjectId id;
    std::optional<ObjectId> tenant;
    std::string name;
    std::uint64_t generation = 1;
    std::string spec_json{};
    std::string effective_json{};         ///< circuits only
    std::optional<auth::Digest> digest{}; ///< tokens only
    std::int64_t created_us = 0;
    std::int64_t updated_us = 0;
    std::int64_t last_used_us = 0; ///< tokens only; 0: never
};

/// Whose keys: a tenant's id, or "operator".
struct IdempotencyKey {
    std::string scope;
    std::string key;
    friend auto operator<=>(const IdempotencyKey&, const IdempotencyKey&) = default;
};

/// What the first request with a key got, so that every later one gets the same.
struct IdempotencyRecord {
    IdempotencyKey key;
    auth::Digest request_digest;
    int status = 0;
    std::string body;
    ObjectId order;
    ObjectId object;
    std::uint64_t generation = 0;
    std::int64_t created_us = 0;
};
inline constexpr std::int64_t kIdempotencyKeptUs = 24LL * 3600 * 1'000'000;

/// All that one order changes: committed together or not at all.
struct Change {
    service::OrderRecord order;
    std::optional<StoredObject> object; ///< its new state; none: it is deleted
    std::optional<IdempotencyRecord> idempotency;
};

/// How one change fared. Order of submission is order of commit.
struct CommitResult {
    std::uint64_t ticket = 0;
    bool committed = false;
};

struct OrderQuery {
    std::optional<ObjectId> tenant{}; ///< none: the orders of all
    std::optional<ObjectId> object{};
    std::optional<ObjectId> after{}; ///< cursor: orders above this id
    std::size_t limit = 100;
    bool count = false;
};
struct OrderPage {
    std::vector<service::OrderRecord> orders;
    bool more = false;
    std::optional<std::uint64_t> count;
};

/// Takes one object of the inventory at start, or refuses it, which ends the reading.
using TakeObject = std::function<Result<void>(StoredObject object)>;

/// What there is beside the objects.
struct StoredInventory {
    /// Last seq of each tenant's orders, "" for the operator's own.
    std::vector<std::pair<std::string, std::uint64_t>> order_seqs;
    std::optional<ObjectId> last_order; ///< the one with the highest id, whosever
};

/// What is older may go.
struct Retention {
    std::int64_t idempotency_us = 0;
    std::int64_t tombstone_us = 0;
};

/// Where the inventory outlives the process. All methods are called on the control thread and,
/// but for load() and commit_now() at start, never wait for a disk to sync.
///
/// The first write that fails makes the store read-only for good: after a failed fsync nobody knows
/// what the disk holds ("Can Applications Recover from fsync Failures?", USENIX ATC 2020), and
/// repeating it would report success. Reads go on.
class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    Store(Store&&) = delete;
    Store& operator=(Store&&) = delete;
    virtual ~Store() = default;

    /// Queues a change; its fate appears in take_results().
    virtual void submit(std::uint64_t ticket, Change change) = 0;
    /// Queues changes that are committed together or not at all: one fate, one ticket.
    virtual void submit_all(std::uint64_t ticket, std::vector<Change> changes) = 0;
    /// Appends what was decided since the last call, in the order of submission.
    virtual void take_results(std::vector<CommitResult>& results) = 0;
    /// Whether writes can still succeed.
    [[nodiscard]] virtual bool healthy() const = 0;
    /// Why not, in a sentence for the log; "" while healthy.
    [[nodiscard]] virtual std::string failure() const = 0;

    /// At start: how many objects there are.
    virtual Result<std::uint64_t> count_objects() = 0;
    /// At start: everything. Objects one by one, so that they need not fit into memory twice:
    /// tenants first, then tokens, UNIs and circuits, each in id order.
    virtual Result<StoredInventory> load(const TakeObject& take) = 0;
    /// Commits and waits. At start only, before anything is submitted.
    virtual Result<void> commit_now(Change change) = 0;

    virtual Result<std::optional<IdempotencyRecord>> find_idempotency(const IdempotencyKey& key
    ) = 0;
    [[nodiscard]] virtual std::size_t idempotency_count(const std::string& scope) const = 0;
    virtual Result<std::optional<service::Tombstone>> find_tombstone(const ObjectId& id) = 0;
    virtual Result<std::optional<service::OrderRecord>> find_order(const ObjectId& id) = 0;
    virtual Result<OrderPage> list_orders(const OrderQuery& query) = 0;

    /// When tokens were last used. Not worth a sync: may be lost in a crash.
    virtual void note_tokens_used(std::vector<std::pair<ObjectId, std::int64_t>> used) = 0;
    /// Lets go of what is past keeping, in small steps between commits.
    virtual void forget_before(const Retention& retention) = 0;
};

} // namespace strowger::store
