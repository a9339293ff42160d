// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/property/random.h"
#include "tests/property/world.h"
#include "tests/support/reference_forwarder.h"
#include "tests/support/stepped_dataplane.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace strowger {

/// The shape of the real dataplane under test.
struct RigShape {
    std::string name;
    unsigned workers = 1;
    unsigned rx_queues = 1;
    unsigned tx_queues = 1;
    /// Circuits on two ports of their own, that fill the tables, carry frames and move.
    unsigned background = 0;
};

/// One world, the real dataplane and what the reference says of it. Rings are the smallest: 8 for
/// hand-over, 4 for commands. What holds at every moment is checked after every step.
///
/// There are two references, without and with the changes under way, so that a frame sent meanwhile
/// has two outcomes and must have one of them. With nothing under way both say the same.
class Rig {
public:
    enum class Meters { Random, AllGreen };
    Rig(const RigShape& shape, std::uint64_t seed, Meters meters);

    /// Takes a random circuit to a random worker, if that can be. From the first one on, what left
    /// is taken after each step: so the order of frames shows across transmit queues.
    void begin_move();
    /// Commits up to `count` random changes of different circuits.
    void begin_changes(std::uint64_t count);
    /// To be called when those are completed: both references are one again.
    void end_changes();
    [[nodiscard]] std::size_t changes_under_way() { return dataplane().outstanding(); }
    /// Flips links and lets time pass; when nothing moves.
    void disturb();

    /// Gives one frame to the real dataplane and asks what may become of it. False: queue is full.
    bool send();
    /// Gives one frame to a random circuit of the background: it has to leave.
    void send_background();
    /// One random worker's turn, or a look at completions.
    void step_any();
    /// Every worker's turn, in random order.
    void step_all();
    /// Until nothing moves.
    void settle();
    /// Takes what left and checks that every frame left as it may.
    void collect();

    /// Ends a round, at rest. Returns how many frames had to leave and did not.
    std::uint64_t end_round();

    /// At rest: the real dataplane counted what the reference did.
    void expect_same_counters();
    /// At rest: each endpoint got the frames that belong to it, also those lost later. Not after
    /// changes under way, which have two answers.
    void expect_same_arrivals();
    /// At rest, also after losses: each frame is in exactly one counter, and what was counted as
    /// sent was seen to leave.
    void expect_conserved();

    /// Frames that must have left, as end_round counts them.
    [[nodiscard]] std::string describe_missing() const;
    [[nodiscard]] std::uint64_t dropped(DropReason reason);
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] std::uint64_t collected() const { return collected_; }
    [[nodiscard]] std::uint64_t changes() const { return last_ticket_; }
    [[nodiscard]] std::uint64_t moves() const { return moves_; }
    Random& random() { return random_; }
    Dataplane& dataplane() { return real_.dataplane(); }

private:
    struct Outcomes {
        std::optional<ReferenceForwarder::Departure> before;
        std::optional<ReferenceForwarder::Departure> after;
        /// While maps change, a circuit owns the VLANs of both programs, and what leaves is checked
        /// against both: these are refused by their own program and mapped by the other.
        std::vector<ReferenceForwarder::Departure> between;
        PortIndex arrived;
        /// Carried by both programs, be it in different ways.
        [[nodiscard]] bool must_leave() const { return before.has_value() && after.has_value(); }
        std::string story; ///< for the reader of a failed test
    };
    struct Change {
        CircuitKey key;
        std::optional<CircuitProgram> program; ///< nothing: a removal
    };
    /// Frames of one circuit that arrive at one port and leave by another keep their order.
    using Flow = std::tuple<CircuitKey, PortIndex, PortIndex>;

    bool begin_change();
    void install_background();
    void collect_background();
    void step(unsigned worker);
    bool stage(CircuitKey key, const CircuitProgram& program);
    void take(const std::vector<Completion>& completions);
    static void apply(ReferenceForwarder& reference, const Change& change);
    void
    add_between(const World::Arrival& arrival, ReferenceForwarder& reference, Outcomes& outcomes);
    [[nodiscard]] std::string tell(const World::Arrival& arrival, const Outcomes& outcomes);
    void check_departure(PortIndex port, const FrameBytes& bytes);
    void check_nothing_lost();
    void check_endpoint(CircuitKey key, const CircuitCounters& counters, std::size_t end);
    void check_what_left(CircuitKey key, const CircuitCounters& counters, std::size_t end);
    [[nodiscard]] WorkerCounters totals();

    RigShape shape_;
    Random random_;
    World world_;
    test::SteppedDataplane real_;
    ReferenceForwarder before_;
    ReferenceForwarder after_;
    std::map<std::uint64_t, Change> under_way_; ///< by ticket
    std::vector<Change> completed_;
    std::map<CircuitKey, CircuitCounters> removed_; ///< last words
    std::map<std::uint64_t, Outcomes> outcomes_;    ///< by frame_id, of frames not seen to leave
    std::map<Flow, std::uint64_t> last_id_;
    /// Circuits with a frame that the old program takes at one end and the new one at the other,
    /// both on one port, and that leaves alike: what left is then known of the two ends together.
    std::set<CircuitKey> either_end_;
    std::map<std::pair<CircuitKey, std::size_t>, FrameCount> left_; ///< by circuit and arrival end
    std::array<std::uint64_t, 8> sent_to_{};
    std::uint64_t last_ticket_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t collected_ = 0;
    std::uint64_t moves_ = 0;
    std::uint64_t background_sent_ = 0;
    std::uint64_t background_left_ = 0;
    std::size_t baseline_;
};

} // namespace strowger
