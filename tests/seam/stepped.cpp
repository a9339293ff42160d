// SPDX-License-Identifier: Apache-2.0
#include "tests/seam/subject.h"
#include "tests/support/stepped_dataplane.h"

namespace strowger {
namespace {

/// The real dataplane, with rings so small that every change is split and waits.
template <unsigned Workers, unsigned RxQueues, unsigned TxQueues>
class SteppedSubject final : public Subject {
public:
    Dataplane& plane() override { return stepped_.dataplane(); }
    [[nodiscard]] bool carries_frames() const override { return true; }
    void send(PortIndex port, const FrameBytes& bytes) override {
        // One queue for one source, so that each keeps its order, as a device's hash does.
        const unsigned queue = bytes.at(11) % RxQueues;
        ASSERT_TRUE(stepped_.inject(port.value, bytes, queue));
    }
    std::vector<FrameBytes> receive(PortIndex port) override {
        return stepped_.collect(port.value);
    }
    /// Each worker's turn, every time another one first: no order is special.
    void step() override {
        for (unsigned i = 0; i < Workers; ++i) {
            stepped_.step((turn_ + i) % Workers);
        }
        ++turn_;
    }
    std::vector<Completion> settle() override { return stepped_.settle(); }
    void set_link(PortIndex port, bool up) override { stepped_.set_link(port.value, up); }

private:
    static test::SteppedDataplane::Options options() {
        test::SteppedDataplane::Options options;
        options.workers = Workers;
        options.rx_queues = RxQueues;
        options.tx_queues = TxQueues;
        options.endpoints = 16;
        options.vlan_index_bytes = 25 * 16'384;
        return options;
    }

    test::SteppedDataplane stepped_{options()};
    unsigned turn_ = 0;
};

template <typename S>
std::unique_ptr<Subject> make() {
    return std::make_unique<S>();
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    SeamContract,
    testing::Values(
        SubjectKind{"OneWorker", make<SteppedSubject<1, 1, 1>>},
        SubjectKind{"FourWorkersOneTxQueue", make<SteppedSubject<4, 4, 1>>},
        SubjectKind{"FourWorkersOneRxQueue", make<SteppedSubject<4, 1, 4>>}
    ),
    [](const auto& kind) { return kind.param.name; }
);
INSTANTIATE_TEST_SUITE_P(
    Of,
    SeamForwarding,
    testing::Values(
        SubjectKind{"OneWorker", make<SteppedSubject<1, 1, 1>>},
        SubjectKind{"FourWorkersOneTxQueue", make<SteppedSubject<4, 4, 1>>},
        SubjectKind{"FourWorkersOneRxQueue", make<SteppedSubject<4, 1, 4>>}
    ),
    [](const auto& kind) { return kind.param.name; }
);

} // namespace
} // namespace strowger
