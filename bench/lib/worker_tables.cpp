// SPDX-License-Identifier: Apache-2.0
#include "lib/worker_tables.h"

#include "worker/apply.h"

#include <rte_cycles.h>

namespace strowger::bench {

using dataplane::BlockShape;
using dataplane::IndexEntry;

namespace {

constexpr std::uint64_t kClockHz = 2'000'000'000;
constexpr std::uint32_t kSVidShift = 100; ///< what translation adds to an S-VID

IndexEntry root() {
    return IndexEntry::block(BlockShape::kDirectLines, BlockShape{});
}

} // namespace

WorkerTables::WorkerTables(std::uint32_t circuits, Blocks blocks)
    : circuits_(circuits), blocks_(blocks), clock_(dataplane::MeterClock::from_hz(kClockHz)) {
    ports.count = 2;
    owner.hot = allocate<dataplane::HotSlot>(circuits);
    owner.cold = allocate<dataplane::ColdSlot>(circuits);
    owner.stats = stats.data();
    owner.byte_tokens = clock_.byte_tokens();
    lines_ = allocate<dataplane::IndexLine>(
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

WorkerTables::~WorkerTables() {
    rte_free(owner.hot);
    rte_free(owner.cold);
    rte_free(lines_);
}

std::uint64_t WorkerTables::now() const {
    return clock_.ticks(rte_rdtsc());
}

IndexEntry WorkerTables::block_of(std::uint32_t s) const {
    const BlockShape shape =
        blocks_ == Blocks::Direct ? BlockShape{} : BlockShape{.log2_lines = 1, .shift = 0};
    return IndexEntry::block(2 * BlockShape::kDirectLines + s * shape.lines(), shape);
}

void WorkerTables::install(std::uint32_t circuit) {
    const dataplane::InstallEndpoint command{
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
             .flags = dataplane::Forwarding::Forwards,
             .pop_count = 2,
             .push_count = 2,
             .push_vid = {static_cast<std::uint16_t>(s_vid(circuit) + kSVidShift), c_vid(circuit)}},
    };
    apply(
        dataplane::Command{command},
        {.classifier = &classifier, .tables = owner, .clock = clock_, .lanes = {}, .now = now()}
    );
    const std::uint16_t vid = c_vid(circuit);
    classifier.set_run(
        block_of(circuit / per_s_vlan()), {vid, vid}, IndexEntry::endpoint(0, circuit, 2, 0)
    );
}

} // namespace strowger::bench
