// SPDX-License-Identifier: Apache-2.0
#include "lib/circuits.h"

#include "strowger/model/limits.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <utility>

namespace strowger::bench {

namespace {

constexpr std::size_t kFcsBytes = 4;
constexpr std::size_t kIpv4Bytes = 20;
constexpr std::size_t kUdpBytes = 8;
constexpr std::uint32_t kSeed = 1;

VlanId vid(std::uint16_t raw) {
    return VlanId::from(raw).value();
}

VlanMap both_tags(Tags tags) {
    return MapSCVlans{vid(tags.s_vid), VlanSet::single(vid(tags.c_vid))};
}

/// Big-endian words, one behind the other.
class FrameWriter {
public:
    explicit FrameWriter(std::size_t bytes) : bytes_(bytes) {}
    void put(std::size_t width, std::uint64_t value) {
        for (std::size_t i = 0; i < width; ++i) {
            bytes_.at(at_++) = static_cast<std::uint8_t>(value >> (8 * (width - 1 - i)));
        }
    }
    [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
    std::vector<std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

std::uint16_t checksum(const std::array<std::uint16_t, kIpv4Bytes / 2>& header) {
    std::uint32_t sum = std::accumulate(header.begin(), header.end(), std::uint32_t{0});
    sum = (sum & 0xFFFFU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~(sum + (sum >> 16U)));
}

void put_ipv4(FrameWriter& frame, std::uint32_t circuit) {
    const auto length = static_cast<std::uint16_t>(frame.left());
    std::array<std::uint16_t, kIpv4Bytes / 2> header = {
        0x4500,
        length,
        0,
        0,
        0x4011, // 64 hops, UDP
        0,
        static_cast<std::uint16_t>(0x0A00U + (circuit >> 16U)),
        static_cast<std::uint16_t>(circuit),
        0x0B00,
        0,
    };
    header[5] = checksum(header);
    for (const std::uint16_t word : header) {
        frame.put(2, word);
    }
    frame.put(2, 1'024);
    frame.put(2, 9); // discard
    frame.put(2, length - kIpv4Bytes);
    frame.put(2, 0);
}

} // namespace

BandwidthProfile all_green() {
    BandwidthProfileSpec spec;
    spec.cir = BitsPerSecond{limits::kRateBpsMax};
    spec.cbs = Bytes{limits::kBurstBytesMax};
    return BandwidthProfile::resolve(spec, Bytes{limits::kFrameBytesDefault}).value();
}

CircuitProgram program_between(Tags in_tags, Tags out_tags, PortIndex in, PortIndex out) {
    return {
        .endpoints =
            {EndpointProgram{in, Tpid::STag88a8, both_tags(in_tags), all_green()},
             EndpointProgram{out, Tpid::STag88a8, both_tags(out_tags), all_green()}},
        .frame_max = Bytes{limits::kFrameBytesDefault},
        .forwarding = true,
        .l2cp_transparent = false,
        .workers = {},
    };
}

CircuitProgram program_of(std::uint32_t circuit, Work work, PortIndex in, PortIndex out) {
    const Tags arriving = arriving_tags(circuit);
    CircuitProgram program = program_between(arriving, leaving_tags(circuit), in, out);
    if (work == Work::TwoToOne) {
        EndpointProgram& z = program.endpoints[1];
        z.port.value = static_cast<std::uint16_t>(out.value + circuit / kCVidsPerSVlan);
        z.tpid = Tpid::CTag8100;
        z.map = MapCVlans{VlanSet::single(vid(arriving.c_vid))};
    }
    return program;
}

std::vector<std::uint8_t> frame_of(std::uint32_t circuit, std::uint32_t frame_bytes) {
    FrameWriter frame{std::max<std::size_t>(frame_bytes - kFcsBytes, 22 + kIpv4Bytes + kUdpBytes)};
    const Tags tags = arriving_tags(circuit);
    frame.put(6, 0x0200'0000'0001);
    frame.put(6, 0x0200'0000'0002);
    frame.put(2, 0x88A8);
    frame.put(2, tags.s_vid);
    frame.put(2, 0x8100);
    frame.put(2, tags.c_vid);
    frame.put(2, 0x0800);
    put_ipv4(frame, circuit);
    return frame.take();
}

std::vector<std::uint32_t> shuffled(std::uint32_t circuits) {
    std::vector<std::uint32_t> order(circuits);
    std::iota(order.begin(), order.end(), 0U);
    std::mt19937 random{kSeed};
    // Not std::shuffle, whose order is the library's own affair.
    for (std::uint32_t i = circuits; i > 1; --i) {
        const auto other = static_cast<std::uint32_t>((std::uint64_t{random()} * i) >> 32U);
        std::swap(order[i - 1], order[other]);
    }
    return order;
}

std::vector<std::uint32_t> random_tour(std::uint32_t circuits) {
    const std::vector<std::uint32_t> order = shuffled(circuits);
    std::vector<std::uint32_t> next(circuits);
    for (std::uint32_t i = 0; i < circuits; ++i) {
        next[order[i]] = order[(i + 1) % circuits];
    }
    return next;
}

} // namespace strowger::bench
