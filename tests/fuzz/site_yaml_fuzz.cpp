// SPDX-License-Identifier: Apache-2.0
#include "config/site_file.h"
#include "strowger/base/check.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

// Whatever the bytes are, the answer is a site or a list of problems that each say something.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto site = strowger::config::parse_site(text, "fuzz.yaml");
    if (!site) {
        STROWGER_CHECK(!site.error().problems.empty());
        for (const strowger::Problem& problem : site.error().problems) {
            STROWGER_CHECK(problem.message.starts_with("fuzz.yaml:"));
            STROWGER_CHECK(!problem.code.empty());
        }
    } else {
        STROWGER_CHECK(!site->dataplane.workers.empty() && !site->dataplane.ports.empty());
    }
    return 0;
}
