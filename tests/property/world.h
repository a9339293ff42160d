// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/program.h"
#include "tests/property/random.h"
#include "tests/support/frame.h"

#include <cstdint>
#include <map>
#include <optional>

namespace strowger {

/// Circuits that do not overlap, and frames that find their weak places. Knows no dataplane: the
/// test tells both of them what this made up.
class World {
public:
    struct Terms {
        std::uint16_t ports = 3;
        std::uint32_t frame_max = 9'216; ///< of every port
        bool metered = true;             ///< false: every frame is green
    };
    World(Random& random, const Terms& terms) : random_(random), terms_(terms) {}

    /// A program that collides with no circuit but `instead`, neither as they are nor as they are
    /// planned to be; nothing when the dice found none.
    std::optional<CircuitProgram> invent(std::optional<CircuitKey> instead);
    /// A circuit's program with something changed.
    std::optional<CircuitProgram> alter(CircuitKey key);

    /// Several changes may be planned before they happen together: what they leave is not free
    /// before that. A circuit is planned at most once.
    CircuitKey new_key() { return CircuitKey{++last_key_}; }
    void plan(CircuitKey key, const CircuitProgram& program) { planned_.emplace(key, program); }
    void plan_removal(CircuitKey key) { planned_.emplace(key, std::nullopt); }
    void plans_happened();

    [[nodiscard]] const std::map<CircuitKey, CircuitProgram>& circuits() const { return circuits_; }
    /// One for which nothing is planned.
    std::optional<CircuitKey> any();

    struct Arrival {
        PortIndex port;
        FrameBytes bytes;
        std::uint64_t id = 0; ///< frame_id of its bytes
    };
    Arrival frame();

private:
    VlanId any_vid();
    VlanSet any_vids();
    VlanMap any_map();
    BandwidthProfile any_profile(Bytes frame_max);
    EndpointProgram any_endpoint(Bytes frame_max);
    [[nodiscard]] bool fits(const CircuitProgram& program, std::optional<CircuitKey> instead) const;
    void add_tags_of(const EndpointProgram& endpoint, FrameSpec& spec);
    void spoil_tags(FrameSpec& spec);
    std::size_t any_size(Bytes frame_max, std::size_t head);

    Random& random_;
    Terms terms_;
    std::map<CircuitKey, CircuitProgram> circuits_;
    std::map<CircuitKey, std::optional<CircuitProgram>> planned_;
    std::uint64_t last_key_ = 0;
    std::uint32_t last_id_ = 0;
};

/// What tells frames apart, in bytes that no dataplane touches: the end of the source address.
/// Frames too short to hold it have 0.
std::uint64_t frame_id(const FrameBytes& bytes);

} // namespace strowger
