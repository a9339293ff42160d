// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "table/classifier.h"
#include "table/endpoint_slot.h"
#include "worker/command.h"

#include <cstdint>

namespace strowger::dataplane {

/// Brings one command into a worker's tables. Between bursts only, on the worker.
void apply(
    const Command& command,
    Classifier& classifier,
    EndpointSlot* slots,
    std::uint64_t now
) noexcept;

} // namespace strowger::dataplane
