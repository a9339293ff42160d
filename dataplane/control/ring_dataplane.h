// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/change_driver.h"
#include "control/command_queues.h"
#include "control/counter_reader.h"
#include "control/index_ledger.h"
#include "control/port_reader.h"
#include "control/rebalancer.h"
#include "control/receiver_assigner.h"
#include "control/slot_ledger.h"
#include "strowger/seam/dataplane.h"
#include "strowger/seam/site.h"
#include "worker/worker_group.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace strowger::dataplane {

/// The real dataplane: keeps the ledger of slots and blocks, compiles programs to commands, sends
/// them to the workers over their rings and follows the acknowledgements. Control thread only.
class RingDataplane final : public Dataplane {
public:
    /// All but `config`, the site's, outlive this. `steering` null: no device takes rules.
    RingDataplane(
        const DataplaneConfig& config,
        WorkerGroup& group,
        const PortReader& ports,
        PortSteering* steering = nullptr
    );
    RingDataplane(const RingDataplane&) = delete;
    RingDataplane& operator=(const RingDataplane&) = delete;
    RingDataplane(RingDataplane&&) = delete;
    RingDataplane& operator=(RingDataplane&&) = delete;
    ~RingDataplane() override;

    Result<void> stage(CircuitKey key, const CircuitProgram& next) override;
    void unstage(CircuitKey key) override;
    void commit(CircuitKey key, std::uint64_t ticket) override;
    void remove(CircuitKey key, std::uint64_t ticket) override;
    Result<void> assign_receivers(PortIndex port, const ReceiverPlan& plan) override;
    [[nodiscard]] std::size_t outstanding() const override {
        return under_way_.size() + receivers_.under_way();
    }
    std::size_t poll(std::span<Completion> completions) override;

    [[nodiscard]] std::optional<CircuitCounters> counters(CircuitKey key) const override;
    [[nodiscard]] std::size_t port_count() const override { return group_.ports().count; }
    [[nodiscard]] PortStatus port_status(PortIndex port) const override;
    [[nodiscard]] PortCounters port_counters(PortIndex port) const override;
    [[nodiscard]] std::vector<WorkerStatus> workers() const override;

    /// Takes an installed circuit to another worker while its frames go on: none is lost or
    /// overtaken, counters and tokens go along. False, and nothing changed: the worker is full, or
    /// not one of the circuit's, or it lives there; or a change of it is staged or under way.
    /// What the control plane asks for meanwhile waits. Counts as outstanding, has no completion.
    bool move(CircuitKey key, std::uint32_t worker);
    /// Where an installed circuit lives, for tests and diagnostics.
    [[nodiscard]] std::optional<CircuitPlace> place(CircuitKey key) const;

private:
    class Loads;
    /// What came of a change whose phases are done.
    struct Progress {
        bool goes_on = false; ///< another one of the circuit began
        std::optional<Completion> completion{};
    };
    struct KeyHash {
        std::size_t operator()(CircuitKey key) const noexcept {
            return std::hash<std::uint64_t>{}(key.value);
        }
    };

    Result<void> check_frames(const CircuitProgram& program) const;
    bool acquire(const CircuitProgram& program);
    void release(const CircuitProgram& program, const CircuitProgram* kept);
    void begin_commit(CircuitRecord& circuit, std::uint64_t ticket);
    void
    begin_move(CircuitRecord& circuit, const CircuitPlace& to, std::optional<std::uint64_t> ticket);
    void begin_removal(CircuitRecord& circuit, std::uint64_t ticket);
    bool begin_waiting(CircuitRecord& circuit);
    Progress finish(CircuitKey key);
    Completion finish_removal(CircuitKey key);
    void leave_place(CircuitRecord& circuit);

    DataplaneConfig config_;
    WorkerGroup& group_;
    const PortReader& ports_;
    CommandQueues queues_;
    ReceiverAssigner receivers_;
    IndexLedger index_;
    SlotLedger slots_;
    ChangeDriver driver_;
    CounterReader reader_;
    std::unordered_map<CircuitKey, CircuitRecord, KeyHash> circuits_;
    std::vector<CircuitKey> under_way_;
    std::size_t own_moves_ = 0; ///< of those
    std::unique_ptr<Loads> loads_;
    std::unique_ptr<Rebalancer> rebalancer_; ///< when the site wants it
};

} // namespace strowger::dataplane
