// SPDX-License-Identifier: Apache-2.0
#include "pktgen/lab.h"
#include "pktgen/options.h"
#include "pktgen/procedures.h"
#include "pktgen/progress.h"
#include "pktgen/report.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace {

using strowger::Error;
using strowger::ErrorCode;
using strowger::Problem;
using namespace strowger::pktgen;

std::atomic<bool> g_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

/// The first Ctrl-C ends the trial, and its figures are reported; the second kills.
void catch_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { g_stop.store(true); };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    (void)::sigaction(SIGINT, &action, nullptr);
    (void)::sigaction(SIGTERM, &action, nullptr);
}

int refuse(const Error& error) {
    std::fprintf(stderr, "strowger-pktgen: %s\n", error.message.c_str());
    for (const Problem& problem : error.problems) {
        std::fprintf(
            stderr,
            "  %s: %s%s%s\n",
            problem.pointer.c_str(),
            problem.message.c_str(),
            problem.hint.empty() ? "" : "; allowed: ",
            problem.hint.c_str()
        );
    }
    const bool input = error.code == ErrorCode::Invalid || error.code == ErrorCode::Malformed;
    return static_cast<int>(input ? ExitStatus::WrongInput : ExitStatus::CouldNotRun);
}

LabSpec lab_of(const Options& options) {
    std::uint16_t largest = 0;
    for (const SizeProfile& sizes : options.sizes) {
        largest = std::max(largest, sizes.largest());
    }
    const bool calibrating = options.mode == Mode::Calibrate;
    return {
        .tx_device = calibrating ? "net_null_pktgen" : options.tx_device,
        .rx_device = calibrating ? "net_null_pktgen" : options.rx_device,
        .cores = options.cores,
        .memory_megabytes = options.memory_megabytes,
        .hugepages = options.hugepages,
        .rx_queues = calibrating ? std::uint16_t{1} : options.rx_queues,
        .descriptors = options.descriptors,
        .frame_bytes_max = largest,
        .eal_arguments = options.eal_arguments};
}

bool write_json(const std::string& path, const std::string& text) {
    if (path == "-") {
        return std::fputs(text.c_str(), stdout) >= 0;
    }
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr) {
        return false;
    }
    const bool written = std::fputs(text.c_str(), file) >= 0;
    return std::fclose(file) == 0 && written;
}

int run(const Options& options) {
    auto lab = Lab::open(lab_of(options));
    if (!lab) {
        return refuse(lab.error());
    }
    if (auto ready = (*lab)->wait_for_links(options.wait_link_seconds, g_stop); !ready) {
        return refuse(ready.error());
    }
    std::unique_ptr<Progress> progress;
    if (!options.quiet) {
        progress = std::make_unique<Progress>();
    }
    const auto report = measure(options, **lab, g_stop, progress.get());
    progress.reset();
    if (!report) {
        return refuse(report.error());
    }
    std::fputs(to_table(*report).c_str(), options.json == "-" ? stderr : stdout);
    if (!options.json.empty() && !write_json(options.json, to_json(*report))) {
        std::fprintf(stderr, "strowger-pktgen: cannot write '%s'\n", options.json.c_str());
        return static_cast<int>(ExitStatus::CouldNotRun);
    }
    return static_cast<int>(status_of(*report));
}

} // namespace

int main(int argc, char** argv) {
    catch_signals();
    try {
        const auto parsed = parse_options(std::vector<std::string>(argv + 1, argv + argc));
        if (!parsed) {
            return refuse(parsed.error());
        }
        if (const auto* const instead = std::get_if<Instead>(&*parsed)) {
            std::fputs(instead->text.c_str(), stdout);
            return instead->status;
        }
        return run(std::get<Options>(*parsed));
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "strowger-pktgen: cannot go on: %s\n", failure.what());
        return static_cast<int>(ExitStatus::CouldNotRun);
    }
}
