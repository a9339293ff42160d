// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/batch.h"
#include "service/batch_faults.h"
#include "service/flight.h"
#include "store/store.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace strowger::service {

/// A batch between its arrival and its end.
struct BatchFlight {
    enum class Phase : std::uint8_t {
        Planning,   ///< members are judged and reserved, some at a turn
        Reverting,  ///< what was reserved is given back, some at a turn
        Committing, ///< with the store
        Applying,   ///< durable; members go to the workers, some at a turn
    };
    /// What an accepted member does. Nothing in it: the circuit was as asked for already.
    struct Member {
        Operation operation = Operation::Create;
        bool staged = false; ///< the workers have something new to hold
        Transition transition{};
    };

    WriteRequest request;
    WriteDone done{}; ///< empty once answered
    std::int64_t submitted_ns = 0;
    std::uint64_t first_ticket = 0; ///< member i has first_ticket + i
    Phase phase = Phase::Planning;
    std::size_t next = 0; ///< the member that the phase goes on with

    std::vector<Member> members{};
    std::vector<store::Change> changes{};                 ///< of the accepted ones, for the store
    std::unordered_map<std::string, std::size_t> named{}; ///< which member says a reference
    BatchFaults faults{};
    std::size_t new_circuits_staged = 0;
    std::optional<Error> abort{};    ///< ends it, whatever else is wrong
    std::optional<ObjectId> ahead{}; ///< an order for this circuit goes first; then anew

    BatchSummary summary{};
    WriteOutcome outcome; ///< the answer, when it ends well
    std::size_t completed = 0;
    std::int64_t accepted_ns = 0;
    std::int64_t committed_ns = 0;
    bool overdue = false;         ///< the workers had their second
    std::deque<Waiting> behind{}; ///< later requests for one of its circuits, in order of arrival
};

} // namespace strowger::service
