// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/digest.h"
#include "auth/identity.h"
#include "strowger/model/circuit.h"
#include "strowger/model/identity.h"
#include "strowger/model/slice.h"
#include "strowger/model/tenant.h"
#include "strowger/model/uni.h"
#include "strowger/seam/program.h"
#include "strowger/seam/site.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace strowger::service {

/// For small tables that are looked up and never listed: one that grew with the inventory would
/// stop the control thread whenever it doubles.
struct ObjectIdHash {
    std::size_t operator()(const ObjectId& id) const noexcept {
        return std::hash<std::string_view>{}(id.text());
    }
};

struct TokenSpec {
    Name name;
    std::string display_name;
};

struct TenantBody {
    TenantSpec spec;
};
struct TokenBody {
    TokenSpec spec;
    auth::Digest digest; ///< of the secret, which is not kept
};
struct UniBody {
    UniSpec spec;
    PortIndex port;
};
struct CircuitBody {
    CircuitSpec spec;
    EffectiveCircuit effective;
    std::array<ObjectId, 2> unis; ///< of the endpoints, in the order of spec.endpoints
    CircuitKey key;               ///< its name at the seam, good for this process only
    /// Workers that may own it, as the dataplane was last told; empty: any. This process's, too.
    WorkerSet workers{};
};
struct SliceBody {
    SliceSpec spec;
    std::vector<ObjectId> tenants; ///< of spec.tenants, in the order of ids
};

/// One object of the inventory as one accepted order left it. Never changed: a change makes a new
/// one with the next generation, so readers may keep what they hold.
struct Record {
    ObjectId id;
    std::optional<ObjectId> tenant; ///< the owner; none for tenants, slices, operators' tokens
    std::uint64_t generation = 1;
    std::string spec_json; ///< canonical text of what was accepted, defaults left out
    std::int64_t created_us = 0;
    std::int64_t updated_us = 0;
    std::variant<TenantBody, TokenBody, UniBody, CircuitBody, SliceBody> body;

    [[nodiscard]] ObjectKind kind() const noexcept { return id.kind(); }
    [[nodiscard]] const TenantBody& as_tenant() const { return std::get<TenantBody>(body); }
    [[nodiscard]] const TokenBody& as_token() const { return std::get<TokenBody>(body); }
    [[nodiscard]] const UniBody& as_uni() const { return std::get<UniBody>(body); }
    [[nodiscard]] const CircuitBody& as_circuit() const { return std::get<CircuitBody>(body); }
    [[nodiscard]] const SliceBody& as_slice() const { return std::get<SliceBody>(body); }
};
using RecordPtr = std::shared_ptr<const Record>;

/// Kinds that are in no tenant's inventory: the operator's own.
[[nodiscard]] constexpr bool is_operators(ObjectKind kind) noexcept {
    return kind == ObjectKind::Tenant || kind == ObjectKind::Slice;
}

/// The same circuit on other workers. No new generation: that is of the spec.
[[nodiscard]] RecordPtr on_workers(const Record& circuit, WorkerSet workers);

[[nodiscard]] const Name& name_of(const Record& record);
[[nodiscard]] const Tags& tags_of(const Record& record);

/// A port of the site file. Its id follows from its name, so it is the same after a restart.
struct PortRecord {
    ObjectId id;
    PortIndex index;
    PortConfig config;
};

/// What is left of a deleted object, for 30 days.
struct Tombstone {
    ObjectId id;
    std::optional<ObjectId> tenant;
    std::uint64_t generation = 0; ///< of its deletion
    std::int64_t deleted_us = 0;
};
inline constexpr std::int64_t kTombstoneKeptUs = 30LL * 24 * 3600 * 1'000'000;

enum class Operation : std::uint8_t { Create, Update, Delete };
[[nodiscard]] constexpr std::string_view to_string(Operation operation) noexcept {
    constexpr std::string_view kNames[] = {"create", "update", "delete"};
    return kNames[static_cast<std::size_t>(operation)];
}

/// One accepted change of the inventory: revision, audit and event in one. Durable before the
/// change is answered, and never altered.
struct OrderRecord {
    ObjectId id;
    std::optional<ObjectId> tenant; ///< whose inventory changed; none: the operator's own
    std::uint64_t seq = 0;          ///< gap-free from 1 for each tenant, and for the operator
    auth::Actor actor{};
    Operation operation = Operation::Create;
    ObjectId object;
    std::uint64_t generation = 0;
    std::string before_json{}; ///< spec; "" when there was none
    std::string after_json{};  ///< spec; "" when there is none
    std::int64_t at_us = 0;
};

/// Limits of the site that the service enforces.
struct ServiceLimits {
    std::uint32_t circuits_per_tenant = 10'000;
    std::uint32_t tokens_per_tenant = 1'000;
    std::uint32_t endpoints_per_worker = 0;         ///< slots of the dataplane; 0: not known
    std::uint32_t writes_outstanding_max = 1'024;   ///< accepted or waiting; above it 503
    std::uint32_t idempotency_keys_max = 1'000'000; ///< for each tenant; above it 429
};

} // namespace strowger::service
