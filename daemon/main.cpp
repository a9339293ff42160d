// SPDX-License-Identifier: Apache-2.0
#include "config/site_file.h"
#include "log.h"
#include "options.h"
#include "serve.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <span>

namespace {

using strowger::Error;
using strowger::Problem;
using strowger::daemon::Options;

constexpr int kStopped = 0;
constexpr int kCouldNotRun = 1;
constexpr int kWrongInput = 2;

void tell(const Error& error) {
    std::fprintf(stderr, "strowgerd: %s\n", error.message.c_str());
    for (const Problem& problem : error.problems) {
        std::fprintf(
            stderr,
            "  %s%s%s\n",
            problem.message.c_str(),
            problem.hint.empty() ? "" : "; allowed: ",
            problem.hint.c_str()
        );
    }
}

int run(const Options& options) {
    const auto site = strowger::config::read_site_file(options.config);
    if (!site) {
        tell(site.error());
        return kWrongInput;
    }
    if (options.action == Options::Action::Check) {
        std::printf("%s is valid\n", options.config.c_str());
        return kStopped;
    }
    strowger::daemon::open_log(site->log_level);
    if (const auto served = strowger::daemon::serve(*site); !served) {
        tell(served.error());
        return kCouldNotRun;
    }
    return kStopped;
}

} // namespace

int main(int argc, char** argv) {
    // A client that goes away is an error of its connection, not of the process.
    (void)std::signal(SIGPIPE, SIG_IGN);
    try {
        const auto options =
            strowger::daemon::parse_options(std::span{argv, static_cast<std::size_t>(argc)});
        if (!options) {
            std::fprintf(
                stderr,
                "strowgerd: %s\n%s",
                options.error().message.c_str(),
                strowger::daemon::kUsage
            );
            return kWrongInput;
        }
        switch (options->action) {
            case Options::Action::ShowVersion:
                std::puts("strowgerd " STROWGER_VERSION);
                return 0;
            case Options::Action::ShowHelp:
                std::fputs(strowger::daemon::kUsage, stdout);
                return 0;
            default:
                return run(*options);
        }
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "strowgerd: cannot go on: %s\n", failure.what());
        return kCouldNotRun;
    }
}
