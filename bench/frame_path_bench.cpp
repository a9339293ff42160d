// SPDX-License-Identifier: Apache-2.0
//
// What a frame costs between receive and transmit when every frame belongs to another circuit. The
// frames are QinQ and leave as QinQ with both tags translated. A benchmark that sends the same
// circuit again and again measures its caches, not its tables; one that uses the same few buffers
// again and again measures the first-level cache: 8,192 buffers are in turn.
//
// Cycles are ticks of the TSC, not of the core's own clock.
#include "stage/classify.h"
#include "stage/forward.h"
#include "stage/parse.h"
#include "stage/pass.h"
#include "stage/rewrite.h"
#include "worker/apply.h"
#include "worker/port_set.h"

#include <benchmark/benchmark.h>
#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <vector>

namespace strowger::dataplane {
namespace {

constexpr std::uint32_t kBuffers = 8'192;
constexpr std::uint16_t kFrameBytes = 60; ///< without FCS
constexpr std::uint32_t kCircuitsPerSVlan = 4'000;
constexpr std::uint32_t kFirstVid = 2;
constexpr std::uint64_t kClockHz = 2'000'000'000;

/// Where and how the circuits' S-VLANs are mapped.
enum class Blocks : std::uint8_t { Direct, Compact };

rte_mempool* frame_pool() {
    static rte_mempool* const kPool = rte_pktmbuf_pool_create(
        "bench", 2 * kBuffers - 1, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY
    );
    return kPool;
}

template <typename T>
T* allocate(std::size_t count) {
    void* const memory = rte_zmalloc("bench", count * sizeof(T), RTE_CACHE_LINE_SIZE);
    if (memory == nullptr) {
        std::fprintf(stderr, "not enough memory for %zu × %zu bytes\n", count, sizeof(T));
        std::exit(1);
    }
    return static_cast<T*>(memory);
}

/// One worker's tables with `circuits` circuits from port 0 to port 1 that translate both tags.
class Tables {
public:
    Tables(std::uint32_t circuits, Blocks blocks) : circuits_(circuits), blocks_(blocks) {
        ports.count = 2;
        owner.hot = allocate<HotSlot>(circuits);
        owner.cold = allocate<ColdSlot>(circuits);
        owner.stats = stats.data();
        owner.byte_tokens = clock_.byte_tokens();
        lines_ = allocate<IndexLine>(
            std::size_t{2 + s_vlans()} * BlockShape::kDirectLines // empty, root, one each
        );
        classifier.attach(lines_);
        classifier.set_root(0, 0, BlockShape::kDirectLines);
        for (std::uint32_t s = 0; s < s_vlans(); ++s) {
            const auto vid = static_cast<std::uint16_t>(kFirstVid + s);
            classifier.clear(block_of(s));
            classifier.set_run(root(), {vid, vid}, block_of(s));
        }
        for (std::uint32_t circuit = 0; circuit < circuits; ++circuit) {
            install(circuit);
        }
    }
    Tables(const Tables&) = delete;
    Tables& operator=(const Tables&) = delete;
    Tables(Tables&&) = delete;
    Tables& operator=(Tables&&) = delete;
    ~Tables() {
        rte_free(owner.hot);
        rte_free(owner.cold);
        rte_free(lines_);
    }

    [[nodiscard]] std::uint32_t circuits() const { return circuits_; }
    [[nodiscard]] std::uint32_t per_s_vlan() const {
        return blocks_ == Blocks::Direct ? kCircuitsPerSVlan : 9;
    }
    [[nodiscard]] std::uint32_t s_vlans() const {
        return (circuits_ + per_s_vlan() - 1) / per_s_vlan();
    }
    [[nodiscard]] std::uint64_t now() const { return clock_.ticks(rte_rdtsc()); }

    Classifier classifier;
    OwnerTables owner;
    PortSet ports;
    std::array<PortStats, 2> stats;

private:
    static IndexEntry root() { return IndexEntry::block(BlockShape::kDirectLines, BlockShape{}); }
    [[nodiscard]] IndexEntry block_of(std::uint32_t s) const {
        const BlockShape shape =
            blocks_ == Blocks::Direct ? BlockShape{} : BlockShape{.log2_lines = 1, .shift = 0};
        return IndexEntry::block(2 * BlockShape::kDirectLines + s * shape.lines(), shape);
    }
    void install(std::uint32_t circuit) {
        const std::uint32_t s = circuit / per_s_vlan();
        const auto c = static_cast<std::uint16_t>(kFirstVid + circuit % per_s_vlan());
        const InstallEndpoint command{
            .slot = circuit,
            .far_slot = circuit,
            .meter =
                {.committed_bps = 100'000'000'000,
                 .excess_bps = 1'000'000'000,
                 .committed_burst_bytes = 1U << 20,
                 .excess_burst_bytes = 1U << 20},
            .forwarding =
                {.out_port = 1,
                 .frame_max_bytes = 1'526,
                 .flags = Forwarding::Forwards,
                 .pop_count = 2,
                 .push_count = 2,
                 .push_vid = {static_cast<std::uint16_t>(kFirstVid + s + 100), c}},
        };
        apply(
            Command{command},
            {.classifier = &classifier, .tables = owner, .clock = clock_, .lanes = {}, .now = now()}
        );
        classifier.set_run(block_of(s), {c, c}, IndexEntry::endpoint(0, circuit, 2, 0));
    }

    std::uint32_t circuits_;
    Blocks blocks_;
    MeterClock clock_ = MeterClock::from_hz(kClockHz);
    IndexLine* lines_ = nullptr;
};

/// 8,192 buffers in turn, each a frame of another circuit, drawn at random. The tags are written
/// anew before each pass, outside of what is measured.
class Frames {
public:
    Frames() : frames_(kBuffers) {
        if (rte_pktmbuf_alloc_bulk(frame_pool(), frames_.data(), kBuffers) != 0) {
            std::fprintf(stderr, "not enough buffers\n");
            std::exit(1);
        }
        for (rte_mbuf* const frame : frames_) {
            std::memset(rte_pktmbuf_append(frame, kFrameBytes), 0, kFrameBytes);
        }
    }
    Frames(const Frames&) = delete;
    Frames& operator=(const Frames&) = delete;
    Frames(Frames&&) = delete;
    Frames& operator=(Frames&&) = delete;
    ~Frames() { rte_pktmbuf_free_bulk(frames_.data(), kBuffers); }

    void tag_anew(const Tables& tables) {
        std::uniform_int_distribution<std::uint32_t> any(0, tables.circuits() - 1);
        for (rte_mbuf* const frame : frames_) {
            const std::uint32_t circuit = any(random_);
            const std::uint32_t s = kFirstVid + circuit / tables.per_s_vlan();
            const std::uint32_t c = kFirstVid + circuit % tables.per_s_vlan();
            const std::array<std::uint32_t, 2> tags = {
                rte_cpu_to_be_32(0x8100'0000U | s), rte_cpu_to_be_32(0x8100'0000U | c)};
            std::memcpy(rte_pktmbuf_mtod_offset(frame, void*, 12), tags.data(), sizeof(tags));
        }
    }

    /// The next 32, as receive() leaves them.
    void next(Burst& burst, std::uint64_t now) {
        std::copy_n(&frames_[next_], kBurstMax, burst.frames.begin());
        for (rte_mbuf* const frame : burst.frames) {
            rte_prefetch0(rte_pktmbuf_mtod(frame, const void*));
        }
        burst.ports.fill(0);
        burst.count = kBurstMax;
        burst.dropped_count = 0;
        burst.now = now;
        next_ = (next_ + kBurstMax) % kBuffers;
    }

private:
    std::vector<rte_mbuf*> frames_;
    std::uint32_t next_ = 0;
    std::mt19937 random_{1};
};

/// Which stages a row measures. Each row has those of the row above, so that a difference of two
/// rows says what a stage costs.
enum class Upto : std::uint8_t { Parse, Classify, Pass, Rewrite };

/// Two bursts in turn, as the worker has them: the loads of one are on their way while the other is
/// finished.
template <bool kPolices, Upto kUpto = Upto::Rewrite>
class Pipeline {
public:
    Pipeline(Tables& tables, Frames& frames) : tables_(tables), frames_(frames) {}

    void come_in(Burst& burst) {
        frames_.next(burst, tables_.now());
        parse(burst, tables_.stats.data());
        if constexpr (kUpto >= Upto::Classify) {
            classify(tables_.classifier, tables_.owner.hot, 0, burst, tables_.stats.data());
        }
    }
    void go_out(Burst& burst) {
        if constexpr (kUpto >= Upto::Pass) {
            if constexpr (kPolices) {
                dataplane::pass(tables_.owner, tables_.ports, burst);
            } else {
                pass_frames<false>(tables_.owner, tables_.ports, burst);
            }
        }
        if constexpr (kUpto >= Upto::Rewrite) {
            forward(tables_.owner, tables_.classifier, 0, tables_.ports, burst);
            rewrite(tables_.owner, burst);
        }
        passed_ += burst.count;
    }
    /// All buffers once.
    void pass() {
        for (std::uint32_t done = 0; done < kBuffers; done += 2 * kBurstMax) {
            come_in(bursts_[0]);
            go_out(bursts_[1]);
            come_in(bursts_[1]);
            go_out(bursts_[0]);
        }
        go_out(bursts_[1]);
        bursts_[1].count = 0;
    }
    [[nodiscard]] std::uint64_t passed() const { return passed_; }

private:
    Tables& tables_;
    Frames& frames_;
    std::array<Burst, 2> bursts_;
    std::uint64_t passed_ = 0;
};

/// Runs passes and reports cycles a frame: the median of the passes, and the best, which on a
/// shared machine tells least of its other guests.
template <typename Pass>
void run(benchmark::State& state, Tables& tables, Frames& frames, Pass&& pass) {
    std::vector<std::uint64_t> cycles;
    for ([[maybe_unused]] const auto round : state) {
        state.PauseTiming();
        frames.tag_anew(tables);
        state.ResumeTiming();
        const std::uint64_t began = rte_rdtsc();
        pass();
        cycles.push_back(rte_rdtsc() - began);
    }
    std::sort(cycles.begin(), cycles.end());
    const double median = static_cast<double>(cycles[cycles.size() / 2]);
    state.SetItemsProcessed(state.iterations() * kBuffers);
    state.counters["cycles/frame"] = median / kBuffers;
    state.counters["best"] = static_cast<double>(cycles.front()) / kBuffers;
    state.counters["circuits"] = tables.circuits();
}

template <bool kPolices, Upto kUpto>
void stages(benchmark::State& state, Blocks blocks) {
    Tables tables(static_cast<std::uint32_t>(state.range(0)), blocks);
    Frames frames;
    Pipeline<kPolices, kUpto> pipeline(tables, frames);
    run(state, tables, frames, [&pipeline] { pipeline.pass(); });
    const auto wanted = static_cast<std::uint64_t>(state.iterations()) * kBuffers;
    if (pipeline.passed() != wanted) {
        state.SkipWithError("frames were dropped: the figure is of something else");
    }
}

/// A chain of loads, each address taken from the load before: what one line costs that is in no
/// cache. In cycles, as the rest.
void memory_latency(benchmark::State& state) {
    const auto lines = static_cast<std::uint32_t>(state.range(0)) * 1024 * 1024 / 64;
    struct alignas(64) Line {
        std::uint32_t next;
    };
    Line* const memory = allocate<Line>(lines);
    std::vector<std::uint32_t> order(lines);
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), std::mt19937{1});
    for (std::uint32_t i = 0; i < lines; ++i) {
        memory[order[i]].next = order[(i + 1) % lines];
    }
    constexpr std::uint32_t kLoads = 100'000;
    std::uint32_t at = 0;
    std::uint64_t cycles = 0;
    for ([[maybe_unused]] const auto round : state) {
        const std::uint64_t began = rte_rdtsc();
        for (std::uint32_t i = 0; i < kLoads; ++i) {
            at = memory[at].next;
        }
        benchmark::DoNotOptimize(at);
        cycles += rte_rdtsc() - began;
    }
    state.counters["cycles/load"] =
        static_cast<double>(cycles) / (static_cast<double>(state.iterations()) * kLoads);
    rte_free(memory);
}

constexpr std::int64_t kOne = 1;
constexpr std::int64_t kThousand = 1'000;
constexpr std::int64_t k64Thousand = 64'000;
constexpr std::int64_t kMillion = 1'000'000;

/// Nine C-VIDs on each of a port's 4094 S-VLANs are no more than 36,846 circuits.
constexpr std::int64_t kNineEach = 36'000;

void on_circuits(benchmark::internal::Benchmark* row, Blocks blocks) {
    row->Arg(kOne)->Arg(kThousand);
    if (blocks == Blocks::Direct) {
        row->Arg(k64Thousand)->Arg(kMillion);
    } else {
        row->Arg(kNineEach);
    }
}

template <bool kPolices, Upto kUpto>
void add(const char* name, Blocks blocks) {
    auto* const row = benchmark::RegisterBenchmark(name, [blocks](benchmark::State& state) {
        stages<kPolices, kUpto>(state, blocks);
    });
    on_circuits(row, blocks);
}

void add_all() {
    benchmark::RegisterBenchmark("memory_latency", memory_latency)->Arg(1)->Arg(64)->Arg(256);
    add<true, Upto::Parse>("parse", Blocks::Direct);
    add<true, Upto::Classify>("parse_to_classify", Blocks::Direct);
    add<true, Upto::Pass>("parse_to_pass", Blocks::Direct);
    add<true, Upto::Rewrite>("parse_to_rewrite", Blocks::Direct);
    add<false, Upto::Rewrite>("parse_to_rewrite_unpoliced", Blocks::Direct);
    add<true, Upto::Rewrite>("parse_to_rewrite_9_c_vids", Blocks::Compact);
}

/// On hugepages, as the daemon: on others a million circuits measure page walks.
int start_eal(char* name) {
    std::array<const char*, 11> options = {
        name,
        "--in-memory",
        "--no-pci",
        "--no-telemetry",
        "-m",
        "640",
        "-l",
        "0",
        "--log-level",
        "*:error",
        nullptr,
    };
    if (rte_eal_init(static_cast<int>(options.size() - 1), const_cast<char**>(options.data())) >=
        0) {
        return 0;
    }
    std::fprintf(
        stderr,
        "the EAL did not start: this needs 640 MiB of free hugepages (sysctl vm.nr_hugepages=384)\n"
    );
    return 1;
}

} // namespace
} // namespace strowger::dataplane

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    strowger::dataplane::add_all();
    if (strowger::dataplane::start_eal(argv[0]) != 0) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    rte_eal_cleanup();
    return 0;
}
