// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/planner.h"
#include "service/write.h"
#include "store/store.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace strowger::service {

/// A request that was not answered yet.
struct Waiting {
    WriteRequest request;
    WriteDone done;
    std::int64_t since_ns = 0;
};

/// An accepted order between its acceptance and its end.
struct Flight {
    enum class Phase : std::uint8_t {
        Committing, ///< with the store
        Applying,   ///< durable, with the workers
    };

    Plan plan;
    Phase phase = Phase::Committing;
    WriteOutcome outcome;      ///< the answer, when it ends well
    std::string replay_body{}; ///< what duplicates of the request get
    std::optional<store::IdempotencyKey> key{};
    WriteDone done{}; ///< empty once answered
    std::int64_t submitted_ns = 0;
    std::int64_t accepted_ns = 0;
    std::int64_t committed_ns = 0;
    bool overdue = false;         ///< the workers had their second
    std::deque<Waiting> behind{}; ///< later requests for the same object, in order of arrival
};

/// A key in use: whose digest it has, and who else sent it meanwhile.
struct KeyInUse {
    auth::Digest request_digest;
    std::deque<Waiting> duplicates; ///< in order of arrival
};

} // namespace strowger::service
