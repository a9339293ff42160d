// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/json_access.h"
#include "cli/table.h"
#include "cli/units.h"

#include <boost/json.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <thread>

namespace strowger::cli {
namespace json = boost::json;
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t number_from(const std::string& decimal) {
    std::uint64_t number = 0;
    std::from_chars(decimal.data(), decimal.data() + decimal.size(), number);
    return number;
}

/// One way through an endpoint in one colour.
struct Flow {
    std::string_view direction;
    std::string_view color;
    Tone tone;
};
constexpr std::array<Flow, 5> kFlows = {{
    {"ingress", "green", Tone::Good},
    {"ingress", "yellow", Tone::Warning},
    {"ingress", "red", Tone::Bad},
    {"egress", "green", Tone::Good},
    {"egress", "yellow", Tone::Warning},
}};

/// Bytes by row at one moment, from which the next sample's rates come.
struct Sample {
    Clock::time_point at;
    std::map<std::string, std::uint64_t> bytes;
};

class CounterTable {
public:
    CounterTable(const Sample* before, Sample& now)
        : before_(before),
          now_(now),
          table_(
              {{"ENDPOINT"},
               {"DIRECTION"},
               {"COLOUR"},
               {"FRAMES", true},
               {"BYTES", true},
               {"RATE", true}}
          ) {}

    Table build(const json::value& counters) {
        const json::value* endpoints = find_value(counters, {"endpoints"});
        if (endpoints != nullptr && endpoints->is_object()) {
            for (const auto& endpoint : endpoints->get_object()) {
                add_endpoint(std::string(endpoint.key()), endpoint.value());
            }
        }
        return std::move(table_);
    }

private:
    void add_endpoint(const std::string& name, const json::value& endpoint) {
        for (const Flow& flow : kFlows) {
            const std::string frames = text_at(endpoint, {flow.direction, flow.color, "frames"});
            if (frames.empty()) {
                continue;
            }
            const std::string bytes = text_at(endpoint, {flow.direction, flow.color, "bytes"});
            const std::string key = fmt::format("{}/{}/{}", name, flow.direction, flow.color);
            now_.bytes[key] = number_from(bytes);
            table_.add(
                {{name},
                 {std::string(flow.direction)},
                 {std::string(flow.color), flow.tone},
                 {frames},
                 {bytes},
                 {rate(key)}}
            );
        }
        const json::value* drops = find_value(endpoint, {"drops"});
        if (drops == nullptr || !drops->is_object()) {
            return;
        }
        for (const auto& drop : drops->get_object()) {
            const std::string frames = text_at(drops->get_object(), drop.key());
            if (frames != "0") {
                table_.add({{name}, {"dropped"}, {std::string(drop.key()), Tone::Bad}, {frames}});
            }
        }
    }

    [[nodiscard]] std::string rate(const std::string& key) const {
        if (before_ == nullptr || !before_->bytes.contains(key)) {
            return "";
        }
        const std::uint64_t before = before_->bytes.at(key);
        const std::uint64_t now = now_.bytes.at(key);
        const std::chrono::duration<double> elapsed = now_.at - before_->at;
        // A counter that went back is a restarted daemon: no rate rather than a wrong one.
        if (now < before || elapsed.count() <= 0) {
            return "";
        }
        return format_rate_for_humans(static_cast<double>(now - before) * 8 / elapsed.count());
    }

    const Sample* before_;
    Sample& now_;
    Table table_;
};

/// Sleeps until the next sample is due; false when Ctrl-C came first.
bool sleep_until(const Console& console, Clock::time_point due) {
    constexpr std::chrono::milliseconds kSlice{50};
    while (Clock::now() < due) {
        if (console.interrupted()) {
            return false;
        }
        std::this_thread::sleep_for(std::min<Clock::duration>(kSlice, due - Clock::now()));
    }
    return !console.interrupted();
}

void print_sample(Session& session, const Table& table, const std::string& at, bool redraw) {
    Console& console = session.console();
    if (redraw) {
        // Home, clear: as much of the terminal as the table needs, nothing of what stood before.
        console.out << "\x1b[H\x1b[2J";
    }
    console.out << at << '\n';
    table.print(console.out, console.color);
    console.out << std::flush;
}

} // namespace

Outcome<ExitCode> run_circuit_counters(Session& session, const Arguments& arguments) {
    std::optional<std::chrono::milliseconds> interval;
    if (const auto text = arguments.value("watch")) {
        auto parsed = parse_duration(*text);
        if (Failure* failure = failure_of(parsed)) {
            return std::move(*failure);
        }
        interval = std::get<std::chrono::milliseconds>(parsed);
    }
    const std::string path = "/circuits/" + percent_encode(arguments.word()) + "/counters";
    const std::string failed =
        fmt::format("cannot read the counters of circuit {}", arguments.word());
    std::optional<Sample> before;
    Clock::time_point due = Clock::now();
    while (true) {
        auto reply = session.get(path, failed);
        if (Failure* failure = failure_of(reply)) {
            if (interval && failure->exit == ExitCode::Interrupted) {
                return ExitCode::Interrupted;
            }
            return std::move(*failure);
        }
        const auto& counters = std::get<JsonReply>(reply);
        Sample now{Clock::now(), {}};
        if (!print_document(session, counters)) {
            const Table table = CounterTable(before ? &*before : nullptr, now).build(counters.body);
            const bool redraw = interval && session.console().out_is_terminal;
            print_sample(session, table, text_at(counters.body, {"at"}), redraw);
        }
        session.console().out << std::flush;
        if (!interval) {
            return ExitCode::Ok;
        }
        before = std::move(now);
        due += *interval;
        if (!sleep_until(session.console(), due)) {
            return ExitCode::Interrupted; // the usual end of a watch, nothing to explain
        }
    }
}

} // namespace strowger::cli
