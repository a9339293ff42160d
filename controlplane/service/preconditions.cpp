// SPDX-License-Identifier: Apache-2.0
#include "service/preconditions.h"

#include <string_view>

namespace strowger::service {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

/// A list of entity tags; weak ones never match (RFC 9110 section 13.1.1). Ours hold no comma.
bool lists(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (trimmed(list.substr(0, comma)) == etag) {
            return true;
        }
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
    return false;
}

Error failed(std::string message) {
    return {ErrorCode::Precondition, std::move(message), {}};
}

} // namespace

std::string etag_of(const ObjectId& id, std::uint64_t generation) {
    return "\"" + id.text() + "." + std::to_string(generation) + "\"";
}

std::optional<Error> check_preconditions(const WriteRequest& request, const Record* current) {
    if (request.if_none_match_any && current != nullptr) {
        return failed("If-None-Match: * asks for an object that is not there yet; this one is.");
    }
    if (!request.if_match.has_value()) {
        return std::nullopt;
    }
    if (current == nullptr) {
        return failed("If-Match asks for an object that is there; this one is not.");
    }
    const std::string etag = etag_of(current->id, current->generation);
    if (trimmed(*request.if_match) == "*" || lists(*request.if_match, etag)) {
        return std::nullopt;
    }
    return failed("The object has changed: its ETag is " + etag + " now.");
}

} // namespace strowger::service
