// SPDX-License-Identifier: Apache-2.0
#include "api/http_head.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace strowger;

/// Reads a head again, by hand: what a proxy in front must not be able to understand in another
/// way.
void check_accepted(std::string_view head, const api::HttpHead& read) {
    STROWGER_CHECK(head.ends_with("\r\n\r\n"));
    STROWGER_CHECK(head.find("\r\n\r\n") == head.size() - 4);
    STROWGER_CHECK(read.body_bytes <= limits::kBodyBytesMax);
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    std::string_view rest = head.substr(head.find("\r\n") + 2);
    while (rest != "\r\n") {
        const std::string_view line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(line.size() + 2);
        STROWGER_CHECK(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
        STROWGER_CHECK(line.front() != ' ' && line.front() != '\t');
        std::string name(line.substr(0, line.find(':')));
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        hosts += name == "host" ? 1 : 0;
        lengths += name == "content-length" ? 1 : 0;
        STROWGER_CHECK(name != "transfer-encoding");
    }
    STROWGER_CHECK(hosts == 1 && lengths <= 1);
    STROWGER_CHECK(lengths == 1 || read.body_bytes == 0);
}

} // namespace

/// Any bytes: a head is read or refused, never both ways.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view received(reinterpret_cast<const char*>(data), size);
    const std::size_t head_size = api::http_head_size(received);
    STROWGER_CHECK(head_size <= size);
    const std::string_view head = head_size > 0 ? received.substr(0, head_size) : received;
    const api::HttpHeadResult result = api::parse_http_head(head, limits::kBodyBytesMax);
    if (const auto* const read = std::get_if<api::HttpHead>(&result)) {
        STROWGER_CHECK(head_size > 0);
        check_accepted(head, *read);
    } else {
        const int status = std::get<api::HttpRefusal>(result).status;
        STROWGER_CHECK(status >= 400 && status < 600);
    }
    return 0;
}
