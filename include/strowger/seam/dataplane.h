// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/base/units.h"
#include "strowger/seam/counters.h"
#include "strowger/seam/program.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace strowger {

/// How a device spreads what arrives over the rx queues of its port.
enum class Steering : std::uint8_t {
    None, ///< one queue, or several that the far end chooses among
    Hash, ///< by a hash of the first tag's VID: frames of a VLAN stay on one queue
    Rules ///< as the port's ReceiverPlan says; what that does not name is on the queues of `others`
};

/// What one port is and can do now.
struct PortStatus {
    std::string name;
    std::string driver;
    std::string mac; ///< "02:00:5e:00:00:01"
    int socket = 0;  ///< NUMA node
    bool link_up = false;
    std::uint64_t speed_bps = 0; ///< 0: unknown
    Bytes frame_max;             ///< the largest frame that really passes, with FCS and tags
    std::uint32_t rx_queues = 1;
    Steering steering = Steering::None;
    WorkerSet receivers; ///< workers that poll an rx queue of it
    ReceiverPlan plan;   ///< in force: frames arrive as it says
};

struct WorkerStatus {
    std::uint32_t core = 0;
    int socket = 0;
    bool shared = false; ///< shares the control core: out of every loss and latency promise
    bool adaptive = false;
    std::uint32_t circuits = 0;
    std::uint64_t clock_hz = 0; ///< of counters.busy_cycles
    WorkerCounters counters;
};

/// Tells the control plane that every worker holds (or has let go of) what was committed.
struct Completion {
    std::uint64_t ticket = 0;
    std::optional<CircuitCounters> final_counters; ///< after a removal: the last word
};

/// The seam between the planes. Called on the control thread only; never blocks.
///
/// A change has two steps, so that nothing can fail once the store has committed it:
///   stage()  reserves slots and index blocks for the new state, or refuses (capacity);
///   commit() orders the workers to take it over, and cannot fail.
/// Between them an order is made durable; if that fails, unstage() gives the reservation back.
/// A circuit has at most one change under way (staged or committed and not completed); the caller
/// sees to it. Changes of different circuits run side by side and may complete in any order.
///
/// Implemented by the real dataplane, by a fake for control-plane tests and by the slow reference
/// forwarder of the property tests; one contract test runs over all three.
class Dataplane {
public:
    Dataplane() = default;
    Dataplane(const Dataplane&) = delete;
    Dataplane& operator=(const Dataplane&) = delete;
    Dataplane(Dataplane&&) = delete;
    Dataplane& operator=(Dataplane&&) = delete;
    virtual ~Dataplane() = default;

    /// Reserves what bringing `key` to `next` takes; a key not seen before is a new circuit.
    /// Fails with Conflict ("capacity_exceeded"; "frame_too_large_for_port" when a port would not
    /// pass the longest frame as it arrives or as it leaves with its tags): then nothing changed.
    /// The caller guarantees that maps on one port do not overlap between circuits.
    virtual Result<void> stage(CircuitKey key, const CircuitProgram& next) = 0;
    /// Gives back what stage(key) reserved.
    virtual void unstage(CircuitKey key) = 0;
    /// Brings the workers to the staged program. A frame sees the old program or the new one. What
    /// did not change is not disturbed: counters go on, and tokens are kept up to the new burst.
    virtual void commit(CircuitKey key, std::uint64_t ticket) = 0;
    /// Lets the circuit go: unmatched on every worker first, freed after.
    virtual void remove(CircuitKey key, std::uint64_t ticket) = 0;
    /// Lets the plan's workers poll the port's rx queues, in even shares, instead of those that do
    /// now. No frame is lost but what the device's rings do not hold meanwhile, and none overtakes
    /// another of its circuit. Done when port_status() says that this plan is in force; receivers
    /// are then those of its workers that got a queue, where there are fewer queues. A later plan
    /// replaces one that has not begun. Fails with Invalid (nobody, a worker there is not, a VID
    /// twice) or Unavailable (the device takes no rules, or not so many; too few queues for a queue
    /// of each entry and one of the others): then nothing changed.
    virtual Result<void> assign_receivers(PortIndex port, const ReceiverPlan& plan) = 0;

    /// Changes that are committed and not completed, ports whose receivers are being changed, and
    /// circuits that the dataplane itself takes to other workers. The caller refuses new orders
    /// above a bound.
    [[nodiscard]] virtual std::size_t outstanding() const = 0;
    /// Moves outstanding changes on and hands out what completed. Cheap when there is nothing.
    virtual std::size_t poll(std::span<Completion> completions) = 0;

    /// Of an installed circuit; nothing otherwise.
    [[nodiscard]] virtual std::optional<CircuitCounters> counters(CircuitKey key) const = 0;
    [[nodiscard]] virtual std::size_t port_count() const = 0;
    [[nodiscard]] virtual PortStatus port_status(PortIndex port) const = 0;
    [[nodiscard]] virtual PortCounters port_counters(PortIndex port) const = 0;
    [[nodiscard]] virtual std::vector<WorkerStatus> workers() const = 0;
};

} // namespace strowger
