// SPDX-License-Identifier: Apache-2.0
#include "pktgen/report.h"

#include "pktgen/frame.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <numeric>
#include <utility>

namespace strowger::pktgen {

namespace {

namespace json = boost::json;

json::object latency_json(const LatencySummary& latency) {
    return {
        {"frames", latency.frames},
        {"min_us", latency.least_us},
        {"mean_us", latency.mean_us},
        {"p50_us", latency.p50_us},
        {"p99_us", latency.p99_us},
        {"p999_us", latency.p999_us},
        {"max_us", latency.most_us}};
}

json::object fates_json(const Fates& fates) {
    return {
        {"sent", fates.sent},
        {"delivered", fates.delivered},
        {"lost", fates.lost},
        {"reordered", fates.reordered},
        {"duplicates", fates.duplicates},
        {"late", fates.late},
        {"misdelivered", fates.misdelivered},
        {"damaged", fates.damaged}};
}

json::array circuits_json(const std::vector<CircuitLine>& circuits) {
    json::array lines;
    for (const CircuitLine& line : circuits) {
        json::object one = fates_json(line.fates.fates);
        one["circuit"] = line.fates.circuit;
        if (line.latency.frames > 0) {
            one["latency"] = latency_json(line.latency);
        } else {
            one["latency"] = json::object{{"max_us", line.latency.most_us}};
        }
        lines.push_back(std::move(one));
    }
    return lines;
}

json::object generator_json(const TrialResult& trial) {
    return {
        {"tx_bursts", trial.tx_bursts},
        {"tx_refused_bursts", trial.tx_refused},
        {"tx_no_buffer_turns", trial.tx_no_buffer},
        {"tx_skipped_frames", trial.skipped},
        {"tx_errors", trial.devices.tx_errors},
        {"rx_polls", trial.rx_polls},
        {"rx_empty_polls", trial.rx_empty},
        {"rx_full_polls", trial.rx_full},
        {"rx_missed", trial.devices.rx_missed},
        {"rx_no_buffer", trial.devices.rx_no_buffer},
        {"rx_errors", trial.devices.rx_errors},
        {"bottleneck", name_of(trial.bottleneck)}};
}

json::object trial_json(const TrialResult& trial, const SizeProfile& sizes) {
    json::object one{
        {"asked_pps", trial.asked_pps},
        {"rate_held", trial.rate_held()},
        {"seconds", trial.seconds},
        {"tx_pps", trial.tx_pps()},
        {"rx_pps", trial.rx_pps()},
        {"rx_line_bps", line_bps(sizes, trial.rx_pps())},
        {"sent", trial.sent},
        {"received", trial.received},
        {"received_bytes", trial.received_bytes},
        {"lost", trial.lost},
        {"lost_in_device_under_test", trial.lost_in_device_under_test()},
        {"lost_in_generator", trial.lost_in_generator()},
        {"loss_ratio", trial.loss_ratio()},
        {"blocked_us", trial.blocked_us()},
        {"every_frame_read", trial.read_all},
        {"misdelivered", trial.misdelivered},
        {"damaged", trial.damaged},
        {"foreign", trial.foreign},
        {"stray", trial.stray},
        {"latency", latency_json(trial.latency)},
        {"generator", generator_json(trial)},
        {"interrupted", trial.interrupted}};
    if (trial.fates.sent > 0) {
        one["fates"] = fates_json(trial.fates);
        one["circuits"] = circuits_json(trial.circuits);
    }
    return one;
}

json::array answers_json(const RunReport& run) {
    json::array answers;
    for (const ThroughputSearch::Answer& answer : run.answers) {
        answers.push_back(
            {{"name", answer.target.name},
             {"loss_ratio", answer.target.loss_ratio},
             {"pps", answer.pps},
             {"line_bps", line_bps(run.sizes, answer.pps)},
             {"fails_at_pps", answer.above}}
        );
    }
    return answers;
}

json::object run_json(const RunReport& run) {
    json::array trials;
    for (const TrialResult& trial : run.trials) {
        trials.push_back(trial_json(trial, run.sizes));
    }
    json::object one{
        {"size", run.sizes.name},
        {"mean_frame_bytes", run.sizes.mean()},
        {"trials", std::move(trials)}};
    if (!run.answers.empty()) {
        one["throughput"] = answers_json(run);
    }
    if (!run.bursts.empty()) {
        one["longest_bursts"] = json::array(run.bursts.begin(), run.bursts.end());
    }
    return one;
}

json::object tags_json(const TagPlanSpec& tags) {
    const auto layout = [](const TagLayout& tag) {
        return json::object{
            {"count", tag.count}, {"outer_tpid", fmt::format("{:#06x}", tag.outer_tpid)}};
    };
    return {
        {"sent", layout(tags.sent)},
        {"received", layout(tags.received)},
        {"c_per_s", tags.c_vids_per_s},
        {"s_first", tags.s_first},
        {"c_first", tags.c_first},
        {"off_s", tags.s_offset},
        {"off_c", tags.c_offset}};
}

json::object setup_json(const Report& report) {
    const Options& options = report.options;
    return {
        {"tx", options.tx_device},
        {"rx", options.rx_device},
        {"cores", json::array(options.cores.begin(), options.cores.end())},
        {"circuits", options.tags.circuits},
        {"tags", tags_json(options.tags)},
        {"seed", options.seed},
        {"burst", options.burst},
        {"descriptors", options.descriptors},
        {"rx_queues", options.rx_queues},
        {"hugepages", options.hugepages},
        {"warm_seconds", options.warm_seconds},
        {"seconds", options.seconds},
        {"precision", options.precision},
        {"verify", options.verify}};
}

} // namespace

const char* name_of(Bottleneck bottleneck) noexcept {
    constexpr std::array<const char*, 4> kNames = {
        "none", "device_under_test", "generator_tx", "generator_rx"};
    return kNames[static_cast<std::size_t>(bottleneck)];
}

double line_bps(const SizeProfile& sizes, double pps) {
    return (sizes.mean() + kWireOverheadBytes) * 8.0 * pps;
}

std::vector<std::string> find_faults(const Report& report) {
    std::vector<std::string> faults;
    const bool searching = report.options.mode != Mode::Blast && report.options.mode != Mode::Check;
    for (const RunReport& run : report.runs) {
        for (const TrialResult& trial : run.trials) {
            const auto add = [&](const std::string& what) {
                faults.push_back(fmt::format("{} bytes: {}", run.sizes.name, what));
            };
            if (trial.misdelivered > 0) {
                add(fmt::format("{} frames came back on a wrong circuit", trial.misdelivered));
            }
            if (trial.damaged > 0) {
                add(fmt::format("{} frames came back damaged", trial.damaged));
            }
            if (trial.fates.sent > 0 && !trial.fates.clean()) {
                add(fmt::format(
                    "{} lost, {} reordered, {} doubled, {} late",
                    trial.fates.lost,
                    trial.fates.reordered,
                    trial.fates.duplicates,
                    trial.fates.late
                ));
            }
            if (!searching && !trial.rate_held()) {
                add(fmt::format(
                    "asked for {:.0f} frames/s, sent {:.0f}; limited by {}",
                    trial.asked_pps,
                    trial.tx_pps(),
                    name_of(trial.bottleneck)
                ));
            }
        }
    }
    return faults;
}

ExitStatus status_of(const Report& report) {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    for (const RunReport& run : report.runs) {
        for (const TrialResult& trial : run.trials) {
            sent += trial.sent;
            received += trial.received;
        }
    }
    if (report.interrupted) {
        return ExitStatus::Interrupted;
    }
    if (sent > 0 && received == 0) {
        return ExitStatus::NothingCameBack;
    }
    return find_faults(report).empty() ? ExitStatus::Done : ExitStatus::Faults;
}

std::string to_json(const Report& report) {
    json::array runs;
    for (const RunReport& run : report.runs) {
        runs.push_back(run_json(run));
    }
    const std::vector<std::string> faults = find_faults(report);
    json::object whole{
        {"format", "strowger-pktgen/1"},
        {"version", STROWGER_VERSION},
        {"mode", name_of(report.options.mode)},
        {"machine", {{"cpu", report.cpu}, {"tsc_hz", report.tsc_hz}}},
        {"setup", setup_json(report)},
        {"runs", std::move(runs)},
        {"faults", json::array(faults.begin(), faults.end())},
        {"interrupted", report.interrupted},
        {"exit_status", static_cast<int>(status_of(report))}};
    if (report.calibration) {
        whole["calibration"] = {
            {"blast_pps", report.calibration->blast_pps},
            {"check_pps", report.calibration->check_pps}};
    }
    return json::serialize(whole) + "\n";
}

} // namespace strowger::pktgen
