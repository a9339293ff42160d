// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/circuit.h"

#include <optional>
#include <string_view>

namespace strowger::api {

// Reads texts that are canonical already, without a tree in between: ten times as fast as the
// general way. That is every text in the store, and what programs send that order many circuits at
// once. Nothing is judged here: whatever is not the plain case (white space, another order,
// escapes, a value out of range) gives nothing, and the general reader says what is wrong or that
// it is right.

/// A circuit's spec. What is returned is what read_circuit_spec() returns, without a problem, and
/// canonical_text() gives the same text again.
[[nodiscard]] std::optional<CircuitSpec> read_canonical_circuit(std::string_view text);

/// What JsonCodec::encode_effective() wrote.
[[nodiscard]] std::optional<EffectiveCircuit> read_canonical_effective(std::string_view text);

} // namespace strowger::api
