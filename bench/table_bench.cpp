// SPDX-License-Identifier: Apache-2.0
//
// What the tables and ledgers cost by themselves, without the stages that hide their loads behind
// other work: each call is for another circuit, drawn at random. Circuits are QinQ.
//
//   classifier_find          the calls do not depend on each other: the core overlaps their loads
//   classifier_find_in_turn  each waits for the one before: what a single frame waits
//   meter_color              within CIR; _yellow: out of the excess bucket, which is filled again
//   hot_slot_count           a green frame's counters; cold_slot_drop: a dropped one's
//   unmatched_log_record     tags that nobody mapped, of as many kinds as there are circuits
//   slot_ledger_replace      a circuit gives its slots back, and another takes some
//   index_ledger_replace     a circuit is forgotten and its places released, acquired and covered
//   vlan_index_conflicts     whether a circuit's map meets another's
//   vlan_index_replace       the map is released and held
//
// The last four are the control thread's; what they do is done once for a change, not for a frame.
#include "control/index_ledger.h"
#include "control/slot_ledger.h"
#include "lib/circuits.h"
#include "lib/cycles.h"
#include "lib/not_measured.h"
#include "lib/rig.h"
#include "lib/worker_tables.h"
#include "service/vlan_index.h"
#include "stage/burst.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"

#include <benchmark/benchmark.h>
#include <rte_cycles.h>
#include <rte_malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace strowger::bench {
namespace {

using dataplane::Coverage;
using dataplane::FrameTags;
using dataplane::IndexEntry;
using dataplane::MeterConfig;

constexpr std::uint64_t kMegabytes = 640;
/// Nine C-VIDs on each of a port's 4094 S-VLANs are no more than 36,846 circuits.
constexpr std::int64_t kNineEach = 36'000;
/// As many changes as the control thread lets be outstanding.
constexpr std::uint32_t kChanges = 256;

/// Google Benchmark calls a row several times: what it measures is made once.
template <typename Table, typename... Of>
Table& kept(Of... of) {
    static std::unique_ptr<Table> table;
    static std::optional<std::tuple<Of...>> made_of;
    if (made_of != std::tuple(of...)) {
        table.reset();
        table = std::make_unique<Table>(of...);
        made_of = std::tuple(of...);
    }
    return *table;
}

std::uint32_t circuits_of(const benchmark::State& state) {
    return static_cast<std::uint32_t>(state.range(0));
}

/// Measures `call(circuit)` for random circuits.
template <typename Call>
void measure_calls(benchmark::State& state, const char* unit, Call&& call) {
    RandomCircuits random(circuits_of(state));
    std::span<const std::uint32_t> drawn;
    measure_passes(
        state,
        {.circuits = circuits_of(state), .unit = unit},
        [&] { drawn = random.draw(); },
        [&] {
            for (const std::uint32_t circuit : drawn) {
                call(circuit);
            }
        }
    );
}

// ---- a worker's tables

enum class Lookups : std::uint8_t { Overlap, InTurn };

/// The tags of a pass are made before it: it only looks them up.
template <Lookups kLookups>
void classifier_find(benchmark::State& state, Blocks blocks) {
    const WorkerTables& tables = kept<WorkerTables>(circuits_of(state), blocks);
    RandomCircuits random(circuits_of(state));
    std::vector<FrameTags> tags(kPass);
    const auto make_tags = [&] {
        std::ranges::transform(random.draw(), tags.begin(), [&tables](std::uint32_t circuit) {
            return FrameTags{.tci = {tables.s_vid(circuit), tables.c_vid(circuit)}, .count = 2};
        });
    };
    std::uint32_t nothing = 0;
    benchmark::DoNotOptimize(nothing); // known to be zero here alone
    bool found_all = true;
    const PassTerms terms{.circuits = circuits_of(state), .unit = "lookup"};
    measure_passes(state, terms, make_tags, [&] {
        std::uint32_t before = 0;
        for (std::uint32_t i = 0; i < kPass; ++i) {
            const std::uint32_t at = kLookups == Lookups::InTurn ? i + (before & nothing) : i;
            const IndexEntry found = tables.classifier.find(0, tags[at]);
            found_all = found_all && found.is_endpoint();
            before = found.bits();
        }
        benchmark::DoNotOptimize(before);
    });
    if (!found_all) {
        state.SkipWithError("a circuit was not found: the figure is of something else");
    }
}

/// Hot slots with nothing but a meter.
class Meters {
public:
    Meters(std::uint32_t circuits, bool committed)
        : slots_(allocate<dataplane::HotSlot>(circuits)) {
        constexpr std::uint64_t kRateBps = 100'000'000'000;
        constexpr std::uint32_t kBurstBytes = 1U << 20;
        const MeterConfig config{
            .committed_bps = committed ? kRateBps : 0,
            .excess_bps = committed ? 0 : kRateBps,
            .committed_burst_bytes = committed ? kBurstBytes : 0,
            .excess_burst_bytes = committed ? 0 : kBurstBytes};
        for (std::uint32_t circuit = 0; circuit < circuits; ++circuit) {
            slots_[circuit].meter.start(config, now(), clock_);
        }
    }
    Meters(const Meters&) = delete;
    Meters& operator=(const Meters&) = delete;
    Meters(Meters&&) = delete;
    Meters& operator=(Meters&&) = delete;
    ~Meters() { rte_free(slots_); }

    [[nodiscard]] std::uint64_t now() const { return clock_.ticks(rte_rdtsc()); }
    /// The short way first, as the stages do.
    dataplane::Color color(std::uint32_t circuit, std::uint64_t now) {
        constexpr std::uint32_t kBytes = dataplane::kMeteredBytesMin;
        dataplane::Meter& meter = slots_[circuit].meter;
        return meter.take_green(kBytes, now, clock_.byte_tokens())
                   ? dataplane::Color::Green
                   : meter.color(kBytes, false, now, clock_.byte_tokens());
    }

private:
    dataplane::MeterClock clock_ = dataplane::MeterClock::from_hz(2'000'000'000);
    dataplane::HotSlot* slots_;
};

/// The clock is read once a burst, as the worker does.
template <dataplane::Color kColor>
void meter_color(benchmark::State& state) {
    Meters& meters = kept<Meters>(circuits_of(state), kColor == dataplane::Color::Green);
    std::uint32_t calls = 0;
    std::uint32_t others = 0;
    std::uint64_t now = meters.now();
    measure_calls(state, "lookup", [&](std::uint32_t circuit) {
        if (++calls % dataplane::kBurstMax == 0) {
            now = meters.now();
        }
        others += meters.color(circuit, now) == kColor ? 0 : 1;
    });
    if (others != 0) {
        state.SkipWithError("frames got another colour: the figure is of something else");
    }
}

void hot_slot_count(benchmark::State& state) {
    WorkerTables& tables = kept<WorkerTables>(circuits_of(state), Blocks::Direct);
    measure_calls(state, "lookup", [&tables](std::uint32_t circuit) {
        tables.owner.hot[circuit].green_frames.add(1);
        tables.owner.hot[circuit].green_bytes.add(dataplane::kMeteredBytesMin);
    });
}

void cold_slot_drop(benchmark::State& state) {
    WorkerTables& tables = kept<WorkerTables>(circuits_of(state), Blocks::Direct);
    measure_calls(state, "lookup", [&tables](std::uint32_t circuit) {
        tables.owner.cold[circuit].drop(DropReason::Policed);
    });
}

void unmatched_log_record(benchmark::State& state) {
    dataplane::UnmatchedLog log;
    std::uint64_t now = 0;
    measure_calls(state, "lookup", [&](std::uint32_t circuit) {
        const Tags tags = arriving_tags(circuit);
        log.record({.tci = {tags.s_vid, tags.c_vid}, .count = 2}, ++now);
    });
}

// ---- the control thread's ledgers

void slot_ledger_replace(benchmark::State& state) {
    const std::uint32_t circuits = circuits_of(state);
    dataplane::SlotLedger ledger(1, 2 * circuits);
    std::vector<dataplane::CircuitPlace> places(circuits);
    std::ranges::generate(places, [&ledger] { return ledger.take({}).value(); });
    measure_calls(state, "change", [&](std::uint32_t circuit) {
        ledger.give_back(places[circuit]);
        places[circuit] = ledger.take({}).value();
    });
}

Coverage coverage_of(std::uint32_t circuit) {
    return dataplane::coverage_of(program_of(circuit, Work::TwoToTwo, {0}, {1}).endpoints[0]);
}

/// The ledger of one worker's index, and that worker, which applies the commands between passes.
class Index {
public:
    explicit Index(std::uint32_t circuits) {
        ports_.count = 2;
        ports_.ports[0].tx_queue[0] = 0;
        ports_.ports[1].tx_queue[0] = 0;
        auto product = Product::create({.ports = &ports_, .endpoints = 64});
        if (!product) {
            end_process(not_measured(product.error().message));
        }
        product_ = std::move(*product);
        queues_.emplace(product_->group());
        ledger_.emplace(
            dataplane::index_bytes(product_->config()) / sizeof(dataplane::IndexLine), *queues_
        );
        std::uint32_t sent = 0;
        for (const std::uint32_t circuit : shuffled(circuits)) {
            take(coverage_of(circuit));
            if (++sent % kChanges == 0) {
                apply();
            }
        }
        apply();
    }

    void take(const Coverage& coverage) {
        STROWGER_CHECK(ledger_->acquire(coverage));
        ledger_->cover(0, coverage, {.entry = IndexEntry::endpoint(0, 0, 2, 0)});
    }
    void replace(const Coverage& coverage) {
        ledger_->uncover(0, coverage, {});
        ledger_->release(coverage, {});
        take(coverage);
    }
    void apply() {
        dataplane::Milestone all;
        queues_->mark_all(all);
        dataplane::Worker& worker = product_->group().worker(0);
        while (!queues_->reached(all)) {
            queues_->flush();
            worker.take_commands();
            worker.apply_commands();
            worker.acknowledge();
        }
    }

private:
    dataplane::PortSet ports_;
    std::unique_ptr<Product> product_;
    std::optional<dataplane::CommandQueues> queues_;
    std::optional<dataplane::IndexLedger> ledger_;
};

void index_ledger_replace(benchmark::State& state) {
    Index& index = kept<Index>(circuits_of(state));
    RandomCircuits random(circuits_of(state), kChanges);
    std::vector<Coverage> coverages(kChanges);
    const auto prepare = [&] {
        index.apply();
        std::ranges::transform(random.draw(), coverages.begin(), coverage_of);
    };
    const PassTerms terms{.circuits = circuits_of(state), .unit = "change", .pass = kChanges};
    measure_passes(state, terms, prepare, [&] {
        for (const Coverage& coverage : coverages) {
            index.replace(coverage);
        }
    });
}

/// One UNI, all of whose maps are held.
class Vlans {
public:
    struct Claim {
        ObjectId circuit;
        VlanMap map;
    };
    explicit Vlans(std::uint32_t circuits) {
        for (const std::uint32_t circuit : shuffled(circuits)) {
            const Claim claim = claim_of(circuit);
            index.hold(claim.circuit, claim.map);
        }
    }
    static Claim claim_of(std::uint32_t circuit) {
        std::array<std::uint8_t, 10> random{};
        std::memcpy(random.data(), &circuit, sizeof(circuit));
        return {
            ObjectId::make(ObjectKind::Circuit, 1, random),
            program_of(circuit, Work::TwoToTwo, {0}, {1}).endpoints[0].map};
    }

    service::VlanIndex index;
};

template <typename Call>
void measure_claims(benchmark::State& state, Call&& call) {
    RandomCircuits random(circuits_of(state), kChanges);
    std::vector<Vlans::Claim> claims;
    const auto prepare = [&] {
        claims.clear();
        std::ranges::transform(random.draw(), std::back_inserter(claims), Vlans::claim_of);
    };
    const PassTerms terms{.circuits = circuits_of(state), .unit = "change", .pass = kChanges};
    measure_passes(state, terms, prepare, [&] {
        for (const Vlans::Claim& claim : claims) {
            call(claim);
        }
    });
}

void vlan_index_conflicts(benchmark::State& state) {
    const service::VlanIndex& index = kept<Vlans>(circuits_of(state)).index;
    std::size_t conflicts = 0;
    measure_claims(state, [&](const Vlans::Claim& claim) {
        conflicts += index.conflicts(claim.map, claim.circuit).size();
    });
    if (conflicts != 0) {
        state.SkipWithError("a circuit conflicts with itself: the figure is of something else");
    }
}

void vlan_index_replace(benchmark::State& state) {
    service::VlanIndex& index = kept<Vlans>(circuits_of(state)).index;
    measure_claims(state, [&index](const Vlans::Claim& claim) {
        index.release(claim.circuit, claim.map);
        index.hold(claim.circuit, claim.map);
    });
}

template <typename Row>
void add(
    const char* name,
    Row row,
    std::vector<std::int64_t> circuits = {kOne, kThousand, k64Thousand, kMillion}
) {
    benchmark::RegisterBenchmark(name, row)->ArgsProduct({std::move(circuits)});
}

void add_all() {
    const auto direct = [](auto find) {
        return [find](benchmark::State& state) { find(state, Blocks::Direct); };
    };
    add("classifier_find", direct(classifier_find<Lookups::Overlap>));
    add("classifier_find_in_turn", direct(classifier_find<Lookups::InTurn>));
    add("classifier_find_9_c_vids",
        [](benchmark::State& state) { classifier_find<Lookups::Overlap>(state, Blocks::Compact); },
        {kOne, kThousand, kNineEach});
    add("meter_color", meter_color<dataplane::Color::Green>);
    add("meter_color_yellow", meter_color<dataplane::Color::Yellow>);
    add("hot_slot_count", hot_slot_count);
    add("cold_slot_drop", cold_slot_drop);
    add("unmatched_log_record", unmatched_log_record);
    add("slot_ledger_replace", slot_ledger_replace);
    add("index_ledger_replace", index_ledger_replace);
    add("vlan_index_conflicts", vlan_index_conflicts);
    add("vlan_index_replace", vlan_index_replace);
}

int run() {
    if (auto started = start_eal("table_bench", {1}, kMegabytes); !started) {
        return not_measured(started.error().message);
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

} // namespace
} // namespace strowger::bench

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    strowger::bench::add_all();
    strowger::bench::end_process(strowger::bench::run());
}
