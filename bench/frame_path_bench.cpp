// SPDX-License-Identifier: Apache-2.0
//
// What a frame costs between receive and transmit when every frame belongs to another circuit:
// parse, classify (S-VID and C-VID), guard, police, forward, rewrite. A benchmark that sends the
// same circuit again and again measures its caches, not its tables.
#include "stage/classify.h"
#include "stage/forward.h"
#include "stage/guard.h"
#include "stage/parse.h"
#include "stage/police.h"
#include "stage/rewrite.h"
#include "worker/apply.h"
#include "worker/port_set.h"

#include <benchmark/benchmark.h>
#include <rte_byteorder.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace strowger::dataplane {
namespace {

constexpr std::uint16_t kFrameBytes = 60;
constexpr std::uint32_t kCircuitsPerSVlan = 4'096;

rte_mempool* frame_pool() {
    static rte_mempool* const kPool =
        rte_pktmbuf_pool_create("bench", 1'023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    return kPool;
}

/// One worker's tables with `circuits` circuits from port 0 to port 1, which swap both tags for
/// equal ones: the work is all done, and the frame can be sent again.
class Tables {
public:
    explicit Tables(std::uint32_t circuits)
        : circuits_(circuits),
          blocks_((2 + s_vlans()) * std::size_t{kBlockEntries}),
          slots_(std::make_unique<EndpointSlot[]>(circuits)) {
        ports.count = 2;
        classifier.attach(blocks_.data(), 2 + s_vlans());
        classifier.set_root(0, 0, 1);
        for (std::uint32_t s = 0; s < s_vlans(); ++s) {
            classifier.set_range(1, s + 1, s + 1, IndexEntry::block(2 + s));
        }
        for (std::uint32_t circuit = 0; circuit < circuits; ++circuit) {
            install(circuit);
        }
    }

    [[nodiscard]] std::uint32_t s_vlans() const {
        return (circuits_ + kCircuitsPerSVlan - 1) / kCircuitsPerSVlan;
    }
    [[nodiscard]] EndpointSlot* slots() { return slots_.get(); }

    Classifier classifier;
    PortSet ports;
    std::array<PortStats, 2> stats;

private:
    void install(std::uint32_t circuit) {
        const auto s = static_cast<std::uint16_t>(1 + circuit / kCircuitsPerSVlan);
        const auto c = static_cast<std::uint16_t>(circuit % kCircuitsPerSVlan);
        const InstallEndpoint command{
            .slot = circuit,
            .far_slot = circuit,
            .forwarding =
                {.out_port = 1,
                 .frame_max_bytes = 1'526,
                 .flags = Forwarding::Forwards,
                 .push_count = 2,
                 .remaining_tpid_be = 0,
                 .push_tpid = {0x8100, 0x8100},
                 .push_vid = {s, c}},
            .meter =
                {.committed_multiplier = std::uint64_t{1} << 54,
                 .excess_multiplier = std::uint64_t{1} << 50,
                 .committed_burst_bytes = 1U << 20,
                 .excess_burst_bytes = 1U << 20,
                 .color_aware = false,
                 .coupling = true},
        };
        apply(Command{command}, classifier, slots_.get(), rte_rdtsc());
        classifier.set_range(1U + s, c, c, IndexEntry::endpoint(0, circuit, 2, 0));
    }

    std::uint32_t circuits_;
    std::vector<IndexEntry> blocks_;
    std::unique_ptr<EndpointSlot[]> slots_;
};

/// Thirty-two frames whose tags are rewritten for each burst.
class Frames {
public:
    explicit Frames(std::uint32_t circuits) : circuits_(circuits) {
        if (rte_pktmbuf_alloc_bulk(frame_pool(), frames_.data(), kBurstMax) != 0) {
            std::abort();
        }
        for (rte_mbuf* const frame : frames_) {
            std::memset(rte_pktmbuf_append(frame, kFrameBytes), 0, kFrameBytes);
        }
    }
    Frames(const Frames&) = delete;
    Frames& operator=(const Frames&) = delete;
    Frames(Frames&&) = delete;
    Frames& operator=(Frames&&) = delete;
    ~Frames() { rte_pktmbuf_free_bulk(frames_.data(), kBurstMax); }

    void fill(Burst& burst) {
        for (std::uint16_t i = 0; i < kBurstMax; ++i) {
            const auto circuit = static_cast<std::uint32_t>(
                (static_cast<std::uint64_t>(static_cast<std::uint32_t>(random_())) * circuits_) >>
                32U
            );
            const std::array<std::uint32_t, 2> tags = {
                rte_cpu_to_be_32(0x8100'0000U | (1 + circuit / kCircuitsPerSVlan)),
                rte_cpu_to_be_32(0x8100'0000U | (circuit % kCircuitsPerSVlan)),
            };
            std::memcpy(rte_pktmbuf_mtod_offset(frames_[i], void*, 12), tags.data(), sizeof(tags));
            burst.frames[i] = frames_[i];
            burst.ports[i] = 0;
            burst.slots[i] = nullptr;
        }
        burst.count = kBurstMax;
        burst.dropped_count = 0;
        burst.now = rte_rdtsc();
    }

private:
    std::uint32_t circuits_;
    std::minstd_rand random_{1};
    std::array<rte_mbuf*, kBurstMax> frames_{};
};

void report(benchmark::State& state, std::uint64_t cycles) {
    const auto frames = static_cast<double>(state.iterations()) * kBurstMax;
    state.SetItemsProcessed(state.iterations() * kBurstMax);
    state.counters["cycles/frame"] = static_cast<double>(cycles) / frames;
}

/// Choosing circuits and writing tags, which the other figure contains.
void prepare_only(benchmark::State& state) {
    Frames frames(static_cast<std::uint32_t>(state.range(0)));
    auto burst = std::make_unique<Burst>();
    const std::uint64_t began = rte_rdtsc();
    for ([[maybe_unused]] const auto round : state) {
        frames.fill(*burst);
        benchmark::ClobberMemory();
    }
    report(state, rte_rdtsc() - began);
}

void frame_path(benchmark::State& state) {
    const auto circuits = static_cast<std::uint32_t>(state.range(0));
    Tables tables(circuits);
    Frames frames(circuits);
    auto burst = std::make_unique<Burst>();
    std::uint64_t passed = 0;
    const std::uint64_t began = rte_rdtsc();
    for ([[maybe_unused]] const auto round : state) {
        frames.fill(*burst);
        parse(*burst, tables.stats.data());
        classify(tables.classifier, *burst, tables.stats.data());
        find_slots(tables.slots(), *burst);
        guard(*burst, tables.stats.data());
        police(*burst, tables.stats.data());
        forward(tables.classifier, 0, tables.ports, *burst, tables.stats.data());
        rewrite(*burst, tables.stats.data());
        passed += burst->count;
    }
    report(state, rte_rdtsc() - began);
    if (passed != static_cast<std::uint64_t>(state.iterations()) * kBurstMax) {
        state.SkipWithError("frames were dropped: the figure is of something else");
    }
}

BENCHMARK(prepare_only)->Arg(1)->Arg(1 << 20);
BENCHMARK(frame_path)->Arg(1)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 16)->Arg(1 << 18)->Arg(1 << 20);

} // namespace
} // namespace strowger::dataplane

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    std::array<const char*, 12> options = {
        argv[0],
        "--no-huge",
        "--no-pci",
        "--no-shconf",
        "--no-telemetry",
        "-m",
        "64",
        "-l",
        "0",
        "--log-level",
        "*:warning",
        nullptr,
    };
    if (rte_eal_init(static_cast<int>(options.size() - 1), const_cast<char**>(options.data())) <
        0) {
        std::fprintf(stderr, "EAL did not start\n");
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    rte_eal_cleanup();
    return 0;
}
