// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sqlite.h"
#include "store/store.h"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace strowger::store {

/// The control thread's view of the store: a read-only connection that sees what is committed.
class StoreReader {
public:
    static Result<std::unique_ptr<StoreReader>> open(const std::string& path);

    Result<std::uint64_t> count_objects();
    Result<StoredInventory> load(const TakeObject& take);
    Result<std::unordered_map<std::string, std::size_t>> count_idempotency();
    Result<std::optional<IdempotencyRecord>> find_idempotency(const IdempotencyKey& key);
    Result<std::optional<service::Tombstone>> find_tombstone(const ObjectId& id);
    Result<std::optional<service::OrderRecord>> find_order(const ObjectId& id);
    Result<OrderPage> list_orders(const OrderQuery& query);

private:
    Result<void> load_objects(std::string_view prefix, const TakeObject& take);
    Result<std::uint64_t> count_orders(const OrderQuery& query);
    StoreReader(Database database, std::vector<Statement> statements);

    Database database_;
    std::vector<Statement> statements_; // goes before database_; by Lookup
};

} // namespace strowger::store
