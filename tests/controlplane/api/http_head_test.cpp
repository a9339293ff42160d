// SPDX-License-Identifier: Apache-2.0
#include "api/http_head.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace strowger::api {
namespace {

constexpr std::uint64_t kBodyMax = 1'000;

/// 0: the head is taken.
int status_of(std::string_view head) {
    const HttpHeadResult result = parse_http_head(head, kBodyMax);
    const auto* refusal = std::get_if<HttpRefusal>(&result);
    return refusal == nullptr ? 0 : refusal->status;
}

struct Case {
    std::string what;
    std::string head;
    int status;
};
void PrintTo(const Case& entry, std::ostream* out) {
    *out << entry.what;
}

class Heads : public testing::TestWithParam<Case> {};

TEST_P(Heads, AreTakenOrRefused) {
    EXPECT_EQ(status_of(GetParam().head), GetParam().status);
}

std::string with(const std::string& fields) {
    return "POST /v1/circuits HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    Heads,
    testing::Values(
        Case{"plain", with(""), 0},
        Case{"length", with("Content-Length: 5\r\n"), 0},
        Case{"largest body", with("Content-Length: 1000\r\n"), 0},
        Case{"body too large", with("Content-Length: 1001\r\n"), 413},
        Case{"length of 2^63", with("Content-Length: 9223372036854775808\r\n"), 413},
        Case{"length of 2^64", with("Content-Length: 18446744073709551616\r\n"), 400},
        Case{
            "length of 30 digits",
            with("Content-Length: 000000000000000000000000000005\r\n"),
            400},
        Case{"length list", with("Content-Length: 5, 5\r\n"), 400},
        Case{"length twice", with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        Case{"lengths differ", with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        Case{"length signed", with("Content-Length: +5\r\n"), 400},
        Case{"length negative", with("Content-Length: -5\r\n"), 400},
        Case{"length in hex", with("Content-Length: 0x5\r\n"), 400},
        Case{"length empty", with("Content-Length:\r\n"), 400},
        Case{"chunked", with("Transfer-Encoding: chunked\r\n"), 411},
        Case{"gzip", with("Transfer-Encoding: gzip\r\n"), 411},
        Case{"xchunked", with("Transfer-Encoding: xchunked\r\n"), 411},
        Case{"chunked, gzip", with("Transfer-Encoding: chunked, gzip\r\n"), 411},
        Case{"identity", with("transfer-encoding: identity\r\n"), 411},
        Case{"CL and TE", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        Case{"TE and CL", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
        Case{"TE with space", with("Transfer-Encoding : chunked\r\n"), 400},
        Case{"obs-fold", with("X-A: b\r\n c\r\n"), 400},
        Case{"obs-fold tab", with("X-A: b\r\n\tc\r\n"), 400},
        Case{"folded TE", with("X-A: b\r\n Transfer-Encoding: chunked\r\n"), 400},
        Case{"space before first", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        Case{"bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400},
        Case{"one bare LF", "GET / HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n", 400},
        Case{"bare CR", with("X-A: b\rTransfer-Encoding: chunked\r\n"), 400},
        Case{"NUL", with(std::string("X-A: b\0c\r\n", 10)), 400},
        Case{"no name", with(": x\r\n"), 400},
        Case{"no colon", with("nonsense\r\n"), 400},
        Case{"control in value", with("X-A: \x01\r\n"), 400},
        Case{"no Host", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n", 400},
        Case{"two Hosts", with("Host: y\r\n"), 400},
        Case{"same Host twice", with("Host: x\r\n"), 400},
        Case{"HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\n\r\n", 400},
        Case{"HTTP/2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400},
        Case{"HTTP/0.9", "GET /\r\n\r\n", 400},
        Case{"lower-case version", "GET / http/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"two spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"space in target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"odd method", "G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"absolute form", "GET http://X/v1 HTTP/1.1\r\nHost: x\r\n\r\n", 0},
        Case{"another authority", "GET http://y/v1 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"another port", "GET http://x:1/v1 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"user in authority", "GET http://x@y/v1 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"another scheme", "GET ftp://x/v1 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"authority form", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"no slash", "GET v1 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"expect", with("Expect: 100-Continue\r\nContent-Length: 5\r\n"), 0},
        Case{"expect more", with("Expect: 200-maybe\r\n"), 417},
        Case{"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 11), 400},
        Case{"blank", "\r\n\r\n", 400}
    )
);

TEST(HttpHead, GivesMethodTargetAndLowerCaseFields) {
    const HttpHeadResult result = parse_http_head(
        "PATCH http://h:1/v1/unis?x=1 HTTP/1.1\r\nhOsT: H:1\r\nX-Thing:  a b \r\n"
        "Content-Length: 7\r\nConnection: keep-alive, Close\r\n\r\n",
        kBodyMax
    );

    const auto* head = std::get_if<HttpHead>(&result);
    ASSERT_NE(head, nullptr);
    EXPECT_EQ(head->request.method, "PATCH");
    EXPECT_EQ(head->request.target, "/v1/unis?x=1");
    ASSERT_NE(head->request.find("x-thing"), nullptr);
    EXPECT_EQ(*head->request.find("x-thing"), "a b");
    EXPECT_EQ(head->body_bytes, 7U);
    EXPECT_FALSE(head->keep_alive);
}

TEST(HttpHead, TakesNothingButAPathOrAnAbsoluteFormForATarget) {
    for (const std::string target : {"http", "https", "http:", "http:/", "x", "*", "ftp://x/"}) {
        const HttpHeadResult result =
            parse_http_head("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n", kBodyMax);

        const auto* refusal = std::get_if<HttpRefusal>(&result);
        ASSERT_NE(refusal, nullptr) << target;
        EXPECT_EQ(refusal->detail, "The target is not a path.") << target;
    }
}

TEST(HttpHead, WaitsForABodyOnlyWhenThereIsOne) {
    const HttpHeadResult with_body =
        parse_http_head(with("Expect: 100-continue\r\nContent-Length: 5\r\n"), kBodyMax);
    const HttpHeadResult without = parse_http_head(with("Expect: 100-continue\r\n"), kBodyMax);

    EXPECT_TRUE(std::get<HttpHead>(with_body).expects_continue);
    EXPECT_FALSE(std::get<HttpHead>(without).expects_continue);
}

// Every prefix and every single changed byte of a request: taken or refused, never a crash.
TEST(HttpHead, SurvivesEveryPrefixAndEveryByte) {
    const std::string head = with("Content-Length: 5\r\nAuthorization: Bearer stw_x\r\n");
    for (std::size_t size = 0; size < head.size(); ++size) {
        EXPECT_NE(status_of(std::string_view(head).substr(0, size)), 0) << size;
    }
    for (std::size_t place = 0; place < head.size(); ++place) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = head;
            changed[place] = static_cast<char>(byte);
            const int status = status_of(changed);
            EXPECT_TRUE(status == 0 || (status >= 400 && status <= 431)) << place << ' ' << byte;
        }
    }
}

} // namespace
} // namespace strowger::api
