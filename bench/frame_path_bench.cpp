// SPDX-License-Identifier: Apache-2.0
//
// What a frame costs between receive and transmit when every frame belongs to another circuit. The
// frames are QinQ and leave as QinQ with both tags translated. A benchmark that sends the same
// circuit again and again measures its caches, not its tables; one that uses the same few buffers
// again and again measures the first-level cache: 8,192 buffers are in turn.
//
// Cycles are ticks of the TSC, not of the core's own clock.
#include "lib/cycles.h"
#include "lib/pass_unpoliced.h"
#include "lib/worker_tables.h"
#include "stage/classify.h"
#include "stage/forward.h"
#include "stage/parse.h"
#include "stage/pass.h"
#include "stage/rewrite.h"
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
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <vector>

namespace strowger::dataplane {
namespace {

using bench::Blocks;
using bench::kPass;
using bench::WorkerTables;

constexpr std::uint16_t kFrameBytes = 60; ///< without FCS

rte_mempool* frame_pool() {
    static rte_mempool* const kPool = rte_pktmbuf_pool_create(
        "bench", 2 * kPass - 1, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY
    );
    return kPool;
}

/// 8,192 buffers in turn, each a frame of another circuit, drawn at random. The tags are written
/// anew before each pass, outside of what is measured.
class Frames {
public:
    explicit Frames(std::uint32_t circuits) : frames_(kPass), circuits_(circuits) {
        if (rte_pktmbuf_alloc_bulk(frame_pool(), frames_.data(), kPass) != 0) {
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
    ~Frames() { rte_pktmbuf_free_bulk(frames_.data(), kPass); }

    void tag_anew(const WorkerTables& tables) {
        const std::span<const std::uint32_t> drawn = circuits_.draw();
        for (std::uint32_t i = 0; i < kPass; ++i) {
            const std::array<std::uint32_t, 2> tags = {
                rte_cpu_to_be_32(0x8100'0000U | tables.s_vid(drawn[i])),
                rte_cpu_to_be_32(0x8100'0000U | tables.c_vid(drawn[i]))};
            std::memcpy(rte_pktmbuf_mtod_offset(frames_[i], void*, 12), tags.data(), sizeof(tags));
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
        next_ = (next_ + kBurstMax) % kPass;
    }

private:
    std::vector<rte_mbuf*> frames_;
    std::uint32_t next_ = 0;
    bench::RandomCircuits circuits_;
};

/// Which stages a row measures. Each row has those of the row above, so that a difference of two
/// rows says what a stage costs.
enum class Upto : std::uint8_t { Parse, Classify, Pass, Rewrite };

/// Two bursts in turn, as the worker has them: the loads of one are on their way while the other is
/// finished.
template <bool kPolices, Upto kUpto = Upto::Rewrite>
class Pipeline {
public:
    Pipeline(WorkerTables& tables, Frames& frames) : tables_(tables), frames_(frames) {}

    void come_in(Burst& burst) {
        frames_.next(burst, tables_.now());
        parse(burst, tables_.stats.data());
        if constexpr (kUpto >= Upto::Classify) {
            classify(tables_.classifier, tables_.owner.hot, burst, tables_.stats.data());
        }
    }
    void go_out(Burst& burst) {
        const Burst& coming = &burst == &bursts_[0] ? bursts_[1] : bursts_[0];
        if constexpr (kUpto >= Upto::Pass) {
            if constexpr (kPolices) {
                dataplane::pass(tables_.owner, tables_.ports, coming, burst);
            } else {
                bench::pass_unpoliced(tables_.owner, tables_.ports, coming, burst);
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
        for (std::uint32_t done = 0; done < kPass; done += 2 * kBurstMax) {
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
    WorkerTables& tables_;
    Frames& frames_;
    std::array<Burst, 2> bursts_;
    std::uint64_t passed_ = 0;
};

template <bool kPolices, Upto kUpto>
void stages(benchmark::State& state, Blocks blocks) {
    const auto circuits = static_cast<std::uint32_t>(state.range(0));
    WorkerTables tables(circuits, blocks);
    Frames frames(circuits);
    Pipeline<kPolices, kUpto> pipeline(tables, frames);
    const auto tag_anew = [&] { frames.tag_anew(tables); };
    bench::measure_passes(state, {.circuits = circuits, .unit = "frame"}, tag_anew, [&pipeline] {
        pipeline.pass();
    });
    const auto wanted = static_cast<std::uint64_t>(state.iterations()) * kPass;
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
    Line* const memory = bench::allocate<Line>(lines);
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

/// Nine C-VIDs on each of a port's 4094 S-VLANs are no more than 36,846 circuits.
constexpr std::int64_t kNineEach = 36'000;

void on_circuits(benchmark::internal::Benchmark* row, Blocks blocks) {
    row->Arg(bench::kOne)->Arg(bench::kThousand);
    if (blocks == Blocks::Direct) {
        row->Arg(bench::k64Thousand)->Arg(bench::kMillion);
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
