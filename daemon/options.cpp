// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <array>
#include <getopt.h>

namespace strowger::daemon {

const char* const kUsage =
    "usage: strowgerd [--config FILE] [--check]\n"
    "\n"
    "  -c, --config FILE   the site file (default /etc/strowger/site.yaml)\n"
    "      --check         read the site file, tell its problems, start nothing\n"
    "      --version       print the version\n"
    "  -h, --help          print this\n"
    "\n"
    "Exit status: 0 stopped by a signal or nothing to do, 1 could not start or go on,\n"
    "2 wrong command line or site file.\n";

Result<Options> parse_options(std::span<char*> arguments) {
    constexpr int kCheck = 1'000;
    constexpr int kVersion = 1'001;
    const std::array<option, 5> known{
        option{"config", required_argument, nullptr, 'c'},
        option{"check", no_argument, nullptr, kCheck},
        option{"version", no_argument, nullptr, kVersion},
        option{"help", no_argument, nullptr, 'h'},
        option{nullptr, 0, nullptr, 0},
    };
    Options options;
    optind = 0; // a fresh start, for tests
    opterr = 0; // the sentence is ours
    const auto count = static_cast<int>(arguments.size());
    for (int found = 0;
         (found = getopt_long(count, arguments.data(), "c:h", known.data(), nullptr)) != -1;) {
        switch (found) {
            case 'c':
                options.config = optarg;
                break;
            case kCheck:
                options.action = Options::Action::Check;
                break;
            case kVersion:
                options.action = Options::Action::ShowVersion;
                return options;
            case 'h':
                options.action = Options::Action::ShowHelp;
                return options;
            default:
                return Error{
                    .code = ErrorCode::Malformed,
                    .message = "unknown or incomplete option '" +
                               std::string{arguments[static_cast<std::size_t>(optind) - 1]} + "'",
                    .problems = {}};
        }
    }
    if (optind != count) {
        return Error{
            .code = ErrorCode::Malformed,
            .message = "unexpected argument '" +
                       std::string{arguments[static_cast<std::size_t>(optind)]} + "'",
            .problems = {}};
    }
    return options;
}

} // namespace strowger::daemon
