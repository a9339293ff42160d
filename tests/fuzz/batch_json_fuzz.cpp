// SPDX-License-Identifier: Apache-2.0
#include "api/batch_document.h"
#include "api/draft.h"
#include "strowger/base/check.h"
#include "tests/fuzz/check_answer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace strowger;

/// Reads every member. False: one of them is no JSON.
bool read_members(const api::BatchDocument& batch) {
    for (std::size_t index = 0; index < batch.size(); ++index) {
        const Result<api::JsonDocument> member = batch.member(index);
        if (!member) {
            test::check_refusal(member.error());
            return false;
        }
        STROWGER_CHECK(batch.pointer(index).starts_with('/'));
        static_cast<void>(api::draft_from(api::SpecKind::Circuit, *member));
    }
    return true;
}

/// What was taken apart and read in parts is what the whole says.
void compare(const api::BatchDocument& batch, const boost::json::value& whole) {
    std::size_t index = 0;
    for (; index < batch.size(); ++index) {
        const boost::json::value* there = nullptr;
        boost::system::error_code ec;
        there = whole.find_pointer(batch.pointer(index), ec);
        STROWGER_CHECK(there != nullptr && *there == batch.member(index)->value);
    }
    std::size_t members = 0;
    for (const auto& [name, list] : whole.get_object()) {
        members += list.get_array().size();
    }
    STROWGER_CHECK(members == index);
}

} // namespace

/// A batch's body. It is taken apart by its brackets and each part is read alone: what is accepted
/// so must be accepted as one JSON text, too, and mean the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const Result<api::BatchDocument> batch = api::BatchDocument::read(text);
    const Result<api::JsonDocument> whole = api::read_json(text);
    if (!batch) {
        test::check_refusal(batch.error());
        // What is JSON is never called none, but for the bounds of one text.
        STROWGER_CHECK(!whole || batch.error().code == ErrorCode::Invalid);
        return 0;
    }
    const bool sound = read_members(*batch);
    if (whole) {
        STROWGER_CHECK(sound);
        compare(*batch, whole->value);
    } else if (sound) {
        // Deeper or larger than one text may be, never anything else.
        const std::string& why = whole.error().message;
        STROWGER_CHECK(
            why.find("nested deeper") != std::string::npos ||
            why.find("values") != std::string::npos
        );
    }
    return 0;
}
