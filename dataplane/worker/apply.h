// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/transmit.h"
#include "worker/command.h"

#include <cstdint>
#include <span>

namespace strowger::dataplane {

/// What commands change in a worker.
struct ApplyTo {
    Classifier* classifier = nullptr;
    OwnerTables tables;
    MeterClock clock;
    std::span<TxLane> lanes;
    std::uint64_t staged_ports = 0; ///< lanes with frames that wait
    std::uint64_t now = 0;          ///< meter ticks
};

/// Brings one command into a worker's tables. Between bursts only, on the worker.
void apply(const Command& command, const ApplyTo& to) noexcept;

} // namespace strowger::dataplane
