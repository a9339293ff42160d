// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/token.h"
#include "auth/token_index.h"
#include "service/inventory.h"
#include "service/records.h"
#include "service/slice_status.h"
#include "service/spec_codec.h"
#include "service/write.h"
#include "store/store.h"
#include "strowger/base/clock.h"
#include "strowger/seam/dataplane.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strowger::service {

/// Whether the daemon can keep its promises, and if not, why.
struct Readiness {
    bool ready = true;
    std::vector<std::string> reasons;
};

/// How far the return of the inventory is.
struct RestoreProgress {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::int64_t elapsed_us = 0;
};
using TellProgress = std::function<void(const RestoreProgress& progress)>;

/// The only writer of the inventory. Control thread only; never blocks after start.
///
/// A write goes: checks and reservations → store (order, object, idempotency record in one
/// transaction) → workers → published → answered. Changes of one object are taken one after the
/// other in order of arrival; changes of different objects run side by side. What is refused leaves
/// no trace; what is committed is never answered as refused.
class Provisioner {
public:
    /// What it works with; all of it outlives the provisioner.
    struct Parts {
        Dataplane& dataplane;
        store::Store& store;
        const SpecCodec& codec;
        const Clock& clock;
    };
    Provisioner(
        const Parts& parts,
        const std::vector<PortConfig>& ports,
        const ServiceLimits& limits
    );
    ~Provisioner();
    Provisioner(const Provisioner&) = delete;
    Provisioner& operator=(const Provisioner&) = delete;
    Provisioner(Provisioner&&) = delete;
    Provisioner& operator=(Provisioner&&) = delete;

    /// At start: reads the inventory back and waits until every worker holds it. The API opens
    /// after. Fails with a sentence when the store, the site and the machine do not fit together.
    /// `tell` is called about once a second, and at the end.
    Result<void> restore(const TellProgress& tell = nullptr);
    /// At start, after restore(): makes the first operator's token when there is none. `save` puts
    /// it where the operator finds it, before it becomes valid; a crash in between makes a new one.
    Result<void> ensure_operator_token(
        const std::function<Result<void>(const std::string& token)>& save
    );

    /// Takes a write. `done` is called exactly once, maybe before this returns, else from
    /// on_store_progress() or poll().
    void submit(WriteRequest request, WriteDone done);
    /// When the store has given notice.
    void on_store_progress();
    /// Moves completions and deadlines on. Often while busy(); every 100 ms otherwise.
    void poll();
    /// Whether a change waits for the store or the workers.
    [[nodiscard]] bool busy() const;
    /// Whether poll() has something to do at once: batches are worked on a slice at a time.
    [[nodiscard]] bool has_work() const;
    /// `wake` is called when has_work() becomes true by itself.
    void set_wake(std::function<void()> wake);

    [[nodiscard]] Readiness readiness() const;
    /// Whose token this is; nothing when it is not valid (now).
    [[nodiscard]] std::optional<auth::RequestIdentity> authenticate(std::string_view token);

    [[nodiscard]] const Inventory& inventory() const;
    /// inventory().find(), and Gone for what was deleted in the last 30 days.
    [[nodiscard]] Result<RecordPtr>
    find(ObjectKind kind, const std::optional<ObjectId>& tenant, std::string_view reference) const;
    /// Of a deleted object the tenant had (none: any).
    [[nodiscard]] Result<std::optional<Tombstone>> find_tombstone(
        ObjectKind kind,
        const std::optional<ObjectId>& tenant,
        std::string_view id
    ) const;
    [[nodiscard]] Result<OrderRecord>
    find_order(const std::optional<ObjectId>& tenant, std::string_view id) const;
    [[nodiscard]] Result<store::OrderPage> list_orders(const store::OrderQuery& query) const;
    /// When a token was last used; nothing: never.
    [[nodiscard]] std::optional<std::int64_t> token_last_used_us(const Record& token) const;

    /// A slice, its workers' load, and whether it is isolated.
    [[nodiscard]] SliceStatus slice_status(const Record& slice) const;
    /// The slice that a tenant is in.
    [[nodiscard]] std::optional<TenantSlice> slice_of(const ObjectId& tenant) const;
    [[nodiscard]] std::vector<WorkerView> workers() const;
    /// After restore(): sentences on what of the inventory does not fit the site any more.
    [[nodiscard]] std::vector<std::string> warnings() const;

    class Engine;

private:
    std::unique_ptr<Engine> engine_;
};

} // namespace strowger::service
