// SPDX-License-Identifier: Apache-2.0
#include "api/json_writer.h"

#include "model/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace strowger::api {

void JsonWriter::separate() {
    if (!out_.empty() && out_.back() != '{' && out_.back() != '[' && out_.back() != ':') {
        out_ += ',';
    }
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    out_ += '{';
    return *this;
}
JsonWriter& JsonWriter::end_object() {
    out_ += '}';
    return *this;
}
JsonWriter& JsonWriter::begin_array() {
    separate();
    out_ += '[';
    return *this;
}
JsonWriter& JsonWriter::end_array() {
    out_ += ']';
    return *this;
}
JsonWriter& JsonWriter::key(std::string_view name) {
    text(name);
    out_ += ':';
    return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
    separate();
    out_ += '"';
    // Texts from a path or a query may hold any byte; a reply is UTF-8 all the same.
    const auto is_ascii = [](char character) {
        return static_cast<unsigned char>(character) < 0x80;
    };
    const bool all_ascii = std::all_of(value.begin(), value.end(), is_ascii);
    const bool sound = all_ascii || model::is_printable_utf8(value);
    for (const char character : value) {
        if (!sound && !is_ascii(character)) {
            out_ += '?';
        } else if (character == '"' || character == '\\') {
            out_ += '\\';
            out_ += character;
        } else if (static_cast<unsigned char>(character) < 0x20) {
            std::array<char, 8> escape{};
            std::snprintf(
                escape.data(),
                escape.size(),
                "\\u%04x",
                static_cast<unsigned>(static_cast<unsigned char>(character))
            );
            out_ += escape.data();
        } else {
            out_ += character;
        }
    }
    out_ += '"';
    return *this;
}

JsonWriter& JsonWriter::integer(std::uint64_t value) {
    separate();
    out_ += std::to_string(value);
    return *this;
}
JsonWriter& JsonWriter::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
    return *this;
}
JsonWriter& JsonWriter::null() {
    separate();
    out_ += "null";
    return *this;
}
JsonWriter& JsonWriter::decimal(std::uint64_t value) {
    separate();
    out_ += '"';
    out_ += std::to_string(value);
    out_ += '"';
    return *this;
}
JsonWriter& JsonWriter::instant(std::int64_t unix_us) {
    return text(rfc3339(unix_us));
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

std::string rfc3339(std::int64_t unix_us) {
    using namespace std::chrono; // NOLINT(google-build-using-namespace): calendar arithmetic
    const sys_time<microseconds> instant{microseconds{unix_us}};
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss time{instant - day};
    std::array<char, 64> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
        int{date.year()},
        unsigned{date.month()},
        unsigned{date.day()},
        static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count())
    );
    return text.data();
}

} // namespace strowger::api
