// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace strowger {

/// A real store that can be told to look as it does after a failed sync, or when a tenant has used
/// up its idempotency keys: states that a client cannot bring about in a test's time.
class SteeredStore final : public store::Store {
public:
    explicit SteeredStore(std::unique_ptr<store::Store> inner) : inner_(std::move(inner)) {}
    void set_healthy(bool healthy) { healthy_ = healthy; }
    void set_keys_full(bool full) { keys_full_ = full; }

    void submit(std::uint64_t ticket, store::Change change) override {
        inner_->submit(ticket, std::move(change));
    }
    void submit_all(std::uint64_t ticket, std::vector<store::Change> changes) override {
        inner_->submit_all(ticket, std::move(changes));
    }
    void take_results(std::vector<store::CommitResult>& results) override {
        inner_->take_results(results);
    }
    [[nodiscard]] bool healthy() const override { return healthy_ && inner_->healthy(); }
    [[nodiscard]] std::string failure() const override {
        return healthy_ ? inner_->failure() : "The disk failed.";
    }
    Result<std::uint64_t> count_objects() override { return inner_->count_objects(); }
    Result<store::StoredInventory> load(const store::TakeObject& take) override {
        return inner_->load(take);
    }
    Result<void> commit_now(store::Change change) override {
        return inner_->commit_now(std::move(change));
    }
    Result<std::optional<store::IdempotencyRecord>> find_idempotency(
        const store::IdempotencyKey& key
    ) override {
        return inner_->find_idempotency(key);
    }
    [[nodiscard]] std::size_t idempotency_count(const std::string& scope) const override {
        return keys_full_ ? SIZE_MAX : inner_->idempotency_count(scope);
    }
    Result<std::optional<service::Tombstone>> find_tombstone(const ObjectId& id) override {
        return inner_->find_tombstone(id);
    }
    Result<std::optional<service::OrderRecord>> find_order(const ObjectId& id) override {
        return inner_->find_order(id);
    }
    Result<store::OrderPage> list_orders(const store::OrderQuery& query) override {
        return inner_->list_orders(query);
    }
    void note_tokens_used(std::vector<std::pair<ObjectId, std::int64_t>> used) override {
        inner_->note_tokens_used(std::move(used));
    }
    void forget_before(const store::Retention& retention) override {
        inner_->forget_before(retention);
    }

private:
    std::unique_ptr<store::Store> inner_;
    bool healthy_ = true;
    bool keys_full_ = false;
};

} // namespace strowger
