// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/problem_list.h"
#include "service/records.h"
#include "strowger/model/circuit.h"
#include "strowger/model/slice.h"
#include "strowger/model/tenant.h"
#include "strowger/model/uni.h"

#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace strowger::api {

/// Members every spec begins with.
struct CommonMembers {
    Name name;
    std::string display_name;
    Tags tags;
};

// Each reads one spec and blames what is missing, of the wrong type or out of range. What could not
// be read is left at its default, so that the rules about the whole can still be checked: a spec is
// only to be used when `problems` stayed empty. Unknown members are the schema's business.

TenantSpec read_tenant_spec(const boost::json::value& value, ProblemList& problems);
service::TokenSpec read_token_spec(const boost::json::value& value, ProblemList& problems);
UniSpec read_uni_spec(const boost::json::value& value, ProblemList& problems);
CircuitSpec read_circuit_spec(const boost::json::value& value, ProblemList& problems);
SliceSpec read_slice_spec(const boost::json::value& value, ProblemList& problems);

/// Exactly one form of a VLAN map.
std::optional<VlanMap>
read_vlan_map(const boost::json::value& value, const std::string& pointer, ProblemList& problems);
/// Nothing when it cannot be read at all.
std::optional<BandwidthProfileSpec>
read_bandwidth(const boost::json::value& value, const std::string& pointer, ProblemList& problems);
CommonMembers
read_common_members(const boost::json::value& value, ProblemList& problems, bool with_tags = true);
/// A VLAN id, or nothing and a problem.
std::optional<VlanId>
read_vlan_id(const boost::json::value& value, const std::string& pointer, ProblemList& problems);

/// "color_blind", "color_aware": also for writing.
[[nodiscard]] std::string_view to_string(ColorMode mode) noexcept;

} // namespace strowger::api
