// SPDX-License-Identifier: Apache-2.0
#include "control/command_queues.h"

namespace strowger::dataplane {

void CommandQueues::send(std::size_t worker, const Command& command) {
    Queue& queue = queues_[worker];
    ++queue.sent;
    // Behind others that wait, or the order would be lost.
    if (!queue.waiting.empty() || !group_.send(worker, command)) {
        queue.waiting.push_back(command);
    }
}

void CommandQueues::flush() {
    for (std::size_t worker = 0; worker < queues_.size(); ++worker) {
        std::deque<Command>& waiting = queues_[worker].waiting;
        while (!waiting.empty() && group_.send(worker, waiting.front())) {
            waiting.pop_front();
        }
    }
}

void CommandQueues::mark_all(Milestone& milestone) const {
    for (std::size_t worker = 0; worker < queues_.size(); ++worker) {
        mark(worker, milestone);
    }
}

bool CommandQueues::reached(const Milestone& milestone) const {
    for (std::size_t worker = 0; worker < queues_.size(); ++worker) {
        if (group_.worker(worker).applied() < milestone.commands_[worker]) {
            return false;
        }
    }
    return true;
}

bool CommandQueues::same_tx_queue(PortIndex port, std::size_t left, std::size_t right) const {
    const PortQueues& queues = group_.ports().ports[port.value];
    return transmitter_of(queues, left, group_.size()) ==
           transmitter_of(queues, right, group_.size());
}

} // namespace strowger::dataplane
