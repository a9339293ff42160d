// SPDX-License-Identifier: Apache-2.0
#include "blocked_time/orders.h"

#include "lib/circuits.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"

namespace strowger::bench {

namespace {

constexpr std::size_t kOutstandingMax = 32;
constexpr PortIndex kIn{0};
constexpr PortIndex kOut{1};
// S-VIDs to which modified circuits move and from which they come back; nobody else's.
constexpr std::uint16_t kOtherSVidShift = 2'000;

/// Every other time with another committed rate (far above what is sent) and other tags behind.
CircuitProgram variant_of(std::uint32_t circuit, bool other) {
    Tags leaving = leaving_tags(circuit);
    if (!other) {
        return program_between(arriving_tags(circuit), leaving, kIn, kOut);
    }
    leaving.s_vid = static_cast<std::uint16_t>(leaving.s_vid + kOtherSVidShift);
    CircuitProgram program = program_between(arriving_tags(circuit), leaving, kIn, kOut);
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{limits::kRateBpsMax / 2};
    spec.cbs = Bytes{limits::kBurstBytesMax / 2};
    program.endpoints[0].bandwidth =
        BandwidthProfile::resolve(spec, Bytes{limits::kFrameBytesDefault}).value();
    return program;
}

} // namespace

bool Orders::place_next() {
    if (seam_.outstanding() >= kOutstandingMax) {
        return false;
    }
    bool done = false;
    switch (placed_ % 3) {
        case 0:
            done = create();
            break;
        case 1:
            done = modify();
            break;
        default:
            done = remove();
            break;
    }
    placed_ += done ? 1 : 0;
    return done;
}

void Orders::poll() {
    completed_ += seam_.poll(completions_);
}

bool Orders::create() {
    if (living_.size() >= terms_.created_max) {
        return remove();
    }
    const auto circuit =
        static_cast<std::uint32_t>(terms_.first_created + created_ % (2 * terms_.created_max));
    const std::uint64_t key = terms_.first_key + created_;
    const auto staged =
        seam_.stage(CircuitKey{key}, program_of(circuit, Work::TwoToTwo, kIn, kOut));
    STROWGER_CHECK(staged.has_value());
    seam_.commit(CircuitKey{key}, key);
    living_.push_back(key);
    ++created_;
    return true;
}

bool Orders::modify() {
    const std::size_t size = terms_.modified.size();
    // One change of a circuit at a time: with fewer outstanding than circuits, the last one of this
    // circuit is through.
    const std::uint32_t circuit = terms_.modified[modified_ % size];
    const bool other = modified_ / size % 2 == 0;
    const auto staged = seam_.stage(CircuitKey{circuit}, variant_of(circuit, other));
    STROWGER_CHECK(staged.has_value());
    seam_.commit(CircuitKey{circuit}, circuit);
    ++modified_;
    return true;
}

bool Orders::remove() {
    // The oldest: its creation is through, as at most kOutstandingMax are outstanding.
    if (living_.size() <= kOutstandingMax) {
        return create();
    }
    seam_.remove(CircuitKey{living_.front()}, living_.front());
    living_.pop_front();
    return true;
}

} // namespace strowger::bench
