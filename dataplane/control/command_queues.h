// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/program.h"
#include "worker/command.h"
#include "worker/worker_group.h"

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

namespace strowger::dataplane {

/// A point in each worker's stream of commands; a worker may be left out.
class Milestone {
public:
    void wait_for(std::size_t worker, std::uint64_t command) { commands_[worker] = command; }

private:
    friend class CommandQueues;
    std::array<std::uint64_t, limits::kWorkersMax> commands_{}; ///< 0: not waited for
};

/// The commands on their way to the workers, in order for each. What a full ring does not take
/// waits here; the caller bounds that by how many changes it lets be outstanding.
class CommandQueues {
public:
    explicit CommandQueues(WorkerGroup& group) : group_(group), queues_(group.size()) {}

    void send(std::size_t worker, const Command& command);
    /// Gives the rings what they now have room for.
    void flush();
    /// Everything sent to `worker` until now.
    void mark(std::size_t worker, Milestone& milestone) const {
        milestone.wait_for(worker, queues_[worker].sent);
    }
    void mark_all(Milestone& milestone) const;
    /// Whether all workers that it names have applied and acknowledged up to there.
    [[nodiscard]] bool reached(const Milestone& milestone) const;
    /// How many circuits have come to `worker` by the move of this number.
    [[nodiscard]] std::uint32_t arrivals(std::size_t worker, MoveNumber number) const {
        return group_.worker(worker).moves().arrived(number);
    }
    /// Whether what two workers transmit on a port takes the same queue of the device.
    [[nodiscard]] bool same_tx_queue(PortIndex port, std::size_t left, std::size_t right) const;
    /// Turns that `worker` has ended: in each it takes a burst from each rx queue it polls.
    [[nodiscard]] std::uint64_t turns(std::size_t worker) const {
        return group_.worker(worker).stats().loops.read();
    }
    [[nodiscard]] std::size_t worker_count() const noexcept { return queues_.size(); }

private:
    struct Queue {
        std::deque<Command> waiting;
        std::uint64_t sent = 0; ///< counts also those that wait
    };

    WorkerGroup& group_;
    std::vector<Queue> queues_;
};

} // namespace strowger::dataplane
