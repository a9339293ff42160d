// SPDX-License-Identifier: Apache-2.0
#include "tests/dataplane/worker/moves_fixture.h"
#include "tests/support/ring_ports.h"

#include <gtest/gtest.h>
#include <rte_ethdev.h>

namespace strowger::test {
namespace {

/// A device that says which of its descriptors are done: those whose frames a test collected.
class ReportingDevice {
public:
    explicit ReportingDevice(std::uint16_t device) : ops_(&rte_eth_fp_ops[device]) {
        ops_->tx_descriptor_status = status;
    }
    ReportingDevice(const ReportingDevice&) = delete;
    ReportingDevice& operator=(const ReportingDevice&) = delete;
    ReportingDevice(ReportingDevice&&) = delete;
    ReportingDevice& operator=(ReportingDevice&&) = delete;
    ~ReportingDevice() { ops_->tx_descriptor_status = nullptr; }

    static constexpr std::uint32_t kDescriptors = 256;

private:
    /// net_ring's queue begins with its ring.
    static int status(void* queue, std::uint16_t offset) {
        const auto* const ring = *static_cast<rte_ring* const*>(queue);
        const bool waits = kDescriptors - offset <= rte_ring_count(ring);
        return waits ? RTE_ETH_TX_DESC_FULL : RTE_ETH_TX_DESC_DONE;
    }
    struct rte_eth_fp_ops* ops_;
};

class TransmitQueues : public Moves {
protected:
    explicit TransmitQueues(unsigned tx_queues = 3)
        : Moves(
              {.workers = 3,
               .rx_queues = 3,
               .tx_queues = tx_queues,
               .command_ring = 64,
               .handover_ring = 64,
               .tx_descriptors = ReportingDevice::kDescriptors,
               .tx_settle_ns = 50'000,
               .tx_stall_ns = 1'000'000}
          ) {}
    /// Without looking at what left.
    void turn_all(unsigned times) {
        for (unsigned i = 0; i < times; ++i) {
            for (unsigned worker = 0; worker < 3; ++worker) {
                stepped_.step(worker);
            }
            stepped_.poll();
        }
    }
    void arrive_while_moving() {
        install(kCircuit, line(100));
        send(0);
        stepped_.step(0); // in worker 0's transmit queue
        ASSERT_TRUE(plane().move(kCircuit, 1));
        turn_all(5);
        send(0);
        turn_all(5);
    }
    std::size_t waiting(unsigned queue) {
        const auto frames = RingPorts::instance().collect(1, queue);
        left_ += static_cast<std::uint32_t>(frames.size());
        return frames.size();
    }
};

TEST_F(TransmitQueues, ANewOwnerDoesNotOvertakeWhatTheDeviceStillHas) {
    const ReportingDevice reports{stepped_.parts().ports.ports[1].device};
    arrive_while_moving();
    EXPECT_EQ(0U, waiting(1)) << "the device has not sent the first frame yet";
    stepped_.advance(900'000);
    turn_all(5);
    EXPECT_EQ(0U, waiting(1));

    EXPECT_EQ(1U, waiting(0));
    turn_all(5);
    EXPECT_EQ(1U, waiting(1));
    settle();
    EXPECT_EQ(1U, owner());
}

TEST_F(TransmitQueues, NewerFramesDoNotHideTheLastOne) {
    const ReportingDevice near{stepped_.parts().ports.ports[0].device};
    const ReportingDevice far{stepped_.parts().ports.ports[1].device};
    install(kCircuit, line(100));
    CircuitProgram other = line(200);
    other.workers = only(0);
    install(CircuitKey{2}, other);
    send(0);
    stepped_.step(0);
    ASSERT_TRUE(plane().move(kCircuit, 1));
    turn_all(5);
    send(0);
    for (unsigned i = 0; i < 20; ++i) {
        send(0, 200);
    }
    turn_all(5);
    EXPECT_EQ(0U, waiting(1));
    EXPECT_EQ(21U, waiting(0));
    turn_all(5);
    EXPECT_EQ(1U, waiting(1));
    settle();
}

TEST_F(TransmitQueues, APortThatStandsStillHoldsNoMoveForEver) {
    const ReportingDevice reports{stepped_.parts().ports.ports[1].device};
    arrive_while_moving();
    stepped_.advance(1'000'000);
    turn_all(5);
    EXPECT_EQ(1U, waiting(1));
    EXPECT_EQ(1U, owner());
    settle();
}

TEST_F(TransmitQueues, WhereNoDriverSaysTheOldOwnerWaitsItsTime) {
    arrive_while_moving();
    stepped_.advance(49'999);
    turn_all(5);
    EXPECT_EQ(0U, waiting(1));
    EXPECT_EQ(0U, owner());
    stepped_.advance(1);
    turn_all(5);
    EXPECT_EQ(1U, waiting(1));
    EXPECT_EQ(1U, owner());
    settle();
}

TEST_F(TransmitQueues, AQueueThatWentOnceAroundHasSentIt) {
    const ReportingDevice near{stepped_.parts().ports.ports[0].device};
    arrive_while_moving();
    CircuitProgram other = line(200);
    other.workers = only(0);
    ASSERT_TRUE(plane().stage(CircuitKey{2}, other));
    plane().commit(CircuitKey{2}, ++ticket_);
    turn_all(5);
    for (unsigned round = 0; round < 8; ++round) {
        EXPECT_EQ(0U, waiting(1));
        for (unsigned i = 0; i < 32; ++i) {
            send(0, 200);
        }
        turn_all(1);
        waiting(0);
    }
    turn_all(5);
    EXPECT_EQ(1U, waiting(1)) << "and no time passed";
    settle();
}

/// Worker 0 has the only queue of each port.
class RelayedMoves : public TransmitQueues {
protected:
    RelayedMoves() : TransmitQueues(1) {}
};

TEST_F(RelayedMoves, FramesInTheWayToTheQueueGoFirst) {
    CircuitProgram program = line(100);
    program.workers = only(1);
    install(kCircuit, program);
    program.workers = only(2);
    send(1);
    stepped_.step(1); // in the ring to worker 0
    ASSERT_TRUE(plane().stage(kCircuit, program));
    plane().commit(kCircuit, 80);
    for (unsigned i = 0; i < 10; ++i) {
        stepped_.step(2);
        stepped_.step(1);
        stepped_.poll();
    }
    send(1);
    for (unsigned i = 0; i < 10; ++i) {
        stepped_.step(1);
        stepped_.step(2);
    }
    EXPECT_EQ(1U, owner()) << "worker 0, which transmits, has not even been told";
    settle();
    EXPECT_EQ(2U, left_);
    EXPECT_EQ(2U, owner());
}

} // namespace
} // namespace strowger::test
