// SPDX-License-Identifier: Apache-2.0
#include "control/index_ledger.h"

#include "strowger/base/check.h"
#include "table/classifier.h"

#include <algorithm>

namespace strowger::dataplane {

static_assert(limits::kWorkersMax <= 32, "Node::linked has one bit a worker");

namespace {

bool keeps_all(std::span<const Coverage> kept, PortIndex port) {
    return std::any_of(kept.begin(), kept.end(), [port](const Coverage& other) {
        return other.all && other.port == port;
    });
}

bool keeps_untagged(std::span<const Coverage> kept, PortIndex port) {
    return std::any_of(kept.begin(), kept.end(), [port](const Coverage& other) {
        return other.untagged && other.port == port;
    });
}

/// First tags whose places `kept` uses, for endpoints or for a block of inner VIDs.
VidRuns kept_outer(std::span<const Coverage> kept, const Coverage& coverage) {
    VidRuns vids;
    for (const Coverage& other : kept) {
        if (other.shares_root_with(coverage)) {
            vids = vids.united(other.outer);
            if (other.s_vid) {
                vids = vids.united(VidRuns::of(*other.s_vid));
            }
        }
    }
    return vids;
}

/// Whether `kept` has the coverage's S-VLAN as a whole.
bool keeps_whole(std::span<const Coverage> kept, const Coverage& coverage) {
    return std::any_of(kept.begin(), kept.end(), [&coverage](const Coverage& other) {
        return other.shares_root_with(coverage) && other.outer.contains(*coverage.s_vid);
    });
}

VidRuns kept_inner(std::span<const Coverage> kept, const Coverage& coverage) {
    VidRuns vids;
    for (const Coverage& other : kept) {
        if (other.shares_root_with(coverage) && other.s_vid == coverage.s_vid) {
            vids = vids.united(other.inner);
        }
    }
    return vids;
}

unsigned order_of(BlockShape shape) {
    return shape.is_direct() ? LineLedger::kOrderMax : shape.log2_lines;
}

} // namespace

IndexLedger::IndexLedger(std::uint32_t line_count, CommandQueues& queues)
    : queues_(queues), lines_(line_count) {
    // The empty block is never given away.
    STROWGER_CHECK(lines_.take(LineLedger::kOrderMax) == kEmptyBlock);
}

bool IndexLedger::acquire(const Coverage& coverage) {
    if (!coverage.needs_root()) {
        return true;
    }
    Root& root = root_of(coverage);
    if (!use_root(root)) {
        return false;
    }
    if (coverage.s_vid && !use_inner(root, coverage)) {
        if (--root.users == 0) {
            drop_root(root, coverage);
        }
        return false;
    }
    return true;
}

void IndexLedger::release(const Coverage& coverage, std::span<const Coverage> kept) {
    if (!coverage.needs_root()) {
        return;
    }
    Root& root = root_of(coverage);
    if (coverage.s_vid) {
        Inner& inner = root.inner.at(*coverage.s_vid);
        if (!inner.block.shape().is_direct()) {
            inner.vids.remove(coverage.inner);
        }
        if (--inner.users == 0) {
            drop_inner(root, coverage, kept);
        }
    }
    if (--root.users == 0) {
        drop_root(root, coverage);
    }
}

void IndexLedger::cover(std::size_t worker, const Coverage& coverage, Meaning meaning) {
    if (coverage.all) {
        set_port(worker, SetPort::Place::AllToOne, coverage.port, meaning.entry);
        return;
    }
    if (coverage.untagged) {
        set_port(worker, SetPort::Place::Untagged, coverage.port, meaning.entry);
    }
    link_root(worker, coverage);
    cover_outer(worker, coverage, coverage.outer, meaning);
    if (coverage.s_vid) {
        cover_inner(worker, coverage, coverage.inner, meaning.entry);
    }
}

void IndexLedger::cover_new(
    std::size_t worker,
    const Coverage& coverage,
    std::span<const Coverage> old,
    Meaning meaning
) {
    if (coverage.all && !keeps_all(old, coverage.port)) {
        set_port(worker, SetPort::Place::AllToOne, coverage.port, meaning.entry);
    }
    if (coverage.untagged && !keeps_untagged(old, coverage.port)) {
        set_port(worker, SetPort::Place::Untagged, coverage.port, meaning.entry);
    }
    if (!coverage.needs_root()) {
        return;
    }
    link_root(worker, coverage);
    cover_outer(worker, coverage, coverage.outer.without(kept_outer(old, coverage)), meaning);
    // An S-VLAN that was the circuit's as a whole is still forwarded by its one entry.
    if (coverage.s_vid && !keeps_whole(old, coverage)) {
        cover_inner(
            worker, coverage, coverage.inner.without(kept_inner(old, coverage)), meaning.entry
        );
    }
}

void IndexLedger::uncover(
    std::size_t worker,
    const Coverage& coverage,
    std::span<const Coverage> kept
) {
    if (coverage.all && !keeps_all(kept, coverage.port)) {
        set_port(worker, SetPort::Place::AllToOne, coverage.port, IndexEntry{});
    }
    if (coverage.untagged && !keeps_untagged(kept, coverage.port)) {
        set_port(worker, SetPort::Place::Untagged, coverage.port, IndexEntry{});
    }
    if (!coverage.needs_root()) {
        return;
    }
    const Root& root = root_of(coverage);
    set_runs(worker, root.block, coverage.outer.without(kept_outer(kept, coverage)), IndexEntry{});
    if (coverage.s_vid) {
        const Inner& inner = root.inner.at(*coverage.s_vid);
        set_runs(
            worker, inner.block, coverage.inner.without(kept_inner(kept, coverage)), IndexEntry{}
        );
    }
}

void IndexLedger::link_root(std::size_t worker, const Coverage& coverage) {
    Root& root = root_of(coverage);
    if (prepare(worker, root)) {
        set_root(worker, coverage, root.block.number());
    }
}

void IndexLedger::cover_outer(
    std::size_t worker,
    const Coverage& coverage,
    const VidRuns& vids,
    Meaning meaning
) {
    const IndexEntry entry = coverage.untagged && meaning.pops_priority_tag
                                 ? meaning.entry.popping_priority_tag()
                                 : meaning.entry;
    set_runs(worker, root_of(coverage).block, vids, entry);
}

void IndexLedger::cover_inner(
    std::size_t worker,
    const Coverage& coverage,
    const VidRuns& vids,
    IndexEntry entry
) {
    Root& root = root_of(coverage);
    Inner& inner = root.inner.at(*coverage.s_vid);
    const bool must_link = prepare(worker, inner);
    set_runs(worker, inner.block, vids, entry);
    if (must_link) {
        // Filled before it is linked: the S-VLAN may have been this circuit's as a whole.
        set_runs(worker, root.block, VidRuns::of(*coverage.s_vid), inner.block);
    }
}

bool IndexLedger::use_root(Root& root) {
    if (root.users == 0) {
        const auto block = take_block(BlockShape{});
        if (!block) {
            return false;
        }
        root.block = *block;
        root.linked = 0;
    }
    ++root.users;
    return true;
}

bool IndexLedger::use_inner(Root& root, const Coverage& coverage) {
    const std::uint16_t s_vid = *coverage.s_vid;
    Inner& inner = root.inner[s_vid];
    if (inner.users > 0 && inner.block.shape().is_direct()) {
        ++inner.users;
        return true;
    }
    inner.vids.add(coverage.inner);
    if ((inner.users == 0 || !inner.vids.fit(inner.block.shape())) &&
        !reshape(root, s_vid, inner)) {
        inner.vids.remove(coverage.inner);
        if (inner.users == 0) {
            root.inner.erase(s_vid);
        }
        return false;
    }
    ++inner.users;
    return true;
}

/// Gives an S-VLAN a block that has room for its VIDs, in place of the one that has not.
bool IndexLedger::reshape(Root& root, std::uint16_t s_vid, Inner& inner) {
    const auto block = take_block(inner.vids.smallest_shape());
    if (!block) {
        return false;
    }
    for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
        if ((inner.linked >> worker & 1U) != 0) {
            queues_.send(worker, Command{CopyBlock{.from = inner.block, .to = *block}});
            set_runs(worker, root.block, VidRuns::of(s_vid), *block);
        }
    }
    if (inner.users > 0) {
        give_back(inner.block);
    }
    inner.block = *block;
    if (block->shape().is_direct()) {
        inner.vids.forget();
    }
    return true;
}

std::optional<IndexEntry> IndexLedger::take_block(BlockShape shape) {
    const auto line = lines_.take(order_of(shape));
    return line ? std::optional(IndexEntry::block(*line, shape)) : std::nullopt;
}

void IndexLedger::give_back(IndexEntry block) {
    lines_.give_back(block.number(), order_of(block.shape()));
}

void IndexLedger::drop_inner(Root& root, const Coverage& coverage, std::span<const Coverage> kept) {
    const Inner& inner = root.inner.at(*coverage.s_vid);
    const bool place_is_taken = kept_outer(kept, coverage).contains(*coverage.s_vid);
    for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
        if ((inner.linked >> worker & 1U) != 0 && !place_is_taken) {
            set_runs(worker, root.block, VidRuns::of(*coverage.s_vid), IndexEntry{});
        }
    }
    give_back(inner.block);
    root.inner.erase(*coverage.s_vid);
}

void IndexLedger::drop_root(Root& root, const Coverage& coverage) {
    STROWGER_CHECK(root.inner.empty());
    for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
        if ((root.linked >> worker & 1U) != 0) {
            set_root(worker, coverage, kEmptyBlock);
        }
    }
    give_back(root.block);
    static_cast<Node&>(root) = {};
}

bool IndexLedger::prepare(std::size_t worker, Node& node) {
    const std::uint32_t bit = 1U << worker;
    if ((node.linked & bit) != 0) {
        return false;
    }
    node.linked |= bit;
    queues_.send(worker, Command{ClearBlock{.block = node.block}});
    return true;
}

void IndexLedger::set_root(std::size_t worker, const Coverage& coverage, std::uint32_t line) {
    queues_.send(
        worker,
        Command{SetPort{
            .port = coverage.port.value,
            .place = SetPort::Place::RootOfTpid,
            .tpid = static_cast<std::uint8_t>(coverage.tpid),
            .line = line,
            .entry = {},
        }}
    );
}

void IndexLedger::set_port(
    std::size_t worker,
    SetPort::Place place,
    PortIndex port,
    IndexEntry entry
) {
    queues_.send(
        worker,
        Command{SetPort{.port = port.value, .place = place, .tpid = 0, .line = 0, .entry = entry}}
    );
}

void IndexLedger::set_runs(
    std::size_t worker,
    IndexEntry block,
    const VidRuns& vids,
    IndexEntry entry
) {
    SetIndex command{.block = block, .entry = entry, .run_count = 0, .runs = {}};
    const auto send = [&] {
        queues_.send(worker, Command{command});
        command.run_count = 0;
    };
    vids.for_each_run([&](VidRun run) {
        command.runs[command.run_count++] = run;
        if (command.run_count == SetIndex::kRunsMax) {
            send();
        }
    });
    if (command.run_count != 0) {
        send();
    }
}

} // namespace strowger::dataplane
