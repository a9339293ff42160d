// SPDX-License-Identifier: Apache-2.0
#include "api/draft.h"
#include "api/json_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strowger::api {
namespace {

using service::Draft;

Draft draft_of(std::string_view text) {
    return draft_from(SpecKind::Slice, *read_json(text));
}

/// "pointer code" of each problem.
std::vector<std::string> faults(const Draft& draft) {
    std::vector<std::string> faults;
    for (const Problem& problem : draft.problems) {
        faults.push_back(problem.pointer + " " + problem.code);
    }
    return faults;
}

TEST(SliceDraft, IsCanonicalAndKeepsTheOrderOfItsLists) {
    const Draft draft =
        draft_of(R"({"tenants":["umbrella","acme"], "cores":[3,2], "name":"gold"})");

    ASSERT_TRUE(draft.problems.empty());
    EXPECT_EQ(draft.spec_json, R"({"name":"gold","cores":[3,2],"tenants":["umbrella","acme"]})");
    const auto& spec = std::get<SliceSpec>(draft.spec);
    EXPECT_EQ(spec.cores, (std::vector<std::uint32_t>{3, 2}));
    EXPECT_EQ(spec.tenants, (std::vector<std::string>{"umbrella", "acme"}));
}

TEST(SliceDraft, IsReadBackFromTheStoreAsItWasAccepted) {
    const std::string_view text =
        R"({"name":"gold","display_name":"Gold","tags":{"a":"b"},"cores":[2],"tenants":["acme"]})";
    const Draft draft = draft_of(text);
    ASSERT_TRUE(draft.problems.empty());

    const Result<SliceSpec> stored = JsonCodec().decode_slice(draft.spec_json);

    ASSERT_TRUE(stored);
    EXPECT_EQ(*stored, std::get<SliceSpec>(draft.spec));
}

TEST(SliceDraft, MayHaveNoTenants) {
    EXPECT_TRUE(draft_of(R"({"name":"gold","cores":[2]})").problems.empty());
    EXPECT_TRUE(draft_of(R"({"name":"gold","cores":[2],"tenants":[]})").problems.empty());
}

TEST(SliceDraft, BlamesEachItemInItsPlace) {
    using Faults = std::vector<std::string>;
    EXPECT_EQ(faults(draft_of(R"({"name":"gold"})")), Faults{"/cores required"});
    EXPECT_EQ(faults(draft_of(R"({"name":"gold","cores":[]})")), Faults{"/cores out_of_range"});
    EXPECT_EQ(
        faults(draft_of(R"({"name":"gold","cores":[1024,"2"],"tenants":[{}]})")),
        (Faults{"/cores/0 out_of_range", "/cores/1 wrong_type", "/tenants/0 wrong_type"})
    );
    EXPECT_EQ(
        faults(draft_of(R"({"name":"gold","cores":[1023,2,1023]})")),
        Faults{"/cores/2 duplicate_core"}
    );
    EXPECT_EQ(
        faults(draft_of(R"({"name":"gold","cores":[0],"tenants":["a","a"]})")),
        Faults{"/tenants/1 duplicate_tenant"}
    );
}

TEST(SliceDraft, BoundsItsLists) {
    const auto with_tenants = [](std::size_t count) {
        std::string text = R"({"name":"gold","cores":[2],"tenants":[)";
        for (std::size_t index = 0; index < count; ++index) {
            text += (index == 0 ? "\"t" : ",\"t") + std::to_string(index) + '"';
        }
        return draft_of(text + "]}");
    };
    EXPECT_TRUE(with_tenants(1'000).problems.empty());
    EXPECT_EQ(faults(with_tenants(1'001)), std::vector<std::string>{"/tenants out_of_range"});
}

TEST(SliceDraft, APatchReplacesAListAndCannotRename) {
    const std::string_view stored = R"({"name":"gold","cores":[2],"tenants":["acme"]})";
    const auto patched = [&](std::string_view patch) {
        return *patched_from(SpecKind::Slice, *read_json(patch), stored);
    };

    EXPECT_EQ(
        patched(R"({"cores":[3,4]})").spec_json,
        R"({"name":"gold","cores":[3,4],"tenants":["acme"]})"
    );
    EXPECT_EQ(patched(R"({"tenants":null})").spec_json, R"({"name":"gold","cores":[2]})");
    EXPECT_EQ(faults(patched(R"({"name":"iron"})")), std::vector<std::string>{"/name immutable"});
}

} // namespace
} // namespace strowger::api
