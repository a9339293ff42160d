// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/command_queues.h"
#include "control/program_compiler.h"
#include "table/index_entry.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace strowger::dataplane {

/// Keeps account of the classifiers' blocks and turns coverages into commands. Blocks have the same
/// number on every worker: one for a (port, TPID) in use, one for each S-VLAN mapped by C-VID.
/// A block may be used again at once: all that is done to it travels in order on each worker's
/// ring, so it is unlinked there before it is emptied, filled and linked anew.
class IndexLedger {
public:
    IndexLedger(std::uint32_t block_count, CommandQueues& queues);

    /// Reserves the blocks that a coverage needs. False: there are not enough; nothing changed.
    bool acquire(const Coverage& coverage);
    /// Gives them back. `kept`: what the circuit covers from now on, so that it is not disturbed.
    void release(const Coverage& coverage, std::span<const Coverage> kept);

    /// Makes one worker classify a coverage's frames as `entry`.
    void cover(std::size_t worker, const Coverage& coverage, IndexEntry entry);
    /// The same, but only where `old` has nothing: what is forwarded now is not disturbed.
    void cover_new(
        std::size_t worker,
        const Coverage& coverage,
        std::span<const Coverage> old,
        IndexEntry entry
    );
    /// Makes one worker forget a coverage, but for what `kept` covers.
    void uncover(std::size_t worker, const Coverage& coverage, std::span<const Coverage> kept);

private:
    struct Node {
        std::uint32_t block = 0;
        std::uint32_t users = 0;
        std::uint32_t linked = 0; ///< workers, one bit each, whose tables point to it
    };
    struct Root {
        Node node;
        std::map<std::uint16_t, Node> inner; ///< by S-VID
    };
    Root& root_of(const Coverage& coverage) {
        return roots_[coverage.port.value][static_cast<std::size_t>(coverage.tpid)];
    }
    bool use(Node& node);
    void drop_inner(Root& root, const Coverage& coverage, std::span<const Coverage> kept);
    void drop_root(Root& root, const Coverage& coverage);
    /// True when this worker's table has still to be pointed to the node.
    bool prepare(std::size_t worker, Node& node);
    void link_root(std::size_t worker, const Coverage& coverage);
    void cover_inner(
        std::size_t worker,
        const Coverage& coverage,
        const std::bitset<4096>& vids,
        IndexEntry entry
    );
    void set_root(std::size_t worker, const Coverage& coverage, std::uint32_t block);
    void set_port(std::size_t worker, SetPort::Place place, PortIndex port, IndexEntry entry);
    void set_runs(
        std::size_t worker,
        std::uint32_t block,
        const std::bitset<4096>& vids,
        IndexEntry entry
    );

    CommandQueues& queues_;
    std::array<std::array<Root, kTpidCount>, limits::kPortsMax> roots_;
    std::vector<std::uint32_t> free_;
};

} // namespace strowger::dataplane
