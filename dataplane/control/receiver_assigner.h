// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/command_queues.h"
#include "control/port_steering.h"
#include "strowger/base/result.h"
#include "strowger/seam/program.h"
#include "worker/port_set.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace strowger::dataplane {

/// Who polls each rx queue, what the device brings there, and how both change while frames arrive.
///
/// A queue changes hands:
///   1. its old poller stops; when it has acknowledged, its last frames are in the rings of the
///      owners, or sent;
///   2. a barrier to every worker: acknowledged, all that was in those rings is sent;
///   3. the new poller starts.
/// So what a new poller receives comes behind all that an old one received, whoever owns it: sent,
/// or in line for the device. The frames that arrive meanwhile wait in the device.
///
/// The device's rules change: VLANs come from some queues (the steered ones, where rules go; those
/// that share the rest, where rules come) to others.
///   1. and 2. as above, for all queues of the port;
///   3. the device is told, and queues that VLANs left are polled until all that was in them is
///      received: as many turns as bursts fill a queue;
///   4. 1. and 2. once more, so that those frames are sent before any that came to a new queue.
/// Old rules go before new ones come, so that no queue is both left and come to.
/// Control thread only.
class ReceiverAssigner {
public:
    /// `steering` null: no device takes rules.
    ReceiverAssigner(const PortSet& ports, CommandQueues& queues, PortSteering* steering);

    /// As Dataplane::assign_receivers.
    Result<void> assign(PortIndex port, const ReceiverPlan& plan);
    /// Moves changes on whose workers have acknowledged.
    void advance();
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    /// Those that poll, or begin to.
    [[nodiscard]] WorkerSet receivers(PortIndex port) const;
    /// In force; while a change is under way the one before it. Without the rules that a device
    /// has refused.
    [[nodiscard]] const ReceiverPlan& plan(PortIndex port) const;

private:
    /// By rx queue, the steered ones behind the others; kNobody: none.
    using Pollers = std::vector<std::size_t>;
    /// One bit each.
    using Queues = std::uint32_t;
    enum class Do : std::uint8_t { Stop, Barrier, Steer, Start, LetTurn, TakeOver, End };
    struct Step {
        Do what = Do::Barrier;
        Queues queues = 0;  ///< Stop, Start, LetTurn
        bool rules = false; ///< Steer: those of the next plan, else none
    };
    struct Port {
        Pollers pollers;
        ReceiverPlan plan;
        Pollers next; ///< while a change is under way, as the next two
        ReceiverPlan next_plan;
        std::deque<Step> steps;             ///< those to come; empty: no change is under way
        Milestone wait;                     ///< for the step before them
        std::vector<std::uint64_t> turns{}; ///< by worker, that it waits for, too; empty: for none
        std::optional<ReceiverPlan> wish{}; ///< to begin after that
    };

    [[nodiscard]] Result<void> check(PortIndex port, const ReceiverPlan& plan) const;
    [[nodiscard]] Pollers share_out(std::size_t index, const ReceiverPlan& plan) const;
    [[nodiscard]] std::size_t load_of(std::size_t worker) const;
    [[nodiscard]] std::deque<Step> steps_to_next(std::size_t index) const;
    void begin(std::size_t index, const ReceiverPlan& plan);
    [[nodiscard]] bool may_go_on(const Port& port) const;
    void take(std::size_t index, const Step& step);
    void tell_pollers(std::size_t index, Queues queues, CommandKind kind);
    void steer(std::size_t index, bool rules);
    void let_turn(std::size_t index, Queues queues);

    const PortSet& set_;
    CommandQueues& queues_;
    PortSteering* steering_;
    std::vector<Port> ports_;
    std::size_t under_way_ = 0;
};

} // namespace strowger::dataplane
