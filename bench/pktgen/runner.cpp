// SPDX-License-Identifier: Apache-2.0
#include "pktgen/runner.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include <algorithm>
#include <array>

namespace strowger::pktgen {

namespace {

/// RFC 2544 section 23 waits two seconds for frames still on their way. With nothing arriving for
/// a tenth of one, none is.
constexpr double kDrainSecondsMax = 2.0;
constexpr double kQuietSeconds = 0.1;
/// When as many came back as were sent. Not at once: one of them may be a duplicate.
constexpr double kSettledSeconds = 0.001;
/// Between the warm-up and the trial, and before the first: what is left of former frames.
constexpr double kFlushSeconds = 0.005;
constexpr unsigned kStrayTurns = 64;

std::unique_ptr<CircuitLedger> make_ledger(const FlowSetup& setup) {
    return setup.scrutiny >= Scrutiny::Follow
               ? std::make_unique<CircuitLedger>(*setup.plan, setup.watched)
               : nullptr;
}

Sender::Setup sender_setup(const FlowSetup& setup) {
    return {
        .port = setup.tx->id(),
        .burst = setup.burst,
        .pool = setup.pool,
        .order = setup.order,
        .sizes = setup.sizes,
        .layout = setup.plan->spec().sent,
        .addresses = setup.addresses,
        .tsc_hz = setup.tsc_hz,
        .numbered = setup.scrutiny >= Scrutiny::Follow};
}

DeviceLoss operator-(const DeviceLoss& a, const DeviceLoss& b) {
    return {
        .rx_missed = a.rx_missed - b.rx_missed,
        .rx_no_buffer = a.rx_no_buffer - b.rx_no_buffer,
        .rx_errors = a.rx_errors - b.rx_errors,
        .tx_errors = a.tx_errors - b.tx_errors};
}

/// What the receiving port missed, and the sending port failed to send.
DeviceLoss read_devices(const FlowSetup& setup) {
    DeviceLoss loss = setup.rx->counted();
    loss.tx_errors = setup.tx->counted().tx_errors;
    return loss;
}

} // namespace

Runner::Runner(const FlowSetup& setup, const std::atomic<bool>& stop, Watcher* watcher)
    : setup_(setup),
      stop_(stop),
      watcher_(watcher),
      ledger_(make_ledger(setup)),
      sender_(sender_setup(setup)),
      receiver_(
          {.port = setup.rx->id(),
           .queues = setup.rx->rx_queues(),
           .scrutiny = setup.scrutiny,
           .plan = setup.plan,
           .ledger = ledger_.get()}
      ),
      trial_(static_cast<std::uint32_t>(setup.seed) * 0x01000193U) {}

TrialResult Runner::run(const TrialSpec& spec, const std::string& what) {
    if (watcher_ != nullptr) {
        watcher_->started(what, sender_, receiver_);
    }
    if (spec.warm_seconds > 0.0 && !stop_.load()) {
        begin(spec.pps, 0);
        (void)pass(spec.warm_seconds);
    }
    begin(spec.pps, spec.frames_max);
    const Window window = pass(spec.seconds);
    if (watcher_ != nullptr) {
        watcher_->stopped();
    }
    return collect(spec, window);
}

void Runner::flush() noexcept {
    const auto hz = static_cast<double>(setup_.tsc_hz);
    const auto quiet = static_cast<std::uint64_t>(kFlushSeconds * hz);
    const std::uint64_t end = rte_rdtsc() + static_cast<std::uint64_t>(kDrainSecondsMax * hz);
    std::uint64_t quiet_since = rte_rdtsc();
    while (true) {
        const std::uint64_t now = rte_rdtsc();
        if (receiver_.turn() > 0 && now < end) {
            quiet_since = rte_rdtsc();
        } else if (now - quiet_since >= quiet) {
            return;
        }
    }
}

void Runner::begin(double pps, std::uint64_t frames_max) {
    flush();
    ++trial_;
    stray_ = 0;
    receiver_.begin(trial_);
    before_ = read_devices(setup_);
    sender_.begin(trial_, pps, frames_max, rte_rdtsc());
}

Runner::Window Runner::pass(double seconds) {
    if (setup_.two_cores) {
        receiving_.store(true);
        (void)rte_eal_remote_launch(receive_until_told, this, rte_get_next_lcore(-1, 1, 0));
    }
    const Window window = send(seconds);
    drain();
    if (setup_.two_cores) {
        receiving_.store(false);
        rte_eal_mp_wait_lcore();
    }
    return window;
}

int Runner::receive_until_told(void* runner) {
    auto* const self = static_cast<Runner*>(runner);
    while (self->receiving_.load(std::memory_order_relaxed)) {
        (void)self->receiver_.turn();
    }
    return 0;
}

Runner::Window Runner::send(double seconds) noexcept {
    const auto hz = static_cast<double>(setup_.tsc_hz);
    const std::uint64_t start = rte_rdtsc();
    const std::uint64_t end = start + static_cast<std::uint64_t>(seconds * hz);
    std::uint64_t now = start;
    unsigned turns = 0;
    while (now < end && !sender_.finished() && !stop_.load(std::memory_order_relaxed)) {
        sender_.turn(now);
        if (!setup_.two_cores) {
            // One more when the first was full: the sender must not outrun its own receiver.
            if (receiver_.turn() == Receiver::kBurst) {
                (void)receiver_.turn();
            }
        }
        if (++turns % kStrayTurns == 0) {
            discard_strays();
        }
        now = rte_rdtsc();
    }
    return {.seconds = static_cast<double>(now - start) / hz, .received = receiver_.received()};
}

void Runner::drain() noexcept {
    sender_.end();
    const auto hz = static_cast<double>(setup_.tsc_hz);
    const auto ticks = [hz](double seconds) { return static_cast<std::uint64_t>(seconds * hz); };
    const std::uint64_t end = rte_rdtsc() + ticks(kDrainSecondsMax);
    std::uint64_t count = receiver_.received();
    std::uint64_t quiet_since = rte_rdtsc();
    while (true) {
        // Read before the poll: only a poll that brought nothing, made after the time was over,
        // ends the wait. So a thread that was kept from its core leaves nothing behind.
        const std::uint64_t now = rte_rdtsc();
        if (!setup_.two_cores) {
            (void)receiver_.turn();
        }
        const std::uint64_t received = receiver_.received();
        const double quiet = received >= sender_.sent() ? kSettledSeconds : kQuietSeconds;
        if (received != count && now < end) {
            count = received;
            quiet_since = rte_rdtsc();
        } else if (now - quiet_since >= ticks(quiet)) {
            return;
        }
        rte_pause();
    }
}

void Runner::discard_strays() noexcept {
    if (setup_.tx == setup_.rx) {
        return;
    }
    std::array<rte_mbuf*, Receiver::kBurst> frames{};
    for (std::uint16_t queue = 0; queue < setup_.tx->rx_queues(); ++queue) {
        const std::uint16_t count =
            rte_eth_rx_burst(setup_.tx->id(), queue, frames.data(), Receiver::kBurst);
        rte_pktmbuf_free_bulk(frames.data(), count);
        stray_ += count;
    }
}

TrialResult Runner::collect(const TrialSpec& spec, const Window& window) const {
    TrialResult result;
    result.asked_pps = spec.pps;
    result.seconds = window.seconds;
    result.sent = sender_.sent();
    result.received = receiver_.received();
    result.received_in_window = std::min(window.received, result.received);
    result.received_bytes = receiver_.bytes();
    result.foreign = receiver_.foreign();
    result.stray = stray_;
    result.lost = result.sent > result.received ? result.sent - result.received : 0;
    result.misdelivered = receiver_.misdelivered();
    result.damaged = receiver_.damaged();
    result.skipped = sender_.skipped();
    result.tx_bursts = sender_.bursts();
    result.tx_refused = sender_.refused();
    result.tx_no_buffer = sender_.no_buffer();
    result.rx_polls = receiver_.polls();
    result.rx_empty = receiver_.empty();
    result.rx_full = receiver_.full();
    result.devices = read_devices(setup_) - before_;
    result.latency = summarise(receiver_.latency(), setup_.tsc_hz);
    result.read_all = setup_.scrutiny != Scrutiny::Count;
    result.interrupted = stop_.load();
    if (ledger_) {
        result.fates = ledger_->totals(sender_.sent_of_circuits());
        result.lost = result.fates.lost;
        result.misdelivered = result.fates.misdelivered;
        result.damaged = result.fates.damaged;
        add_circuits(result);
    }
    result.bottleneck = find_bottleneck(result);
    return result;
}

void Runner::add_circuits(TrialResult& result) const {
    const auto sent = sender_.sent_of_circuits();
    const auto most_us = [&](const CircuitFates& fates) {
        LatencyHistogram one;
        one.record(fates.latency_most);
        return summarise(one, setup_.tsc_hz).most_us;
    };
    for (std::size_t i = 0; i < ledger_->watched().size(); ++i) {
        const std::uint32_t circuit = ledger_->watched()[i];
        result.circuits.push_back(
            {.fates = ledger_->of(circuit, sent[circuit]),
             .latency = summarise(ledger_->latency_of_watched(i), setup_.tsc_hz)}
        );
    }
    for (const CircuitFates& fates : ledger_->worst(sent, setup_.worst)) {
        if (!std::ranges::binary_search(ledger_->watched(), fates.circuit)) {
            CircuitLine line{.fates = fates, .latency = {}};
            line.latency.most_us = most_us(fates);
            result.circuits.push_back(line);
        }
    }
}

} // namespace strowger::pktgen
