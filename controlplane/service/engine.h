// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/flight.h"
#include "service/heartbeats.h"
#include "service/inventory_writer.h"
#include "service/planner.h"
#include "service/provisioner.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace strowger::service {

class BatchRunner;
class Slices;

/// The provisioner's state: orders under way, by ticket, object and idempotency key.
class Provisioner::Engine {
public:
    Engine(const Parts& parts, const std::vector<PortConfig>& ports, const ServiceLimits& limits);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    Engine(Engine&&) = delete;
    Engine& operator=(Engine&&) = delete;

    Result<void> restore(const TellProgress& tell);
    Result<void> ensure_operator_token(
        const std::function<Result<void>(const std::string& token)>& save
    );
    void submit(WriteRequest request, WriteDone done);
    void on_store_progress();
    void poll();
    [[nodiscard]] bool busy() const noexcept;
    [[nodiscard]] bool has_work() const;
    [[nodiscard]] BatchRunner& batches() noexcept { return *batches_; }
    [[nodiscard]] const Slices& slices() const noexcept { return *slices_; }
    [[nodiscard]] Readiness readiness() const;

    [[nodiscard]] const Inventory& inventory() const noexcept { return inventory_; }
    [[nodiscard]] const Planner& planner() const noexcept { return planner_; }
    [[nodiscard]] auth::TokenIndex& tokens() noexcept { return tokens_; }
    [[nodiscard]] const Parts& parts() const noexcept { return parts_; }

private:
    friend class BatchRunner;
    friend class Restorer;
    friend class Settler;
    using Ticket = std::uint64_t;
    using Flights = std::map<Ticket, Flight>;

    // A request, from its arrival to its acceptance or refusal.
    bool answer_by_key(Waiting& waiting);
    void start(Waiting waiting);
    /// Behind the order that is changing `object`, or at once when there is none.
    void start_behind(const ObjectId& object, Waiting waiting);
    void decide(Waiting waiting);
    void accept(Waiting waiting, Plan plan);
    [[nodiscard]] store::Change change_of(const Flight& flight, const WriteRequest& request);
    /// Still without the order's id, number, actor and time.
    [[nodiscard]] store::Change change_of(Operation operation, const Transition& transition) const;
    void settle(Waiting waiting, const Settled& settled);
    void refuse(Waiting waiting, Error error);

    // An order, from its acceptance to its end.
    void committed(Ticket ticket, bool success);
    void complete(Flights::iterator flight);
    void revert(Flights::iterator flight);
    /// Readers may see it, and what follows from it takes effect.
    void publish(const Transition& transition);
    void publish_tokens(const Transition& transition);
    void take_completions();
    void take_completion(std::uint64_t ticket);
    void check_deadlines();
    void answer_overdue(Flight& flight, std::int64_t now_ns);
    /// Ends a key's use and gives who waited for it.
    std::deque<Waiting> release_key(const std::optional<store::IdempotencyKey>& key);
    void start_again(std::deque<Waiting> waiting);
    /// Who waits for the key's order and hears now that it is stuck.
    std::deque<Waiting> duplicates_to_tell(
        const std::optional<store::IdempotencyKey>& key,
        bool told_before,
        std::int64_t now_ns
    );
    void do_housekeeping();

    void answer(WriteDone& done, WriteResult result);
    [[nodiscard]] std::optional<store::IdempotencyKey> key_of(const WriteRequest& request) const;

    const Parts parts_;
    const ServiceLimits limits_;
    Inventory inventory_;
    InventoryWriter writer_{inventory_};
    Planner planner_;
    auth::TokenIndex tokens_;
    Heartbeats heartbeats_;

    Ticket last_ticket_ = 0;
    Flights flights_; // in order of acceptance
    std::unordered_map<ObjectId, Ticket, ObjectIdHash> flight_of_;
    std::map<store::IdempotencyKey, KeyInUse> keys_;
    std::map<std::string, std::uint64_t> order_seqs_; // last one by owner, "": the operator's own
    std::unique_ptr<BatchRunner> batches_;
    std::unique_ptr<Slices> slices_;
    std::size_t unanswered_ = 0;
    std::size_t overdue_count_ = 0;
    std::int64_t heartbeats_due_ns_ = 0;
    std::int64_t housekeeping_due_ns_ = 0;
    std::vector<store::CommitResult> results_; // reused
};

} // namespace strowger::service
