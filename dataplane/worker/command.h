// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "table/endpoint_slot.h"
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
    InstallEndpoint, ///< a slot begins a new life: counters zero, buckets full
    SetForwarding,   ///< one version of both halves of a circuit
    SetMeter,        ///< tokens are kept up to the new bursts
    SetIndex,        ///< runs of VIDs in one block; an entry of none clears them
    SetPort,         ///< a port's root block, untagged or all-to-one entry
    FreeEndpoints,   ///< both halves of a circuit; acknowledged when nothing names them any more
};

struct InstallEndpoint {
    std::uint32_t slot = 0;
    std::uint32_t far_slot = 0;
    Forwarding forwarding; ///< becomes version 0
    MeterConfig meter;
};

struct SetForwarding {
    std::array<std::uint32_t, 2> slots{};
    std::uint32_t version = 0;
    std::array<Forwarding, 2> forwarding;
};

struct SetMeter {
    std::uint32_t slot = 0;
    MeterConfig meter;
};

/// VIDs first to last, both included.
struct VidRun {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};

struct SetIndex {
    static constexpr std::size_t kRunsMax = 11;
    std::uint32_t block = 0;
    IndexEntry entry;
    std::uint32_t run_count = 0;
    std::array<VidRun, kRunsMax> runs{};
};

struct SetPort {
    enum class Place : std::uint8_t { RootOfTpid, Untagged, AllToOne };
    std::uint16_t port = 0;
    Place place = Place::RootOfTpid;
    std::uint8_t tpid = 0;   ///< of a root
    std::uint32_t block = 0; ///< of a root
    IndexEntry entry;        ///< of the others
};

struct FreeEndpoints {
    std::array<std::uint32_t, 2> slots{};
};

/// One cache line on the ring. Which member lives is said by `kind`.
struct alignas(64) Command {
    Command() noexcept : kind(CommandKind::FreeEndpoints), free_endpoints{} {}
    explicit Command(const InstallEndpoint& what) noexcept
        : kind(CommandKind::InstallEndpoint), install(what) {}
    explicit Command(const SetForwarding& what) noexcept
        : kind(CommandKind::SetForwarding), set_forwarding(what) {}
    explicit Command(const SetMeter& what) noexcept
        : kind(CommandKind::SetMeter), set_meter(what) {}
    explicit Command(const SetIndex& what) noexcept
        : kind(CommandKind::SetIndex), set_index(what) {}
    explicit Command(const SetPort& what) noexcept : kind(CommandKind::SetPort), set_port(what) {}
    explicit Command(const FreeEndpoints& what) noexcept
        : kind(CommandKind::FreeEndpoints), free_endpoints(what) {}

    CommandKind kind;
    union {
        InstallEndpoint install;
        SetForwarding set_forwarding;
        SetMeter set_meter;
        SetIndex set_index;
        SetPort set_port;
        FreeEndpoints free_endpoints;
    };
};
static_assert(sizeof(Command) == 64 && std::is_trivially_copyable_v<Command>);

/// Taken off the ring in one turn at most: bounds how long frames wait for commands.
inline constexpr std::size_t kCommandsPerTurnMax = 32;

} // namespace strowger::dataplane
