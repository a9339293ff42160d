// SPDX-License-Identifier: Apache-2.0
#include "tests/seam/subject.h"
#include "tests/support/fake_dataplane.h"
#include "tests/support/reference_forwarder.h"

#include <array>
#include <map>

namespace strowger {
namespace {

constexpr std::size_t kCircuits = 8;

class FakeSubject final : public Subject {
public:
    FakeSubject() {
        fake_.add_port("p0");
        fake_.add_port("p1");
        fake_.set_capacity(kCircuits);
    }
    Dataplane& plane() override { return fake_; }
    [[nodiscard]] bool carries_frames() const override { return false; }
    void send(PortIndex /*port*/, const FrameBytes& /*bytes*/) override {}
    std::vector<FrameBytes> receive(PortIndex /*port*/) override { return {}; }
    void step() override {}
    std::vector<Completion> settle() override {
        std::vector<Completion> done(fake_.outstanding());
        done.resize(fake_.poll(done));
        return done;
    }
    void set_link(PortIndex port, bool up) override { fake_.set_link(port, up); }

private:
    FakeDataplane fake_;
};

class ReferenceSubject final : public Subject {
public:
    Dataplane& plane() override { return reference_; }
    [[nodiscard]] bool carries_frames() const override { return true; }
    void send(PortIndex port, const FrameBytes& bytes) override {
        if (auto departure = reference_.forward(port, bytes, 0)) {
            left_[departure->port].push_back(std::move(departure->bytes));
        }
    }
    std::vector<FrameBytes> receive(PortIndex port) override {
        return std::exchange(left_[port], {});
    }
    void step() override {}
    std::vector<Completion> settle() override {
        std::vector<Completion> done(reference_.outstanding());
        done.resize(reference_.poll(done));
        return done;
    }
    void set_link(PortIndex port, bool up) override { reference_.set_link(port, up); }

private:
    ReferenceForwarder reference_{{{{"p0"}, {"p1"}}, 1'000'000'000, kCircuits}};
    std::map<PortIndex, std::vector<FrameBytes>> left_;
};

template <typename S>
std::unique_ptr<Subject> make() {
    return std::make_unique<S>();
}
std::string name_of(const testing::TestParamInfo<SubjectKind>& info) {
    return info.param.name;
}
const SubjectKind kFake{"Fake", make<FakeSubject>};
const SubjectKind kReference{"Reference", make<ReferenceSubject>};

INSTANTIATE_TEST_SUITE_P(Of, SeamContract, testing::Values(kFake, kReference), name_of);
INSTANTIATE_TEST_SUITE_P(Of, SeamForwarding, testing::Values(kReference), name_of);

} // namespace
} // namespace strowger
