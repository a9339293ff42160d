// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/command_queues.h"
#include "control/inner_vids.h"
#include "control/line_ledger.h"
#include "control/program_compiler.h"
#include "table/index_entry.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace strowger::dataplane {

/// Keeps account of the classifiers' blocks and turns coverages into commands. Blocks have the same
/// lines on every worker: a direct one for a (port, TPID) in use, and one for each S-VLAN mapped by
/// C-VID, which is compact while that is smaller. A block's lines may be used again at once: all
/// that is done to them travels in order on each worker's ring, so they are unlinked there before
/// they are emptied, filled and linked anew.
class IndexLedger {
public:
    IndexLedger(std::uint32_t line_count, CommandQueues& queues);

    /// Reserves the places that a coverage needs. A block that is too small for them is replaced by
    /// a larger one at once: the workers copy what it says, so no frame is treated differently.
    /// False: there is not enough memory; nothing changed.
    bool acquire(const Coverage& coverage);
    /// Gives them back. `kept`: what the circuit covers from now on, so that it is not disturbed.
    void release(const Coverage& coverage, std::span<const Coverage> kept);

    /// What a coverage's places are to say.
    struct Meaning {
        IndexEntry entry;
        bool pops_priority_tag = false; ///< of an untagged map
    };
    /// Makes one worker classify a coverage's frames as `meaning`.
    void cover(std::size_t worker, const Coverage& coverage, Meaning meaning);
    /// The same, but only where `old` has nothing: what is forwarded now is not disturbed.
    void cover_new(
        std::size_t worker,
        const Coverage& coverage,
        std::span<const Coverage> old,
        Meaning meaning
    );
    /// Makes one worker forget a coverage, but for what `kept` covers.
    void uncover(std::size_t worker, const Coverage& coverage, std::span<const Coverage> kept);

private:
    struct Node {
        IndexEntry block;
        std::uint32_t users = 0;
        std::uint32_t linked = 0; ///< workers, one bit each, whose tables point to it
    };
    struct Inner : Node {
        InnerVids vids;
    };
    struct Root : Node {
        std::map<std::uint16_t, Inner> inner; ///< by S-VID
    };
    Root& root_of(const Coverage& coverage) {
        return roots_[coverage.port.value][static_cast<std::size_t>(coverage.tpid)];
    }
    bool use_root(Root& root);
    bool use_inner(Root& root, const Coverage& coverage);
    bool reshape(Root& root, std::uint16_t s_vid, Inner& inner);
    std::optional<IndexEntry> take_block(BlockShape shape);
    void give_back(IndexEntry block);
    void drop_inner(Root& root, const Coverage& coverage, std::span<const Coverage> kept);
    void drop_root(Root& root, const Coverage& coverage);
    /// True when this worker's table has still to be pointed to the node.
    bool prepare(std::size_t worker, Node& node);
    void link_root(std::size_t worker, const Coverage& coverage);
    void
    cover_outer(std::size_t worker, const Coverage& coverage, const VidRuns& vids, Meaning meaning);
    void cover_inner(
        std::size_t worker,
        const Coverage& coverage,
        const VidRuns& vids,
        IndexEntry entry
    );
    void set_root(std::size_t worker, const Coverage& coverage, std::uint32_t line);
    void set_port(std::size_t worker, SetPort::Place place, PortIndex port, IndexEntry entry);
    void set_runs(std::size_t worker, IndexEntry block, const VidRuns& vids, IndexEntry entry);

    CommandQueues& queues_;
    std::array<std::array<Root, kTpidCount>, limits::kPortsMax> roots_;
    LineLedger lines_;
};

} // namespace strowger::dataplane
