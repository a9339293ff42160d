// SPDX-License-Identifier: Apache-2.0
#include "pktgen/report.h"

#include <fmt/format.h>
#include <iterator>
#include <numeric>

namespace strowger::pktgen {

namespace {

using Out = std::back_insert_iterator<std::string>;

void add_trials(Out out, const RunReport& run) {
    fmt::format_to(
        out,
        "{:>8} {:>11} {:>11} {:>11} {:>14} {:>10} {:>9} {:>9} {:>9} {:>9}  {}\n",
        "size",
        "asked Mpps",
        "sent Mpps",
        "back Mpps",
        "lost",
        "loss",
        "p50 us",
        "p99 us",
        "p99.9 us",
        "max us",
        "limited by"
    );
    for (const TrialResult& trial : run.trials) {
        fmt::format_to(
            out,
            "{:>8} {:>11} {:>11.4f} {:>11.4f} {:>14} {:>10.2e} {:>9.1f} {:>9.1f} {:>9.1f} "
            "{:>9.1f}  {}{}\n",
            run.sizes.name,
            trial.asked_pps > 0.0 ? fmt::format("{:.4f}", trial.asked_pps / 1e6) : "all",
            trial.tx_pps() / 1e6,
            trial.rx_pps() / 1e6,
            trial.lost,
            trial.loss_ratio(),
            trial.latency.p50_us,
            trial.latency.p99_us,
            trial.latency.p999_us,
            trial.latency.most_us,
            name_of(trial.bottleneck),
            trial.interrupted ? ", interrupted" : ""
        );
    }
}

void add_fates(Out out, const TrialResult& trial) {
    if (trial.lost_in_generator() > 0) {
        fmt::format_to(
            out,
            "  of {} lost, the generator's own device missed {}: not the device under test\n",
            trial.lost,
            trial.lost_in_generator()
        );
    }
    if (trial.read_all) {
        fmt::format_to(
            out,
            "  misdelivered {}, damaged {}, foreign {}\n",
            trial.misdelivered,
            trial.damaged,
            trial.foreign
        );
    }
    if (trial.fates.sent == 0) {
        return;
    }
    fmt::format_to(
        out,
        "  sent {}, delivered {}, lost {}, reordered {}, duplicates {}, late {}\n"
        "  {:>9} {:>12} {:>12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
        trial.fates.sent,
        trial.fates.delivered,
        trial.fates.lost,
        trial.fates.reordered,
        trial.fates.duplicates,
        trial.fates.late,
        "circuit",
        "sent",
        "delivered",
        "lost",
        "reord.",
        "doubled",
        "misdel.",
        "p50 us",
        "p99 us",
        "max us"
    );
    constexpr std::size_t kLinesMax = 20;
    for (std::size_t i = 0; i < trial.circuits.size() && i < kLinesMax; ++i) {
        const CircuitLine& line = trial.circuits[i];
        fmt::format_to(
            out,
            "  {:>9} {:>12} {:>12} {:>9} {:>9} {:>9} {:>9} {:>9.1f} {:>9.1f} {:>9.1f}\n",
            line.fates.circuit,
            line.fates.fates.sent,
            line.fates.fates.delivered,
            line.fates.fates.lost,
            line.fates.fates.reordered,
            line.fates.fates.duplicates,
            line.fates.fates.misdelivered,
            line.latency.p50_us,
            line.latency.p99_us,
            line.latency.most_us
        );
    }
    if (trial.circuits.size() > kLinesMax) {
        fmt::format_to(out, "  and {} more in --json\n", trial.circuits.size() - kLinesMax);
    }
}

void add_answers(Out out, const RunReport& run) {
    for (const ThroughputSearch::Answer& answer : run.answers) {
        fmt::format_to(
            out,
            "  {:<12} {:>10.4f} Mpps  {:>9.3f} Gbit/s on the wire  (at most {} lost{})\n",
            answer.target.name,
            answer.pps / 1e6,
            line_bps(run.sizes, answer.pps) / 1e9,
            answer.target.loss_ratio,
            answer.above > 0.0 ? fmt::format("; {:.4f} Mpps loses more", answer.above / 1e6)
                               : "; the highest rate tried"
        );
    }
    if (!run.bursts.empty()) {
        const double sum = std::accumulate(run.bursts.begin(), run.bursts.end(), 0.0);
        fmt::format_to(
            out,
            "  longest burst without loss: {:.0f} frames, mean of {}\n",
            sum / static_cast<double>(run.bursts.size()),
            run.bursts.size()
        );
    }
}

} // namespace

std::string to_table(const Report& report) {
    std::string text;
    const Out out = std::back_inserter(text);
    if (report.options.mode != Mode::Calibrate) {
        fmt::format_to(
            out,
            "{}: {} circuits in random order (seed {}), {} tag(s) sent, {} expected back\n",
            name_of(report.options.mode),
            report.options.tags.circuits,
            report.options.seed,
            report.options.tags.sent.count,
            report.options.tags.received.count
        );
    }
    for (const RunReport& run : report.runs) {
        add_trials(out, run);
        if (run.trials.size() == 1) {
            add_fates(out, run.trials.front());
        }
        add_answers(out, run);
    }
    if (report.calibration) {
        fmt::format_to(
            out,
            "by itself, without a device: blast {:.2f} Mpps, check {:.2f} Mpps (use half at "
            "most)\n",
            report.calibration->blast_pps / 1e6,
            report.calibration->check_pps / 1e6
        );
    }
    for (const std::string& fault : find_faults(report)) {
        fmt::format_to(out, "FAULT {}\n", fault);
    }
    return text;
}

} // namespace strowger::pktgen
