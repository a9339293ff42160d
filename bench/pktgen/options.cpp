// SPDX-License-Identifier: Apache-2.0
#include "pktgen/options.h"

#include "pktgen/sender.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

namespace strowger::pktgen {

namespace {

constexpr std::size_t kWatchedMax = 4'096;
constexpr std::uint32_t kWatchAllMax = 256;
constexpr std::uint32_t kWatchSample = 16;
constexpr double kSecondsMax = 86'400.0;

constexpr std::array<std::pair<Mode, const char*>, 6> kModes = {{
    {Mode::Blast, "as many frames as possible, or --rate of them: what comes back is counted"},
    {Mode::Check,
     "follow every frame: loss, order, duplicates, misdelivery, latency (needs --rate)"},
    {Mode::Throughput,
     "search the highest rate without loss (NDR) and with some (PDR), RFC 2544 26.1"},
    {Mode::LossCurve, "loss at 100 %, 90 %, ... of the highest rate, RFC 2544 26.3"},
    {Mode::BackToBack, "the longest burst that passes whole, RFC 2544 26.4"},
    {Mode::Calibrate, "what this program itself reaches on this machine, without a device"},
}};

/// As given, before it is judged.
struct Words {
    std::string port;
    std::string tx;
    std::string rx;
    std::string cores = "0";
    std::string sizes = "64";
    std::string rate;
    std::string rate_max;
    std::string watched;
    std::string tpid;
    std::string rx_tpid;
    std::string source;
    std::string destination;
    std::optional<unsigned> rx_tags;
    unsigned tags = 2;
    bool no_huge = false;
};

Problem problem(std::string option, std::string message, std::string hint) {
    return {
        .pointer = std::move(option),
        .code = "out_of_range",
        .message = std::move(message),
        .hint = std::move(hint),
        .rule = {}};
}

Error invalid(std::string message, std::vector<Problem> problems) {
    return {
        .code = ErrorCode::Invalid, .message = std::move(message), .problems = std::move(problems)};
}

template <typename T>
std::optional<T> number_from(std::string_view text, int base = 10) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional{value} : std::nullopt;
}

std::optional<double> real_from(std::string_view text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional{value} : std::nullopt;
}

void add_port_options(CLI::App& app, Options& options, Words& words) {
    app.add_option("--port", words.port, "device that sends and receives");
    app.add_option(
        "--tx", words.tx, "device that sends: PCI address, or net_memif0,... with arguments"
    );
    app.add_option("--rx", words.rx, "device that receives");
    app.add_option("--cores", words.cores, "one core for all, or two: sending,receiving")
        ->capture_default_str();
    app.add_option(
        "--memory", options.memory_megabytes, "MB of memory (default: what buffers need)"
    );
    app.add_flag("--no-huge", words.no_huge, "work without hugepages: slow, for tests of function");
    app.add_option("--rx-queues", options.rx_queues, "receive queues to poll")
        ->check(CLI::Range(1, 16))
        ->capture_default_str();
    app.add_option("--descriptors", options.descriptors, "size of the queues")
        ->check(CLI::Range(64, 32'768))
        ->capture_default_str();
    app.add_option("--burst", options.burst, "frames offered at once")
        ->check(CLI::Range(1, int{kBurstMax}))
        ->capture_default_str();
    app.add_option(
           "--eal", options.eal_arguments, "one more argument for DPDK's EAL; may be repeated"
    )
        ->allow_extra_args(false);
    app.add_option("--wait-link", options.wait_link_seconds, "seconds to wait for the links")
        ->check(CLI::Range(0.0, 3'600.0))
        ->capture_default_str();
}

void add_flow_options(CLI::App& app, Options& options, Words& words) {
    app.add_option("--circuits", options.tags.circuits, "how many circuits")->capture_default_str();
    app.add_option("--tags", words.tags, "1: C-VID; 2: S-VID and C-VID")->capture_default_str();
    app.add_option("--rx-tags", words.rx_tags, "tags expected back (default: as many as sent)");
    app.add_option("--c-per-s", options.tags.c_vids_per_s, "circuits to an S-VLAN")
        ->capture_default_str();
    app.add_option("--s-first", options.tags.s_first, "first S-VID")->capture_default_str();
    app.add_option("--c-first", options.tags.c_first, "first C-VID")->capture_default_str();
    app.add_option("--off-s", options.tags.s_offset, "received S-VID minus sent S-VID")
        ->capture_default_str();
    app.add_option("--off-c", options.tags.c_offset, "received C-VID minus sent C-VID")
        ->capture_default_str();
    app.add_option(
        "--tpid", words.tpid, "TPID of the outer tag sent (default 0x88a8 of two, 0x8100 of one)"
    );
    app.add_option("--rx-tpid", words.rx_tpid, "TPID of the outer tag expected back");
    app.add_option("--size", words.sizes, "bytes with FCS, or imix; a list makes one run each")
        ->capture_default_str();
    app.add_option("--source-mac", words.source, "source address of the frames");
    app.add_option("--destination-mac", words.destination, "destination address of the frames");
    app.add_option("--seed", options.seed, "of the circuits' random order")->capture_default_str();
}

void add_trial_options(CLI::App& app, Options& options, Words& words) {
    const CLI::Range seconds(0.0, kSecondsMax);
    app.add_option(
        "--rate", words.rate, "frames a second: 2.5M, 500k (default: as fast as possible)"
    );
    app.add_option("--warm", options.warm_seconds, "seconds of traffic before counting")
        ->check(seconds)
        ->capture_default_str();
    app.add_option("--seconds", options.seconds, "seconds of each trial")
        ->check(CLI::Range(0.001, kSecondsMax))
        ->capture_default_str();
    app.add_flag(
        "--verify", options.verify, "blast: compare the tags of every frame; check: every byte"
    );
    app.add_option("--max-rate", words.rate_max, "where searches begin (default: measured)");
    app.add_option("--precision", options.precision, "of a search, relative to its highest rate")
        ->check(CLI::Range(0.0001, 0.5))
        ->capture_default_str();
    app.add_option(
           "--loss-ratio", options.loss_ratios, "what PDR may lose; several are searched together"
    )
        ->delimiter(',')
        ->check(CLI::Range(0.0, 0.999));
    app.add_option("--repeats", options.repeats, "of the back-to-back search")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    app.add_option(
        "--watch", words.watched, "circuits with latency percentiles of their own: 0,5,100-199"
    );
    app.add_option("--worst", options.worst, "how many of the worst circuits to report")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    app.add_option("--json", options.json, "write everything to this file; - is standard output");
    app.add_flag("--quiet", options.quiet, "no progress");
}

/// Collects what the parts below find.
class Judge {
public:
    void wrong(std::string option, std::string message, std::string hint) {
        problems_.push_back(problem(std::move(option), std::move(message), std::move(hint)));
    }
    template <typename T>
    std::optional<T> keep(Result<T> result) {
        if (result) {
            return std::move(*result);
        }
        std::vector<Problem> found = result.error().problems;
        std::move(found.begin(), found.end(), std::back_inserter(problems_));
        return std::nullopt;
    }
    [[nodiscard]] std::vector<Problem> take() { return std::move(problems_); }

private:
    std::vector<Problem> problems_;
};

void judge_ports(Judge& judge, const Words& words, Options& options) {
    const bool pair = !words.tx.empty() || !words.rx.empty();
    if (!words.port.empty() && pair) {
        judge.wrong("--port", "--port stands for both --tx and --rx", "one or the other");
    }
    options.tx_device = words.port.empty() ? words.tx : words.port;
    options.rx_device = words.port.empty() ? words.rx : words.port;
    const bool lacking = options.tx_device.empty() || options.rx_device.empty();
    if (lacking && options.mode != Mode::Calibrate) {
        judge.wrong(
            "--tx",
            "there must be a device to send and one to receive",
            "--tx DEV --rx DEV, or --port DEV"
        );
    }
    options.hugepages = !words.no_huge;
    options.cores.clear();
    std::string_view left = words.cores;
    for (bool more = true; more;) {
        const std::size_t comma = left.find(',');
        more = comma != std::string_view::npos;
        if (const auto core = number_from<unsigned>(left.substr(0, comma))) {
            options.cores.push_back(*core);
        }
        left.remove_prefix(more ? comma + 1 : left.size());
    }
    const bool twice = options.cores.size() == 2 && options.cores[0] == options.cores[1];
    if (options.cores.empty() || options.cores.size() > 2 || twice) {
        judge.wrong("--cores", fmt::format("'{}' is not one core or two", words.cores), "0 or 0,1");
    }
}

std::uint16_t
judge_tpid(Judge& judge, const std::string& option, std::string_view text, std::uint8_t tags) {
    if (text.empty()) {
        return tags == 2 ? kTpidService : kTpidCustomer;
    }
    const std::string_view digits = text.starts_with("0x") ? text.substr(2) : text;
    const auto tpid = number_from<std::uint16_t>(digits, 16);
    if (!tpid || (*tpid != kTpidCustomer && *tpid != kTpidService && *tpid != 0x9100)) {
        judge.wrong(option, fmt::format("'{}' is not a TPID", text), "0x8100, 0x88a8 or 0x9100");
    }
    return tpid.value_or(0);
}

void judge_mac(
    Judge& judge,
    const std::string& option,
    const std::string& text,
    std::array<std::uint8_t, 6>& address
) {
    if (text.empty()) {
        return;
    }
    bool good = text.size() == 17;
    for (std::size_t i = 0; good && i < 6; ++i) {
        const auto byte = number_from<std::uint8_t>(std::string_view{text}.substr(i * 3, 2), 16);
        good = byte.has_value() && (i == 5 || text[i * 3 + 2] == ':');
        address[i] = byte.value_or(0);
    }
    if (!good) {
        judge.wrong(option, fmt::format("'{}' is not a MAC address", text), "as 02:00:00:00:00:01");
    }
}

void judge_flow(Judge& judge, const Words& words, Options& options) {
    options.tags.sent.count = static_cast<std::uint8_t>(std::min(words.tags, 255U));
    options.tags.received.count =
        static_cast<std::uint8_t>(std::min(words.rx_tags.value_or(words.tags), 255U));
    options.tags.sent.outer_tpid = judge_tpid(judge, "--tpid", words.tpid, options.tags.sent.count);
    const bool same = options.tags.sent.count == options.tags.received.count;
    const std::string& rx_tpid = words.rx_tpid.empty() && same ? words.tpid : words.rx_tpid;
    options.tags.received.outer_tpid =
        judge_tpid(judge, "--rx-tpid", rx_tpid, options.tags.received.count);
    (void)judge.keep(TagPlan::from(options.tags));
    if (options.tags.sent.count <= 2) {
        if (auto sizes = judge.keep(parse_sizes(
                words.sizes, std::max(options.tags.sent.count, options.tags.received.count)
            ))) {
            options.sizes = std::move(*sizes);
        }
    }
    judge_mac(judge, "--source-mac", words.source, options.addresses.source);
    judge_mac(judge, "--destination-mac", words.destination, options.addresses.destination);
}

std::vector<std::uint32_t> watch_by_default(std::uint32_t circuits) {
    const std::uint32_t count = circuits <= kWatchAllMax ? circuits : kWatchSample;
    std::vector<std::uint32_t> watched;
    for (std::uint32_t i = 0; i < count; ++i) {
        watched.push_back(static_cast<std::uint32_t>(std::uint64_t{i} * circuits / count));
    }
    return watched;
}

void judge_trials(Judge& judge, const Words& words, Options& options) {
    const auto rate = [&](const std::string& option, const std::string& text) {
        const auto parsed = parse_rate(text);
        if (!parsed) {
            judge.wrong(option, parsed.error().message, parsed.error().problems.at(0).hint);
        }
        return parsed ? *parsed : 0.0;
    };
    options.pps = words.rate.empty() ? 0.0 : rate("--rate", words.rate);
    options.pps_max = words.rate_max.empty() ? 0.0 : rate("--max-rate", words.rate_max);
    // "nan" passes every range.
    for (const auto& [option, seconds] :
         {std::pair{"--seconds", options.seconds},
          std::pair{"--warm", options.warm_seconds},
          std::pair{"--wait-link", options.wait_link_seconds},
          std::pair{"--precision", options.precision}}) {
        if (!std::isfinite(seconds)) {
            judge.wrong(option, "not a number", "a number");
        }
    }
    if (std::ranges::any_of(options.loss_ratios, [](double ratio) { return std::isnan(ratio); })) {
        judge.wrong("--loss-ratio", "not a number", "0 to 0.999");
    }
    if (options.mode == Mode::Check && words.rate.empty()) {
        judge.wrong(
            "--rate", "check needs a rate", "at most half of what 'calibrate' reports for check"
        );
    }
    if (words.watched.empty()) {
        options.watched = watch_by_default(options.tags.circuits);
    } else if (auto watched = judge.keep(parse_circuits(words.watched, options.tags.circuits))) {
        options.watched = std::move(*watched);
    }
}

} // namespace

const char* name_of(Mode mode) noexcept {
    constexpr std::array<const char*, 6> kNames = {
        "blast", "check", "throughput", "loss-curve", "back-to-back", "calibrate"};
    return kNames[static_cast<std::size_t>(mode)];
}

Result<double> parse_rate(const std::string& text) {
    const auto wrong = [&] {
        return invalid(
            fmt::format("'{}' is not a rate", text),
            {problem("--rate", "not a rate", "frames a second above 0: 500k, 2.5M, 14880952")}
        );
    };
    std::string_view digits = text;
    if (digits.ends_with("pps")) {
        digits.remove_suffix(3);
    }
    double factor = 1.0;
    if (digits.ends_with('k') || digits.ends_with('M')) {
        factor = digits.back() == 'k' ? 1e3 : 1e6;
        digits.remove_suffix(1);
    }
    const auto value = real_from(digits);
    constexpr double kMost = 1e9;
    if (!value || !(*value * factor >= 1.0) || *value * factor > kMost) {
        return wrong();
    }
    return *value * factor;
}

Result<std::vector<std::uint32_t>> parse_circuits(const std::string& text, std::uint32_t circuits) {
    std::vector<std::uint32_t> chosen;
    std::string_view left = text;
    for (bool more = true; more;) {
        const std::size_t comma = left.find(',');
        const std::string_view element = left.substr(0, comma);
        const std::size_t dash = element.find('-');
        const auto first = number_from<std::uint32_t>(element.substr(0, dash));
        const auto last = dash == std::string_view::npos
                              ? first
                              : number_from<std::uint32_t>(element.substr(dash + 1));
        if (!first || !last || *last < *first || *last >= circuits ||
            *last - *first >= kWatchedMax - chosen.size()) {
            return invalid(
                "the circuits to watch cannot be used",
                {problem(
                    "--watch",
                    fmt::format("'{}' does not name circuits", element),
                    fmt::format("0 to {}, at most {}: 0,5,100-199", circuits - 1, kWatchedMax)
                )}
            );
        }
        for (std::uint32_t circuit = *first; circuit <= *last; ++circuit) {
            chosen.push_back(circuit);
        }
        more = comma != std::string_view::npos;
        left.remove_prefix(more ? comma + 1 : left.size());
    }
    std::ranges::sort(chosen);
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
}

namespace {

/// CLI11 would only say that a subcommand is required.
bool names_no_mode(const std::vector<std::string>& words) {
    const bool named = !words.empty() && !words.front().starts_with('-');
    return named && std::ranges::none_of(kModes, [&](const auto& known) {
               return words.front() == name_of(known.first);
           });
}

} // namespace

Result<std::variant<Options, Instead>> parse_options(const std::vector<std::string>& words) {
    if (names_no_mode(words)) {
        return Error{
            .code = ErrorCode::Malformed,
            .message =
                fmt::format("there is no mode '{}'; see strowger-pktgen --help", words.front()),
            .problems = {}};
    }
    CLI::App app{
        "Sends frames of many circuits through a device under test, and says what became of them."};
    app.name("strowger-pktgen");
    app.set_version_flag("--version", "strowger-pktgen " STROWGER_VERSION);
    app.require_subcommand(1);
    app.footer(
        "Exit status: 0 done; 1 could not run; 2 wrong input; 3 frames were lost, disordered, "
        "doubled,\n"
        "damaged or misdelivered where none may be; 4 nothing came back; 130 ended by Ctrl-C."
    );
    Options options;
    Words given;
    for (const auto& [mode, what] : kModes) {
        CLI::App* const command = app.add_subcommand(name_of(mode), what);
        add_port_options(*command, options, given);
        add_flow_options(*command, options, given);
        add_trial_options(*command, options, given);
        command->callback([&options, chosen = mode] { options.mode = chosen; });
    }
    try {
        std::vector<std::string> reversed(words.rbegin(), words.rend()); // as CLI11 wants them
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        return std::variant<Options, Instead>{Instead{.text = app.help(), .status = 0}};
    } catch (const CLI::CallForVersion& version) {
        return std::variant<Options, Instead>{
            Instead{.text = std::string{version.what()} + "\n", .status = 0}};
    } catch (const CLI::ParseError& error) {
        return Error{
            .code = ErrorCode::Malformed,
            .message = std::string{error.what()} + "; see strowger-pktgen --help",
            .problems = {}};
    }
    Judge judge;
    judge_ports(judge, given, options);
    judge_flow(judge, given, options);
    judge_trials(judge, given, options);
    if (auto problems = judge.take(); !problems.empty()) {
        return invalid("the command line cannot be used", std::move(problems));
    }
    return std::variant<Options, Instead>{std::move(options)};
}

} // namespace strowger::pktgen
