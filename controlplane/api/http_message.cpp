// SPDX-License-Identifier: Apache-2.0
#include "api/http_message.h"

#include <algorithm>

namespace strowger::api {
namespace {

const std::string* find_field(const std::vector<HttpField>& fields, std::string_view name) {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const HttpField& field) {
        return field.name == name;
    });
    return found == fields.end() ? nullptr : &found->value;
}

} // namespace

const std::string* HttpRequest::find(std::string_view name) const {
    return find_field(fields, name);
}

std::size_t HttpRequest::count(std::string_view name) const {
    const auto is_it = [&](const HttpField& field) { return field.name == name; };
    return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), is_it));
}

const std::string* HttpResponse::find(std::string_view name) const {
    return find_field(fields, name);
}

std::string_view reason_phrase(int status) noexcept {
    constexpr std::pair<int, std::string_view> kPhrases[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };
    for (const auto& [known, phrase] : kPhrases) {
        if (known == status) {
            return phrase;
        }
    }
    return "Unknown";
}

std::string serialize_response(
    const HttpResponse& response,
    std::string_view date,
    bool keep_alive,
    bool with_body
) {
    std::string text;
    text.reserve(512 + response.body.size());
    text += "HTTP/1.1 ";
    text += std::to_string(response.status);
    text += ' ';
    text += reason_phrase(response.status);
    text += "\r\nDate: ";
    text += date;
    for (const HttpField& field : response.fields) {
        text += "\r\n";
        text += field.name;
        text += ": ";
        text += field.value;
    }
    if (response.status != 204) { // RFC 9110 section 8.6: none with 204
        text += "\r\nContent-Length: ";
        text += std::to_string(response.body.size());
    }
    text += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
    if (with_body) {
        text += response.body;
    }
    return text;
}

} // namespace strowger::api
