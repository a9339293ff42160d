// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "stage/handover.h"
#include "stage/receive.h"
#include "stage/transmit.h"
#include "worker/circuit_moves.h"
#include "worker/command.h"
#include "worker/frame_path.h"
#include "worker/port_set.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace strowger::dataplane {

/// Of all ports: one a port for each worker that may poll it, should one worker poll them all.
inline constexpr std::size_t kRxQueuesMax =
    std::size_t{limits::kPortsMax} * limits::kRxQueuesPerPortMax;

/// Everything a worker uses, laid out by WorkerGroup before it starts.
struct WorkerParts {
    std::uint32_t id = 0;
    std::uint32_t worker_count = 1;
    const PortSet* ports = nullptr;
    HotSlot* hot_slots = nullptr;
    ColdSlot* cold_slots = nullptr;
    PortStats* port_stats = nullptr;  ///< by PortIndex
    IndexLine* index_lines = nullptr; ///< of the classifier
    rte_ring* commands = nullptr;     ///< elements of 64 bytes; single consumer: this worker
    MeterClock meter_clock;
    /// Time of tests; null: the TSC.
    const std::atomic<std::uint64_t>* virtual_clock = nullptr;

    /// A turn that takes longer is counted. Never: where a worker sleeps between turns.
    std::uint64_t long_turn_ticks = UINT64_MAX;
    std::uint32_t rx_count = 0;
    std::array<RxQueue, kRxQueuesMax> rx; ///< polled in turn; changed by commands only
    /// Frames that others classified and this worker owns, by the worker they come from.
    std::array<rte_ring*, limits::kWorkersMax> handover_in{};
    std::array<HandoverLane, limits::kWorkersMax> handover_out;
    /// Room for frames that wait until their circuit has moved here: kMovesMax times parked_max, a
    /// power of two.
    rte_mbuf** parked = nullptr;
    std::uint32_t parked_max = 0;
    /// How long a frame may take from a device's queue to its wire where no driver says: as long
    /// the old owner of a circuit waits, so that the new one's frames do not overtake it.
    std::uint64_t tx_settle_ticks = 0;
    /// And how long where the driver, or a queue that is full, says that it has not left: then the
    /// port stands still.
    std::uint64_t tx_stall_ticks = 0;
    std::array<TxLane, limits::kPortsMax> tx;
    std::uint32_t relay_count = 0;
    std::array<TxRelay, std::size_t{limits::kPortsMax} * limits::kWorkersMax> relays;
};

/// One polling core. A turn takes commands, moves frames, then applies the commands:
///
///   1. take_commands: at most kCommandsPerTurnMax from the ring into a local array;
///   2. move_frames: first empties every hand-over ring, up to what was there after 1; a burst
///      that is left in the middle of its stages is finished when there are commands;
///   3. apply_commands, between bursts;
///   4. acknowledge: hand-over bursts are flushed first, moves of circuits go on after.
///
/// 1 before 2 is what makes it safe to reuse a slot. Before the control thread frees one, every
/// poller has acknowledged that it no longer matches it, and so (4) its last frames are in the
/// owner's ring. The owner sees the free command in 1; frames put there before it are taken in 2
/// and leave under the old program. In the order 2, 1 a frame could arrive in between and leave
/// through a slot that belongs to another tenant by then.
///
/// What a turn does is in worker_loop.cpp, which is built for several kinds of CPU.
class alignas(64) Worker {
public:
    /// Filled before the first turn, by one thread.
    [[nodiscard]] WorkerParts& parts() noexcept { return parts_; }
    void attach(const FramePath& path) noexcept {
        path_ = &path;
        classifier_.attach(parts_.index_lines);
        moves_.attach(parts_);
    }

    /// From here on turns that take longer are counted. On the worker's thread.
    void watch_turns(std::uint64_t long_turn_ticks) noexcept;
    /// One turn. Returns whether it found frames or commands.
    bool turn() noexcept { return path_->turn(*this); }

    /// Frees the frames that it still holds. When it turns no more.
    void free_frames() noexcept;

    // The steps of a turn, for tests that show why their order matters.
    void take_commands() noexcept { path_->take_commands(*this); }
    void move_frames() noexcept { path_->move_frames(*this); }
    void apply_commands() noexcept { path_->apply_commands(*this); }
    void acknowledge() noexcept { path_->acknowledge(*this); }

    /// How many commands are applied and all frames before them gone from this worker.
    // worker: wo, control: ro
    [[nodiscard]] std::uint64_t applied() const noexcept {
        return applied_.load(std::memory_order_acquire);
    }
    [[nodiscard]] const CircuitMoves& moves() const noexcept { return moves_; }
    [[nodiscard]] const WorkerStats& stats() const noexcept { return stats_; }
    [[nodiscard]] const WorkerParts& parts() const noexcept { return parts_; }

private:
    friend class WorkerLoop;

    const FramePath* path_ = nullptr;
    WorkerParts parts_;
    Classifier classifier_;
    CircuitMoves moves_;
    /// One is filled and classified while the lines of the other's slots are on their way.
    std::array<Burst, 2> bursts_;
    std::uint32_t filling_ = 0; ///< which of them is next; the other may be half done
    std::array<Command, kCommandsPerTurnMax> taken_;
    std::uint32_t taken_count_ = 0;
    std::uint32_t frames_moved_ = 0;
    bool circuits_moved_ = false;
    std::uint64_t turn_began_ = 0; ///< the last one, in TSC ticks
    std::uint64_t staged_ports_ = 0;
    WorkerStats stats_;
    alignas(64) std::atomic<std::uint64_t> applied_{0};
};

} // namespace strowger::dataplane
