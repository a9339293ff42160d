// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/vid_runs.h"
#include "table/forwarding.h"
#include "table/index_entry.h"
#include "table/meter.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace strowger::dataplane {

/// What the control thread tells one worker. Plain values without pointers; applied between bursts;
/// cannot fail, because the control thread keeps the ledger of slots and blocks.
enum class CommandKind : std::uint8_t {
    InstallEndpoint,  ///< a slot begins a new life: counters zero, buckets full
    SetForwarding,    ///< the present version of both halves of a circuit
    AddForwarding,    ///< the other version of both halves
    SwitchForwarding, ///< the other version becomes the present one; nothing names the old any more
    SetMeter,         ///< tokens are kept up to the new bursts
    SetIndex,         ///< runs of VIDs in one block; an entry of none clears them
    ClearBlock,       ///< before it is filled and linked
    CopyBlock,        ///< a compact block's content into a larger one
    SetPort,          ///< a port's root block, untagged or all-to-one entry
    FreeEndpoints,    ///< both halves of a circuit; acknowledged when nothing names them any more
    StartPolling,     ///< one more rx queue is this worker's
    StopPolling,      ///< acknowledged when its last frames are on their way to their owners
    Barrier,          ///< changes nothing; acknowledged when all handed over before is taken over
    ExpectCircuit,  ///< of a move, to the new owner: installed slots whose frames are to be parked
    ReleaseCircuit, ///< of a move, to the old owner: whom to pass the circuit to
    SendMarker,     ///< of a move, to every worker: its entries are switched
};

struct InstallEndpoint {
    std::uint32_t slot = 0;
    std::uint32_t far_slot = 0;
    MeterConfig meter;
    Forwarding forwarding; ///< becomes version 0
};

/// Of SetForwarding and AddForwarding.
struct BothForwardings {
    std::array<std::uint32_t, 2> slots{};
    std::array<Forwarding, 2> forwarding;
};

struct BothEndpoints {
    std::array<std::uint32_t, 2> slots{};
};

struct SetMeter {
    std::uint32_t slot = 0;
    MeterConfig meter;
};

struct SetIndex {
    static constexpr std::size_t kRunsMax = 11;
    IndexEntry block;
    IndexEntry entry;
    std::uint32_t run_count = 0;
    std::array<VidRun, kRunsMax> runs{};
};

struct ClearBlock {
    IndexEntry block;
};

struct CopyBlock {
    IndexEntry from;
    IndexEntry to;
};

struct SetPort {
    enum class Place : std::uint8_t { RootOfTpid, Untagged, AllToOne };
    std::uint16_t port = 0;
    Place place = Place::RootOfTpid;
    std::uint8_t tpid = 0;  ///< of a root
    std::uint32_t line = 0; ///< of a root: its block's first
    IndexEntry entry;       ///< of the others
};

/// Of Start- and StopPolling.
struct RxQueueCommand {
    std::uint16_t port = 0; ///< PortIndex
    std::uint16_t device = 0;
    std::uint16_t queue = 0;
};

/// Which of the moves under way at one time. Free for the next when both owners are done with it.
using MoveNumber = std::uint8_t;
inline constexpr std::size_t kMovesMax = 4;

struct ExpectCircuit {
    MoveNumber move = 0;
    std::array<std::uint32_t, 2> slots{};
};

struct ReleaseCircuit {
    MoveNumber move = 0;
    std::uint8_t to = 0; ///< worker
    /// By half: the port where it leaves, and whether its new owner's frames leave that port behind
    /// the old one's in any case, by the same queue.
    std::array<std::uint16_t, 2> out_ports{};
    std::array<bool, 2> same_queue{};
    std::array<std::uint32_t, 2> slots{};
    std::array<std::uint32_t, 2> new_slots{};
};

struct SendMarker {
    MoveNumber move = 0;
    std::uint8_t to = 0; ///< worker: the old owner
};

/// One cache line on the ring. Which member lives is said by `kind`.
struct alignas(64) Command {
    Command() noexcept : kind(CommandKind::FreeEndpoints), endpoints{} {}
    explicit Command(const InstallEndpoint& what) noexcept
        : kind(CommandKind::InstallEndpoint), install(what) {}
    explicit Command(const SetMeter& what) noexcept
        : kind(CommandKind::SetMeter), set_meter(what) {}
    explicit Command(const SetIndex& what) noexcept
        : kind(CommandKind::SetIndex), set_index(what) {}
    explicit Command(const ClearBlock& what) noexcept
        : kind(CommandKind::ClearBlock), clear_block(what) {}
    explicit Command(const CopyBlock& what) noexcept
        : kind(CommandKind::CopyBlock), copy_block(what) {}
    explicit Command(const SetPort& what) noexcept : kind(CommandKind::SetPort), set_port(what) {}
    static Command start_polling(const RxQueueCommand& what) noexcept {
        return {CommandKind::StartPolling, what};
    }
    static Command stop_polling(const RxQueueCommand& what) noexcept {
        return {CommandKind::StopPolling, what};
    }
    static Command barrier() noexcept { return {CommandKind::Barrier, BothEndpoints{}}; }
    explicit Command(const ExpectCircuit& what) noexcept
        : kind(CommandKind::ExpectCircuit), expect(what) {}
    explicit Command(const ReleaseCircuit& what) noexcept
        : kind(CommandKind::ReleaseCircuit), release(what) {}
    explicit Command(const SendMarker& what) noexcept
        : kind(CommandKind::SendMarker), send_marker(what) {}
    static Command set_forwarding(const BothForwardings& what) noexcept {
        return {CommandKind::SetForwarding, what};
    }
    static Command add_forwarding(const BothForwardings& what) noexcept {
        return {CommandKind::AddForwarding, what};
    }
    static Command switch_forwarding(const BothEndpoints& what) noexcept {
        return {CommandKind::SwitchForwarding, what};
    }
    static Command free_endpoints(const BothEndpoints& what) noexcept {
        return {CommandKind::FreeEndpoints, what};
    }

    CommandKind kind;
    union {
        InstallEndpoint install;
        BothForwardings forwardings;
        BothEndpoints endpoints;
        SetMeter set_meter;
        SetIndex set_index;
        ClearBlock clear_block;
        CopyBlock copy_block;
        SetPort set_port;
        RxQueueCommand rx_queue;
        ExpectCircuit expect;
        ReleaseCircuit release;
        SendMarker send_marker;
    };

private:
    Command(CommandKind which, const BothForwardings& what) noexcept
        : kind(which), forwardings(what) {}
    Command(CommandKind which, const BothEndpoints& what) noexcept : kind(which), endpoints(what) {}
    Command(CommandKind which, const RxQueueCommand& what) noexcept : kind(which), rx_queue(what) {}
};
static_assert(sizeof(Command) == 64 && std::is_trivially_copyable_v<Command>);

/// How much of a turn a command takes, in units of the least: clearing or filling a block touches
/// up to 256 lines.
[[nodiscard]] inline std::uint32_t weight_of(const Command& command) noexcept {
    switch (command.kind) {
        case CommandKind::ClearBlock:
            return 1 + command.clear_block.block.shape().lines() / 16;
        case CommandKind::CopyBlock:
            return 1 + command.copy_block.to.shape().lines() / 8;
        case CommandKind::SetIndex: {
            std::uint32_t vids = 0;
            for (std::uint32_t run = 0; run < command.set_index.run_count; ++run) {
                vids += command.set_index.runs[run].last - command.set_index.runs[run].first + 1U;
            }
            return 1 + vids / 64;
        }
        default:
            return 1;
    }
}

/// Taken off the ring in one turn at most: bounds how long frames wait for commands. A turn takes
/// no further command once the weights of those it took reach this.
inline constexpr std::size_t kCommandsPerTurnMax = 32;

} // namespace strowger::dataplane
