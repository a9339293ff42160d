// SPDX-License-Identifier: Apache-2.0
#include "pktgen/procedures.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fstream>

namespace strowger::pktgen {

namespace {

constexpr double kCalibrationSeconds = 0.3;
constexpr double kCalibrationWarmSeconds = 0.1;
/// How long the highest rate is measured before a search.
constexpr double kProbeSeconds = 1.0;
/// Of what this program reaches by itself: the rest is for the devices, and for evenness.
constexpr double kCheckShareMax = 0.5;

std::string read_cpu() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) {
            return line.substr(std::min(line.size(), line.find(':') + 2));
        }
    }
    return "unknown";
}

Scrutiny scrutiny_of(const Options& options) {
    if (options.mode == Mode::Check) {
        return options.verify ? Scrutiny::Whole : Scrutiny::Follow;
    }
    return options.verify ? Scrutiny::Tags : Scrutiny::Count;
}

/// One measurement with everything it needs, from the options to the report.
class Session {
public:
    Session(
        const Options& options,
        Lab& lab,
        const std::atomic<bool>& stop,
        Watcher* watcher,
        TagPlan plan
    )
        : options_(options),
          lab_(lab),
          stop_(stop),
          watcher_(watcher),
          plan_(std::move(plan)),
          unchanged_(plan_.unchanged()),
          order_(shuffled_circuits(plan_, options.seed)) {}

    Result<Report> run() {
        report_.options = options_;
        report_.cpu = read_cpu();
        report_.tsc_hz = lab_.tsc_hz();
        if (options_.mode == Mode::Calibrate || options_.mode == Mode::Check) {
            if (auto calibrated = calibrate(); !calibrated) {
                return calibrated.error();
            }
        }
        if (options_.mode == Mode::Calibrate) {
            report_.interrupted = stop_.load();
            return std::move(report_);
        }
        if (auto allowed = check_rate(); !allowed) {
            return allowed.error();
        }
        for (const SizeProfile& sizes : options_.sizes) {
            if (!stop_.load()) {
                run_size(sizes);
            }
        }
        report_.interrupted = stop_.load();
        return std::move(report_);
    }

private:
    [[nodiscard]] FlowSetup flow(const SizeProfile& sizes) {
        return {
            .tx = &lab_.tx(),
            .rx = &lab_.rx(),
            .pool = lab_.tx_pool(),
            .plan = &plan_,
            .order = &order_,
            .sizes = &sizes,
            .scrutiny = scrutiny_of(options_),
            .watched = options_.watched,
            .worst = options_.worst,
            .addresses = options_.addresses,
            .tsc_hz = lab_.tsc_hz(),
            .seed = options_.seed,
            .burst = options_.burst,
            .two_cores = lab_.two_cores()};
    }

    double reach(Device& loopback, Scrutiny scrutiny) {
        FlowSetup setup = flow(options_.sizes.front());
        setup.tx = &loopback;
        setup.rx = &loopback;
        setup.plan = &unchanged_;
        setup.scrutiny = scrutiny;
        Runner runner{setup, stop_, watcher_};
        const TrialSpec spec{
            .pps = 0.0,
            .warm_seconds = kCalibrationWarmSeconds,
            .seconds = kCalibrationSeconds,
            .frames_max = 0};
        return runner.run(spec, "calibrating").rx_pps();
    }

    Result<void> calibrate() {
        auto loopback = lab_.open_loopback();
        if (!loopback) {
            return loopback.error();
        }
        Calibration calibration;
        if (options_.mode == Mode::Calibrate) {
            calibration.blast_pps =
                reach(**loopback, options_.verify ? Scrutiny::Tags : Scrutiny::Count);
        }
        calibration.check_pps =
            reach(**loopback, options_.verify ? Scrutiny::Whole : Scrutiny::Follow);
        report_.calibration = calibration;
        return {};
    }

    [[nodiscard]] Result<void> check_rate() const {
        if (options_.mode != Mode::Check) {
            return {};
        }
        const double most = report_.calibration->check_pps * kCheckShareMax;
        if (options_.pps <= most || stop_.load()) {
            return {};
        }
        return Error{
            .code = ErrorCode::Invalid,
            .message = "check mode must never be the bottleneck itself",
            .problems = {
                {.pointer = "--rate",
                 .code = "out_of_range",
                 .message = fmt::format(
                     "{:.0f} frames/s is more than half of the {:.0f} that this program makes and "
                     "follows on this machine",
                     options_.pps,
                     report_.calibration->check_pps
                 ),
                 .hint =
                     fmt::format("at most {:.0f}; or blast, which does not follow frames", most),
                 .rule = {}}}};
    }

    void run_size(const SizeProfile& sizes) {
        Runner runner{flow(sizes), stop_, watcher_};
        RunReport run{.sizes = sizes, .trials = {}, .answers = {}, .bursts = {}};
        switch (options_.mode) {
            case Mode::Throughput:
                search(runner, run);
                break;
            case Mode::LossCurve:
                draw_curve(runner, run);
                break;
            case Mode::BackToBack:
                find_bursts(runner, run);
                break;
            default:
                run.trials.push_back(runner.run(trial(options_.pps), sizes.name));
        }
        report_.runs.push_back(std::move(run));
    }

    [[nodiscard]] TrialSpec trial(double pps) const {
        return {
            .pps = pps,
            .warm_seconds = options_.warm_seconds,
            .seconds = options_.seconds,
            .frames_max = 0};
    }

    /// The highest rate that the device under test was offered, or is told to be offered.
    double highest_rate(Runner& runner, RunReport& run) {
        if (options_.pps_max > 0.0) {
            return options_.pps_max;
        }
        TrialSpec probe = trial(0.0);
        probe.seconds = std::min(probe.seconds, kProbeSeconds);
        run.trials.push_back(runner.run(probe, run.sizes.name + ", highest rate"));
        return run.trials.back().tx_pps();
    }

    void search(Runner& runner, RunReport& run) {
        std::vector<SearchTarget> targets{{.name = "NDR", .loss_ratio = 0.0}};
        for (const double ratio : options_.loss_ratios) {
            targets.push_back({.name = fmt::format("PDR {:g} %", ratio * 100), .loss_ratio = ratio}
            );
        }
        const double most = highest_rate(runner, run);
        ThroughputSearch search{std::move(targets), most, options_.precision};
        while (!stop_.load()) {
            const auto rate = search.next();
            if (!rate || most <= 0.0) {
                break;
            }
            const TrialResult result = runner.run(
                trial(*rate), fmt::format("{} at {:.3f} Mpps", run.sizes.name, *rate / 1e6)
            );
            run.trials.push_back(result);
            if (!result.interrupted) {
                // A rate that could not be offered is not a rate at which nothing was lost.
                search.note(*rate, result.rate_held() ? result.loss_ratio() : 1.0);
            }
        }
        run.answers = search.answers();
    }

    void draw_curve(Runner& runner, RunReport& run) {
        LossCurve curve{highest_rate(runner, run)};
        for (auto rate = curve.next(); rate && *rate > 0.0 && !stop_.load(); rate = curve.next()) {
            run.trials.push_back(runner.run(
                trial(*rate), fmt::format("{} at {:.3f} Mpps", run.sizes.name, *rate / 1e6)
            ));
            curve.note(run.trials.back().loss_ratio());
        }
    }

    void find_bursts(Runner& runner, RunReport& run) {
        const double rate = highest_rate(runner, run);
        const auto most = static_cast<std::uint64_t>(std::llround(rate * options_.seconds));
        for (std::uint32_t i = 0; i < options_.repeats && !stop_.load() && most > 0; ++i) {
            const std::uint64_t longest = longest_burst(most, [&](std::uint64_t frames) {
                TrialSpec spec = trial(options_.pps_max);
                spec.seconds = options_.seconds * 2 + 1.0;
                spec.frames_max = frames;
                run.trials.push_back(
                    runner.run(spec, fmt::format("{}, burst of {}", run.sizes.name, frames))
                );
                return run.trials.back().lost == 0 && !stop_.load();
            });
            if (!stop_.load()) {
                run.bursts.push_back(longest);
            }
        }
    }

    const Options& options_;
    Lab& lab_;
    const std::atomic<bool>& stop_;
    Watcher* watcher_;
    TagPlan plan_;
    TagPlan unchanged_;
    std::vector<CircuitEntry> order_;
    Report report_;
};

} // namespace

Result<Report>
measure(const Options& options, Lab& lab, const std::atomic<bool>& stop, Watcher* watcher) {
    auto plan = TagPlan::from(options.tags);
    if (!plan) {
        return plan.error();
    }
    Session session{options, lab, stop, watcher, std::move(*plan)};
    return session.run();
}

} // namespace strowger::pktgen
