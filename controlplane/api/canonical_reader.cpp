// SPDX-License-Identifier: Apache-2.0
#include "api/canonical_reader.h"

#include "api/spec_reader.h"
#include "strowger/model/limits.h"

#include <cstdint>
#include <string>
#include <utility>

namespace strowger::api {
namespace {

constexpr std::size_t kDigitsMax = 15; // below 2^53

/// Walks over a text. Each step either takes what it names, or takes nothing and says so.
class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    bool take(std::string_view literal) {
        if (!rest_.starts_with(literal)) {
            return false;
        }
        rest_.remove_prefix(literal.size());
        return true;
    }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    /// Printable ASCII between quotes, without any escape.
    std::optional<std::string_view> text() {
        if (!take("\"")) {
            return std::nullopt;
        }
        std::size_t size = 0;
        for (; size < rest_.size() && rest_[size] != '"'; ++size) {
            if (rest_[size] < ' ' || rest_[size] > '~' || rest_[size] == '\\') {
                return std::nullopt;
            }
        }
        if (size == rest_.size()) {
            return std::nullopt;
        }
        const std::string_view found = rest_.substr(0, size);
        rest_.remove_prefix(size + 1);
        return found;
    }
    /// Digits, written in the one way there is.
    std::optional<std::uint64_t> number(std::uint64_t min, std::uint64_t max) {
        std::uint64_t value = 0;
        std::size_t size = 0;
        while (size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9') {
            value = value * 10 + static_cast<std::uint64_t>(rest_[size] - '0');
            if (++size > kDigitsMax) {
                return std::nullopt;
            }
        }
        const bool plain = size != 0 && (rest_[0] != '0' || size == 1);
        if (!plain || value < min || value > max) {
            return std::nullopt;
        }
        rest_.remove_prefix(size);
        return value;
    }
    std::optional<VlanId> vlan() {
        const auto raw = number(VlanId::kMin, VlanId::kMax);
        return raw ? std::optional<VlanId>(*VlanId::from(*raw)) : std::nullopt;
    }

private:
    std::string_view rest_;
};

std::optional<bool> read_flag(Cursor& cursor) {
    if (cursor.take("true")) {
        return true;
    }
    return cursor.take("false") ? std::optional<bool>(false) : std::nullopt;
}

/// A member that may be left out: false when it is there and not plain.
bool read_optional_number(
    Cursor& cursor,
    std::string_view member,
    std::uint64_t max,
    std::optional<std::uint64_t>& value
) {
    if (!cursor.take(member)) {
        return true;
    }
    value = cursor.number(0, max);
    return value.has_value();
}

std::optional<BandwidthProfileSpec> read_profile(Cursor& cursor) {
    std::optional<std::uint64_t> cir;
    std::optional<std::uint64_t> cbs;
    std::optional<std::uint64_t> eir;
    std::optional<std::uint64_t> ebs;
    if (!read_optional_number(cursor, R"({"cir_bps":)", limits::kRateBpsMax, cir) || !cir ||
        !read_optional_number(cursor, R"(,"cbs_bytes":)", limits::kBurstBytesMax, cbs) ||
        !read_optional_number(cursor, R"(,"eir_bps":)", limits::kRateBpsMax, eir) ||
        !read_optional_number(cursor, R"(,"ebs_bytes":)", limits::kBurstBytesMax, ebs)) {
        return std::nullopt;
    }
    BandwidthProfileSpec profile;
    profile.cir = BitsPerSecond{*cir};
    profile.cbs = cbs ? std::optional<Bytes>(Bytes{*cbs}) : std::nullopt;
    profile.eir = BitsPerSecond{eir.value_or(0)};
    profile.ebs = ebs ? std::optional<Bytes>(Bytes{*ebs}) : std::nullopt;
    if (cursor.take(R"(,"color_mode":"color_aware")")) {
        profile.color_mode = ColorMode::ColorAware;
    } else {
        cursor.take(R"(,"color_mode":"color_blind")");
    }
    if (cursor.take(R"(,"coupling_flag":)")) {
        const std::optional<bool> flag = read_flag(cursor);
        if (!flag) {
            return std::nullopt;
        }
        profile.coupling_flag = *flag;
    }
    return cursor.take("}") ? std::optional<BandwidthProfileSpec>(profile) : std::nullopt;
}

/// 100 or "200-299".
std::optional<VlanSet> read_vlans(Cursor& cursor) {
    const std::optional<std::string_view> range = cursor.text();
    if (!range) {
        const std::optional<VlanId> vlan = cursor.vlan();
        return vlan ? std::optional<VlanSet>(VlanSet::single(*vlan)) : std::nullopt;
    }
    Cursor inside(*range);
    const std::optional<VlanId> first = inside.vlan();
    const bool dash = inside.take("-");
    const std::optional<VlanId> last = inside.vlan();
    if (!first || !dash || !last || !inside.at_end()) {
        return std::nullopt;
    }
    Result<VlanSet> set = VlanSet::range(*first, *last);
    return set ? std::optional<VlanSet>(*std::move(set)) : std::nullopt;
}

std::optional<VlanSet> read_vlan_list(Cursor& cursor) {
    std::optional<VlanSet> set = read_vlans(cursor);
    while (set && cursor.take(",")) {
        const std::optional<VlanSet> more = read_vlans(cursor);
        if (!more || set->overlaps(*more)) {
            return std::nullopt;
        }
        set->merge(*more);
    }
    return cursor.take("]") ? set : std::nullopt;
}

std::optional<VlanMap> read_map(Cursor& cursor) {
    if (cursor.take(R"({"all":true})")) {
        return MapAll{};
    }
    if (cursor.take(R"({"untagged":true})")) {
        return MapUntagged{};
    }
    std::optional<VlanMap> map;
    if (cursor.take(R"({"c_vlans":[)")) {
        if (std::optional<VlanSet> vlans = read_vlan_list(cursor)) {
            map = MapCVlans{*std::move(vlans)};
        }
    } else if (cursor.take(R"({"s_vlan":)")) {
        const std::optional<VlanId> s_vlan = cursor.vlan();
        if (s_vlan && cursor.take(R"(,"c_vlans":[)")) {
            if (std::optional<VlanSet> vlans = read_vlan_list(cursor)) {
                map = MapSCVlans{*s_vlan, *std::move(vlans)};
            }
        } else if (s_vlan) {
            map = MapSVlan{*s_vlan};
        }
    }
    return cursor.take("}") ? map : std::nullopt;
}

std::optional<EndpointSpec> read_endpoint(Cursor& cursor) {
    if (!cursor.take(R"({"uni":)")) {
        return std::nullopt;
    }
    const std::optional<std::string_view> uni = cursor.text();
    if (!uni || (!Name::from(*uni) && !ObjectId::from(ObjectKind::Uni, *uni)) ||
        !cursor.take(R"(,"vlan_map":)")) {
        return std::nullopt;
    }
    std::optional<VlanMap> map = read_map(cursor);
    std::optional<BandwidthProfileSpec> bandwidth;
    if (map && cursor.take(R"(,"bandwidth":)")) {
        bandwidth = read_profile(cursor);
        if (!bandwidth) {
            return std::nullopt;
        }
    }
    if (!map || !cursor.take("}")) {
        return std::nullopt;
    }
    return EndpointSpec{std::string(*uni), *std::move(map), bandwidth};
}

/// Behind the opening brace: members whose keys rise, up to the closing one.
template <typename Map, typename ReadKey, typename ReadValue>
bool read_sorted(Cursor& cursor, Map& map, ReadKey read_key, ReadValue read_value) {
    if (cursor.take("}")) {
        return true;
    }
    do {
        const std::optional<std::string_view> text = cursor.text();
        auto key = text ? read_key(*text) : std::nullopt;
        if (!key || !cursor.take(":") || (!map.empty() && !(map.rbegin()->first < *key))) {
            return false;
        }
        auto value = read_value(cursor);
        if (!value) {
            return false;
        }
        map.emplace_hint(map.end(), *std::move(key), *std::move(value));
    } while (cursor.take(","));
    return cursor.take("}");
}

std::optional<Name> name_of(std::string_view text) {
    Result<Name> name = Name::from(text);
    return name ? std::optional<Name>(*std::move(name)) : std::nullopt;
}

/// What stands before "type".
bool read_labels(Cursor& cursor, CircuitSpec& circuit) {
    if (cursor.take(R"(,"display_name":)")) {
        const std::optional<std::string_view> text = cursor.text();
        if (!text) {
            return false;
        }
        circuit.display_name = *text;
    }
    const auto as_text = [](std::string_view text) { return std::optional(std::string(text)); };
    const auto read_text = [&](Cursor& from) {
        const std::optional<std::string_view> text = from.text();
        return text ? as_text(*text) : std::nullopt;
    };
    return !cursor.take(R"(,"tags":{)") || read_sorted(cursor, circuit.tags, as_text, read_text);
}

/// What stands between "type" and "endpoints".
bool read_terms(Cursor& cursor, CircuitSpec& circuit) {
    if (cursor.take(R"(,"admin_state":"down")")) {
        circuit.admin_state = AdminState::Down;
    } else {
        cursor.take(R"(,"admin_state":"up")");
    }
    if (cursor.take(R"(,"max_frame_bytes":)")) {
        const auto bytes = cursor.number(limits::kFrameBytesMin, limits::kFrameBytesMax);
        if (!bytes) {
            return false;
        }
        circuit.frame_max = Bytes{*bytes};
    }
    if (cursor.take(R"(,"bandwidth":)")) {
        circuit.bandwidth = read_profile(cursor);
        return circuit.bandwidth.has_value();
    }
    return true;
}

} // namespace

std::optional<CircuitSpec> read_canonical_circuit(std::string_view text) {
    Cursor cursor(text);
    if (!cursor.take(R"({"name":)")) {
        return std::nullopt;
    }
    const std::optional<std::string_view> written = cursor.text();
    std::optional<Name> name = written ? name_of(*written) : std::nullopt;
    if (!name) {
        return std::nullopt;
    }
    CircuitSpec circuit{
        .name = *std::move(name),
        .display_name = {},
        .tags = {},
        .type = CircuitType::ELine,
        .admin_state = AdminState::Up,
        .frame_max = std::nullopt,
        .bandwidth = std::nullopt,
        .endpoints = {}};
    const bool plain = read_labels(cursor, circuit) && cursor.take(R"(,"type":"eline")") &&
                       read_terms(cursor, circuit) && cursor.take(R"(,"endpoints":{)") &&
                       read_sorted(cursor, circuit.endpoints, name_of, read_endpoint) &&
                       cursor.take("}") && cursor.at_end();
    return plain ? std::optional<CircuitSpec>(std::move(circuit)) : std::nullopt;
}

std::optional<EffectiveCircuit> read_canonical_effective(std::string_view text) {
    Cursor cursor(text);
    if (!cursor.take(R"({"max_frame_bytes":)")) {
        return std::nullopt;
    }
    const auto frame_max = cursor.number(limits::kFrameBytesMin, limits::kFrameBytesMax);
    if (!frame_max || !cursor.take(R"(,"endpoints":{)")) {
        return std::nullopt;
    }
    EffectiveCircuit effective{Bytes{*frame_max}, {}};
    const auto read_effective = [&](Cursor& from) -> std::optional<BandwidthProfile> {
        const std::optional<BandwidthProfileSpec> spec =
            from.take(R"({"bandwidth":)") ? read_profile(from) : std::nullopt;
        if (!spec || !from.take("}")) {
            return std::nullopt;
        }
        Result<BandwidthProfile> profile = BandwidthProfile::resolve(*spec, effective.frame_max);
        return profile ? std::optional<BandwidthProfile>(*profile) : std::nullopt;
    };
    const bool plain = read_sorted(cursor, effective.bandwidth, name_of, read_effective) &&
                       cursor.take("}") && cursor.at_end();
    return plain ? std::optional<EffectiveCircuit>(std::move(effective)) : std::nullopt;
}

} // namespace strowger::api
