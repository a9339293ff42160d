// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/batch_flight.h"
#include "service/engine.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace strowger::service {

/// Takes batches through the same stations as single orders, a slice at each turn of the control
/// thread, so that other requests are answered in between.
///
/// A member is reserved when it is judged sound, as a single order is: so conflicts between members
/// are found by the same rules as conflicts with the inventory. When one is refused, all is given
/// back. A batch never waits for an order while it holds something: it lets go and starts anew
/// behind that order, so no two can wait for each other. One batch is planned at a time.
class BatchRunner {
public:
    explicit BatchRunner(Provisioner::Engine& engine) : engine_(engine) {}

    /// Called when work() has something to do without being told by disk or workers.
    void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }
    void start(Waiting waiting);
    /// Does a slice of what there is to do.
    void work();
    /// Whether work() has something to do at once.
    [[nodiscard]] bool has_work() const;
    [[nodiscard]] bool idle() const noexcept { return flights_.empty(); }
    /// Whether a batch is reserving circuits, and would begin anew for each one that it finds busy.
    [[nodiscard]] bool is_planning() const;

    // Each says whether the ticket is a batch's.
    bool committed(std::uint64_t ticket, bool success);
    bool completed(std::uint64_t ticket);
    /// Queues a request behind the batch that is changing its circuit.
    bool queue_behind(std::uint64_t ticket, Waiting& waiting);

    void check_deadlines(std::int64_t now_ns);
    void complain(std::int64_t now_ns, std::vector<std::string>& reasons) const;
    /// How an answer names a circuit that is reserved by the batch being planned.
    [[nodiscard]] std::optional<std::string> place_of(const ObjectId& circuit);

private:
    using Flights = std::list<BatchFlight>;
    using Place = Flights::iterator;

    Place find(std::uint64_t ticket);
    /// The batch that is planned or given back; the others wait for it.
    Place first_in_planning();
    void plan(Place flight);
    void plan_member(BatchFlight& flight);
    bool may_be_taken(BatchFlight& flight, std::size_t index, const BatchMember& member);
    void take(BatchFlight& flight, std::size_t index, Plan plan);
    static void refuse_for_room(BatchFlight& flight, std::size_t index, Error error);
    void end_planning(Place flight);
    void submit(BatchFlight& flight);
    void number(BatchFlight& flight);
    void revert(Place flight);
    void end_reverting(Place flight);
    void apply(Place flight);
    void complete(BatchFlight& flight, std::size_t index);
    void finish_if_done(Place flight);
    void finish(Place flight);
    void answer_overdue(BatchFlight& flight, std::int64_t now_ns);
    static void warn(BatchFlight& flight, std::size_t index, std::vector<Problem> warnings);

    Provisioner::Engine& engine_;
    Flights flights_; // in order of arrival
    std::function<void()> wake_;
};

} // namespace strowger::service
