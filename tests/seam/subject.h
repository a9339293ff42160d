// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/dataplane.h"
#include "tests/support/frame.h"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace strowger {

/// One implementation of the seam with everything around it that a test needs: two ports or more
/// that take frames of 9216 bytes, room for some circuits, and somebody who does the workers' part.
class Subject {
public:
    Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    Subject(Subject&&) = delete;
    Subject& operator=(Subject&&) = delete;
    virtual ~Subject() = default;

    [[nodiscard]] virtual Dataplane& plane() = 0;
    /// Whether send and receive do anything; a fake carries no frames.
    [[nodiscard]] virtual bool carries_frames() const = 0;
    virtual void send(PortIndex port, const FrameBytes& bytes) = 0;
    /// What left a port since the last call.
    virtual std::vector<FrameBytes> receive(PortIndex port) = 0;
    /// A little of the workers' part: changes and frames come on, not always to their end.
    virtual void step() = 0;
    /// Until nothing moves any more; the completions that came out.
    virtual std::vector<Completion> settle() = 0;
    virtual void set_link(PortIndex port, bool up) = 0;
};

/// A name for the test's output, and how to make a fresh one.
struct SubjectKind {
    std::string name;
    std::unique_ptr<Subject> (*make)();
};
inline std::ostream& operator<<(std::ostream& out, const SubjectKind& kind) {
    return out << kind.name;
}

/// The laws of the seam, told once for every implementation. An executable instantiates it for
/// those that it links.
class SeamContract : public testing::TestWithParam<SubjectKind> {
protected:
    void SetUp() override { subject_ = GetParam().make(); }

    Subject& subject() { return *subject_; }
    Dataplane& plane() { return subject_->plane(); }

    /// Brings a circuit in and waits until the workers hold it.
    void install(CircuitKey key, const CircuitProgram& program) {
        ASSERT_TRUE(plane().stage(key, program));
        plane().commit(key, ++last_ticket_);
        ASSERT_EQ(completed(), 1U);
    }
    /// Lets it go and returns its last counters.
    CircuitCounters remove(CircuitKey key) {
        plane().remove(key, ++last_ticket_);
        const std::vector<Completion> done = subject().settle();
        EXPECT_EQ(done.size(), 1U);
        EXPECT_EQ(done.at(0).ticket, last_ticket_);
        EXPECT_TRUE(done.at(0).final_counters.has_value());
        return done.at(0).final_counters.value_or(CircuitCounters{});
    }
    std::size_t completed() { return subject().settle().size(); }

    /// Sends one frame and returns how many came out of `to` in consequence.
    std::size_t pass(std::uint16_t from, std::uint16_t to, const FrameBytes& bytes) {
        subject().send(PortIndex{from}, bytes);
        subject().settle();
        return subject().receive(PortIndex{to}).size();
    }
    std::uint64_t drops(std::uint16_t port, DropReason reason) {
        return plane().port_counters(PortIndex{port}).drops.at(static_cast<std::size_t>(reason));
    }
    std::uint64_t next_ticket() { return ++last_ticket_; }

private:
    std::unique_ptr<Subject> subject_;
    std::uint64_t last_ticket_ = 0;
};

/// Those laws that only frames can show.
class SeamForwarding : public SeamContract {
protected:
    void SetUp() override {
        SeamContract::SetUp();
        ASSERT_TRUE(subject().carries_frames());
    }
};

} // namespace strowger
