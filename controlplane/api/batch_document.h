// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/json_reader.h"
#include "api/problem_list.h"
#include "strowger/base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::api {

/// What a member of a batch asks for: the name of the array it stands in.
enum class BatchVerb : std::uint8_t { Create, Put, Patch, Delete };

/// The body of a batch: `{"create":[…],"put":[…],"patch":[…],"delete":[…]}`, each array optional.
///
/// A body of 16 MiB as one tree would take hundreds of megabytes and stop the control thread while
/// it is built. So reading it only finds where each member begins and ends; a member becomes a tree
/// at its turn. What lies between members is checked here, and members by read_json when they are
/// read, so what is accepted in the end is JSON from the first byte to the last.
class BatchDocument {
public:
    /// Fails with Malformed when the frame is no JSON, with Invalid when it is no batch: unknown
    /// and repeated members, what is no array, no member at all or too many of them.
    static Result<BatchDocument> read(std::string text);

    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] BatchVerb verb(std::size_t index) const { return members_.at(index).verb; }
    /// "/create/17"
    [[nodiscard]] std::string pointer(std::size_t index) const;
    /// Fails with Malformed; line and column are those of the whole text.
    [[nodiscard]] Result<JsonDocument> member(std::size_t index) const;
    [[nodiscard]] std::string_view member_text(std::size_t index) const;
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    struct Member {
        std::uint32_t begin = 0; ///< in the text
        std::uint32_t size = 0;
        std::uint32_t place = 0; ///< in its array
        BatchVerb verb = BatchVerb::Create;
    };
    class Scanner;

    std::string text_;
    std::vector<Member> members_;
};

} // namespace strowger::api
