// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/worker_counter.h"
#include "strowger/seam/counters.h"
#include "strowger/seam/drop_reason.h"
#include "table/classifier.h"
#include "table/cold_slot.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace strowger::dataplane {

/// The last few tags of one port that nobody mapped. Bounded work a frame: one scan of eight words.
/// A reader may see an entry while it is replaced; it is a hint for people, not an account.
class UnmatchedLog {
public:
    struct Entry {
        std::atomic<std::uint64_t> key{0}; ///< count + 1, TPID code, VIDs; 0: free
        WorkerCounter frames;
        std::atomic<std::uint64_t> seen_at{0};
    };

    // worker: wo
    void record(const FrameTags& tags, std::uint64_t now) noexcept {
        const std::uint64_t key = key_of(tags);
        seen_at_ = std::max(seen_at_ + 1, now);
        Entry* oldest = &entries_[0];
        for (Entry& entry : entries_) {
            if (entry.key.load(std::memory_order_relaxed) == key) {
                entry.frames.add(1);
                entry.seen_at.store(seen_at_, std::memory_order_relaxed);
                return;
            }
            if (entry.seen_at.load(std::memory_order_relaxed) <
                oldest->seen_at.load(std::memory_order_relaxed)) {
                oldest = &entry;
            }
        }
        oldest->key.store(key, std::memory_order_relaxed);
        oldest->frames.reset();
        oldest->frames.add(1);
        oldest->seen_at.store(seen_at_, std::memory_order_relaxed);
    }

    [[nodiscard]] const std::array<Entry, kUnmatchedTagsKept>& entries() const noexcept {
        return entries_;
    }

    [[nodiscard]] static constexpr std::uint64_t key_of(const FrameTags& tags) noexcept {
        const std::uint64_t outer = tags.count > 0 ? tags.vid(0) : 0U;
        const std::uint64_t inner = tags.count > 1 ? tags.vid(1) : 0U;
        const std::uint64_t tpid = tags.count > 0 ? tags.tpid[0] : 0U;
        return ((tags.count + std::uint64_t{1}) << 48) | (tpid << 32) | (outer << 16) | inner;
    }

private:
    std::array<Entry, kUnmatchedTagsKept> entries_;
    std::uint64_t seen_at_ = 0;
};

/// What one worker did with frames of one port. Received frames and drops are those of the port
/// that the frame arrived at; a worker counts drops also for frames that another one received.
struct alignas(64) PortStats {
    FrameCounter rx;
    FrameCounter tx;
    std::array<WorkerCounter, kDropReasonCount> drops;
    UnmatchedLog unmatched;

    void drop(DropReason reason) noexcept { drops[static_cast<std::size_t>(reason)].add(1); }
};

/// The rest of what one worker counts.
struct alignas(64) WorkerStats {
    WorkerCounter handed_over;
    WorkerCounter taken_over;
    WorkerCounter loops;
    WorkerCounter busy_cycles;
    /// Turns that took longer than WorkerParts::long_turn_ticks, and the last of them, in TSC
    /// ticks: turn n is at n % kLongTurnsKept.
    static constexpr std::size_t kLongTurnsKept = 16;
    WorkerCounter long_turns;
    WorkerCounter long_turn_ticks; ///< of all of them together
    std::array<WorkerCounter, kLongTurnsKept> last_long;

    void note_long_turn(std::uint64_t ticks) noexcept {
        last_long[long_turns.read() % kLongTurnsKept].set(ticks);
        long_turn_ticks.add(ticks);
        long_turns.add(1);
    }
};

} // namespace strowger::dataplane
