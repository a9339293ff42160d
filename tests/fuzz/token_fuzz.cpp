// SPDX-License-Identifier: Apache-2.0
#include "auth/token.h"
#include "auth/token_index.h"
#include "strowger/base/check.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace strowger;

/// The seed `known` holds it.
constexpr std::string_view kKnown = "stw_00000000000000000000000000000000000000000000yfseI";

ObjectId some_token() {
    return ObjectId::make(ObjectKind::Token, 1, std::array<std::uint8_t, 10>{});
}

} // namespace

/// Any bytes as a credential: one text opens the door, and no text that is not a token gets as far
/// as being looked up.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auth::TokenIndex index;
    index.insert(auth::sha256(kKnown), some_token(), std::nullopt);
    STROWGER_CHECK(index.authenticate(text, 1).has_value() == (text == kKnown));
    if (!auth::token_is_well_formed(text)) {
        return 0;
    }
    STROWGER_CHECK(text.size() == kKnown.size());
    for (std::size_t place = 0; place < text.size(); ++place) {
        std::string misspelt(text);
        misspelt[place] = misspelt[place] == 'x' ? 'y' : 'x';
        STROWGER_CHECK(!auth::token_is_well_formed(misspelt));
    }
    return 0;
}
