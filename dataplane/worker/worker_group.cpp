// SPDX-License-Identifier: Apache-2.0
#include "worker/worker_group.h"

#include "strowger/base/check.h"

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <algorithm>
#include <new>
#include <string>

namespace strowger::dataplane {

namespace {

Error no_memory(int socket) {
    return {
        .code = ErrorCode::Unavailable,
        .message = "not enough memory on socket " + std::to_string(socket) +
                   " for the workers' tables: raise memory.megabytes, or lower endpoints or "
                   "vlan_index_bytes",
        .problems = {},
    };
}

} // namespace

std::size_t transmitter_of(const PortQueues& port, std::size_t worker, std::size_t worker_count) {
    if (port.tx_queue[worker] != kNoQueue) {
        return worker;
    }
    std::vector<std::size_t> able;
    for (std::size_t other = 0; other < worker_count; ++other) {
        if (port.tx_queue[other] != kNoQueue) {
            able.push_back(other);
        }
    }
    STROWGER_CHECK(!able.empty());
    return able[worker % able.size()];
}

Result<std::unique_ptr<WorkerGroup>> WorkerGroup::create(const Terms& terms) {
    std::unique_ptr<WorkerGroup> group{new WorkerGroup};
    if (auto built = group->build(terms); !built) {
        return built.error();
    }
    return group;
}

WorkerGroup::~WorkerGroup() {
    for (rte_ring* const ring : frame_rings_) {
        void* frame = nullptr;
        while (rte_ring_sc_dequeue(ring, &frame) == 0) {
            if (!HandoverMessage::is_message(frame)) {
                rte_pktmbuf_free(static_cast<rte_mbuf*>(frame));
            }
        }
    }
    for (Worker* const worker : workers_) {
        worker->free_frames();
        worker->~Worker();
    }
    for (void* const block : memory_) {
        rte_free(block);
    }
}

bool WorkerGroup::send(std::size_t id, const Command& command) noexcept {
    Command copy = command; // DPDK 22.11 takes it without const
    return rte_ring_sp_enqueue_elem(workers_[id]->parts().commands, &copy, sizeof(copy)) == 0;
}

std::uint64_t WorkerGroup::now() const noexcept {
    return virtual_clock_ == nullptr ? rte_rdtsc()
                                     : virtual_clock_->load(std::memory_order_relaxed);
}

std::uint64_t WorkerGroup::handover_lost(std::size_t poller, std::size_t owner, std::uint32_t slot)
    const noexcept {
    const WorkerCounter* const lost = worker(poller).parts().handover_out[owner].lost_by_slot;
    return lost == nullptr ? 0 : lost[slot].read();
}

Result<void> WorkerGroup::build(const Terms& terms) {
    STROWGER_CHECK(!terms.places.empty() && terms.places.size() <= limits::kWorkersMax);
    STROWGER_CHECK(terms.config->endpoints <= limits::kEndpointsMax);
    STROWGER_CHECK(terms.config->workers.size() == terms.places.size());
    ports_ = terms.ports;
    places_ = terms.places;
    bytes_ = table_bytes(*terms.config, ports_->count, terms.parked_max);
    virtual_clock_ = terms.virtual_clock;
    path_ = terms.path != nullptr    ? terms.path
            : !frame_paths().empty() ? frame_paths().front()
                                     : nullptr;
    if (path_ == nullptr) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message = "this build is for x86-64-v2 and later, and this CPU is older",
            .problems = {},
        };
    }
    clock_hz_ = terms.clock_hz != 0 ? terms.clock_hz : rte_get_tsc_hz();
    for (std::size_t id = 0; id < places_.size(); ++id) {
        if (auto built = build_worker(id, terms); !built) {
            return built;
        }
    }
    if (auto connected = connect_workers(*terms.config); !connected) {
        return connected;
    }
    if (auto connected = connect_ports(*terms.config); !connected) {
        return connected;
    }
    for (Worker* const worker : workers_) {
        worker->attach(*path_);
    }
    return {};
}

Result<void> WorkerGroup::build_worker(std::size_t id, const Terms& terms) {
    const int socket = places_[id].socket;
    const DataplaneConfig& config = *terms.config;
    void* const memory = allocate(bytes_.worker, socket);
    if (memory == nullptr) {
        return no_memory(socket);
    }
    auto* const worker = new (memory) Worker;
    workers_.push_back(worker);

    WorkerParts& parts = worker->parts();
    parts.id = static_cast<std::uint32_t>(id);
    parts.worker_count = static_cast<std::uint32_t>(places_.size());
    parts.ports = ports_;
    parts.virtual_clock = terms.virtual_clock;
    parts.tx_settle_ticks = ticks_of(terms.tx_settle_ns);
    parts.tx_stall_ticks = ticks_of(terms.tx_stall_ns);
    parts.meter_clock = MeterClock::from_hz(clock_hz_);
    // Zeroed memory is a valid value of each: empty entries, idle slots, counters at zero. The
    // first block stays empty for good.
    parts.index_lines = static_cast<IndexLine*>(allocate(bytes_.index, socket));
    parts.hot_slots = static_cast<HotSlot*>(allocate(bytes_.hot_slots, socket));
    parts.cold_slots = static_cast<ColdSlot*>(allocate(bytes_.cold_slots, socket));
    parts.port_stats = static_cast<PortStats*>(allocate(bytes_.port_stats, socket));
    parts.commands = make_ring(config.command_ring, bytes_.commands, socket);
    // As many as a hand-over ring takes: both say how long a worker may be late.
    parts.parked_max = terms.parked_max != 0 ? terms.parked_max : config.handover_ring;
    parts.parked = static_cast<rte_mbuf**>(allocate(bytes_.parked, socket));
    if (parts.index_lines == nullptr || parts.hot_slots == nullptr || parts.cold_slots == nullptr ||
        parts.port_stats == nullptr || parts.commands == nullptr || parts.parked == nullptr) {
        return no_memory(socket);
    }
    return {};
}

Result<void> WorkerGroup::connect_workers(const DataplaneConfig& config) {
    for (std::size_t from = 0; from < workers_.size(); ++from) {
        for (std::size_t to = 0; to < workers_.size(); ++to) {
            if (workers_.size() == 1) {
                continue;
            }
            HandoverLane& lane = workers_[from]->parts().handover_out[to];
            lane.lost_by_slot =
                static_cast<WorkerCounter*>(allocate(bytes_.lost_by_slot, places_[from].socket));
            if (lane.lost_by_slot == nullptr) {
                return no_memory(places_[from].socket);
            }
            if (from == to) {
                continue; // counts what finds no room to be parked
            }
            // The consumer's socket: it reads each frame's entry from there.
            lane.ring = make_ring(config.handover_ring, bytes_.handover_ring, places_[to].socket);
            if (lane.ring == nullptr) {
                return no_memory(places_[to].socket);
            }
            frame_rings_.push_back(lane.ring);
            workers_[to]->parts().handover_in[from] = lane.ring;
        }
    }
    return {};
}

Result<void> WorkerGroup::connect_ports(const DataplaneConfig& config) {
    for (std::uint16_t index = 0; index < ports_->count; ++index) {
        const PortQueues& port = ports_->ports[index];
        for (std::uint16_t queue = 0; queue < port.rx_queues; ++queue) {
            WorkerParts& parts = workers_.at(port.rx_poller[queue])->parts();
            parts.rx[parts.rx_count++] = {.port = index, .device = port.device, .queue = queue};
        }
        for (std::size_t id = 0; id < workers_.size(); ++id) {
            WorkerParts& parts = workers_[id]->parts();
            TxLane& lane = parts.tx[index];
            lane.device = port.device;
            lane.queue = port.tx_queue[id];
            const std::size_t transmitter = transmitter_of(port, id, workers_.size());
            if (transmitter == id) {
                continue;
            }
            lane.ring =
                make_ring(config.handover_ring, bytes_.handover_ring, places_[transmitter].socket);
            if (lane.ring == nullptr) {
                return no_memory(places_[transmitter].socket);
            }
            frame_rings_.push_back(lane.ring);
            WorkerParts& other = workers_[transmitter]->parts();
            other.relays[other.relay_count++] = {
                .ring = lane.ring,
                .port = index,
                .device = port.device,
                .queue = port.tx_queue[transmitter],
            };
        }
    }
    return {};
}

std::uint64_t WorkerGroup::ticks_of(std::uint64_t duration_ns) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>(Wide{duration_ns} * clock_hz_ / 1'000'000'000);
}

void* WorkerGroup::allocate(std::uint64_t bytes, int socket) {
    void* const block = rte_zmalloc_socket("strowger", bytes, RTE_CACHE_LINE_SIZE, socket);
    if (block != nullptr) {
        memory_.push_back(block);
    }
    return block;
}

rte_ring* WorkerGroup::make_ring(std::uint32_t entries, std::uint64_t bytes, int socket) {
    auto* const ring = static_cast<rte_ring*>(allocate(bytes, socket));
    if (ring != nullptr) {
        STROWGER_CHECK(
            rte_ring_init(ring, "strowger", entries, RING_F_SP_ENQ | RING_F_SC_DEQ) == 0
        );
    }
    return ring;
}

} // namespace strowger::dataplane
