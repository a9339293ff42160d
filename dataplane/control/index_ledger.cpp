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
std::bitset<4096> kept_outer(std::span<const Coverage> kept, const Coverage& coverage) {
    std::bitset<4096> vids;
    for (const Coverage& other : kept) {
        if (other.shares_root_with(coverage)) {
            vids |= other.outer;
            if (other.s_vid) {
                vids.set(*other.s_vid);
            }
        }
    }
    return vids;
}

/// Whether `kept` has the coverage's S-VLAN as a whole.
bool keeps_whole(std::span<const Coverage> kept, const Coverage& coverage) {
    return std::any_of(kept.begin(), kept.end(), [&coverage](const Coverage& other) {
        return other.shares_root_with(coverage) && other.outer.test(*coverage.s_vid);
    });
}

std::bitset<4096> kept_inner(std::span<const Coverage> kept, const Coverage& coverage) {
    std::bitset<4096> vids;
    for (const Coverage& other : kept) {
        if (other.shares_root_with(coverage) && other.s_vid == coverage.s_vid) {
            vids |= other.inner;
        }
    }
    return vids;
}

} // namespace

IndexLedger::IndexLedger(std::uint32_t block_count, CommandQueues& queues) : queues_(queues) {
    // The lowest number on top; number 0 is the empty block.
    for (std::uint32_t block = block_count; block > kEmptyBlock; --block) {
        free_.push_back(block);
    }
}

bool IndexLedger::acquire(const Coverage& coverage) {
    if (!coverage.needs_root()) {
        return true;
    }
    Root& root = root_of(coverage);
    if (!use(root.node)) {
        return false;
    }
    if (coverage.s_vid && !use(root.inner[*coverage.s_vid])) {
        root.inner.erase(*coverage.s_vid);
        if (--root.node.users == 0) {
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
    if (coverage.s_vid && --root.inner.at(*coverage.s_vid).users == 0) {
        drop_inner(root, coverage, kept);
    }
    if (--root.node.users == 0) {
        drop_root(root, coverage);
    }
}

void IndexLedger::cover(std::size_t worker, const Coverage& coverage, IndexEntry entry) {
    if (coverage.all) {
        set_port(worker, SetPort::Place::AllToOne, coverage.port, entry);
        return;
    }
    if (coverage.untagged) {
        set_port(worker, SetPort::Place::Untagged, coverage.port, entry);
    }
    link_root(worker, coverage);
    set_runs(worker, root_of(coverage).node.block, coverage.outer, entry);
    if (coverage.s_vid) {
        cover_inner(worker, coverage, coverage.inner, entry);
    }
}

void IndexLedger::cover_new(
    std::size_t worker,
    const Coverage& coverage,
    std::span<const Coverage> old,
    IndexEntry entry
) {
    if (coverage.all && !keeps_all(old, coverage.port)) {
        set_port(worker, SetPort::Place::AllToOne, coverage.port, entry);
    }
    if (coverage.untagged && !keeps_untagged(old, coverage.port)) {
        set_port(worker, SetPort::Place::Untagged, coverage.port, entry);
    }
    if (!coverage.needs_root()) {
        return;
    }
    link_root(worker, coverage);
    set_runs(
        worker, root_of(coverage).node.block, coverage.outer & ~kept_outer(old, coverage), entry
    );
    // An S-VLAN that was the circuit's as a whole is still forwarded by its one entry.
    if (coverage.s_vid && !keeps_whole(old, coverage)) {
        cover_inner(worker, coverage, coverage.inner & ~kept_inner(old, coverage), entry);
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
    set_runs(worker, root.node.block, coverage.outer & ~kept_outer(kept, coverage), IndexEntry{});
    if (coverage.s_vid) {
        const Node& inner = root.inner.at(*coverage.s_vid);
        set_runs(worker, inner.block, coverage.inner & ~kept_inner(kept, coverage), IndexEntry{});
    }
}

void IndexLedger::link_root(std::size_t worker, const Coverage& coverage) {
    Node& node = root_of(coverage).node;
    if (prepare(worker, node)) {
        set_root(worker, coverage, node.block);
    }
}

void IndexLedger::cover_inner(
    std::size_t worker,
    const Coverage& coverage,
    const std::bitset<4096>& vids,
    IndexEntry entry
) {
    Root& root = root_of(coverage);
    Node& inner = root.inner.at(*coverage.s_vid);
    const bool must_link = prepare(worker, inner);
    set_runs(worker, inner.block, vids, entry);
    if (must_link) {
        // Filled before it is linked: the S-VLAN may have been this circuit's as a whole.
        std::bitset<4096> link;
        link.set(*coverage.s_vid);
        set_runs(worker, root.node.block, link, IndexEntry::block(inner.block));
    }
}

bool IndexLedger::use(Node& node) {
    if (node.users == 0) {
        if (free_.empty()) {
            return false;
        }
        node.block = free_.back();
        free_.pop_back();
        node.linked = 0;
    }
    ++node.users;
    return true;
}

void IndexLedger::drop_inner(Root& root, const Coverage& coverage, std::span<const Coverage> kept) {
    const Node inner = root.inner.at(*coverage.s_vid);
    root.inner.erase(*coverage.s_vid);
    const bool place_is_taken = kept_outer(kept, coverage).test(*coverage.s_vid);
    std::bitset<4096> link;
    link.set(*coverage.s_vid);
    for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
        if ((inner.linked >> worker & 1U) != 0 && !place_is_taken) {
            set_runs(worker, root.node.block, link, IndexEntry{});
        }
    }
    free_.push_back(inner.block);
}

void IndexLedger::drop_root(Root& root, const Coverage& coverage) {
    STROWGER_CHECK(root.inner.empty());
    for (std::size_t worker = 0; worker < queues_.worker_count(); ++worker) {
        if ((root.node.linked >> worker & 1U) != 0) {
            set_root(worker, coverage, kEmptyBlock);
        }
    }
    free_.push_back(root.node.block);
    root.node = {};
}

bool IndexLedger::prepare(std::size_t worker, Node& node) {
    const std::uint32_t bit = 1U << worker;
    if ((node.linked & bit) != 0) {
        return false;
    }
    node.linked |= bit;
    // It is empty if every change before was sound. Should one not have been, what it left must not
    // be found under another tenant's name.
    std::bitset<4096> everything;
    everything.set();
    set_runs(worker, node.block, everything, IndexEntry{});
    return true;
}

void IndexLedger::set_root(std::size_t worker, const Coverage& coverage, std::uint32_t block) {
    queues_.send(
        worker,
        Command{SetPort{
            .port = coverage.port.value,
            .place = SetPort::Place::RootOfTpid,
            .tpid = static_cast<std::uint8_t>(coverage.tpid),
            .block = block,
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
        Command{SetPort{.port = port.value, .place = place, .tpid = 0, .block = 0, .entry = entry}}
    );
}

void IndexLedger::set_runs(
    std::size_t worker,
    std::uint32_t block,
    const std::bitset<4096>& vids,
    IndexEntry entry
) {
    SetIndex command{.block = block, .entry = entry, .run_count = 0, .runs = {}};
    std::size_t first = vids._Find_first();
    while (first < vids.size()) {
        std::size_t last = first;
        while (last + 1 < vids.size() && vids.test(last + 1)) {
            ++last;
        }
        command.runs[command.run_count++] = {
            .first = static_cast<std::uint16_t>(first), .last = static_cast<std::uint16_t>(last)};
        if (command.run_count == SetIndex::kRunsMax) {
            queues_.send(worker, Command{command});
            command.run_count = 0;
        }
        first = vids._Find_next(last);
    }
    if (command.run_count != 0) {
        queues_.send(worker, Command{command});
    }
}

} // namespace strowger::dataplane
