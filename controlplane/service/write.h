// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/digest.h"
#include "auth/identity.h"
#include "service/records.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace strowger::service {

enum class WriteKind : std::uint8_t {
    Create, ///< POST to a collection
    Put,    ///< creates the name in `reference`, or replaces what has that name or id
    Patch,
    Delete,
};

/// What a body turned out to say, as far as it could be read.
struct Draft {
    struct Token {
        TokenSpec spec;
        auth::Digest digest;
    };
    /// What could not be read holds a default, and is blamed.
    std::variant<TenantSpec, Token, UniSpec, CircuitSpec, SliceSpec> spec;
    std::string spec_json; ///< canonical text, defaults left out; "" when there are problems
    /// Every fault that the body has in itself. With one it is refused, but judged first: the
    /// answer names what is wrong with its sound parts, too.
    std::vector<Problem> problems{};
};

/// The body of a reply, and what a replay of it shows.
struct Rendered {
    std::string body;
    /// What the idempotency record keeps when it must differ (a token's secret is null there);
    /// empty: the same.
    std::string replay_body;
};

class Batch;

/// One change as a client asks for it, or a batch of them. Readable (400) and authorised (401, 403)
/// already.
struct WriteRequest {
    auth::RequestIdentity identity;
    WriteKind write = WriteKind::Create;
    ObjectKind kind = ObjectKind::Circuit;
    /// The tenant in whose inventory this happens; none only for what is the operator's own.
    std::optional<ObjectId> tenant;
    std::string reference; ///< id or name from the path; unused by Create

    std::optional<std::string> if_match; ///< the value of If-Match, as sent
    bool if_none_match_any = false;      ///< If-None-Match: *

    std::string idempotency_key; ///< "": none
    auth::Digest request_digest; ///< of method, path, query and body

    /// Called at the request's turn, when earlier changes of the same object are through: a merge
    /// patch is merged with `current` here. `current` is null for Create and for a Put that
    /// creates. Not called for Delete.
    std::function<Result<Draft>(const Record* current)> decode;
    /// Gives the reply's body. Called once, before the commit: the idempotency record keeps it.
    /// Not called for Delete.
    std::function<Rendered(const Record& record, const std::vector<Problem>& warnings)> render;

    /// Several changes of the tenant's circuits, all or none: then `write`, `reference`, the
    /// preconditions, `decode` and `render` are not used.
    std::shared_ptr<Batch> batch{};
};

struct WriteTimings {
    std::int64_t validate_us = 0;
    std::int64_t commit_us = 0;
    std::int64_t apply_us = 0;
};

struct WriteOutcome {
    int status = 200; ///< 200, 201 or 204
    std::string body;
    ObjectId object;
    std::uint64_t generation = 0;    ///< with `object`: the ETag
    std::optional<ObjectId> order{}; ///< none when nothing changed
    bool replayed = false;
    WriteTimings timings{};
};

/// A refusal. Codes of 409 and 403 are those of its first problem; other kinds name themselves.
/// NotFound with problems: a reference in the body names nothing that the tenant has.
struct WriteError {
    Error error;
    std::optional<ObjectId> order; ///< set when the order stands although it is not answered (503)
    /// Of a batch: the place of each member that was refused.
    std::vector<std::string> refused{};
};

using WriteResult = std::variant<WriteOutcome, WriteError>;
using WriteDone = std::function<void(WriteResult result)>;

} // namespace strowger::service
