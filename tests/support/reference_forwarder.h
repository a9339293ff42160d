// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/dataplane.h"
#include "tests/support/frame.h"
#include "tests/support/reference_meter.h"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strowger {

/// A dataplane that is slow and obviously correct: it reads like the text of seam/program.h, knows
/// no DPDK, no index and no fixed point, and looks at every circuit for every frame. What the real
/// one does with a frame is judged by what this one does. One thread; one worker in its counters.
class ReferenceForwarder final : public Dataplane {
public:
    struct PortSetup {
        std::string name;
        Bytes frame_max{9'216};
    };
    struct Setup {
        std::vector<PortSetup> ports;
        std::uint64_t clock_hz = 0;
        std::size_t capacity = SIZE_MAX; ///< circuits
    };
    explicit ReferenceForwarder(Setup setup);

    /// A frame that leaves, and which circuit it took.
    struct Departure {
        PortIndex port;
        FrameBytes bytes;
        CircuitKey circuit;
        std::size_t from = 0; ///< endpoint at which it arrived
    };

    /// What becomes of one frame; nothing when it is dropped (and counted). `now` never goes back.
    std::optional<Departure> forward(PortIndex port, const FrameBytes& bytes, std::uint64_t now);
    /// Why the last frame did not leave; nothing when it did.
    [[nodiscard]] std::optional<DropReason> last_drop() const { return last_drop_; }
    /// The circuit that a frame belongs to; nothing when it is malformed or unmatched.
    [[nodiscard]] std::optional<CircuitKey> owner_of(PortIndex port, const FrameBytes& bytes);
    /// What would leave if no endpoint refused it; of a frame that belongs to a circuit.
    [[nodiscard]] Departure unchecked(PortIndex port, const FrameBytes& bytes);
    /// What is in force; null: no such circuit.
    [[nodiscard]] const CircuitProgram* program(CircuitKey key) const {
        const auto found = circuits_.find(key);
        return found == circuits_.end() ? nullptr : &found->second.program;
    }
    /// Sets the time at which changes take effect on meters.
    void set_time(std::uint64_t now) { now_ = now; }
    void set_link(PortIndex port, bool up) { ports_.at(port.value).link_up = up; }

    Result<void> stage(CircuitKey key, const CircuitProgram& next) override;
    void unstage(CircuitKey key) override;
    void commit(CircuitKey key, std::uint64_t ticket) override;
    void remove(CircuitKey key, std::uint64_t ticket) override;
    Result<void> assign_receivers(PortIndex port, const ReceiverPlan& plan) override;
    [[nodiscard]] std::size_t outstanding() const override { return under_way_.size(); }
    std::size_t poll(std::span<Completion> completions) override;
    [[nodiscard]] std::optional<CircuitCounters> counters(CircuitKey key) const override;
    [[nodiscard]] std::size_t port_count() const override { return ports_.size(); }
    [[nodiscard]] PortStatus port_status(PortIndex port) const override;
    [[nodiscard]] PortCounters port_counters(PortIndex port) const override;
    [[nodiscard]] std::vector<WorkerStatus> workers() const override;

private:
    struct Port {
        std::string name;
        Bytes frame_max;
        bool link_up = true;
        WorkerSet receivers{.bits = 1};
        PortCounters counters;
    };
    struct Circuit {
        CircuitProgram program;
        std::vector<ReferenceMeter> meters; ///< one an endpoint
        CircuitCounters counters;
    };
    struct Change {
        CircuitKey key;
        std::uint64_t ticket = 0;
        std::optional<CircuitProgram> program; ///< nothing: a removal
    };
    struct Match {
        CircuitKey key;
        Circuit* circuit = nullptr;
        std::size_t from = 0;
    };

    [[nodiscard]] std::optional<Match> find(PortIndex port, const FrameBytes& bytes);
    /// Why the frame does not leave; nothing when it does. `leaving` becomes the frame that leaves.
    std::optional<DropReason>
    pass(const Match& match, const FrameBytes& bytes, FrameBytes& leaving);
    std::optional<DropReason> meter(const Match& match, const FrameBytes& bytes, bool& green);
    void log_unmatched(Port& port, const FrameBytes& bytes);
    Completion apply(const Change& change);

    std::uint64_t clock_hz_;
    std::size_t capacity_;
    std::uint64_t now_ = 0;
    std::vector<Port> ports_;
    std::map<CircuitKey, Circuit> circuits_;
    std::map<CircuitKey, CircuitProgram> staged_;
    std::deque<Change> under_way_;
    WorkerCounters worker_;
    std::optional<DropReason> last_drop_;
};

} // namespace strowger
