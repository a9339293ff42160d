// SPDX-License-Identifier: Apache-2.0
//
// What orders cost the frames of others: effective blocked time (frames lost, divided by the rate
// at which they were offered) in pairs of rounds with and without orders, at 90 % of the rate at
// which nothing is lost. This thread places the orders and is the source and the sink; the
// product's worker has the other core.
#include "blocked_time/orders.h"
#include "blocked_time/turn_log.h"
#include "lib/lcore.h"
#include "lib/not_measured.h"
#include "lib/paced_source.h"
#include "lib/rig.h"
#include "lib/ring_port.h"
#include "platform/tsc_rate.h"
#include "strowger/base/check.h"

#include <rte_cycles.h>
#include <rte_launch.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <getopt.h>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace strowger::bench {
namespace {

constexpr const char* kUsage = R"(usage: blocked_time [option...]

  --circuits N     that have traffic and are not touched (default 10000)
  --pairs N        rounds with and without orders (default 10)
  --seconds S      of one round (default 10)
  --orders N       creates, modifies and deletes in a round (default 10000)
  --read-counters  read every circuit's counters once a second meanwhile
)";
constexpr unsigned kLcore = 1;
constexpr std::uint32_t kRingEntries = 8'192;
constexpr std::uint32_t kModified = 256;
constexpr std::uint32_t kCreatedMax = 2'000;
constexpr std::size_t kUntouchedGroup = 0;
constexpr std::size_t kModifiedGroup = 1;
constexpr double kShareOfNoDrop = 0.9;

struct Options {
    std::uint32_t circuits = 10'000;
    unsigned pairs = 10;
    double seconds = 10;
    double orders = 10'000;
    bool read_counters = false;
};

[[noreturn]] void refuse(const std::string& why) {
    fmt::print(stderr, "blocked_time: {}\n{}", why, kUsage);
    std::exit(2);
}

double number(const char* text, double least, double most) {
    char* end = nullptr;
    const double value = std::strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most)) {
        refuse(fmt::format("'{}' is not a number from {} to {}", text, least, most));
    }
    return value;
}

Options read_options(int argc, char** argv) {
    static const option kLong[] = {
        {"circuits", required_argument, nullptr, 'c'},
        {"pairs", required_argument, nullptr, 'p'},
        {"seconds", required_argument, nullptr, 's'},
        {"orders", required_argument, nullptr, 'o'},
        {"read-counters", no_argument, nullptr, 'r'},
        {nullptr, 0, nullptr, 0},
    };
    Options options;
    for (int given = 0; (given = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
        switch (given) {
            case 'c':
                options.circuits = static_cast<std::uint32_t>(number(optarg, 1, 500'000));
                break;
            case 'p':
                options.pairs = static_cast<unsigned>(number(optarg, 1, 1'000));
                break;
            case 's':
                options.seconds = number(optarg, 0.05, 600);
                break;
            case 'o':
                options.orders = number(optarg, 0, 10'000'000);
                break;
            case 'r':
                options.read_counters = true;
                break;
            default:
                refuse("unknown option");
        }
    }
    return options;
}

/// One round's result.
struct Round {
    Tally untouched;
    Tally modified;
    double seconds = 0;
    std::uint64_t orders = 0;
    std::uint64_t withheld = 0;
    std::uint64_t counters_read = 0;
    std::uint64_t turns = 0;
    std::vector<LongTurn> long_turns;
    /// By group: lost frames that found no room while the worker caught up with a turn that was
    /// long for a reason outside of it.
    std::array<std::uint64_t, 2> lost_to_machine{};

    [[nodiscard]] bool lost_of_itself() const {
        return untouched.lost() > lost_to_machine[kUntouchedGroup] ||
               modified.lost() > lost_to_machine[kModifiedGroup];
    }
    [[nodiscard]] double rate() const {
        return static_cast<double>(untouched.offered + modified.offered) / seconds;
    }
};

class Bench {
public:
    static Result<std::unique_ptr<Bench>> create(const Options& options);

    /// The rate at which the worker lets nothing fall of itself: found from above.
    double find_no_drop_rate();
    Round run(double rate, double seconds, double orders_per_s, bool read_counters);
    /// What an empty loop on the worker's core sees for as long.
    Round run_empty(double seconds);

private:
    explicit Bench(const Options& options)
        : options_(options), tsc_hz_(static_cast<double>(dataplane::measure_tsc_hz())) {}
    Result<void> set_up();
    Result<void> make_source();
    void blame_machine(Round& round);
    void read_some_counters(std::uint64_t began, std::uint64_t& read);
    static int run_turns(void* log) {
        static_cast<TurnLog*>(log)->run();
        return 0;
    }
    /// Until nothing has come out for some milliseconds.
    void drain();

    Options options_;
    double tsc_hz_;
    Pool pool_;
    RingPort in_;
    RingPort out_;
    dataplane::PortSet ports_;
    std::unique_ptr<Product> product_;
    std::unique_ptr<PacedSource> source_;
    std::unique_ptr<Orders> orders_;
};

Result<std::unique_ptr<Bench>> Bench::create(const Options& options) {
    constexpr std::uint64_t kMegabytes = 512;
    if (auto started = start_eal("blocked_time", {1}, kMegabytes); !started) {
        return started.error();
    }
    std::unique_ptr<Bench> bench{new Bench(options)};
    if (auto ready = bench->set_up(); !ready) {
        return ready.error();
    }
    return bench;
}

Result<void> Bench::set_up() {
    auto pool = make_pool("frames", 65'535);
    if (!pool) {
        return pool.error();
    }
    pool_ = std::move(*pool);
    for (auto [port, name] : {std::pair{&in_, "in"}, std::pair{&out_, "out"}}) {
        auto opened = RingPort::open(name, pool_.get(), {.entries = kRingEntries});
        if (!opened) {
            return opened.error();
        }
        *port = std::move(*opened);
    }
    ports_.count = 2;
    for (std::size_t i = 0; i < 2; ++i) {
        ports_.ports[i].device = (i == 0 ? in_ : out_).device->id();
        ports_.ports[i].frame_max = limits::kFrameBytesMax;
        ports_.ports[i].rx_queues = 1;
        ports_.ports[i].tx_queue[0] = 0;
    }
    const std::uint32_t traffic = options_.circuits + kModified;
    const std::uint32_t all = traffic + 2 * kCreatedMax;
    auto product = Product::create({.ports = &ports_, .endpoints = 2 * (all + 256)});
    if (!product) {
        return product.error();
    }
    product_ = std::move(*product);
    if (auto installed = product_->install(
            traffic,
            [](std::uint32_t circuit) { return program_of(circuit, Work::TwoToTwo, {0}, {1}); }
        );
        !installed) {
        return installed;
    }
    std::vector<std::uint32_t> modified(kModified);
    std::iota(modified.begin(), modified.end(), options_.circuits);
    orders_ = std::make_unique<Orders>(
        product_->seam(),
        Orders::Terms{
            .first_created = traffic,
            .created_max = kCreatedMax,
            .modified = std::move(modified),
            .first_key = 1'000'000}
    );
    return make_source();
}

Result<void> Bench::make_source() {
    const std::uint32_t traffic = options_.circuits + kModified;
    std::vector<std::uint8_t> group(traffic, kUntouchedGroup);
    std::fill(group.begin() + options_.circuits, group.end(), std::uint8_t{kModifiedGroup});
    auto source = PacedSource::create(
        {.into = in_.rx.front().get(),
         .from = out_.tx.front().get(),
         .pool = pool_.get(),
         .frames = 2 * kRingEntries + 2'048,
         .order = shuffled(traffic),
         .group = std::move(group)}
    );
    if (!source) {
        return source.error();
    }
    source_ = std::make_unique<PacedSource>(std::move(*source));
    return {};
}

double Bench::find_no_drop_rate() {
    constexpr double kFar = 1e9;
    constexpr double kTrialSeconds = 0.5;
    constexpr int kTrials = 3;
    const Round flood = run(kFar, kTrialSeconds, 0, false);
    const double most =
        static_cast<double>(flood.untouched.received + flood.modified.received) / flood.seconds;
    for (double share = 1.0; share > 0.3; share -= 0.05) {
        for (int trial = 0; trial < kTrials; ++trial) {
            const Round round = run(most * share, kTrialSeconds, 0, false);
            if (!round.lost_of_itself()) {
                return round.rate();
            }
        }
    }
    return 0;
}

Round Bench::run(double rate, double seconds, double orders_per_s, bool read_counters) {
    TurnLog log(&product_->group().worker(0), tsc_hz_);
    STROWGER_CHECK(rte_eal_remote_launch(run_turns, &log, kLcore) == 0);
    const Tally untouched = source_->tally(kUntouchedGroup);
    const Tally modified = source_->tally(kModifiedGroup);
    const std::uint64_t withheld = source_->withheld();
    source_->forget_refused();
    Round round;
    source_->set_rate(rate, tsc_hz_);
    const std::uint64_t began = rte_rdtsc();
    const auto end = began + static_cast<std::uint64_t>(seconds * tsc_hz_);
    for (std::uint64_t now = began; now < end; now = rte_rdtsc()) {
        source_->step();
        const double due = static_cast<double>(now - began) / tsc_hz_ * orders_per_s;
        if (static_cast<double>(round.orders) + 1 <= due && orders_->place_next()) {
            ++round.orders;
        }
        if (orders_per_s > 0) {
            orders_->poll();
        }
        if (read_counters) {
            read_some_counters(began, round.counters_read);
        }
    }
    round.seconds = static_cast<double>(rte_rdtsc() - began) / tsc_hz_;
    drain();
    log.stop();
    rte_eal_wait_lcore(kLcore);
    const auto minus = [](const Tally& after, const Tally& before) {
        return Tally{after.offered - before.offered, after.received - before.received};
    };
    round.untouched = minus(source_->tally(kUntouchedGroup), untouched);
    round.modified = minus(source_->tally(kModifiedGroup), modified);
    round.withheld = source_->withheld() - withheld;
    round.turns = log.turns();
    round.long_turns = log.long_turns();
    blame_machine(round);
    return round;
}

/// A ring that ran full while the worker was away stays so until a tenth of the rate has emptied
/// it: what finds no room until then was lost to what kept the worker away.
void Bench::blame_machine(Round& round) {
    const double spare = round.rate() * (1 - kShareOfNoDrop) / kShareOfNoDrop;
    const auto catching_up = static_cast<std::uint64_t>(kRingEntries / spare * tsc_hz_);
    auto turn = round.long_turns.begin();
    for (const Refused& refused : source_->refused()) {
        const auto over = [&](const LongTurn& one) {
            return one.ended + catching_up < refused.tsc || one.cause() == LongTurn::Cause::Ours;
        };
        while (turn != round.long_turns.end() && over(*turn)) {
            ++turn;
        }
        if (turn != round.long_turns.end() && turn->began <= refused.tsc) {
            round.lost_to_machine.at(refused.group) += refused.frames;
        }
    }
}

Round Bench::run_empty(double seconds) {
    TurnLog log(nullptr, tsc_hz_);
    STROWGER_CHECK(rte_eal_remote_launch(run_turns, &log, kLcore) == 0);
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    log.stop();
    rte_eal_wait_lcore(kLcore);
    Round round;
    round.seconds = seconds;
    round.turns = log.turns();
    round.long_turns = log.long_turns();
    return round;
}

/// A few at a time, so that the source keeps its rate; all of them within each second.
void Bench::read_some_counters(std::uint64_t began, std::uint64_t& read) {
    constexpr std::uint64_t kAtOnce = 8;
    const std::uint64_t circuits = options_.circuits + kModified;
    const auto seconds = static_cast<double>(rte_rdtsc() - began) / tsc_hz_;
    const auto due = static_cast<std::uint64_t>(seconds * static_cast<double>(circuits));
    for (std::uint64_t i = 0; i < kAtOnce && read < due; ++i, ++read) {
        STROWGER_CHECK(product_->seam().counters(CircuitKey{read % circuits}).has_value());
    }
}

void Bench::drain() {
    const auto quiet = static_cast<std::uint64_t>(0.005 * tsc_hz_);
    std::uint64_t last = rte_rdtsc();
    while (rte_rdtsc() - last < quiet || orders_->completed() < orders_->placed()) {
        orders_->poll();
        if (source_->collect()) {
            last = rte_rdtsc();
        }
    }
}

void print_long_turns(const Round& round, unsigned pair, const char* loop) {
    for (const LongTurn& turn : round.long_turns) {
        fmt::print(
            R"({{"case":"long_turn","pair":{},"loop":"{}","turn_us":{:.1f},"off_core_us":{:.1f},)"
            R"("run_delay_us":{:.1f},"steal_ticks":{},"commands":{},"cause":"{}"}})"
            "\n",
            pair,
            loop,
            turn.turn_us,
            turn.off_core_us,
            turn.run_delay_us,
            turn.steal_ticks,
            turn.commands,
            name_of(turn.cause())
        );
    }
    std::fflush(stdout);
}

void print(const Round& round, unsigned pair, bool with_orders) {
    fmt::print(
        R"({{"case":"round","pair":{},"with_orders":{},"orders":{},"rate":{:.0f},"seconds":{:.3f},)"
        R"("untouched_offered":{},"untouched_lost":{},"untouched_lost_to_machine":{},)"
        R"("modified_offered":{},"modified_lost":{},"modified_lost_to_machine":{},)"
        R"("withheld":{},"counters_read":{},"turns":{},"long_turns":{}}})"
        "\n",
        pair,
        with_orders,
        round.orders,
        round.rate(),
        round.seconds,
        round.untouched.offered,
        round.untouched.lost(),
        round.lost_to_machine[kUntouchedGroup],
        round.modified.offered,
        round.modified.lost(),
        round.lost_to_machine[kModifiedGroup],
        round.withheld,
        round.counters_read,
        round.turns,
        round.long_turns.size()
    );
    print_long_turns(round, pair, with_orders ? "with orders" : "without orders");
}

int run(const Options& options) {
    auto bench = Bench::create(options);
    if (!bench) {
        return not_measured(bench.error().message);
    }
    const double no_drop = (*bench)->find_no_drop_rate();
    if (no_drop == 0) {
        return not_measured(
            "frames were lost at every rate: something else takes the two cores of this benchmark"
        );
    }
    fmt::print("{{\"case\":\"no_drop\",\"rate\":{:.0f}}}\n", no_drop);
    const double rate = no_drop * kShareOfNoDrop;
    const double orders_per_s = options.orders / options.seconds;
    for (unsigned pair = 0; pair < options.pairs; ++pair) {
        // Which of a pair comes first takes turns, for machines that grow slower or faster.
        for (const bool with_orders : {pair % 2 == 0, pair % 2 != 0}) {
            const Round round = (*bench)->run(
                rate, options.seconds, with_orders ? orders_per_s : 0, options.read_counters
            );
            print(round, pair, with_orders);
        }
        print_long_turns((*bench)->run_empty(options.seconds / 2), pair, "empty");
    }
    return 0;
}

} // namespace
} // namespace strowger::bench

int main(int argc, char** argv) {
    strowger::bench::end_process(strowger::bench::run(strowger::bench::read_options(argc, argv)));
}
