// SPDX-License-Identifier: Apache-2.0
#include "api/json_reader.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <cstdint>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace strowger::api {
namespace {

namespace json = boost::json;
using json::error_code;

/// The members of one object so far. Few are searched one by one; many are kept in order, which
/// cannot be flooded by chosen keys as a hash can.
class MemberNames {
public:
    /// False: it was there.
    bool insert(const std::string& name) {
        if (few_.size() < kFew && many_.empty()) {
            if (std::find(few_.begin(), few_.end(), name) != few_.end()) {
                return false;
            }
            few_.push_back(name);
            return true;
        }
        if (many_.empty()) {
            many_.insert(few_.begin(), few_.end());
        }
        return many_.insert(name).second;
    }

private:
    static constexpr std::size_t kFew = 16;
    std::vector<std::string> few_;
    std::set<std::string> many_;
};

/// Builds the tree and remembers where it is, to name a member that comes twice.
class TreeBuilder {
public:
    // Names that the parser looks for.
    // NOLINTBEGIN(readability-identifier-naming)
    static constexpr std::size_t max_object_size = kJsonValuesMax;
    static constexpr std::size_t max_array_size = kJsonValuesMax;
    static constexpr std::size_t max_key_size = SIZE_MAX; // the text itself is bounded
    static constexpr std::size_t max_string_size = SIZE_MAX;
    // NOLINTEND(readability-identifier-naming)

    bool on_document_begin(error_code&) {
        stack_.reset();
        return true;
    }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code& ec) { return open(ec); }
    bool on_object_end(std::size_t members, error_code&) {
        stack_.push_object(members);
        levels_.pop_back();
        return true;
    }
    bool on_array_begin(error_code& ec) {
        if (!open(ec)) {
            return false;
        }
        levels_.back().is_array = true;
        return true;
    }
    bool on_array_end(std::size_t elements, error_code&) {
        stack_.push_array(elements);
        levels_.pop_back();
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, error_code&) {
        key_ += part;
        stack_.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, error_code&) {
        key_ += part;
        stack_.push_key(part);
        Level& level = levels_.back();
        level.member.swap(key_);
        key_.clear();
        if (!level.members.insert(level.member)) {
            problems_.add(
                pointer(),
                "duplicate_member",
                "The member \"" + quotable(level.member) + "\" appears more than once.",
                "Keep one of them."
            );
        }
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(json::string_view part, std::size_t, error_code& ec) {
        stack_.push_string(part);
        return count(ec);
    }
    bool on_number_part(json::string_view, error_code&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, error_code& ec) {
        stack_.push_int64(number);
        return count(ec);
    }
    bool on_uint64(std::uint64_t number, json::string_view, error_code& ec) {
        stack_.push_uint64(number);
        return count(ec);
    }
    bool on_double(double number, json::string_view, error_code& ec) {
        stack_.push_double(number);
        return count(ec);
    }
    bool on_bool(bool value, error_code& ec) {
        stack_.push_bool(value);
        return count(ec);
    }
    bool on_null(error_code& ec) {
        stack_.push_null();
        return count(ec);
    }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }

    JsonDocument take() { return JsonDocument{stack_.release(), std::move(problems_)}; }

private:
    struct Level {
        bool is_array = false;
        std::size_t index = 0; ///< of the next element
        std::string member;
        MemberNames members;
    };

    /// Counts a value, and an element of the array it may be in.
    bool count(error_code& ec) {
        if (!levels_.empty() && levels_.back().is_array) {
            ++levels_.back().index;
        }
        if (++values_ > kJsonValuesMax) {
            ec = json::error::array_too_large;
            return false;
        }
        return true;
    }
    bool open(error_code& ec) {
        const bool counted = count(ec);
        levels_.emplace_back();
        return counted;
    }
    [[nodiscard]] std::string pointer() const {
        std::string path;
        for (const Level& level : levels_) {
            path =
                level.is_array ? pointer_to(path, level.index - 1) : pointer_to(path, level.member);
        }
        return path;
    }

    json::value_stack stack_;
    std::vector<Level> levels_;
    std::string key_;
    ProblemList problems_;
    std::size_t values_ = 0;
};

/// One sentence for a client, in our words: the library's name its own internals.
std::string describe(const error_code& ec) {
    if (ec == json::error::too_deep) {
        return "nested deeper than " + std::to_string(kJsonDepthMax) + " levels";
    }
    if (ec == json::error::array_too_large || ec == json::error::object_too_large) {
        return "more than " + std::to_string(kJsonValuesMax) + " values";
    }
    if (ec == json::error::incomplete) {
        return "ends too early";
    }
    if (ec == json::error::extra_data) {
        return "more text after the value";
    }
    return ec.message();
}

} // namespace

Error malformed_json(std::string_view text, std::size_t offset, const std::string& why) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1; // npos + 1 is 0
    Problem problem;
    problem.code = "malformed_json";
    problem.message = "Not JSON at line " + std::to_string(line) + ", column " +
                      std::to_string(before.size() - line_start + 1) + ": " + why + '.';
    return Error{ErrorCode::Malformed, problem.message, {problem}};
}

Result<JsonDocument> read_json(std::string_view text) {
    return read_json_at(text, 0, text.size());
}

Result<JsonDocument> read_json_at(std::string_view text, std::size_t begin, std::size_t size) {
    const std::string_view part = text.substr(begin, size);
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    json::basic_parser<TreeBuilder> parser(options);
    error_code ec;
    const std::size_t consumed = parser.write_some(false, part.data(), part.size(), ec);
    if (!ec && consumed < part.size()) {
        ec = json::error::extra_data;
    }
    if (ec) {
        return malformed_json(text, begin + consumed, describe(ec));
    }
    return parser.handler().take();
}

} // namespace strowger::api
