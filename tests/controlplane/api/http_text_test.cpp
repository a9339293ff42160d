// SPDX-License-Identifier: Apache-2.0
#include "api/http_message.h"
#include "api/list_params.h"
#include "api/problem_response.h"
#include "api/target.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace strowger::api {
namespace {

using Texts = std::vector<std::string>;

TEST(Target, DecodesSegmentsAndParameters) {
    const Result<Target> target =
        parse_target("/v1/circuits/n%79%2f?limit=1&tag.a%20b=c+d&flag&x=a=b");

    ASSERT_TRUE(target);
    EXPECT_EQ(target->segments, (Texts{"v1", "circuits", "ny/"}));
    ASSERT_EQ(target->query.size(), 4U);
    EXPECT_EQ(target->query[1], (std::pair<std::string, std::string>("tag.a b", "c d")));
    EXPECT_EQ(target->query[2], (std::pair<std::string, std::string>("flag", "")));
    EXPECT_EQ(target->query[3], (std::pair<std::string, std::string>("x", "a=b")));
}

TEST(Target, RefusesWhatIsNotEncoded) {
    for (const std::string_view text : {"", "v1", "/%", "/%4", "/%zz", "/?a=%", "/?%g0", "/a#b"}) {
        EXPECT_FALSE(parse_target(text)) << text;
    }
    EXPECT_TRUE(parse_target("/"));
    EXPECT_TRUE(parse_target("/?"));
}

TEST(Target, BoundsItsParameters) {
    std::string most = "/?a";
    for (std::size_t count = 1; count < kQueryParametersMax; ++count) {
        most += "&a";
    }
    EXPECT_TRUE(parse_target(most));
    EXPECT_FALSE(parse_target(most + "&a"));
}

constexpr std::array<std::string_view, 7> kAllowed =
    {"limit", "cursor", "count", "name_prefix", "tag", "uni", "state"};

Result<ListParams> params_of(const std::string& query) {
    return parse_list_params(*parse_target("/?" + query), ObjectKind::Circuit, kAllowed);
}

TEST(ListParams, ReadsEveryParameter) {
    const ObjectId last = ObjectId::make(ObjectKind::Circuit, 1, {});

    const Result<ListParams> params = params_of(
        "limit=7&count=true&name_prefix=ny&tag.env=prod&tag.a=&uni=dc&state=down&cursor=" +
        cursor_after(last)
    );

    ASSERT_TRUE(params) << params.error().message;
    EXPECT_EQ(params->limit, 7U);
    EXPECT_TRUE(params->count);
    EXPECT_EQ(params->name_prefix, "ny");
    EXPECT_EQ(params->tags, (Tags{{"env", "prod"}, {"a", ""}}));
    EXPECT_EQ(params->uni, "dc");
    EXPECT_EQ(params->state, service::OperState::Down);
    EXPECT_EQ(params->after, last);
}

TEST(ListParams, RefusesEachWrongOne) {
    const std::string foreign = cursor_after(ObjectId::make(ObjectKind::Uni, 1, {}));
    for (const std::string& query :
         {std::string("limit=0"),
          std::string("limit=1001"),
          std::string("limit="),
          std::string("limit=1x"),
          std::string("limit=-1"),
          std::string("limit=1&limit=1"),
          std::string("count=yes"),
          std::string("state=sideways"),
          std::string("cursor=zz"),
          std::string("cursor=6"),
          std::string("cursor="),
          "cursor=" + foreign,
          std::string("limits=1"),
          std::string("tag=x"),
          std::string("object=x"),
          std::string("dry_run=true")}) {
        const Result<ListParams> params = params_of(query);
        ASSERT_FALSE(params) << query;
        EXPECT_EQ(params.error().code, ErrorCode::Malformed) << query;
    }
    EXPECT_EQ(params_of("limits=1").error().problems[0].hint, "Did you mean \"limit\"?");
    EXPECT_EQ(params_of("limit=0&state=x&y=1").error().problems.size(), 3U);
}

TEST(ProblemResponse, NamesItselfAsRfc9457Says) {
    const HttpResponse response = problem_response(Error{
        ErrorCode::Conflict,
        "C-VLAN 200 is taken.",
        {{"/endpoints/a/vlan_map", "vlan_in_use", "Taken by \"x\".", "Use 201.", "MEF 10.3 R76"}}});

    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(*response.find("Content-Type"), "application/problem+json");
    EXPECT_EQ(
        response.body,
        R"({"type":"https://strowger.dev/problems/vlan-in-use","title":"A VLAN is mapped already",)"
        R"("status":409,"code":"vlan_in_use","detail":"C-VLAN 200 is taken.","errors":[)"
        R"({"pointer":"/endpoints/a/vlan_map","code":"vlan_in_use","message":"Taken by \"x\".",)"
        R"("hint":"Use 201.","rule":"MEF 10.3 R76"}]})"
    );
}

TEST(ProblemResponse, HasAStatusForEveryKindOfError) {
    const std::pair<ErrorCode, int> cases[] = {
        {ErrorCode::Malformed, 400},
        {ErrorCode::Forbidden, 403},
        {ErrorCode::NotFound, 404},
        {ErrorCode::Gone, 410},
        {ErrorCode::Conflict, 409},
        {ErrorCode::Invalid, 422},
        {ErrorCode::Precondition, 412},
        {ErrorCode::RateLimited, 429},
        {ErrorCode::Unavailable, 503},
    };
    for (const auto& [code, status] : cases) {
        EXPECT_EQ(problem_response(Error{code, "x", {}}).status, status);
        // A problem's code that belongs to another status does not change it.
        const Error with_code{code, "x", {{"", "unauthorized", "x", "", ""}}};
        EXPECT_EQ(problem_response(with_code).status, status);
    }
    EXPECT_NE(
        problem_response(Error{ErrorCode::Unavailable, "x", {}}).find("Retry-After"), nullptr
    );
}

TEST(ProblemResponse, IsJsonWhateverBytesADetailHolds) {
    const HttpResponse response = problem_response("not_found", "\xff\xfe\"\x01");

    boost::system::error_code ec;
    boost::json::parse(response.body, ec);

    EXPECT_FALSE(ec) << response.body;
}

TEST(ProblemKinds, AreDistinctAndHaveReasonPhrases) {
    std::set<std::string_view> codes;
    for (const ProblemKind& kind : problem_kinds()) {
        EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
        EXPECT_NE(reason_phrase(kind.status), "Unknown") << kind.status;
    }
}

TEST(SerializeResponse, FramesBodies) {
    HttpResponse response;
    response.status = 201;
    response.body = "{}";
    response.add("ETag", "\"x.1\"");

    EXPECT_EQ(
        serialize_response(response, "D", true, true),
        "HTTP/1.1 201 Created\r\nDate: D\r\nETag: \"x.1\"\r\nContent-Length: 2\r\n\r\n{}"
    );
    EXPECT_EQ(
        serialize_response(response, "D", false, false),
        "HTTP/1.1 201 Created\r\nDate: D\r\nETag: \"x.1\"\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n"
    );
    response.status = 204;
    response.body.clear();
    EXPECT_EQ(
        serialize_response(response, "D", true, true),
        "HTTP/1.1 204 No Content\r\nDate: D\r\nETag: \"x.1\"\r\n\r\n"
    );
}

} // namespace
} // namespace strowger::api
