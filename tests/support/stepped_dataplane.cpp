// SPDX-License-Identifier: Apache-2.0
#include "tests/support/stepped_dataplane.h"

#include "strowger/base/check.h"
#include "tests/support/ring_ports.h"
#include "tests/support/stepped_parts.h"

#include <rte_mempool.h>

#include <array>

namespace strowger::test {

namespace {

void lay_out_ports(SteppedDataplane::Parts& parts) {
    const SteppedDataplane::Options& options = parts.options;
    parts.ports.count = static_cast<std::uint16_t>(options.ports);
    for (unsigned index = 0; index < options.ports; ++index) {
        dataplane::PortQueues& port = parts.ports.ports[index];
        port.device = RingPorts::instance().device(index);
        port.frame_max = options.frame_max;
        port.tx_descriptors = options.tx_descriptors;
        port.rx_descriptors = SteppedDataplane::kQueueFrames;
        port.rx_queues = static_cast<std::uint16_t>(options.rx_queues);
        port.steered_queues = static_cast<std::uint16_t>(options.steered_queues);
        for (std::uint16_t queue = 0; queue < options.rx_queues; ++queue) {
            port.rx_poller[queue] = static_cast<std::uint16_t>(queue % options.workers);
        }
        for (std::uint16_t worker = 0; worker < options.workers; ++worker) {
            port.tx_queue[worker] = worker < options.tx_queues ? worker : dataplane::kNoQueue;
        }
    }
}

} // namespace

SteppedDataplane::SteppedDataplane(const Options& options) : parts_(std::make_unique<Parts>()) {
    STROWGER_CHECK(options.ports <= kRingPorts && options.workers <= kRingPortQueues);
    parts_->options = options;
    parts_->config.workers.resize(options.workers);
    parts_->config.endpoints = options.endpoints;
    parts_->config.vlan_index_bytes = options.vlan_index_bytes;
    parts_->config.command_ring = options.command_ring;
    parts_->config.handover_ring = options.handover_ring;
    lay_out_ports(*parts_);
    auto group = dataplane::WorkerGroup::create({
        .config = &parts_->config,
        .ports = &parts_->ports,
        .places = std::vector<dataplane::WorkerPlace>(options.workers),
        .virtual_clock = &parts_->clock,
        .clock_hz = options.clock_hz,
        .path = dataplane::frame_paths()[options.frame_path],
        .tx_settle_ns = options.tx_settle_ns,
        .tx_stall_ns = options.tx_stall_ns,
        .parked_max = options.parked_max,
    });
    STROWGER_CHECK(group.has_value());
    parts_->group = std::move(*group);
    parts_->dataplane = std::make_unique<dataplane::RingDataplane>(
        parts_->config, *parts_->group, *parts_, parts_.get()
    );
}

SteppedDataplane::~SteppedDataplane() {
    RingPorts::instance().drain();
}

Dataplane& SteppedDataplane::dataplane() {
    return *parts_->dataplane;
}

bool SteppedDataplane::inject(
    unsigned port,
    std::span<const std::uint8_t> frame,
    unsigned rx_queue
) {
    RingPorts& ports = RingPorts::instance();
    return ports.inject(port, rx_queue, ports.make(frame));
}

unsigned SteppedDataplane::steered_to(unsigned port, std::uint16_t vid, unsigned otherwise) const {
    for (const dataplane::SteeringRule& rule : parts_->rules.at(port)) {
        if (rule.first_vids.contains(vid)) {
            return rule.queue;
        }
    }
    return otherwise;
}

void SteppedDataplane::refuse_rules(unsigned port) {
    parts_->refuses.at(port) = true;
}

std::vector<FrameBytes> SteppedDataplane::collect(unsigned port) {
    return RingPorts::instance().collect(port);
}

bool SteppedDataplane::step(unsigned worker) {
    return parts_->group->worker(worker).turn();
}

std::vector<Completion> SteppedDataplane::settle() {
    std::vector<Completion> completions;
    bool moved = true;
    // A change of receivers waits for turns in which nothing moves.
    constexpr unsigned kIdleRoundsMax = 64;
    for (unsigned idle = 0; moved || (idle < kIdleRoundsMax && dataplane().outstanding() != 0);
         idle = moved ? 0 : idle + 1) {
        // First, for what it sends to the workers is not to be seen from here.
        const std::vector<Completion> more = poll();
        completions.insert(completions.end(), more.begin(), more.end());
        moved = !more.empty();
        for (unsigned worker = 0; worker < parts_->options.workers; ++worker) {
            moved = step(worker) || moved;
        }
    }
    return completions;
}

std::vector<Completion> SteppedDataplane::poll() {
    std::array<Completion, 64> completions;
    const std::size_t count = parts_->dataplane->poll(completions);
    return {completions.begin(), completions.begin() + static_cast<std::ptrdiff_t>(count)};
}

std::uint64_t SteppedDataplane::now() const {
    return parts_->clock.load(std::memory_order_relaxed);
}

void SteppedDataplane::advance(std::uint64_t ticks) {
    parts_->clock.store(now() + ticks, std::memory_order_relaxed);
}

void SteppedDataplane::set_link(unsigned port, bool up) {
    parts_->ports.set_link(port, up);
}

SteppedDataplane::Parts& SteppedDataplane::parts() {
    return *parts_;
}

std::size_t frames_in_use() {
    return rte_mempool_in_use_count(RingPorts::instance().pool());
}

} // namespace strowger::test
