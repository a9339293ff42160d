// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/engine.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace strowger::service {

/// One way of the settler through all circuits.
struct CircuitSweep {
    std::optional<ObjectId> tenant{}; ///< the one it is at, or was last
    std::optional<ObjectId> circuit{};
    bool inside = false; ///< of the tenant's circuits
    bool left_some = false;
    std::map<ObjectId, std::string> refusals{};
};

/// Brings circuits to the workers that are theirs, after slices changed. The dataplane moves each
/// one without losing a frame; no order is written, since nothing changes that a tenant ordered.
///
/// It goes through the circuits of all tenants, some at each turn of the control thread, and rests
/// when none is elsewhere. A circuit with a change under way is left for later, and so is one for
/// which its workers have no room: both are looked at again after a while.
class Settler {
public:
    explicit Settler(Provisioner::Engine& engine) : engine_(engine) {}

    /// Some circuits may be elsewhere than they belong: go through them within this time.
    void look_within(std::int64_t delay_ns);
    /// Does some of what there is to do. Nothing: at the price of a look at the clock.
    void work();
    /// Whether work() has something to do at once.
    [[nodiscard]] bool has_work() const;
    /// Whether the ticket was a move's, which is over.
    bool completed(std::uint64_t ticket);
    /// Queues a request behind the move of its circuit.
    bool queue_behind(std::uint64_t ticket, Waiting& waiting);
    void check_deadlines(std::int64_t now_ns);
    void complain(std::vector<std::string>& reasons) const;
    /// By tenant: what the dataplane said when it had no room where the circuits belong.
    [[nodiscard]] const std::map<ObjectId, std::string>& refusals() const noexcept {
        return refusals_;
    }

private:
    struct Move {
        Transition transition;
        std::int64_t begun_ns = 0;
        bool overdue = false;
        std::deque<Waiting> behind{}; ///< requests for its circuit, in order of arrival
    };
    [[nodiscard]] bool has_room() const;
    void step();
    void enter_next_tenant();
    void look_at(const RecordPtr& circuit);
    void end_sweep();

    Provisioner::Engine& engine_;
    std::optional<CircuitSweep> sweep_;
    std::int64_t due_ns_ = INT64_MAX; ///< of the next one
    std::unordered_map<std::uint64_t, Move> moves_;
    std::map<ObjectId, std::string> refusals_;
};

} // namespace strowger::service
