// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/command_queues.h"
#include "strowger/base/result.h"
#include "strowger/seam/program.h"
#include "worker/port_set.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace strowger::dataplane {

/// Who polls each rx queue, and how that changes while frames arrive:
///
///   1. the old pollers stop; when they have acknowledged, their last frames are in the rings of
///   the
///      owners, or sent;
///   2. a barrier to every worker: acknowledged, all that was in those rings is sent;
///   3. the new pollers start.
///
/// So what a new poller receives comes behind all that an old one received, whoever owns it: sent,
/// or in line for the device. The frames that arrive meanwhile wait in the device. Control thread
/// only.
class ReceiverAssigner {
public:
    ReceiverAssigner(const PortSet& ports, CommandQueues& queues);

    /// As Dataplane::assign_receivers.
    Result<void> assign(PortIndex port, const ReceiverPlan& plan);
    /// Moves changes on whose workers have acknowledged.
    void advance();
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    /// Those that poll; while a change is under way those before it.
    [[nodiscard]] WorkerSet receivers(PortIndex port) const;
    /// In force; while a change is under way the one before it.
    [[nodiscard]] const ReceiverPlan& plan(PortIndex port) const;

private:
    enum class Phase : std::uint8_t { Idle, Stopping, Draining, Starting };
    struct Port {
        std::vector<std::size_t> pollers; ///< by queue
        std::vector<std::size_t> next;    ///< by queue, while a change is under way
        std::optional<ReceiverPlan> wish; ///< to begin after that
        ReceiverPlan plan;                ///< in force
        ReceiverPlan next_plan;           ///< while a change is under way
        Phase phase = Phase::Idle;
        Milestone wait;
    };

    [[nodiscard]] std::vector<std::size_t> share_out(const Port& port, WorkerSet workers) const;
    [[nodiscard]] std::size_t load_of(std::size_t worker) const;
    void begin(std::size_t index, const ReceiverPlan& plan);
    void step(std::size_t index);
    void tell_movers(std::size_t index, CommandKind kind);

    const PortSet& set_;
    CommandQueues& queues_;
    std::vector<Port> ports_;
    std::size_t under_way_ = 0;
};

} // namespace strowger::dataplane
