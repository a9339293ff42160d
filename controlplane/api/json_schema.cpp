// SPDX-License-Identifier: Apache-2.0
#include "api/json_schema.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

namespace strowger::api {
namespace {

namespace json = boost::json;

constexpr ObjectSchema kTagsSchema{.members = {}, .keyed = true};

constexpr std::array kSVlanRangeMembers = {MemberSchema{"first"}, MemberSchema{"last"}};
constexpr ObjectSchema kSVlanRangeSchema{.members = kSVlanRangeMembers};

constexpr std::array kBandwidthMembers = {
    MemberSchema{"cir_bps"},
    MemberSchema{"cbs_bytes"},
    MemberSchema{"eir_bps"},
    MemberSchema{"ebs_bytes"},
    MemberSchema{"color_mode"},
    MemberSchema{"coupling_flag"},
};
constexpr ObjectSchema kBandwidthSchema{.members = kBandwidthMembers};

constexpr std::array kVlanMapMembers = {
    MemberSchema{"all"},
    MemberSchema{"untagged"},
    MemberSchema{"s_vlan"},
    MemberSchema{"c_vlans"},
};
constexpr ObjectSchema kVlanMapSchema{.members = kVlanMapMembers};

constexpr std::array kEndpointMembers = {
    MemberSchema{"uni"}, // cannot change either, but may be written by name or by id: the service's
    MemberSchema{"vlan_map", &kVlanMapSchema},
    MemberSchema{"bandwidth", &kBandwidthSchema},
};
constexpr ObjectSchema kEndpointSchema{.members = kEndpointMembers};
constexpr ObjectSchema kEndpointsSchema{
    .members = {},
    .keyed = true,
    .keys_immutable = true,
    .each = &kEndpointSchema};

constexpr std::array kTenantMembers = {
    MemberSchema{.name = "name", .immutable = true},
    MemberSchema{"display_name"},
    MemberSchema{"tags", &kTagsSchema},
};
constexpr std::array kTokenMembers = {
    MemberSchema{.name = "name", .immutable = true},
    MemberSchema{"display_name"},
    MemberSchema{.name = "role", .immutable = true},
};
constexpr std::array kUniMembers = {
    MemberSchema{.name = "name", .immutable = true},
    MemberSchema{"display_name"},
    MemberSchema{"tags", &kTagsSchema},
    MemberSchema{.name = "port", .immutable = true},
    MemberSchema{.name = "tpid", .immutable = true},
    MemberSchema{.name = "s_vlans", .object = &kSVlanRangeSchema, .immutable = true},
};
constexpr std::array kCircuitMembers = {
    MemberSchema{.name = "name", .immutable = true},
    MemberSchema{"display_name"},
    MemberSchema{"tags", &kTagsSchema},
    MemberSchema{.name = "type", .immutable = true},
    MemberSchema{"admin_state"},
    MemberSchema{.name = "max_frame_bytes", .immutable = true},
    MemberSchema{"bandwidth", &kBandwidthSchema},
    MemberSchema{"endpoints", &kEndpointsSchema},
};
constexpr std::array kSliceMembers = {
    MemberSchema{.name = "name", .immutable = true},
    MemberSchema{"display_name"},
    MemberSchema{"tags", &kTagsSchema},
    MemberSchema{"cores"},
    MemberSchema{"tenants"},
};

void find_unknown(
    const json::value& value,
    const ObjectSchema& schema,
    const std::string& pointer,
    ProblemList& problems
) {
    const json::object* object = value.if_object();
    if (object == nullptr) {
        return; // of a wrong type: the decoder's business
    }
    for (const auto& [key, member] : *object) {
        const std::string_view name{key.data(), key.size()};
        if (schema.keyed) {
            if (schema.each != nullptr) {
                find_unknown(member, *schema.each, pointer_to(pointer, name), problems);
            }
            continue;
        }
        const auto known = std::find_if(
            schema.members.begin(),
            schema.members.end(),
            [&](const MemberSchema& candidate) { return candidate.name == name; }
        );
        if (known == schema.members.end()) {
            std::vector<std::string_view> names;
            for (const MemberSchema& candidate : schema.members) {
                names.push_back(candidate.name);
            }
            const std::string_view meant = closest_name(name, names);
            problems.add(
                pointer_to(pointer, name),
                "unknown_member",
                "There is no member \"" + quotable(name) + "\" here.",
                meant.empty() ? "" : "Did you mean \"" + std::string(meant) + "\"?"
            );
        } else if (known->object != nullptr) {
            find_unknown(member, *known->object, pointer_to(pointer, name), problems);
        }
    }
}

/// Order of members is no difference; absent is one.
bool same(const json::value* left, const json::value* right) {
    if (left == nullptr || right == nullptr) {
        return left == right;
    }
    return *left == *right;
}

void find_changed(
    const json::object& current,
    const json::object& next,
    const ObjectSchema& schema,
    const std::string& pointer,
    ProblemList& problems
) {
    const auto blame = [&](std::string_view name, const std::string& what) {
        problems.add(
            pointer_to(pointer, name), "immutable", what, "Delete the object and create another."
        );
    };
    const auto descend = [&](std::string_view name, const ObjectSchema& inner) {
        const json::value* before = current.if_contains(name);
        const json::value* after = next.if_contains(name);
        if (before != nullptr && after != nullptr && before->is_object() && after->is_object()) {
            find_changed(
                before->get_object(),
                after->get_object(),
                inner,
                pointer_to(pointer, name),
                problems
            );
        }
    };
    for (const MemberSchema& member : schema.members) {
        if (member.immutable) {
            if (!same(current.if_contains(member.name), next.if_contains(member.name))) {
                blame(member.name, "\"" + std::string(member.name) + "\" cannot change.");
            }
        } else if (member.object != nullptr) {
            descend(member.name, *member.object);
        }
    }
    if (!schema.keys_immutable) {
        return;
    }
    for (const auto& [key, value] : current) {
        if (!next.contains(key)) {
            blame(key, "An endpoint cannot be taken away.");
        } else if (schema.each != nullptr) {
            descend(key, *schema.each);
        }
    }
    for (const auto& [key, value] : next) {
        if (!current.contains(key)) {
            blame(key, "An endpoint cannot be added.");
        }
    }
}

void write_canonical(const json::value& value, const ObjectSchema* schema, std::string& out);

/// As json::serialize(), which costs an allocation or two: most texts and numbers need none.
void write_text(std::string_view text, std::string& out) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char character) {
        return character >= ' ' && character <= '~' && character != '"' && character != '\\';
    });
    if (plain) {
        out += '"';
        out += text;
        out += '"';
    } else {
        out += json::serialize(json::string_view(text));
    }
}

void write_scalar(const json::value& value, std::string& out) {
    if (const json::string* text = value.if_string()) {
        write_text({text->data(), text->size()}, out);
    } else if (const std::int64_t* number = value.if_int64()) {
        std::array<char, 24> digits{};
        const auto [end, error] =
            std::to_chars(digits.data(), digits.data() + digits.size(), *number);
        out.append(digits.data(), end);
    } else {
        out += json::serialize(value);
    }
}

void write_member(
    std::string_view name,
    const json::value& value,
    const ObjectSchema* schema,
    std::string& out
) {
    if (out.back() != '{') {
        out += ',';
    }
    write_text(name, out);
    out += ':';
    write_canonical(value, schema, out);
}

void write_canonical(const json::value& value, const ObjectSchema* schema, std::string& out) {
    const json::object* object = value.if_object();
    if (object == nullptr || schema == nullptr) {
        write_scalar(value, out);
        return;
    }
    out += '{';
    if (schema->keyed) {
        std::vector<std::string_view> keys;
        for (const auto& [key, member] : *object) {
            keys.emplace_back(key.data(), key.size());
        }
        std::sort(keys.begin(), keys.end());
        for (const std::string_view key : keys) {
            write_member(key, object->at(key), schema->each, out);
        }
    } else {
        for (const MemberSchema& member : schema->members) {
            if (const json::value* found = object->if_contains(member.name)) {
                write_member(member.name, *found, member.object, out);
            }
        }
    }
    out += '}';
}

} // namespace

const ObjectSchema kTenantSchema{.members = kTenantMembers};
const ObjectSchema kTokenSchema{.members = kTokenMembers};
const ObjectSchema kUniSchema{.members = kUniMembers};
const ObjectSchema kCircuitSchema{.members = kCircuitMembers};
const ObjectSchema kSliceSchema{.members = kSliceMembers};

void check_unknown_members(
    const json::value& value,
    const ObjectSchema& schema,
    ProblemList& problems
) {
    find_unknown(value, schema, "", problems);
}

void check_immutable_members(
    const json::value& current,
    const json::value& next,
    const ObjectSchema& schema,
    ProblemList& problems
) {
    if (current.is_object() && next.is_object()) {
        find_changed(current.get_object(), next.get_object(), schema, "", problems);
    }
}

std::string canonical_text(const json::value& value, const ObjectSchema& schema) {
    std::string out;
    out.reserve(512);
    write_canonical(value, &schema, out);
    return out;
}

} // namespace strowger::api
