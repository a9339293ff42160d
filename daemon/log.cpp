// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <cstdlib>
#include <memory>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace strowger::daemon {

namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::Error:
            return spdlog::level::err;
        case LogLevel::Warning:
            return spdlog::level::warn;
        case LogLevel::Info:
            return spdlog::level::info;
        case LogLevel::Debug:
            return spdlog::level::debug;
    }
    return spdlog::level::info;
}

// journald reads the priority of a line from its first bytes, sd-daemon(3).
const char* journal_prefix(LogLevel level) {
    switch (level) {
        case LogLevel::Error:
            return "<3>";
        case LogLevel::Warning:
            return "<4>";
        case LogLevel::Info:
            return "<6>";
        case LogLevel::Debug:
            return "<7>";
    }
    return "";
}

bool under_journald() {
    static const bool kJournal = std::getenv("JOURNAL_STREAM") != nullptr;
    return kJournal;
}

spdlog::logger& logger() {
    static auto* const kLogger = [] {
        auto* const made =
            new spdlog::logger("strowgerd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern(
            under_journald() ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v",
            spdlog::pattern_time_type::utc
        );
        made->set_level(spdlog::level::debug);
        made->flush_on(spdlog::level::debug);
        return made;
    }(); // outlives the threads that DPDK leaves behind
    return *kLogger;
}

} // namespace

void open_log(LogLevel level) {
    logger().set_level(to_spdlog(level));
}

void log(LogLevel level, const std::string& line) {
    const std::string prefix = under_journald() ? journal_prefix(level) : "";
    logger().log(to_spdlog(level), spdlog::string_view_t{prefix + line});
}

} // namespace strowger::daemon
