// SPDX-License-Identifier: Apache-2.0
#include "tests/support/bare_eal.h"
#include "tests/support/describe.h"
#include "tests/support/programs.h"
#include "tests/support/reference_forwarder.h"
#include "tests/support/stepped_dataplane.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace {

using namespace strowger;

constexpr std::uint64_t kClockHz = 1ULL << 30U;
constexpr std::uint32_t kFrameMax = 9'216;
constexpr std::size_t kEachEnd = 7;

VlanMap map_of(std::uint8_t choice) {
    switch (choice % kEachEnd) {
        case 0:
            return MapAll{};
        case 1:
            return MapUntagged{};
        case 2:
            return c_vlan(100);
        case 3:
            return c_vlans(100, 110);
        case 4:
            return s_vlan(100);
        case 5:
            return s_c_vlans(100, 10, 10);
        default:
            return s_c_vlans(100, 100, 110);
    }
}

CircuitProgram program_from(std::array<std::uint8_t, 3> choices) {
    const auto tpid = [](std::uint8_t choice) { return static_cast<Tpid>(choice % kTpidCount); };
    CircuitProgram program = program_of(
        endpoint_of(0, map_of(choices[0]), tpid(choices[2])),
        endpoint_of(1, map_of(choices[1]), tpid(choices[2] / 3))
    );
    program.l2cp_transparent = choices[2] / 9 % 2 == 1;
    return program;
}

/// Both dataplanes with one circuit, which each input replaces.
struct Pair {
    test::SteppedDataplane real{
        test::SteppedDataplane::Options{.frame_max = kFrameMax, .clock_hz = kClockHz}};
    ReferenceForwarder reference{
        {{{"p0", Bytes{kFrameMax}}, {"p1", Bytes{kFrameMax}}}, kClockHz, SIZE_MAX}};
    std::uint64_t ticket = 0;

    void install(const CircuitProgram& program) {
        for (Dataplane* const plane : {&real.dataplane(), static_cast<Dataplane*>(&reference)}) {
            STROWGER_CHECK(plane->stage(CircuitKey{1}, program).has_value());
            plane->commit(CircuitKey{1}, ++ticket);
        }
        STROWGER_CHECK(real.settle().size() == 1);
        std::array<Completion, 1> done;
        STROWGER_CHECK(reference.poll(done) == 1);
    }
};

[[noreturn]] void report(const CircuitProgram& program, const FrameBytes& in) {
    std::fprintf(
        stderr, "%s\narrived: %s\n", describe_program(program).c_str(), describe_frame(in).c_str()
    );
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** argv) {
    return strowger::test::start_bare_eal((*argv)[0]) < 0 ? 1 : 0;
}

/// Three bytes choose the circuit, the rest is a frame: it must leave as the reference says, and be
/// counted as the reference counts it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4 || size - 3 > kFrameMax) {
        return 0;
    }
    static Pair* const pair = new Pair; // the EAL is up by now, and stays up to the end
    const CircuitProgram program = program_from({data[0], data[1], data[2]});
    const FrameBytes in(data + 3, data + size);
    pair->install(program);

    STROWGER_CHECK(pair->real.inject(0, in));
    pair->real.settle();
    std::vector<FrameBytes> left = pair->real.collect(1);
    const auto wanted = pair->reference.forward(PortIndex{0}, in, pair->real.now());

    const bool same =
        wanted.has_value() ? left.size() == 1 && left[0] == wanted->bytes : left.empty();
    const Dataplane& plane = pair->real.dataplane();
    if (!same || plane.counters(CircuitKey{1}) != pair->reference.counters(CircuitKey{1}) ||
        plane.port_counters(PortIndex{0}).drops !=
            pair->reference.port_counters(PortIndex{0}).drops ||
        !pair->real.collect(0).empty() || test::frames_in_use() != 0) {
        report(program, in);
    }
    return 0;
}
