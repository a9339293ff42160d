// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/circuit_ledger.h"
#include "pktgen/device.h"
#include "pktgen/receiver.h"
#include "pktgen/sender.h"
#include "pktgen/trial.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace strowger::pktgen {

/// Told what runs, so that somebody can show it. Called between trials, never while frames pass.
class Watcher {
public:
    Watcher() = default;
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    Watcher(Watcher&&) = delete;
    Watcher& operator=(Watcher&&) = delete;
    virtual ~Watcher() = default;

    /// Both live until stopped(); their sent() and received() may be read meanwhile.
    virtual void
    started(const std::string& what, const Sender& sender, const Receiver& receiver) = 0;
    virtual void stopped() = 0;
};

/// Everything that stays the same from trial to trial.
struct FlowSetup {
    Device* tx = nullptr;
    Device* rx = nullptr;
    rte_mempool* pool = nullptr;
    const TagPlan* plan = nullptr;
    const std::vector<CircuitEntry>* order = nullptr;
    const SizeProfile* sizes = nullptr;
    Scrutiny scrutiny = Scrutiny::Count;
    std::vector<std::uint32_t> watched{}; ///< circuits with a latency histogram
    std::size_t worst = 10;               ///< how many of the worst circuits are reported
    MacAddresses addresses{};
    std::uint64_t tsc_hz = 0;
    std::uint64_t seed = 1;
    std::uint16_t burst = 32;
    bool two_cores = false;
};

/// Runs trials, one after the other, on this core or on this one and the next lcore.
class Runner {
public:
    Runner(const FlowSetup& setup, const std::atomic<bool>& stop, Watcher* watcher);

    TrialResult run(const TrialSpec& spec, const std::string& what);

private:
    struct Window {
        double seconds = 0.0;
        std::uint64_t received = 0;
    };

    void flush() noexcept;
    void begin(double pps, std::uint64_t frames_max);
    Window send(double seconds) noexcept;
    void drain() noexcept;
    Window pass(double seconds);
    void discard_strays() noexcept;
    TrialResult collect(const TrialSpec& spec, const Window& window) const;
    void add_circuits(TrialResult& result) const;
    static int receive_until_told(void* runner);

    FlowSetup setup_;
    const std::atomic<bool>& stop_;
    Watcher* watcher_;
    std::unique_ptr<CircuitLedger> ledger_;
    Sender sender_;
    Receiver receiver_;
    std::uint32_t trial_;
    std::uint64_t stray_ = 0;
    DeviceLoss before_;
    std::atomic<bool> receiving_{false};
};

} // namespace strowger::pktgen
