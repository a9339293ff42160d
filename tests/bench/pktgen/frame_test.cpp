// SPDX-License-Identifier: Apache-2.0
#include "pktgen/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace strowger::pktgen {
namespace {

constexpr std::uint32_t kTrial = 77;
constexpr Signature kSignature{.sequence = 0xDEADBEEF, .time = 0x01020304, .trial = kTrial};
constexpr TagLayout kQinQ{};
constexpr TagLayout kOneTag{.count = 1, .outer_tpid = kTpidCustomer};

CircuitEntry entry(std::uint32_t circuit, std::uint16_t outer, std::uint16_t inner) {
    return {
        .circuit = circuit, .outer_vid_be = wire::be16(outer), .inner_vid_be = wire::be16(inner)};
}

/// A frame as it goes to the device: without FCS.
std::vector<std::uint8_t>
make(const TagLayout& layout, std::uint32_t bytes, const CircuitEntry& to) {
    const FrameTemplate model = make_template(layout, bytes, {});
    std::vector<std::uint8_t> frame(std::max<std::size_t>(bytes, FrameTemplate::kHeadBytes));
    for (std::size_t i = 0; i < frame.size(); ++i) {
        frame[i] = fill_byte(i);
    }
    stamp_frame(frame.data(), model, to, kSignature);
    frame.resize(model.length);
    return frame;
}

Reading read(const std::vector<std::uint8_t>& frame, const TagLayout& layout = kQinQ) {
    return read_frame(frame, static_cast<std::uint32_t>(frame.size()), layout, kTrial);
}

/// RFC 1071 over the IPv4 header, computed the slow way.
std::uint32_t ones_complement_sum(const std::vector<std::uint8_t>& frame, std::size_t at) {
    std::uint32_t sum = 0;
    for (std::size_t i = at; i < at + 20; i += 2) {
        sum += static_cast<std::uint32_t>(frame[i]) << 8 | frame[i + 1];
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum;
}

TEST(Frame, TheSmallestQinqFrameHoldsTheSignatureExactly) {
    EXPECT_EQ(64u, frame_bytes_min(2));
    EXPECT_EQ(64u, frame_bytes_min(1));
    EXPECT_EQ(60u, signature_offset(2) + kSignatureBytes);
}

TEST(Frame, IsTaggedAsAskedByteForByte) {
    const auto frame = make(kQinQ, 64, entry(5, 0x123, 0x456));

    const std::vector<std::uint8_t> tags(frame.begin() + 12, frame.begin() + 22);
    EXPECT_EQ((std::vector<std::uint8_t>{0x88, 0xA8, 1, 0x23, 0x81, 0, 4, 0x56, 8, 0}), tags);
    ASSERT_EQ(60u, frame.size());
}

TEST(Frame, OneTagIsCustomerTagged) {
    const auto frame = make(kOneTag, 64, entry(5, 0x123, 0));

    const std::vector<std::uint8_t> tags(frame.begin() + 12, frame.begin() + 18);
    EXPECT_EQ((std::vector<std::uint8_t>{0x81, 0, 1, 0x23, 8, 0}), tags);
}

TEST(Frame, EveryIpv4ChecksumIsRight) {
    // Numbers whose halves carry, at both ends of the sizes.
    for (const std::uint32_t circuit : {0u, 1u, 0xFFFFu, 0x10000u, 0xF423Fu}) {
        for (const std::uint32_t bytes : {64u, 1'518u, 9'216u}) {
            const auto frame = make(kQinQ, bytes, entry(circuit, 2, 2));
            EXPECT_EQ(0xFFFFu, ones_complement_sum(frame, 22)) << circuit << ", " << bytes;
        }
    }
}

TEST(Frame, LengthsOfIpv4AndUdpFitTheFrame) {
    const auto frame = make(kQinQ, 128, entry(1, 2, 2));

    EXPECT_EQ(124u - 22u, static_cast<unsigned>(frame[24]) << 8 | frame[25]);
    EXPECT_EQ(124u - 42u, static_cast<unsigned>(frame[46]) << 8 | frame[47]);
}

TEST(Frame, ReadsBackWhatWasWritten) {
    for (const std::uint32_t bytes : {64u, 65u, 9'216u}) {
        const Reading reading = read(make(kQinQ, bytes, entry(999'999, 251, 4'001)));

        EXPECT_EQ(Reading::Kind::Ours, reading.kind);
        EXPECT_TRUE(reading.layout_holds);
        EXPECT_EQ(999'999u, reading.circuit);
        EXPECT_EQ(key_of({.s = 251, .c = 4'001}), reading.vids);
        EXPECT_EQ(kSignature.sequence, reading.sequence);
        EXPECT_EQ(kSignature.time, reading.time);
    }
}

TEST(Frame, PriorityInTheTagsIsNotPartOfTheVid) {
    auto frame = make(kQinQ, 64, entry(1, 2, 3));
    frame[14] |= 0xF0; // PCP 7, DEI
    frame[18] |= 0xE0;

    const Reading reading = read(frame);

    EXPECT_EQ(Reading::Kind::Ours, reading.kind);
    EXPECT_EQ(key_of({.s = 2, .c = 3}), reading.vids);
}

TEST(Frame, SeesTheTagsThatAreThereAndNotThoseExpected) {
    const auto one = make(kOneTag, 64, entry(1, 9, 0));
    auto old = make(kQinQ, 64, entry(1, 2, 3));
    old[12] = 0x91;
    old[13] = 0x00;

    EXPECT_FALSE(read(one, kQinQ).layout_holds) << "a popped tag";
    EXPECT_EQ(Reading::Kind::Ours, read(one, kQinQ).kind);
    EXPECT_EQ(9u, read(one, kQinQ).vids);
    EXPECT_FALSE(read(old, kQinQ).layout_holds) << "another TPID";
}

TEST(Frame, OfAnotherTrialIsForeign) {
    const auto frame = make(kQinQ, 64, entry(1, 2, 3));

    const auto reading = read_frame(frame, 60, kQinQ, kTrial + 1);

    EXPECT_EQ(Reading::Kind::Foreign, reading.kind);
}

TEST(Frame, AnyChangedByteOfItsIdentityMakesItForeign) {
    const auto whole = make(kQinQ, 64, entry(1, 2, 3));
    for (std::size_t at = 50; at < 60; ++at) { // sequence, time, seal
        auto frame = whole;
        frame[at] ^= 0x10;
        EXPECT_EQ(Reading::Kind::Foreign, read(frame).kind) << at;
    }
}

TEST(Frame, AWrongHeaderOrLengthIsDamage) {
    const auto whole = make(kQinQ, 128, entry(1, 2, 3));
    auto ttl = whole;
    ttl[30] -= 1; // and the checksum left as it was
    const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + 123);
    auto longer = whole;
    longer.push_back(0);

    EXPECT_EQ(Reading::Kind::Damaged, read(ttl).kind);
    EXPECT_EQ(Reading::Kind::Damaged, read(cut).kind);
    EXPECT_EQ(Reading::Kind::Damaged, read(longer).kind);
}

TEST(Frame, PaddingToEthernetsLeastIsNoDamage) {
    // Two tags of a 64-byte frame popped, and the device pads to 60 bytes before the FCS.
    auto frame = make(kQinQ, 64, entry(1, 2, 3));
    frame.erase(frame.begin() + 12, frame.begin() + 20);
    const TagLayout none{.count = 0};
    EXPECT_EQ(Reading::Kind::Ours, read(frame, none).kind);

    frame.resize(60);

    EXPECT_EQ(Reading::Kind::Ours, read(frame, none).kind);
}

TEST(Frame, OneThatSaysItEndsBeforeItsSignatureIsDamaged) {
    auto frame = make(kQinQ, 64, entry(5, 2, 2));
    // Length and identification change places: the checksum is the same.
    std::swap_ranges(frame.begin() + 24, frame.begin() + 26, frame.begin() + 26);
    ASSERT_EQ(0xFFFFu, ones_complement_sum(frame, 22));

    EXPECT_EQ(Reading::Kind::Damaged, read(frame).kind);
}

TEST(Frame, StrangersAreForeign) {
    EXPECT_EQ(Reading::Kind::Foreign, read({}).kind);
    EXPECT_EQ(Reading::Kind::Foreign, read(std::vector<std::uint8_t>(13)).kind);
    EXPECT_EQ(Reading::Kind::Foreign, read(std::vector<std::uint8_t>(60)).kind);
    auto three = make(kQinQ, 64, entry(1, 2, 3));
    three.insert(three.begin() + 12, {0x81, 0, 0, 1});
    EXPECT_EQ(Reading::Kind::Foreign, read(three).kind);
    for (std::size_t length = 0; length < 60; ++length) { // no read behind the end
        auto cut = make(kQinQ, 64, entry(1, 2, 3));
        cut.resize(length);
        cut.shrink_to_fit();
        EXPECT_EQ(Reading::Kind::Foreign, read(cut).kind) << length;
    }
}

TEST(Frame, FillingIsComparedFromWhereItWasSent) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 60; i < 400; ++i) {
        bytes.push_back(fill_byte(i));
    }

    EXPECT_TRUE(filling_holds(bytes, 60));
    EXPECT_FALSE(filling_holds(bytes, 61));
    bytes[339] ^= 1;
    EXPECT_FALSE(filling_holds(bytes, 60));
}

} // namespace
} // namespace strowger::pktgen
