// SPDX-License-Identifier: Apache-2.0
#include "worker/circuit_moves.h"

#include "stage/frame_note.h"
#include "worker/worker.h"

#include <rte_ethdev.h>
#include <rte_ring.h>

namespace strowger::dataplane {

static_assert(kMovesMax <= kAliasesMax);

namespace {

/// More than were parked in the turn before go on in each turn: by so many.
constexpr std::uint32_t kUnparkStep = kBurstMax * 2;

template <typename Action>
void for_each_move(std::uint32_t moves, Action&& action) noexcept {
    for (; moves != 0; moves &= moves - 1) {
        action(static_cast<MoveNumber>(__builtin_ctz(moves)));
    }
}

constexpr std::uint32_t move_bit(MoveNumber move) noexcept {
    return 1U << move;
}
constexpr std::uint64_t slot_bit(std::uint32_t slot) noexcept {
    return std::uint64_t{1} << (slot % 64);
}

/// Whether frames of a slot wait for the device or the ring to take them.
bool holds(const TxLane& lane, std::uint32_t slot) noexcept {
    for (std::uint16_t i = 0; i < lane.count; ++i) {
        if (FrameNote::slot(lane.frames[i]) == slot) {
            return true;
        }
    }
    return false;
}

bool enqueue(rte_ring* ring, HandoverMessage message) noexcept {
    return rte_ring_sp_enqueue(ring, message.element()) == 0;
}

} // namespace

bool CircuitMoves::apply(const Command& command, Classifier& classifier) noexcept {
    switch (command.kind) {
        case CommandKind::ExpectCircuit: {
            Arrival& arrival = arrivals_[command.expect.move];
            arrival.slots = command.expect.slots;
            arrival.adopted = false;
            expected_ |= move_bit(command.expect.move);
            note_expected_slots();
            return true;
        }
        case CommandKind::ReleaseCircuit: {
            const ReleaseCircuit& what = command.release;
            departures_[what.move].what = what;
            departures_[what.move].wait = {};
            departures_[what.move].leaving = false;
            released_ |= move_bit(what.move);
            classifier.add_alias(what.slots, what.to, what.new_slots);
            return true;
        }
        case CommandKind::SendMarker: {
            const SendMarker& what = command.send_marker;
            if (what.to == parts_->id) {
                ++departures_[what.move].markers;
            } else {
                marker_to_[what.move] = what.to;
                owed_ |= move_bit(what.move);
            }
            return true;
        }
        default:
            return false;
    }
}

void CircuitMoves::receive(HandoverMessage message, const OwnerTables& tables) noexcept {
    if (message.is_marker()) {
        // It may overtake the command that says whom to pass the circuit to.
        ++departures_[message.move()].markers;
        return;
    }
    const CircuitState& state = *message.state();
    Arrival& arrival = arrivals_[state.move];
    for (std::size_t half = 0; half < state.halves.size(); ++half) {
        const std::uint32_t slot = arrival.slots[half];
        adopt_slot(state.halves[half], tables.hot[slot], tables.cold[slot]);
    }
    arrival.adopted = true;
}

void CircuitMoves::park(Burst& burst, PortStats* stats) noexcept {
    FrameMask gone = 0;
    for (std::uint16_t i = 0; i < burst.count; ++i) {
        const std::uint32_t slot = burst.entries[i].number();
        if ((expected_slots_ & slot_bit(slot)) == 0) {
            continue;
        }
        Arrival* const arrival = arrival_of(slot);
        if (arrival == nullptr) {
            continue;
        }
        FrameNote::write(burst.frames[i], burst.entries[i].bits(), burst.ports[i]);
        if (keep(*arrival, burst.frames[i])) {
            gone |= bit_of(i);
        } else {
            parts_->handover_out[parts_->id].lost_by_slot[slot].add(1);
            gone |= burst.drop(i, DropReason::HandoverFull, stats);
        }
    }
    burst.remove(gone);
}

void CircuitMoves::begin_unparking() noexcept {
    for_each_move(expected_, [this](MoveNumber move) noexcept {
        Arrival& arrival = arrivals_[move];
        arrival.quota = arrival.adopted ? arrival.parked_in_turn + kUnparkStep : 0;
        arrival.parked_in_turn = 0;
    });
}

std::uint16_t CircuitMoves::unpark(Burst& burst) noexcept {
    std::array<void*, kBurstMax> frames;
    std::uint16_t count = 0;
    for_each_move(expected_, [&](MoveNumber move) noexcept {
        Arrival& arrival = arrivals_[move];
        while (count < frames.size() && arrival.quota != 0 && arrival.count != 0) {
            frames[count++] = arrival.frames[arrival.head];
            arrival.head = (arrival.head + 1) & (parts_->parked_max - 1);
            --arrival.count;
            --arrival.quota;
        }
    });
    load_burst({frames.data(), count}, burst);
    return count;
}

std::uint32_t CircuitMoves::end_unparking() noexcept {
    std::uint32_t home = 0;
    for_each_move(expected_, [&](MoveNumber move) noexcept {
        Arrival& arrival = arrivals_[move];
        if (arrival.adopted && arrival.count == 0) {
            arrival.adopted = false;
            expected_ &= ~move_bit(move);
            arrived_[move].store(
                arrived_[move].load(std::memory_order_relaxed) + 1, std::memory_order_release
            );
            ++home;
        }
    });
    if (home != 0) {
        note_expected_slots();
    }
    return home;
}

bool CircuitMoves::go_on(const GoOnWith& with) noexcept {
    bool moved = false;
    for_each_move(owed_, [&](MoveNumber move) noexcept { moved |= send_marker(move); });
    for_each_move(released_, [&](MoveNumber move) noexcept { moved |= depart(move, with); });
    return moved;
}

bool CircuitMoves::send_marker(MoveNumber move) noexcept {
    // Frames of other circuits may go before it while the ring is full; the moving one's do not
    // take this way any more.
    if (!enqueue(parts_->handover_out[marker_to_[move]].ring, HandoverMessage::marker(move))) {
        return false;
    }
    owed_ &= ~move_bit(move);
    return true;
}

/// Passes a circuit on when every worker's last frame of it has come and gone. False: not yet.
bool CircuitMoves::depart(MoveNumber move, const GoOnWith& with) noexcept {
    Departure& departure = departures_[move];
    const ReleaseCircuit& what = departure.what;
    if (departure.markers < parts_->worker_count || !queues_have_all(departure, with) ||
        !all_have_left(departure, with.now)) {
        return false;
    }
    CircuitState& state = states_[move];
    state.move = move;
    for (std::size_t half = 0; half < state.halves.size(); ++half) {
        const std::uint32_t slot = what.slots[half];
        export_slot(with.tables->hot[slot], with.tables->cold[slot], state.halves[half]);
    }
    if (!enqueue(parts_->handover_out[what.to].ring, HandoverMessage::state(state))) {
        return false;
    }
    with.classifier->remove_alias(what.slots);
    departure.markers = 0;
    released_ &= ~move_bit(move);
    return true;
}

/// Whether none of its frames waits for room in a queue any more. On a port that stands still they
/// are refused, as when the circuit is deleted.
bool CircuitMoves::queues_have_all(Departure& departure, const GoOnWith& with) const noexcept {
    if (departure.leaving) {
        return true;
    }
    for (std::size_t half = 0; half < departure.what.slots.size(); ++half) {
        const std::uint32_t slot = departure.what.slots[half];
        if (!holds(parts_->tx[departure.what.out_ports[half]], slot)) {
            continue;
        }
        if (!departure.wait.is_over(parts_->tx_stall_ticks, with.now)) {
            return false;
        }
        give_up_waiting(*with.tables, parts_->tx, with.staged_ports, slot);
    }
    note_last_frames(departure);
    departure.leaving = true;
    return true;
}

/// Both ways are looked at, so that their clocks run side by side.
bool CircuitMoves::all_have_left(Departure& departure, std::uint64_t now) const noexcept {
    const bool first = have_left(departure.ways[0], now);
    const bool second = have_left(departure.ways[1], now);
    return first && second;
}

void CircuitMoves::note_last_frames(Departure& departure) const noexcept {
    for (std::size_t half = 0; half < departure.ways.size(); ++half) {
        const std::uint16_t port = departure.what.out_ports[half];
        const TxLane& lane = parts_->tx[port];
        departure.ways[half] = {
            .port = port,
            .same_queue = departure.what.same_queue[half],
            .wait = {},
            .ring_mark = lane.ring != nullptr ? lane.ring->prod.tail : 0,
            .frames_mark = parts_->port_stats[port].tx.frames.read(),
        };
    }
}

/// Whether a frame that the new owner transmits from now on comes behind those.
bool CircuitMoves::have_left(WayOut& way, std::uint64_t now) const noexcept {
    const TxLane& lane = parts_->tx[way.port];
    if (lane.queue == kNoQueue) {
        const std::uint32_t taken = __atomic_load_n(&lane.ring->cons.tail, __ATOMIC_ACQUIRE);
        if (static_cast<std::int32_t>(taken - way.ring_mark) < 0) {
            return false;
        }
        // The device's queue belongs to another worker; only that one may ask the driver about it.
        return way.same_queue || way.wait.is_over(parts_->tx_settle_ticks, now);
    }
    if (way.same_queue) {
        return true;
    }
    const std::uint64_t newer = parts_->port_stats[way.port].tx.frames.read() - way.frames_mark;
    const std::uint32_t descriptors = parts_->ports->ports[way.port].tx_descriptors;
    if (newer >= descriptors && descriptors != 0) {
        return true; // the queue went once around since
    }
    const auto last = static_cast<std::uint16_t>(descriptors - 1 - newer);
    const int status =
        descriptors == 0 ? -ENOTSUP : rte_eth_tx_descriptor_status(lane.device, lane.queue, last);
    if (status == RTE_ETH_TX_DESC_DONE) {
        return true;
    }
    const bool driver_knows = status == RTE_ETH_TX_DESC_FULL;
    return way.wait.is_over(driver_knows ? parts_->tx_stall_ticks : parts_->tx_settle_ticks, now);
}

CircuitMoves::Arrival* CircuitMoves::arrival_of(std::uint32_t slot) noexcept {
    Arrival* found = nullptr;
    for_each_move(expected_, [&](MoveNumber move) noexcept {
        Arrival& arrival = arrivals_[move];
        if (arrival.slots[0] == slot || arrival.slots[1] == slot) {
            found = &arrival;
        }
    });
    return found;
}

bool CircuitMoves::keep(Arrival& arrival, rte_mbuf* frame) noexcept {
    if (arrival.count == parts_->parked_max) {
        return false;
    }
    arrival.frames[(arrival.head + arrival.count) & (parts_->parked_max - 1)] = frame;
    ++arrival.count;
    ++arrival.parked_in_turn;
    return true;
}

void CircuitMoves::note_expected_slots() noexcept {
    expected_slots_ = 0;
    for_each_move(expected_, [this](MoveNumber move) noexcept {
        for (const std::uint32_t slot : arrivals_[move].slots) {
            expected_slots_ |= slot_bit(slot);
        }
    });
}

} // namespace strowger::dataplane
