// SPDX-License-Identifier: Apache-2.0
#include "api/spec_reader.h"

#include "api/json_fields.h"

#include <array>
#include <string_view>
#include <utility>

namespace strowger::api {
namespace {

namespace json = boost::json;

/// In place of a name that was blamed already, so that the rest of the body is read and judged in
/// the same answer. A draft with a fault is never accepted, so nothing is ever called so.
const Name& unreadable_name() {
    static const Name kUnreadable = *Name::from("unreadable");
    return kUnreadable;
}

Name read_name(JsonFields& fields, std::string_view member, ProblemList& problems) {
    constexpr std::string_view kHint = "1 to 63 of a-z, 0-9 and '-', not '-' first or last.";
    if (fields.require(member, kHint) == nullptr) {
        return unreadable_name();
    }
    const std::optional<std::string> text = fields.text(member);
    if (!text) {
        return unreadable_name();
    }
    Result<Name> name = Name::from(*text);
    if (!name) {
        problems.add(
            fields.pointer_of(member),
            "invalid_name",
            '"' + quotable(*text) + "\" is no name.",
            std::string(kHint)
        );
        return unreadable_name();
    }
    return *std::move(name);
}

Tags read_tags(JsonFields& fields, ProblemList& problems) {
    Tags tags;
    fields.for_each("tags", [&](std::string_view key, const json::value& value) {
        const json::string* text = value.if_string();
        if (text == nullptr) {
            problems.add(
                pointer_to(fields.pointer_of("tags"), key),
                "wrong_type",
                "Must be a string, not " + std::string(kind_in_words(value)) + '.'
            );
            return;
        }
        tags.emplace(std::string(key), std::string(text->data(), text->size()));
    });
    return tags;
}

std::optional<SVlanRange>
read_s_vlan_range(const json::value& value, const std::string& pointer, ProblemList& problems) {
    JsonFields fields(value, pointer, problems);
    std::array<std::optional<VlanId>, 2> ends;
    constexpr std::array<std::string_view, 2> kMembers = {"first", "last"};
    for (std::size_t index = 0; index < kMembers.size(); ++index) {
        if (const json::value* end = fields.require(kMembers[index], "An S-VLAN id.")) {
            ends[index] = read_vlan_id(*end, fields.pointer_of(kMembers[index]), problems);
        }
    }
    if (!ends[0] || !ends[1]) {
        return std::nullopt;
    }
    return SVlanRange{*ends[0], *ends[1]};
}

} // namespace

CommonMembers read_common_members(const json::value& value, ProblemList& problems, bool with_tags) {
    JsonFields fields(value, "", problems);
    CommonMembers common{read_name(fields, "name", problems), {}, {}};
    common.display_name = fields.text("display_name").value_or("");
    if (with_tags) {
        common.tags = read_tags(fields, problems);
    }
    return common;
}

std::optional<VlanId>
read_vlan_id(const json::value& value, const std::string& pointer, ProblemList& problems) {
    const std::optional<std::uint64_t> raw =
        read_integer(value, pointer, {VlanId::kMin, VlanId::kMax}, problems);
    if (!raw) {
        return std::nullopt;
    }
    return *VlanId::from(*raw);
}

TenantSpec read_tenant_spec(const json::value& value, ProblemList& problems) {
    CommonMembers common = read_common_members(value, problems);
    return TenantSpec{
        std::move(common.name), std::move(common.display_name), std::move(common.tags)};
}

service::TokenSpec read_token_spec(const json::value& value, ProblemList& problems) {
    CommonMembers common = read_common_members(value, problems, false);
    constexpr std::array<std::string_view, 1> kRoles = {"tenant"};
    JsonFields fields(value, "", problems);
    static_cast<void>(fields.choice("role", kRoles)); // the only one there is
    return service::TokenSpec{std::move(common.name), std::move(common.display_name)};
}

UniSpec read_uni_spec(const json::value& value, ProblemList& problems) {
    CommonMembers common = read_common_members(value, problems);
    JsonFields fields(value, "", problems);
    UniSpec uni{
        .name = std::move(common.name),
        .display_name = std::move(common.display_name),
        .tags = std::move(common.tags),
        .port = read_name(fields, "port", problems),
        .tpid = Tpid::CTag8100,
        .s_vlans = std::nullopt,
    };
    constexpr std::array kTpids = {Tpid::CTag8100, Tpid::STag88a8, Tpid::STag9100};
    std::array<std::string_view, kTpids.size()> names;
    for (std::size_t index = 0; index < kTpids.size(); ++index) {
        names[index] = strowger::to_string(kTpids[index]);
    }
    if (const std::optional<std::size_t> chosen = fields.choice("tpid", names)) {
        uni.tpid = kTpids[*chosen];
    }
    if (const json::value* range = fields.find("s_vlans")) {
        uni.s_vlans = read_s_vlan_range(*range, fields.pointer_of("s_vlans"), problems);
    }
    return uni;
}

} // namespace strowger::api
