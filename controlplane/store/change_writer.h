// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sqlite.h"
#include "store/store.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace strowger::store {

/// The statements that put changes into an open transaction. Store thread only.
class ChangeWriter {
public:
    static Result<std::unique_ptr<ChangeWriter>> prepare(Database& database);

    Result<void> begin();
    Result<void> commit();
    /// Puts one change in; all that it touches, or the transaction must not be committed.
    Result<void> write(const Change& change);
    Result<void> write_token_uses(const std::vector<std::pair<ObjectId, std::int64_t>>& used);
    /// Removes at most `limit` records of each kind that are older; adds how many keys each scope
    /// lost to `forgotten`. Gives the number removed.
    Result<std::size_t> forget(
        const Retention& retention,
        std::size_t limit,
        std::unordered_map<std::string, std::size_t>& forgotten
    );

private:
    struct Statements {
        Statement begin;
        Statement commit;
        Statement put_object;
        Statement erase_object;
        Statement put_tombstone;
        Statement put_order;
        Statement put_idempotency;
        Statement put_token_use;
        Statement forget_keys;
        Statement forget_tombstones;
    };
    explicit ChangeWriter(Statements statements) : statements_(std::move(statements)) {}
    Result<void> write_order(const service::OrderRecord& order);
    Result<void> write_object(const StoredObject& object);
    Result<void> erase_object(const service::OrderRecord& order);
    Result<void> write_idempotency(const IdempotencyRecord& record);

    Statements statements_;
};

} // namespace strowger::store
