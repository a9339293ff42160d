// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/problem_list.h"

#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <string_view>

namespace strowger::api {

struct ObjectSchema;

/// One member that an object may have, in its canonical place.
struct MemberSchema {
    std::string_view name;
    const ObjectSchema* object = nullptr; ///< when the member is itself an object
    bool immutable = false;               ///< may be given in a change only as it is
};

/// The members of one object, in canonical order: what is not here is unknown.
struct ObjectSchema {
    std::span<const MemberSchema> members;
    /// Keys chosen by the tenant (tags, endpoints): canonical order is that of the keys.
    bool keyed = false;
    bool keys_immutable = false;
    const ObjectSchema* each = nullptr; ///< of the objects below chosen keys
};

/// Blames each member that the schema does not know, with the one that was probably meant.
void check_unknown_members(
    const boost::json::value& value,
    const ObjectSchema& schema,
    ProblemList& problems
);

/// Blames each immutable member in which `next` differs from `current`. Both fit the schema.
void check_immutable_members(
    const boost::json::value& current,
    const boost::json::value& next,
    const ObjectSchema& schema,
    ProblemList& problems
);

/// The text that stands for a value: members in schema order, chosen keys in byte order, no white
/// space. Two equal requests give equal texts, however their clients wrote them.
[[nodiscard]] std::string
canonical_text(const boost::json::value& value, const ObjectSchema& schema);

extern const ObjectSchema kTenantSchema;
extern const ObjectSchema kTokenSchema;
extern const ObjectSchema kUniSchema;
extern const ObjectSchema kCircuitSchema;
extern const ObjectSchema kSliceSchema;

} // namespace strowger::api
