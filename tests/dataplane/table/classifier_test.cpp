// SPDX-License-Identifier: Apache-2.0
#include "table/classifier.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace strowger::dataplane {
namespace {

constexpr std::uint32_t kRoot = BlockShape::kDirectLines;
constexpr std::uint32_t kInner = 2 * BlockShape::kDirectLines;

/// An index of its own memory, with one root for port 3 and TPID 0x8100.
class ClassifierTest : public testing::Test {
protected:
    ClassifierTest() : lines_(4 * BlockShape::kDirectLines) {
        classifier_.attach(lines_.data());
        classifier_.clear(root());
        classifier_.set_root(3, 0, kRoot);
    }
    static IndexEntry root() { return IndexEntry::block(kRoot, BlockShape{}); }
    static IndexEntry slot(std::uint32_t number) { return IndexEntry::endpoint(1, number, 2, 0); }
    [[nodiscard]] IndexEntry find(std::uint16_t outer, std::uint16_t inner) const {
        FrameTags tags;
        tags.tci = {outer, inner};
        tags.count = 2;
        return classifier_.find(3, tags);
    }
    void link(std::uint16_t s_vid, IndexEntry block) {
        classifier_.set_run(root(), {s_vid, s_vid}, block);
    }

    std::vector<IndexLine> lines_;
    Classifier classifier_;
};

TEST_F(ClassifierTest, FindsInEveryShapeWhatWasSetAndNothingElse) {
    std::mt19937 random{7};
    std::vector<BlockShape> shapes = {BlockShape{}};
    for (std::uint8_t log2 = 0; log2 <= BlockShape::kLog2LinesMax; ++log2) {
        for (const unsigned shift : {0U, 3U, 12U - log2}) {
            shapes.push_back({.log2_lines = log2, .shift = static_cast<std::uint8_t>(shift)});
        }
    }
    for (const BlockShape shape : shapes) {
        SCOPED_TRACE(testing::Message() << +shape.log2_lines << " lines, shift " << +shape.shift);
        const IndexEntry block = IndexEntry::block(kInner, shape);
        classifier_.clear(block);
        link(5, block);
        std::map<std::uint16_t, IndexEntry> wanted;
        std::map<std::uint32_t, unsigned> used; // by line
        for (unsigned round = 0; round < 3'000; ++round) {
            const auto vid = static_cast<std::uint16_t>(random() % 4'096);
            const std::uint32_t line = shape.is_direct() ? 0 : shape.line_of(vid);
            if (wanted.contains(vid) && random() % 2 == 0) {
                classifier_.set_run(block, {vid, vid}, IndexEntry{});
                wanted.erase(vid);
                --used[line];
            } else if (wanted.contains(vid) || shape.is_direct() || used[line] < BlockShape::kPairsPerLine) {
                used[line] += wanted.contains(vid) ? 0U : 1U;
                wanted[vid] = slot(round + 1);
                classifier_.set_run(block, {vid, vid}, wanted[vid]);
            }
        }
        for (std::uint16_t vid = 0; vid < 4'096; ++vid) {
            const auto found = wanted.find(vid);
            ASSERT_EQ(found == wanted.end() ? IndexEntry{} : found->second, find(5, vid)) << vid;
        }
        EXPECT_FALSE(wanted.empty());
    }
}

TEST_F(ClassifierTest, CopiesACompactBlockIntoALargerOne) {
    const IndexEntry from = IndexEntry::block(kInner, {.log2_lines = 1, .shift = 0});
    classifier_.clear(from);
    for (std::uint16_t vid = 100; vid < 116; ++vid) {
        classifier_.set_run(from, {vid, vid}, slot(vid));
    }
    const BlockShape larger[] = {BlockShape{.log2_lines = 3, .shift = 2}, BlockShape{}};
    for (const BlockShape shape : larger) {
        const IndexEntry to = IndexEntry::block(3 * BlockShape::kDirectLines, shape);
        for (std::uint32_t i = 0; i < shape.lines(); ++i) {
            lines_[to.number() + i].entries.fill(slot(9)); // what a block before left
        }
        classifier_.copy(from, to);
        link(6, to);
        for (std::uint16_t vid = 0; vid < 4'096; ++vid) {
            const bool there = vid >= 100 && vid < 116;
            ASSERT_EQ(there ? slot(vid) : IndexEntry{}, find(6, vid)) << vid;
        }
    }
}

TEST_F(ClassifierTest, ClearingWhatIsNotThereIsNoHarm) {
    const IndexEntry block = IndexEntry::block(kInner, {.log2_lines = 0, .shift = 0});
    classifier_.clear(block);
    link(5, block);
    for (std::uint16_t vid = 1; vid <= 8; ++vid) {
        classifier_.set_run(block, {vid, vid}, slot(vid));
    }
    classifier_.set_run(block, {9, 4'000}, IndexEntry{});
    for (std::uint16_t vid = 1; vid <= 8; ++vid) {
        EXPECT_EQ(slot(vid), find(5, vid));
    }
    EXPECT_TRUE(find(5, 9).is_none());
}

TEST(IndexEntry, KeepsItsFieldsApart) {
    const IndexEntry entry = IndexEntry::endpoint(31, (1U << 22) - 1, 2, 1);
    EXPECT_TRUE(entry.is_endpoint());
    EXPECT_EQ(31U, entry.owner());
    EXPECT_EQ((1U << 22) - 1, entry.number());
    EXPECT_EQ(2U, entry.pop_count());
    EXPECT_EQ(1U, entry.version());
    EXPECT_EQ(1U, entry.popping_priority_tag().pop_count());
    EXPECT_EQ(IndexEntry::kPopsPriorityTag, entry.popping_priority_tag().pop_code());

    const IndexEntry block = IndexEntry::block((1U << 22) - 1, {.log2_lines = 7, .shift = 5});
    EXPECT_TRUE(block.is_block());
    EXPECT_EQ((1U << 22) - 1, block.number());
    EXPECT_EQ((BlockShape{.log2_lines = 7, .shift = 5}), block.shape());
    EXPECT_TRUE(IndexEntry::block(0, BlockShape{}).shape().is_direct());
}

} // namespace
} // namespace strowger::dataplane
