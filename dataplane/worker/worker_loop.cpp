// SPDX-License-Identifier: Apache-2.0
#include "stage/classify.h"
#include "stage/forward.h"
#include "stage/parse.h"
#include "stage/pass.h"
#include "stage/rewrite.h"
#include "strowger/base/check.h"
#include "worker/apply.h"
#include "worker/worker.h"

#include <rte_cycles.h>
#include <rte_ring.h>

namespace strowger::dataplane {

static_assert(limits::kPortsMax <= 64, "staged_ports_ has one bit a port");

/// What Worker does. The same source is built for several kinds of CPU, each with a FramePath.
class WorkerLoop {
public:
    static bool turn(Worker& worker) noexcept {
        WorkerLoop loop(worker);
        const std::uint64_t began = rte_rdtsc();
        if (began - worker.turn_began_ > worker.parts_.long_turn_ticks) [[unlikely]] {
            worker.stats_.note_long_turn(began - worker.turn_began_);
        }
        worker.turn_began_ = began;
        loop.take_commands();
        loop.move_frames();
        loop.apply_commands();
        const bool moved = worker.frames_moved_ != 0 || worker.taken_count_ != 0;
        loop.acknowledge();
        const bool busy = moved || worker.circuits_moved_;
        if (busy) {
            worker.stats_.busy_cycles.add(rte_rdtsc() - began);
        }
        return busy;
    }
    static void take_commands(Worker& worker) noexcept { WorkerLoop(worker).take_commands(); }
    static void move_frames(Worker& worker) noexcept { WorkerLoop(worker).move_frames(); }
    static void apply_commands(Worker& worker) noexcept { WorkerLoop(worker).apply_commands(); }
    static void acknowledge(Worker& worker) noexcept { WorkerLoop(worker).acknowledge(); }

private:
    explicit WorkerLoop(Worker& worker) noexcept
        : worker_(worker),
          parts_(worker.parts_),
          tables_{
              .hot = parts_.hot_slots,
              .cold = parts_.cold_slots,
              .stats = parts_.port_stats,
              .byte_tokens = parts_.meter_clock.byte_tokens()} {}

    void take_commands() noexcept;
    void move_frames() noexcept;
    void apply_commands() noexcept;
    void acknowledge() noexcept;

    [[nodiscard]] std::uint64_t clock() const noexcept;
    [[nodiscard]] std::uint64_t now() const noexcept; ///< in meter ticks
    void take_over_from(rte_ring* ring) noexcept;
    void go_on_with(std::span<void* const> frames) noexcept;
    void unpark() noexcept;
    void poll(const RxQueue& queue) noexcept;
    void parse_now(Burst& burst) noexcept;
    void park(Burst& burst) noexcept;
    void start_polling(const RxQueueCommand& what) noexcept;
    void stop_polling(const RxQueueCommand& what) noexcept;
    void come_in() noexcept;
    void go_out(Burst& burst) noexcept;

    [[nodiscard]] Burst& filling() const noexcept { return worker_.bursts_[worker_.filling_]; }
    [[nodiscard]] Burst& half_done() const noexcept {
        return worker_.bursts_[1 - worker_.filling_];
    }

    Worker& worker_;
    WorkerParts& parts_;
    OwnerTables tables_;
};

void WorkerLoop::take_commands() noexcept {
    std::uint32_t weight = 0;
    std::uint32_t count = 0;
    while (weight < kCommandsPerTurnMax && count < kCommandsPerTurnMax) {
        Command& next = worker_.taken_[count];
        if (rte_ring_sc_dequeue_elem(parts_.commands, &next, sizeof(Command)) != 0) {
            break;
        }
        weight += weight_of(next);
        ++count;
    }
    worker_.taken_count_ = count;
}

void WorkerLoop::move_frames() noexcept {
    worker_.frames_moved_ = 0;
    if (worker_.moves_.parks()) [[unlikely]] {
        unpark();
    }
    for (std::uint32_t peer = 0; peer < parts_.worker_count; ++peer) {
        if (parts_.handover_in[peer] != nullptr) {
            take_over_from(parts_.handover_in[peer]);
        }
    }
    for (std::uint32_t i = 0; i < parts_.rx_count; ++i) {
        poll(parts_.rx[i]);
    }
    // A full burst says that more will follow, and waits for the next one to hide its loads behind.
    // But not in front of what ends a circuit's time here: a command, a last frame.
    if (half_done().count < kBurstMax || worker_.taken_count_ != 0 || worker_.frames_moved_ == 0 ||
        worker_.moves_.releases()) {
        go_out(half_done());
    }
    worker_.frames_moved_ += flush_tx(tables_, parts_.tx, worker_.staged_ports_);
    for (std::uint32_t i = 0; i < parts_.relay_count; ++i) {
        worker_.frames_moved_ += relay(parts_.relays[i], parts_.port_stats);
    }
}

void WorkerLoop::apply_commands() noexcept {
    if (worker_.taken_count_ == 0) {
        return;
    }
    const ApplyTo to{
        .classifier = &worker_.classifier_,
        .tables = tables_,
        .clock = parts_.meter_clock,
        .lanes = parts_.tx,
        .staged_ports = worker_.staged_ports_,
        .now = now(),
    };
    for (std::uint32_t i = 0; i < worker_.taken_count_; ++i) {
        const Command& command = worker_.taken_[i];
        if (command.kind == CommandKind::StartPolling) {
            start_polling(command.rx_queue);
        } else if (command.kind == CommandKind::StopPolling) {
            stop_polling(command.rx_queue);
        } else if (!worker_.moves_.apply(command, worker_.classifier_)) {
            apply(command, to);
        }
    }
}

void WorkerLoop::start_polling(const RxQueueCommand& what) noexcept {
    STROWGER_CHECK(parts_.rx_count < parts_.rx.size());
    parts_.rx[parts_.rx_count++] = {.port = what.port, .device = what.device, .queue = what.queue};
}

void WorkerLoop::stop_polling(const RxQueueCommand& what) noexcept {
    for (std::uint32_t i = 0; i < parts_.rx_count; ++i) {
        if (parts_.rx[i].port == what.port && parts_.rx[i].queue == what.queue) {
            parts_.rx[i] = parts_.rx[--parts_.rx_count];
            return;
        }
    }
}

void WorkerLoop::acknowledge() noexcept {
    for (std::uint32_t peer = 0; peer < parts_.worker_count; ++peer) {
        flush_handover(parts_.handover_out[peer], parts_.port_stats, worker_.stats_);
    }
    worker_.circuits_moved_ = false;
    if (worker_.moves_.has_to_go_on()) [[unlikely]] {
        worker_.circuits_moved_ = worker_.moves_.go_on({
            .classifier = &worker_.classifier_,
            .tables = &tables_,
            .staged_ports = worker_.staged_ports_,
            .now = clock(),
        });
    }
    if (worker_.taken_count_ != 0) {
        worker_.applied_.store(
            worker_.applied_.load(std::memory_order_relaxed) + worker_.taken_count_,
            std::memory_order_release
        );
        worker_.taken_count_ = 0;
    }
    worker_.stats_.loops.add(1);
}

std::uint64_t WorkerLoop::clock() const noexcept {
    return parts_.virtual_clock == nullptr ? rte_rdtsc()
                                           : parts_.virtual_clock->load(std::memory_order_relaxed);
}

std::uint64_t WorkerLoop::now() const noexcept {
    return parts_.meter_clock.ticks(clock());
}

/// A ring's capacity bounds what was in it after the commands were taken, and so this loop, also
/// while the other worker keeps putting frames in.
void WorkerLoop::take_over_from(rte_ring* ring) noexcept {
    const unsigned bound = rte_ring_get_capacity(ring);
    unsigned taken = 0;
    while (taken < bound) {
        TakenOver found;
        take_over(ring, found);
        if (found.count == 0) {
            return;
        }
        taken += found.count;
        worker_.frames_moved_ += found.count;
        std::span<void* const> rest{found.elements.data(), found.count};
        while (!rest.empty()) {
            const std::size_t frames = frames_ahead(rest);
            go_on_with(rest.first(frames));
            rest = rest.subspan(frames);
            if (!rest.empty()) [[unlikely]] {
                worker_.moves_.receive(HandoverMessage{rest.front()}, tables_);
                rest = rest.subspan(1);
            }
        }
    }
}

/// Frames of this worker's circuits that another one classified.
void WorkerLoop::go_on_with(std::span<void* const> frames) noexcept {
    if (frames.empty()) [[unlikely]] {
        return;
    }
    worker_.stats_.taken_over.add(frames.size());
    Burst& burst = filling();
    load_burst(frames, burst);
    parse_now(burst);
    park(burst);
    find_slots(parts_.hot_slots, burst);
    come_in();
}

void WorkerLoop::unpark() noexcept {
    worker_.moves_.begin_unparking();
    while (const std::uint16_t count = worker_.moves_.unpark(filling())) {
        worker_.frames_moved_ += count;
        parse_now(filling());
        find_slots(parts_.hot_slots, filling());
        come_in();
    }
    worker_.frames_moved_ += worker_.moves_.end_unparking();
}

void WorkerLoop::poll(const RxQueue& queue) noexcept {
    Burst& burst = filling();
    receive(queue, burst, parts_.port_stats);
    if (burst.count == 0) {
        return;
    }
    worker_.frames_moved_ += burst.count;
    parse_now(burst);
    classify(worker_.classifier_, parts_.hot_slots, burst, parts_.port_stats);
    if (parts_.worker_count > 1) {
        hand_over(parts_.id, parts_.handover_out, burst, parts_.port_stats, worker_.stats_);
    }
    park(burst);
    come_in();
}

/// The time that its frames are metered at, and their tags.
void WorkerLoop::parse_now(Burst& burst) noexcept {
    burst.now = now();
    parse(burst, parts_.port_stats);
}

/// Takes out those whose circuits are still to come.
void WorkerLoop::park(Burst& burst) noexcept {
    if (worker_.moves_.parks()) [[unlikely]] {
        worker_.moves_.park(burst, parts_.port_stats);
    }
}

/// The loads of a burst's slots are under way: the burst before it is finished meanwhile.
void WorkerLoop::come_in() noexcept {
    go_out(half_done());
    worker_.filling_ = 1 - worker_.filling_;
}

/// From classification on, a frame is treated the same whoever polled it. While this burst is
/// finished, the slots of the one behind it come into the cache. At the end of a turn there is none
/// behind: what the other burst still names are slots that it has just been through.
void WorkerLoop::go_out(Burst& burst) noexcept {
    if (burst.count == 0 && burst.dropped_count == 0) {
        bring_slots(filling(), 0);
        return;
    }
    pass(tables_, *parts_.ports, filling(), burst);
    forward(tables_, worker_.classifier_, parts_.id, *parts_.ports, burst);
    rewrite(tables_, burst);
    transmit(tables_, parts_.tx, worker_.staged_ports_, burst);
    if (burst.dropped_count != 0) {
        rte_pktmbuf_free_bulk(burst.dropped.data(), burst.dropped_count);
        burst.dropped_count = 0;
    }
}

// One for each build: STROWGER_FRAME_PATH is the name of the symbol, STROWGER_FRAME_PATH_NAME says
// for which CPU.
extern "C" const FramePath STROWGER_FRAME_PATH = {
    .name = STROWGER_FRAME_PATH_NAME,
    .turn = WorkerLoop::turn,
    .take_commands = WorkerLoop::take_commands,
    .move_frames = WorkerLoop::move_frames,
    .apply_commands = WorkerLoop::apply_commands,
    .acknowledge = WorkerLoop::acknowledge,
};

} // namespace strowger::dataplane
