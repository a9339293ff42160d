// SPDX-License-Identifier: Apache-2.0
#include "api/batch_document.h"

#include "api/json_fields.h"
#include "strowger/model/batch_limits.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace strowger::api {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> kVerbs = {"create", "put", "patch", "delete"};
constexpr std::string_view kShape = R"({"create":[...],"put":[...],"patch":[...],"delete":[...]})";

bool is_space(char character) {
    return character == ' ' || character == '\n' || character == '\r' || character == '\t';
}

/// The place of the next of these characters, or the end. Behind a few others it looks at so many
/// at a time that the compiler compares them at once: 16 MiB, one by one, would hold up everybody
/// else.
template <char... kWanted>
std::size_t find_next(std::string_view text, std::size_t place) {
    constexpr std::size_t kFew = 16;
    constexpr std::size_t kBlock = 32;
    const auto is_wanted = [](char character) { return ((character == kWanted) | ...); };
    const auto next_until = [&](std::size_t end) {
        while (place < end && !is_wanted(text[place])) {
            ++place;
        }
        return place < end;
    };
    if (next_until(std::min(text.size(), place + kFew))) {
        return place;
    }
    for (; place + kBlock <= text.size(); place += kBlock) {
        std::uint8_t seen = 0;
        const char* const block = text.data() + place;
        for (std::size_t i = 0; i < kBlock; ++i) {
            seen = static_cast<std::uint8_t>(seen | (is_wanted(block[i]) ? 1U : 0U));
        }
        if (seen != 0) {
            break;
        }
    }
    next_until(text.size());
    return place;
}

} // namespace

/// Walks over the text once. A member's own grammar is not looked at, only where it ends: at the
/// bracket that closes it, strings left out. A member that breaks its grammar may end elsewhere
/// than its sender meant; then it, or what follows, is no JSON and is refused as such.
class BatchDocument::Scanner {
public:
    explicit Scanner(BatchDocument& document) : document_(document), text_(document.text_) {}

    Result<void> run() {
        if (!scan_frame()) {
            return malformed_json(text_, place_, "a batch is " + std::string(kShape));
        }
        if (fault_) {
            return *fault_;
        }
        check_size();
        if (!problems_.empty()) {
            return problems_.to_error();
        }
        return {};
    }

private:
    void skip_space() {
        while (place_ < text_.size() && is_space(text_[place_])) {
            ++place_;
        }
    }
    bool take(char wanted) {
        skip_space();
        if (place_ == text_.size() || text_[place_] != wanted) {
            return false;
        }
        ++place_;
        return true;
    }
    bool sees(char wanted) {
        skip_space();
        return place_ < text_.size() && text_[place_] == wanted;
    }

    /// Past the closing quote. False: there is none.
    bool skip_string() {
        ++place_;
        while (true) {
            place_ = find_next<'"', '\\'>(text_, place_);
            if (place_ >= text_.size()) {
                place_ = text_.size();
                return false;
            }
            if (text_[place_] == '"') {
                ++place_;
                return true;
            }
            place_ += 2; // what is escaped ends nothing
        }
    }
    /// Past one value, as far as brackets tell.
    bool skip_value() {
        skip_space();
        std::size_t depth = 0;
        const std::size_t begin = place_;
        while (place_ < text_.size()) {
            const char character = text_[place_];
            if (character == '"') {
                if (!skip_string()) {
                    return false;
                }
            } else if (character == '{' || character == '[') {
                ++depth;
                ++place_;
            } else if (character == '}' || character == ']') {
                if (depth == 0) {
                    break; // the frame's
                }
                --depth;
                ++place_;
            } else if (depth == 0 && (character == ',' || is_space(character))) {
                break;
            } else {
                // Of a number or a word, or between members.
                place_ =
                    depth == 0 ? place_ + 1 : find_next<'"', '{', '}', '[', ']'>(text_, place_ + 1);
                continue;
            }
            if (depth == 0) {
                break;
            }
        }
        return depth == 0 && place_ > begin;
    }

    bool scan_frame() {
        if (!sees('{')) {
            if (!scan_other("")) {
                return false;
            }
            skip_space();
            return fault_.has_value() || place_ == text_.size();
        }
        ++place_;
        if (!take('}')) {
            do {
                if (!scan_section()) {
                    return false;
                }
                if (fault_) {
                    return true;
                }
            } while (take(','));
            if (!take('}')) {
                return false;
            }
        }
        skip_space();
        return place_ == text_.size();
    }
    /// `"create":[…]`
    bool scan_section() {
        if (!sees('"')) {
            return false;
        }
        const std::size_t begin = place_;
        if (!skip_string()) {
            return false;
        }
        const std::optional<std::string> name = text_of(begin);
        if (!name || !take(':')) {
            return false;
        }
        const auto* const known = std::find(kVerbs.begin(), kVerbs.end(), *name);
        if (known == kVerbs.end()) {
            const std::string_view meant = closest_name(*name, kVerbs);
            problems_.add(
                pointer_to("", *name),
                "unknown_member",
                "There is no member \"" + quotable(*name) + "\" here.",
                meant.empty() ? std::string(kShape) : "Did you mean \"" + std::string(meant) + "\"?"
            );
            return read_other() != nullptr || fault_.has_value();
        }
        const auto verb = static_cast<std::size_t>(known - kVerbs.begin());
        if (std::exchange(seen_[verb], true)) {
            problems_.add(
                pointer_to("", *name),
                "duplicate_member",
                "The member \"" + *name + "\" appears more than once.",
                "Keep one of them."
            );
        }
        return sees('[') ? scan_members(static_cast<BatchVerb>(verb)) : scan_other(*name);
    }
    bool scan_members(BatchVerb verb) {
        ++place_;
        if (take(']')) {
            return true;
        }
        std::uint32_t index = 0;
        do {
            skip_space();
            const std::size_t begin = place_;
            if (!skip_value()) {
                return false;
            }
            // Those too many are counted, and kept no more.
            if (++count_ <= limits::kBatchMembersMax) {
                document_.members_.push_back(
                    {static_cast<std::uint32_t>(begin),
                     static_cast<std::uint32_t>(place_ - begin),
                     index,
                     verb}
                );
            }
            ++index;
        } while (take(','));
        return take(']');
    }
    /// A value in the place of members, or of the whole: blamed.
    bool scan_other(std::string_view name) {
        const json::value* value = read_other();
        if (value != nullptr) {
            problems_.add(
                name.empty() ? std::string() : pointer_to("", name),
                "wrong_type",
                "Must be an " + std::string(name.empty() ? "object" : "array") + ", not " +
                    std::string(kind_in_words(*value)) + '.',
                std::string(kShape)
            );
        }
        return value != nullptr || fault_.has_value();
    }
    /// Reads it, so that it is JSON at least. Null: it is none, and that is the answer.
    const json::value* read_other() {
        skip_space();
        const std::size_t begin = place_;
        if (!skip_value()) {
            return nullptr;
        }
        Result<JsonDocument> read = read_json_at(text_, begin, place_ - begin);
        if (!read) {
            fault_ = read.error();
            return nullptr;
        }
        other_ = *std::move(read);
        return &other_.value;
    }
    [[nodiscard]] std::optional<std::string> text_of(std::size_t begin) const {
        const Result<JsonDocument> key = read_json_at(text_, begin, place_ - begin);
        if (!key || !key->value.is_string()) {
            return std::nullopt;
        }
        return std::string(key->value.get_string());
    }
    void check_size() {
        if (count_ > limits::kBatchMembersMax) {
            problems_.add(
                "",
                "out_of_range",
                "A batch holds at most " + std::to_string(limits::kBatchMembersMax) +
                    " changes; this one has " + std::to_string(count_) + '.',
                "Send several batches."
            );
        } else if (count_ == 0 && problems_.empty()) {
            problems_.add(
                "", "required", "A batch holds at least one change.", std::string(kShape)
            );
        }
    }

    BatchDocument& document_;
    const std::string_view text_;
    std::size_t place_ = 0;
    std::size_t count_ = 0;
    std::array<bool, kVerbs.size()> seen_{};
    ProblemList problems_;
    JsonDocument other_;
    std::optional<Error> fault_; ///< of what is JSON by its brackets alone
};

Result<BatchDocument> BatchDocument::read(std::string text) {
    STROWGER_CHECK(text.size() <= limits::kBatchBodyBytesMax);
    BatchDocument document;
    document.text_ = std::move(text);
    if (Result<void> scanned = Scanner(document).run(); !scanned) {
        return scanned.error();
    }
    return document;
}

std::string BatchDocument::pointer(std::size_t index) const {
    const Member& member = members_.at(index);
    return '/' + std::string(kVerbs[static_cast<std::size_t>(member.verb)]) + '/' +
           std::to_string(member.place);
}

std::string_view BatchDocument::member_text(std::size_t index) const {
    const Member& member = members_.at(index);
    return std::string_view(text_).substr(member.begin, member.size);
}

Result<JsonDocument> BatchDocument::member(std::size_t index) const {
    const Member& member = members_.at(index);
    return read_json_at(text_, member.begin, member.size);
}

} // namespace strowger::api
