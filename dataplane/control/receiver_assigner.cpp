// SPDX-License-Identifier: Apache-2.0
#include "control/receiver_assigner.h"

#include "stage/burst.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace strowger::dataplane {

namespace {

constexpr std::size_t kNobody = SIZE_MAX;
// Of a queue whose size is not known: more than drivers have.
constexpr std::uint32_t kDescriptorsMax = 4'096;

std::size_t
count_of(const std::vector<std::size_t>& pollers, std::size_t first, std::size_t worker) {
    return static_cast<std::size_t>(
        std::count(pollers.begin() + static_cast<std::ptrdiff_t>(first), pollers.end(), worker)
    );
}

std::vector<std::size_t> members_of(WorkerSet workers) {
    std::vector<std::size_t> members;
    for (std::size_t worker = 0; worker < limits::kWorkersMax; ++worker) {
        if (workers.contains(worker)) {
            members.push_back(worker);
        }
    }
    return members;
}

std::vector<VidRuns> vids_of(const ReceiverPlan& plan) {
    std::vector<VidRuns> vids;
    for (const ReceiverPlan::Vlans& vlans : plan.steered) {
        vids.push_back(vlans.first_vids);
    }
    return vids;
}

std::uint32_t bits_below(std::size_t count) {
    return (1U << count) - 1U;
}

Error invalid(std::string why) {
    return {.code = ErrorCode::Invalid, .message = std::move(why), .problems = {}};
}

/// What is wrong with a plan in itself; nothing when it is sound.
std::optional<Error> fault_in(const ReceiverPlan& plan, std::size_t worker_count) {
    const std::uint32_t known = bits_below(worker_count);
    const auto may_poll = [known](WorkerSet workers) {
        return !workers.empty() && (workers.bits & ~known) == 0;
    };
    bool sound = may_poll(plan.others);
    VidRuns all;
    for (const ReceiverPlan::Vlans& vlans : plan.steered) {
        sound = sound && may_poll(vlans.workers);
        if (vlans.first_vids.empty() || vlans.first_vids.overlaps(all)) {
            return invalid("a VID is steered to one queue, and each queue takes at least one");
        }
        all = all.united(vlans.first_vids);
    }
    if (!sound) {
        return invalid(
            "each queue needs a worker that receives; there are workers 0 to " +
            std::to_string(worker_count - 1)
        );
    }
    return std::nullopt;
}

} // namespace

ReceiverAssigner::ReceiverAssigner(
    const PortSet& ports,
    CommandQueues& queues,
    PortSteering* steering
)
    : set_(ports), queues_(queues), steering_(steering), ports_(ports.count) {
    for (std::size_t index = 0; index < ports_.size(); ++index) {
        const PortQueues& queue = set_.ports.at(index);
        Port& port = ports_[index];
        port.pollers.assign(
            queue.rx_poller.begin(), queue.rx_poller.begin() + std::ptrdiff_t{queue.rx_queues}
        );
        port.pollers.resize(std::size_t{queue.rx_queues} + queue.steered_queues, kNobody);
        port.plan.others = receivers(PortIndex{static_cast<std::uint16_t>(index)});
    }
}

Result<void> ReceiverAssigner::assign(PortIndex port, const ReceiverPlan& plan) {
    if (auto sound = check(port, plan); !sound) {
        return sound;
    }
    Port& state = ports_.at(port.value);
    if (!state.steps.empty()) {
        state.wish = plan;
    } else {
        begin(port.value, plan);
    }
    return {};
}

Result<void> ReceiverAssigner::check(PortIndex port, const ReceiverPlan& plan) const {
    if (auto fault = fault_in(plan, queues_.worker_count())) {
        return *std::move(fault);
    }
    const std::size_t queues = set_.ports.at(port.value).steered_queues;
    if (plan.steered.size() > queues || (!plan.steered.empty() && steering_ == nullptr)) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message = std::to_string(plan.steered.size()) +
                       " queues with VLANs of their own are asked for, the port has " +
                       std::to_string(queues),
            .problems = {}};
    }
    return {};
}

void ReceiverAssigner::begin(std::size_t index, const ReceiverPlan& plan) {
    Port& port = ports_[index];
    port.next_plan = plan;
    port.next = share_out(index, plan);
    if (port.next == port.pollers && vids_of(plan) == vids_of(port.plan)) {
        port.plan = plan;
        return;
    }
    port.steps = steps_to_next(index);
    port.wait = {};
    ++under_way_;
}

std::deque<ReceiverAssigner::Step> ReceiverAssigner::steps_to_next(std::size_t index) const {
    const Port& port = ports_[index];
    const Queues shared = bits_below(set_.ports.at(index).rx_queues);
    const Queues all = bits_below(port.pollers.size());
    if (vids_of(port.plan) == vids_of(port.next_plan)) {
        Queues moving = 0;
        for (std::size_t queue = 0; queue < port.pollers.size(); ++queue) {
            moving |= Queues{port.pollers[queue] != port.next[queue]} << queue;
        }
        return {{Do::Stop, moving}, {Do::Barrier}, {Do::TakeOver}, {Do::Start, moving}, {Do::End}};
    }
    std::deque<Step> steps{{Do::Stop, all}, {Do::Barrier}};
    const auto empty_after = [&steps](bool rules, Queues left) {
        steps.push_back({Do::Steer, 0, rules});
        steps.push_back({Do::Start, left});
        steps.push_back({Do::LetTurn, left});
        steps.push_back({Do::Stop, left});
        steps.push_back({Do::Barrier});
    };
    if (!port.plan.steered.empty()) {
        empty_after(false, all & ~shared);
    }
    if (!port.next_plan.steered.empty()) {
        empty_after(true, shared);
    }
    steps.push_back({Do::TakeOver});
    steps.push_back({Do::Start, all});
    steps.push_back({Do::End});
    return steps;
}

void ReceiverAssigner::advance() {
    for (std::size_t index = 0; under_way_ != 0 && index < ports_.size(); ++index) {
        Port& port = ports_[index];
        while (!port.steps.empty() && may_go_on(port)) {
            port.wait = {};
            port.turns.clear();
            const Step step = port.steps.front();
            port.steps.pop_front();
            take(index, step);
        }
    }
}

bool ReceiverAssigner::may_go_on(const Port& port) const {
    for (std::size_t worker = 0; worker < port.turns.size(); ++worker) {
        if (queues_.turns(worker) < port.turns[worker]) {
            return false;
        }
    }
    return queues_.reached(port.wait);
}

void ReceiverAssigner::take(std::size_t index, const Step& step) {
    Port& port = ports_[index];
    switch (step.what) {
        case Do::Stop:
            tell_pollers(index, step.queues, CommandKind::StopPolling);
            break;
        case Do::Start:
            tell_pollers(index, step.queues, CommandKind::StartPolling);
            break;
        case Do::Barrier:
            for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
                queues_.send(worker, Command::barrier());
            }
            queues_.mark_all(port.wait);
            break;
        case Do::Steer:
            steer(index, step.rules);
            break;
        case Do::LetTurn:
            let_turn(index, step.queues);
            break;
        case Do::TakeOver:
            port.pollers = port.next;
            break;
        case Do::End:
            --under_way_;
            port.plan = port.next_plan;
            if (port.wish) {
                begin(index, *std::exchange(port.wish, std::nullopt));
            }
            break;
    }
}

void ReceiverAssigner::tell_pollers(std::size_t index, Queues queues, CommandKind kind) {
    Port& port = ports_[index];
    for (std::size_t queue = 0; queue < port.pollers.size(); ++queue) {
        const std::size_t worker = port.pollers[queue];
        if ((queues >> queue & 1U) == 0 || worker == kNobody) {
            continue;
        }
        const RxQueueCommand what{
            .port = static_cast<std::uint16_t>(index),
            .device = set_.ports.at(index).device,
            .queue = static_cast<std::uint16_t>(queue)};
        queues_.send(
            worker,
            kind == CommandKind::StopPolling ? Command::stop_polling(what)
                                             : Command::start_polling(what)
        );
        queues_.mark(worker, port.wait);
    }
}

/// A device that refuses has no rules then, and goes on like one that takes none: its steered
/// queues get nothing, and the owners get their frames from those who poll the others.
void ReceiverAssigner::steer(std::size_t index, bool rules) {
    Port& port = ports_[index];
    std::vector<SteeringRule> wanted;
    for (std::size_t i = 0; rules && i < port.next_plan.steered.size(); ++i) {
        const std::size_t queue = set_.ports.at(index).rx_queues + i;
        wanted.push_back({port.next_plan.steered[i].first_vids, static_cast<std::uint16_t>(queue)});
    }
    const PortIndex which{static_cast<std::uint16_t>(index)};
    if (!steering_->steer(which, wanted) && rules) {
        port.next_plan.steered.clear();
        port.next = share_out(index, port.next_plan);
    }
}

/// Each turn takes a burst from each queue: after as many as a full queue has, all is received that
/// was in it. Twice as many, as a driver may give less than a burst of what it has.
void ReceiverAssigner::let_turn(std::size_t index, Queues queues) {
    Port& port = ports_[index];
    const std::uint32_t known = set_.ports.at(index).rx_descriptors;
    const std::uint64_t bursts = (known == 0 ? kDescriptorsMax : known) / (kBurstMax / 2) + 2;
    for (std::size_t queue = 0; queue < port.pollers.size(); ++queue) {
        if ((queues >> queue & 1U) != 0 && port.pollers[queue] != kNobody) {
            port.turns.resize(queues_.worker_count(), 0);
            const std::size_t worker = port.pollers[queue];
            port.turns[worker] = queues_.turns(worker) + bursts;
        }
    }
}

/// Each queue stays where it may. The others go to whom has the fewest of this port, then of all.
/// Shares of the queues that take what no rule names differ by one queue at most.
ReceiverAssigner::Pollers ReceiverAssigner::share_out(std::size_t index, const ReceiverPlan& plan)
    const {
    const std::size_t shared = set_.ports.at(index).rx_queues;
    Pollers next = ports_[index].pollers;
    const auto least = [&](WorkerSet workers, std::size_t first) {
        const auto rank = [&](std::size_t worker) {
            return std::tuple{count_of(next, first, worker), load_of(worker), worker};
        };
        const std::vector<std::size_t> members = members_of(workers);
        return *std::min_element(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
            return rank(a) < rank(b);
        });
    };
    for (std::size_t i = 0; shared + i < next.size(); ++i) {
        std::size_t& poller = next[shared + i];
        if (i >= plan.steered.size()) {
            poller = kNobody;
        } else if (poller == kNobody || !plan.steered[i].workers.contains(poller)) {
            poller = kNobody;
            poller = least(plan.steered[i].workers, shared);
        }
    }
    for (std::size_t queue = 0; queue < shared; ++queue) {
        if (!plan.others.contains(next[queue])) {
            next[queue] = least(plan.others, 0);
        }
    }
    for (std::size_t queue = 0; queue < shared; ++queue) {
        const std::size_t other = least(plan.others, 0);
        if (count_of(next, 0, next[queue]) > count_of(next, 0, other) + 1) {
            next[queue] = other;
        }
    }
    return next;
}

std::size_t ReceiverAssigner::load_of(std::size_t worker) const {
    std::size_t load = 0;
    for (const Port& port : ports_) {
        load += count_of(port.steps.empty() ? port.pollers : port.next, 0, worker);
    }
    return load;
}

WorkerSet ReceiverAssigner::receivers(PortIndex port) const {
    WorkerSet workers;
    for (const std::size_t worker : ports_.at(port.value).pollers) {
        if (worker != kNobody) {
            workers.add(worker);
        }
    }
    return workers;
}

const ReceiverPlan& ReceiverAssigner::plan(PortIndex port) const {
    return ports_.at(port.value).plan;
}

} // namespace strowger::dataplane
