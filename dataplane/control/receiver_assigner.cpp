// SPDX-License-Identifier: Apache-2.0
#include "control/receiver_assigner.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace strowger::dataplane {

namespace {

std::vector<std::size_t> first_pollers(const PortQueues& port, std::size_t workers) {
    std::vector<std::size_t> pollers;
    for (std::size_t worker = 0; worker < workers; ++worker) {
        const std::uint16_t queue = port.rx_queue.at(worker);
        if (queue != kNoQueue) {
            pollers.resize(std::max<std::size_t>(pollers.size(), queue + std::size_t{1}));
            pollers[queue] = worker;
        }
    }
    return pollers;
}

std::size_t count_of(const std::vector<std::size_t>& pollers, std::size_t worker) {
    return static_cast<std::size_t>(std::count(pollers.begin(), pollers.end(), worker));
}

} // namespace

ReceiverAssigner::ReceiverAssigner(const PortSet& ports, CommandQueues& queues)
    : set_(ports), queues_(queues), ports_(ports.count) {
    for (std::size_t index = 0; index < ports_.size(); ++index) {
        ports_[index].pollers = first_pollers(set_.ports.at(index), queues_.worker_count());
        ports_[index].plan.others = receivers(PortIndex{static_cast<std::uint16_t>(index)});
    }
}

Result<void> ReceiverAssigner::assign(PortIndex port, const ReceiverPlan& plan) {
    const WorkerSet workers = plan.others;
    const std::uint32_t known = (1U << queues_.worker_count()) - 1U;
    if (workers.empty() || (workers.bits & ~known) != 0) {
        const std::string message =
            workers.empty()
                ? "a port needs a worker that receives"
                : "there are workers 0 to " + std::to_string(queues_.worker_count() - 1);
        return Error{.code = ErrorCode::Invalid, .message = message, .problems = {}};
    }
    if (!plan.steered.empty()) {
        return Error{
            .code = ErrorCode::Unavailable, .message = "the device takes no rules", .problems = {}};
    }
    Port& state = ports_.at(port.value);
    if (state.phase != Phase::Idle) {
        state.wish = plan;
    } else {
        begin(port.value, plan);
    }
    return {};
}

void ReceiverAssigner::begin(std::size_t index, const ReceiverPlan& plan) {
    Port& port = ports_[index];
    port.next_plan = plan;
    port.next = share_out(port, plan.others);
    if (port.next == port.pollers) {
        port.plan = plan;
        return;
    }
    port.phase = Phase::Stopping;
    port.wait = {};
    ++under_way_;
    tell_movers(index, CommandKind::StopPolling);
}

void ReceiverAssigner::advance() {
    for (std::size_t index = 0; under_way_ != 0 && index < ports_.size(); ++index) {
        while (ports_[index].phase != Phase::Idle && queues_.reached(ports_[index].wait)) {
            step(index);
        }
    }
}

void ReceiverAssigner::step(std::size_t index) {
    Port& port = ports_[index];
    port.wait = {};
    switch (port.phase) {
        case Phase::Stopping:
            port.phase = Phase::Draining;
            for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
                queues_.send(worker, Command::barrier());
            }
            queues_.mark_all(port.wait);
            break;
        case Phase::Draining:
            port.phase = Phase::Starting;
            tell_movers(index, CommandKind::StartPolling);
            break;
        case Phase::Starting:
            port.phase = Phase::Idle;
            port.pollers = port.next;
            port.plan = port.next_plan;
            --under_way_;
            if (port.wish) {
                begin(index, *std::exchange(port.wish, std::nullopt));
            }
            break;
        case Phase::Idle:
            break;
    }
}

/// To the old poller of each queue that changes hands, or to its new one.
void ReceiverAssigner::tell_movers(std::size_t index, CommandKind kind) {
    Port& port = ports_[index];
    const auto& tellees = kind == CommandKind::StopPolling ? port.pollers : port.next;
    for (std::size_t queue = 0; queue < port.pollers.size(); ++queue) {
        if (port.pollers[queue] != port.next[queue]) {
            const RxQueueCommand what{
                .port = static_cast<std::uint16_t>(index),
                .device = set_.ports.at(index).device,
                .queue = static_cast<std::uint16_t>(queue)};
            queues_.send(
                tellees[queue],
                kind == CommandKind::StopPolling ? Command::stop_polling(what)
                                                 : Command::start_polling(what)
            );
            queues_.mark(tellees[queue], port.wait);
        }
    }
}

/// Each queue stays where it may. The others go to whom has the fewest of this port, then of all.
/// Shares differ by one queue at most.
std::vector<std::size_t> ReceiverAssigner::share_out(const Port& port, WorkerSet workers) const {
    std::vector<std::size_t> members;
    for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
        if (workers.contains(worker)) {
            members.push_back(worker);
        }
    }
    std::vector<std::size_t> next = port.pollers;
    const auto rank = [&](std::size_t worker) {
        return std::tuple{count_of(next, worker), load_of(worker), worker};
    };
    const auto less = [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); };
    for (std::size_t& poller : next) {
        if (!workers.contains(poller)) {
            poller = *std::min_element(members.begin(), members.end(), less);
        }
    }
    for (std::size_t& poller : next) {
        const std::size_t least = *std::min_element(members.begin(), members.end(), less);
        if (count_of(next, poller) > count_of(next, least) + 1) {
            poller = least;
        }
    }
    return next;
}

std::size_t ReceiverAssigner::load_of(std::size_t worker) const {
    std::size_t load = 0;
    for (const Port& port : ports_) {
        load += count_of(port.phase == Phase::Idle ? port.pollers : port.next, worker);
    }
    return load;
}

WorkerSet ReceiverAssigner::receivers(PortIndex port) const {
    WorkerSet workers;
    for (const std::size_t worker : ports_.at(port.value).pollers) {
        workers.add(worker);
    }
    return workers;
}

const ReceiverPlan& ReceiverAssigner::plan(PortIndex port) const {
    return ports_.at(port.value).plan;
}

} // namespace strowger::dataplane
