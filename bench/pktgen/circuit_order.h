// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/frame.h"
#include "pktgen/tag_plan.h"

#include <cstdint>
#include <vector>

namespace strowger::pktgen {

/// All circuits of a plan, each once, shuffled by `seed`: the order in which frames are sent, over
/// and over. Never in order of number, which would let the device under test read its tables like
/// a book. The same seed gives the same order on every machine.
std::vector<CircuitEntry> shuffled_circuits(const TagPlan& plan, std::uint64_t seed);

} // namespace strowger::pktgen
