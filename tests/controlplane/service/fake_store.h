// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.h"
#include "strowger/base/check.h"

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace strowger::store {

/// A store in memory that commits when the test says so, and fails when it says so.
class FakeStore final : public Store {
public:
    // What the test arranges.

    /// Decides the oldest `count` changes.
    void commit(std::size_t count = SIZE_MAX) {
        for (; count > 0 && !queue_.empty(); --count) {
            Item item = std::move(queue_.front());
            queue_.pop_front();
            for (std::size_t each = 0; healthy_ && each < item.changes.size(); ++each) {
                apply(item.changes[each]);
            }
            results_.push_back({item.ticket, healthy_});
        }
    }
    /// As if the disk had said EIO: what waits fails, and all that comes after.
    void fail() {
        healthy_ = false;
        commit();
    }
    void set_idempotency_count(std::size_t count) { idempotency_count_ = count; }

    // What the test looks at.

    [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
    [[nodiscard]] const std::vector<service::OrderRecord>& orders() const { return orders_; }
    [[nodiscard]] const std::vector<std::pair<ObjectId, std::int64_t>>& token_uses() const {
        return token_uses_;
    }
    [[nodiscard]] const std::vector<Retention>& retentions() const { return retentions_; }

    // The store.

    void submit(std::uint64_t ticket, Change change) override {
        queue_.push_back({ticket, {}});
        queue_.back().changes.push_back(std::move(change));
    }
    void submit_all(std::uint64_t ticket, std::vector<Change> changes) override {
        queue_.push_back({ticket, std::move(changes)});
    }
    void take_results(std::vector<CommitResult>& results) override {
        results.insert(results.end(), results_.begin(), results_.end());
        results_.clear();
    }
    [[nodiscard]] bool healthy() const override { return healthy_; }
    [[nodiscard]] std::string failure() const override { return healthy_ ? "" : "disk I/O error"; }
    Result<std::uint64_t> count_objects() override { return objects_.size(); }
    Result<StoredInventory> load(const TakeObject& take) override {
        StoredInventory inventory;
        for (const char* prefix : {"ten", "tok", "slc", "uni", "ckt"}) {
            for (const auto& [id, object] : objects_) {
                if (!id.text().starts_with(prefix)) {
                    continue;
                }
                if (Result<void> taken = take(object); !taken) {
                    return taken.error();
                }
            }
        }
        std::map<std::string, std::uint64_t> last;
        for (const service::OrderRecord& order : orders_) {
            last[order.tenant.has_value() ? order.tenant->text() : ""] = order.seq;
        }
        inventory.order_seqs.assign(last.begin(), last.end());
        if (!orders_.empty()) {
            inventory.last_order = orders_.back().id;
        }
        return inventory;
    }
    Result<void> commit_now(Change change) override {
        STROWGER_CHECK(queue_.empty());
        if (!healthy_) {
            return Error{ErrorCode::Unavailable, failure(), {}};
        }
        apply(change);
        return {};
    }
    Result<std::optional<IdempotencyRecord>> find_idempotency(const IdempotencyKey& key) override {
        const auto found = keys_.find(key);
        return found == keys_.end() ? std::optional<IdempotencyRecord>()
                                    : std::optional(found->second);
    }
    [[nodiscard]] std::size_t idempotency_count(const std::string& /*scope*/) const override {
        return idempotency_count_;
    }
    Result<std::optional<service::Tombstone>> find_tombstone(const ObjectId& id) override {
        const auto found = tombstones_.find(id);
        return found == tombstones_.end() ? std::optional<service::Tombstone>()
                                          : std::optional(found->second);
    }
    Result<std::optional<service::OrderRecord>> find_order(const ObjectId& id) override {
        for (const service::OrderRecord& order : orders_) {
            if (order.id == id) {
                return std::optional(order);
            }
        }
        return std::optional<service::OrderRecord>();
    }
    Result<OrderPage> list_orders(const OrderQuery& query) override {
        OrderPage page;
        for (const service::OrderRecord& order : orders_) {
            if (!query.tenant.has_value() || order.tenant == query.tenant) {
                page.orders.push_back(order);
            }
        }
        return page;
    }
    void note_tokens_used(std::vector<std::pair<ObjectId, std::int64_t>> used) override {
        token_uses_.insert(token_uses_.end(), used.begin(), used.end());
    }
    void forget_before(const Retention& retention) override { retentions_.push_back(retention); }

private:
    struct Item {
        std::uint64_t ticket = 0;
        std::vector<Change> changes;
    };
    void apply(const Change& change) {
        const service::OrderRecord& order = change.order;
        if (change.object.has_value()) {
            objects_.insert_or_assign(order.object, *change.object);
        } else {
            objects_.erase(order.object);
            tombstones_.insert_or_assign(
                order.object,
                service::Tombstone{order.object, order.tenant, order.generation, order.at_us}
            );
        }
        orders_.push_back(order);
        if (change.idempotency.has_value()) {
            STROWGER_CHECK(keys_.emplace(change.idempotency->key, *change.idempotency).second);
        }
    }

    std::deque<Item> queue_;
    std::vector<CommitResult> results_;
    std::map<ObjectId, StoredObject> objects_;
    std::map<ObjectId, service::Tombstone> tombstones_;
    std::map<IdempotencyKey, IdempotencyRecord> keys_;
    std::vector<service::OrderRecord> orders_;
    std::vector<std::pair<ObjectId, std::int64_t>> token_uses_;
    std::vector<Retention> retentions_;
    std::size_t idempotency_count_ = 0;
    bool healthy_ = true;
};

} // namespace strowger::store
