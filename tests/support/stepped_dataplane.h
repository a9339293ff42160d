// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/dataplane.h"
#include "tests/support/frame.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace strowger::test {

/// The real dataplane on ports made of rings, with N workers that a test steps in whatever order it
/// likes: every interleaving of bursts, hand-overs and commands, without a thread or a clock.
/// Needs the EAL: link tests/support/eal_main.cpp instead of gtest_main.
class SteppedDataplane {
public:
    static constexpr std::size_t kQueueFrames = 255; ///< what one rx or tx queue of a port holds

    struct Options {
        unsigned workers = 1;        ///< at most 4
        unsigned ports = 2;          ///< at most 8
        unsigned rx_queues = 1;      ///< of each port; queue q is polled by worker q mod workers
        unsigned steered_queues = 0; ///< of each port, behind those; at most 4 in all
        unsigned tx_queues = 4;      ///< of each port; workers above it transmit through others
        std::uint32_t frame_max = 9'216;
        std::uint32_t endpoints = 64;                 ///< slots in each worker
        std::uint32_t vlan_index_bytes = 65 * 16'384; ///< of each worker
        std::uint32_t command_ring = 4;               ///< holds one less
        std::uint32_t handover_ring = 8;              ///< holds one less
        std::uint32_t parked_max = 0;                 ///< of a moving circuit; 0: as handover_ring
        /// Of each tx queue, as far as a move of a circuit knows; 0: unknown, it asks no driver.
        std::uint32_t tx_descriptors = 0;
        std::uint64_t tx_settle_ns = 0; ///< how long a move waits where no driver says
        std::uint64_t tx_stall_ns = 0;  ///< and where one says that frames have not left
        std::uint64_t clock_hz = 1'000'000'000;
        std::size_t frame_path = 0; ///< which of those that this CPU can run
    };

    explicit SteppedDataplane(const Options& options);
    SteppedDataplane(const SteppedDataplane&) = delete;
    SteppedDataplane& operator=(const SteppedDataplane&) = delete;
    SteppedDataplane(SteppedDataplane&&) = delete;
    SteppedDataplane& operator=(SteppedDataplane&&) = delete;
    ~SteppedDataplane();

    [[nodiscard]] Dataplane& dataplane();

    /// Puts a frame (without FCS) into a port's receive queue. False: the queue is full.
    bool inject(unsigned port, std::span<const std::uint8_t> frame, unsigned rx_queue = 0);
    /// Where a device with the port's rules puts a frame with this first VID; without a rule for
    /// it queue `otherwise`.
    [[nodiscard]] unsigned steered_to(unsigned port, std::uint16_t vid, unsigned otherwise) const;
    /// The port's device refuses the next rules.
    void refuse_rules(unsigned port);
    /// Takes what the port has transmitted since the last call, in order for each tx queue.
    std::vector<FrameBytes> collect(unsigned port);
    /// One turn of one worker. Returns whether it found work.
    bool step(unsigned worker);
    /// Steps workers in turn and polls the dataplane until nothing moves any more.
    /// Returns the completions handed out on the way.
    std::vector<Completion> settle();
    /// Hands out completions without stepping anybody.
    std::vector<Completion> poll();

    [[nodiscard]] std::uint64_t now() const;
    void advance(std::uint64_t ticks);
    void set_link(unsigned port, bool up);

    struct Parts;
    /// Workers and ports, for tests of the dataplane itself.
    [[nodiscard]] Parts& parts();

private:
    std::unique_ptr<Parts> parts_;
};

/// Frames of the shared pool that are in use: by rings, workers or tests. Back at its baseline when
/// a test ends; eal_main.cpp checks that after every test.
[[nodiscard]] std::size_t frames_in_use();

} // namespace strowger::test
