// SPDX-License-Identifier: Apache-2.0
#include "tests/property/world.h"

#include "tests/support/programs.h"

#include <algorithm>
#include <array>

namespace strowger {
namespace {

constexpr std::size_t kIdAt = 8;
constexpr std::size_t kIdEnd = 12;

bool ignores_tpid(const VlanMap& map) {
    return std::holds_alternative<MapAll>(map) || std::holds_alternative<MapUntagged>(map);
}

/// Whether some frame could belong to both.
bool collide(const EndpointProgram& a, const EndpointProgram& b) {
    const bool tpids_meet = a.tpid == b.tpid || ignores_tpid(a.map) || ignores_tpid(b.map);
    return a.port == b.port && tpids_meet && overlaps(a.map, b.map);
}

std::uint16_t member_of(const VlanSet& set, Random& random) {
    std::vector<std::uint16_t> members;
    for (std::uint16_t vlan = VlanId::kMin; vlan <= VlanId::kMax; ++vlan) {
        if (set.contains(vlan)) {
            members.push_back(vlan);
        }
    }
    return random.chance(50) ? random.pick({members.front(), members.back()})
                             : members[random.below(members.size())];
}

} // namespace

std::uint64_t frame_id(const FrameBytes& bytes) {
    std::uint64_t id = 0;
    for (std::size_t i = kIdAt; i < kIdEnd && bytes.size() >= kIdEnd; ++i) {
        id = id << 8U | bytes[i];
    }
    return id;
}

// Few values, so that circuits meet each other's VLANs often; the edges among them.
VlanId World::any_vid() {
    return vid(random_.pick<std::uint16_t>({1, 2, 3, 5, 6, 7, 8, 63, 64, 65, 2'048, 4'093, 4'094}));
}

VlanSet World::any_vids() {
    VlanSet set = VlanSet::single(any_vid());
    for (std::uint64_t i = random_.below(3); i > 0; --i) {
        const VlanId first = any_vid();
        const std::uint64_t last =
            std::min<std::uint64_t>(first.value() + random_.magnitude(12), VlanId::kMax);
        set.merge(random_.chance(50) ? VlanSet::single(first) : vids(first.value(), last));
    }
    return set;
}

VlanMap World::any_map() {
    switch (random_.below(12)) {
        case 0:
            return MapAll{};
        case 1:
        case 2:
            return MapUntagged{};
        case 3:
        case 4:
            return MapCVlans{VlanSet::single(any_vid())};
        case 5:
        case 6:
            return MapCVlans{any_vids()};
        case 7:
        case 8:
            return MapSVlan{any_vid()};
        case 9:
            return MapSCVlans{any_vid(), VlanSet::single(any_vid())};
        default:
            return MapSCVlans{any_vid(), any_vids()};
    }
}

BandwidthProfile World::any_profile(Bytes frame_max) {
    if (!terms_.metered || random_.chance(30)) {
        return unlimited();
    }
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{random_.chance(20) ? 0 : random_.magnitude(38)};
    spec.eir = BitsPerSecond{random_.chance(30) ? 0 : random_.magnitude(38)};
    spec.coupling_flag = random_.chance(40);
    spec.color_mode = random_.chance(50) ? ColorMode::ColorAware : ColorMode::ColorBlind;
    const auto burst = [this, frame_max] { return Bytes{frame_max.value + random_.magnitude(13)}; };
    spec.cbs = spec.cir.value == 0 ? Bytes{0} : burst();
    const bool fed = spec.eir.value > 0 || (spec.coupling_flag && spec.cir.value > 0);
    spec.ebs = fed ? burst() : Bytes{0};
    return profile_of(spec, frame_max);
}

EndpointProgram World::any_endpoint(Bytes frame_max) {
    return endpoint_of(
        static_cast<std::uint16_t>(random_.below(terms_.ports)),
        any_map(),
        random_.pick({Tpid::CTag8100, Tpid::CTag8100, Tpid::STag88a8, Tpid::STag9100}),
        any_profile(frame_max)
    );
}

bool World::fits(const CircuitProgram& program, std::optional<CircuitKey> instead) const {
    const auto meets = [&program](const EndpointProgram& other) {
        return collide(program.endpoints[0], other) || collide(program.endpoints[1], other);
    };
    const auto apart = [&meets](const CircuitProgram& other) {
        return std::none_of(other.endpoints.begin(), other.endpoints.end(), meets);
    };
    if (collide(program.endpoints[0], program.endpoints[1])) {
        return false;
    }
    for (const auto& [key, other] : circuits_) {
        if (key != instead && !apart(other)) {
            return false;
        }
    }
    return std::all_of(planned_.begin(), planned_.end(), [&apart](const auto& plan) {
        return !plan.second.has_value() || apart(*plan.second);
    });
}

void World::plans_happened() {
    for (const auto& [key, program] : planned_) {
        if (program.has_value()) {
            circuits_.insert_or_assign(key, *program);
        } else {
            circuits_.erase(key);
        }
    }
    planned_.clear();
}

std::optional<CircuitProgram> World::invent(std::optional<CircuitKey> instead) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        const std::uint64_t longest = terms_.frame_max - 4 * random_.below(3);
        const Bytes frame_max{random_.pick<std::uint64_t>({1'522, 1'526, 2'000, longest})};
        CircuitProgram program = program_of(any_endpoint(frame_max), any_endpoint(frame_max));
        program.frame_max = frame_max;
        program.forwarding = !random_.chance(4);
        program.l2cp_transparent = random_.chance(30);
        if (fits(program, instead)) {
            return program;
        }
    }
    return std::nullopt;
}

std::optional<CircuitProgram> World::alter(CircuitKey key) {
    CircuitProgram program = circuits_.at(key);
    EndpointProgram& endpoint = program.endpoints.at(random_.below(2));
    switch (random_.below(5)) {
        case 0:
            program.forwarding = !program.forwarding || random_.chance(50);
            break;
        case 1:
            endpoint.bandwidth = any_profile(program.frame_max);
            break;
        case 2:
            endpoint.map = any_map();
            break;
        case 3: {
            // A bundle that grows or shrinks: most of it stays.
            auto* const bundle = std::get_if<MapCVlans>(&endpoint.map);
            if (bundle != nullptr) {
                bundle->vlans.merge(any_vids());
            }
            break;
        }
        default:
            return invent(key);
    }
    return fits(program, key) ? std::optional(program) : std::nullopt;
}

std::optional<CircuitKey> World::any() {
    std::vector<CircuitKey> keys;
    for (const auto& [key, program] : circuits_) {
        if (planned_.count(key) == 0) {
            keys.push_back(key);
        }
    }
    return keys.empty() ? std::nullopt : std::optional(keys[random_.below(keys.size())]);
}

void World::add_tags_of(const EndpointProgram& endpoint, FrameSpec& spec) {
    const auto add = [&](std::uint16_t tpid, std::uint16_t vlan) {
        const auto pcp = static_cast<std::uint8_t>(random_.below(8));
        spec.tags.push_back({tpid, vlan, pcp, random_.chance(50)});
    };
    const std::uint16_t tpid = tpid_ethertype(endpoint.tpid);
    if (const auto* c_vlans = std::get_if<MapCVlans>(&endpoint.map)) {
        add(tpid, member_of(c_vlans->vlans, random_));
    } else if (const auto* s_vlan = std::get_if<MapSVlan>(&endpoint.map)) {
        add(tpid, s_vlan->s_vlan.value());
    } else if (const auto* both = std::get_if<MapSCVlans>(&endpoint.map)) {
        add(tpid, both->s_vlan.value());
        add(0x8100, member_of(both->c_vlans, random_));
    } else if (random_.chance(40)) {
        add(tpid, 0);
    }
}

/// Makes frames that almost belong, carry more tags, or have an EtherType that is almost a TPID.
void World::spoil_tags(FrameSpec& spec) {
    const auto any_tpid = [this] {
        return random_.pick<std::uint16_t>({0x8100, 0x8100, 0x88A8, 0x9100, 0x9200, 0x9300});
    };
    const auto any_tag_vid = [this]() -> std::uint16_t {
        return random_.chance(30) ? random_.pick<std::uint16_t>({0, 4'095}) : any_vid().value();
    };
    if (!spec.tags.empty() && random_.chance(15)) {
        spec.tags[random_.below(spec.tags.size())].tpid = any_tpid();
    }
    if (!spec.tags.empty() && random_.chance(15)) {
        spec.tags[random_.below(spec.tags.size())].vid = any_tag_vid();
    }
    while (spec.tags.size() < 5 && random_.chance(25)) {
        const auto pcp = static_cast<std::uint8_t>(random_.below(8));
        spec.tags.push_back({any_tpid(), any_tag_vid(), pcp, random_.chance(50)});
    }
    // 0x8100 here is a tag that the frame may be too short for.
    spec.ether_type = random_.pick<std::uint16_t>(
        {0x0800, 0x0800, 0x88B5, 0x8847, 0x88E7, 0x9200, 0x8100, 0x88A8, 0x9100}
    );
}

std::size_t World::any_size(Bytes frame_max, std::size_t head) {
    const std::size_t longest = terms_.frame_max - 4;
    switch (random_.below(16)) {
        case 0:
            return random_.between(1, 24);
        case 1:
            return head + random_.below(6); // as short as its tags allow, or a little less
        case 2:
            return random_.between(54, 70);
        case 3:
            return std::min<std::size_t>(frame_max.value - 4 + random_.below(3) - 1, longest);
        case 4:
            return std::min<std::size_t>(frame_max.value - random_.below(12), longest);
        case 5:
        case 6:
            return random_.between(60, longest);
        default:
            return random_.between(60, 1'500);
    }
}

World::Arrival World::frame() {
    FrameSpec spec;
    Arrival arrival;
    arrival.port.value = static_cast<std::uint16_t>(random_.below(terms_.ports));
    Bytes frame_max{1'526};
    // Circuits as they are, and as they are planned to be.
    std::vector<const CircuitProgram*> programs;
    for (const auto& [key, program] : circuits_) {
        programs.push_back(&program);
    }
    for (const auto& [key, program] : planned_) {
        if (program.has_value()) {
            programs.push_back(&*program);
        }
    }
    if (!programs.empty() && random_.chance(90)) {
        const CircuitProgram& program = *programs[random_.below(programs.size())];
        const EndpointProgram& endpoint = program.endpoints.at(random_.below(2));
        arrival.port = endpoint.port;
        frame_max = program.frame_max;
        add_tags_of(endpoint, spec);
    }
    if (random_.chance(25)) {
        spoil_tags(spec);
    }
    if (random_.chance(8)) {
        const auto last = static_cast<std::uint8_t>(random_.below(18));
        spec.destination = {0x01, 0x80, 0xC2, 0x00, 0x00, last};
    }
    if (random_.chance(4)) {
        spec.source[0] |= 1U;
    }
    ++last_id_;
    for (std::size_t i = 0; i < 4; ++i) {
        spec.source[2 + i] = static_cast<std::uint8_t>(last_id_ >> (8 * (3 - i)));
    }
    spec.size = any_size(frame_max, 10 + 4 * spec.tags.size());
    arrival.bytes = build_frame(spec);
    arrival.id = frame_id(arrival.bytes);
    return arrival;
}

} // namespace strowger
