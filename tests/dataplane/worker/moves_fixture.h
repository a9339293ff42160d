// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/frame.h"
#include "tests/support/programs.h"
#include "tests/support/stepped_dataplane.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <vector>

namespace strowger::test {

inline constexpr CircuitKey kCircuit{1};

inline std::uint64_t drops_of(const EndpointCounters& counters, DropReason reason) {
    return counters.drops.at(static_cast<std::size_t>(reason));
}

inline CircuitProgram line(unsigned vlan) {
    return program_of(endpoint_of(0, c_vlan(vlan)), endpoint_of(1, c_vlan(vlan)));
}

inline WorkerSet only(std::size_t worker) {
    WorkerSet set;
    set.add(worker);
    return set;
}

/// Frames of one circuit, numbered for each poller, and what has been seen of them at the other
/// end. What left is looked at after each step, so that the order between transmit queues shows as
/// well.
class Moves : public testing::Test {
protected:
    explicit Moves(
        const SteppedDataplane::Options& options =
            {.workers = 3, .rx_queues = 3, .command_ring = 64, .handover_ring = 64}
    )
        : stepped_(options) {}

    void install(CircuitKey key, const CircuitProgram& program) {
        ASSERT_TRUE(plane().stage(key, program));
        plane().commit(key, ++ticket_);
        ASSERT_EQ(1U, stepped_.settle().size());
    }
    dataplane::RingDataplane& plane() { return *stepped_.parts().dataplane; }
    std::uint32_t owner(CircuitKey key = kCircuit) { return plane().place(key)->worker; }

    void send(unsigned poller, std::uint16_t vlan = 100, unsigned port = 0) {
        FrameSpec spec{.tags = {{.vid = vlan}}};
        const unsigned flow = poller + (vlan < 200 ? 0 : 4); // the circuit's, and others'
        const std::uint32_t number = ++sent_.at(flow);
        spec.source[2] = static_cast<std::uint8_t>(flow);
        spec.source[3] = static_cast<std::uint8_t>(number >> 16U);
        spec.source[4] = static_cast<std::uint8_t>(number >> 8U);
        spec.source[5] = static_cast<std::uint8_t>(number);
        ASSERT_TRUE(stepped_.inject(port, build_frame(spec), poller));
    }
    void step(unsigned worker) {
        stepped_.step(worker);
        collect();
    }
    void collect() {
        for (const FrameBytes& frame : stepped_.collect(1)) {
            std::uint32_t& last = seen_.at(frame.at(8));
            const std::uint32_t number = std::uint32_t{frame.at(9)} << 16U |
                                         std::uint32_t{frame.at(10)} << 8U | frame.at(11);
            EXPECT_LT(last, number) << "overtaken";
            last = number;
            ++left_;
        }
    }
    void settle() {
        const std::vector<Completion> more = stepped_.settle();
        completions_.insert(completions_.end(), more.begin(), more.end());
        collect();
    }
    /// Until the new owner parks and the commands to switch over wait for their workers.
    void begin_move(std::uint32_t to, CircuitKey key = kCircuit) {
        ASSERT_TRUE(plane().move(key, to));
        step(to);
        ASSERT_TRUE(stepped_.poll().empty());
    }
    [[nodiscard]] std::uint32_t all_sent() const {
        return std::accumulate(sent_.begin(), sent_.end(), 0U);
    }
    CircuitCounters counters() { return *plane().counters(kCircuit); }

    SteppedDataplane stepped_;
    std::array<std::uint32_t, 8> sent_{};
    std::array<std::uint32_t, 8> seen_{};
    std::uint32_t left_ = 0;
    std::vector<Completion> completions_;
    std::uint64_t ticket_ = 0;
};

} // namespace strowger::test
