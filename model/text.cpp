// SPDX-License-Identifier: Apache-2.0
#include "model/text.h"

#include <cstddef>
#include <cstdint>

namespace strowger::model {
namespace {

struct Decoded {
    std::uint32_t code_point = 0;
    std::size_t size = 0; // 0: not UTF-8
};

/// The table of RFC 3629 section 3: how many bytes follow, and the least value such a length may
/// carry (a smaller one is an overlong form, which filters downstream would not recognise).
Decoded decode_first(std::string_view text) noexcept {
    struct Form {
        std::uint8_t mask, lead;
        std::size_t size;
        std::uint32_t least;
    };
    static constexpr Form kForms[] = {
        {0x80, 0x00, 1, 0},
        {0xE0, 0xC0, 2, 0x80},
        {0xF0, 0xE0, 3, 0x800},
        {0xF8, 0xF0, 4, 0x10000},
    };
    const auto lead = static_cast<std::uint8_t>(text.front());
    for (const Form& form : kForms) {
        if ((lead & form.mask) != form.lead) {
            continue;
        }
        if (text.size() < form.size) {
            return {};
        }
        std::uint32_t code_point = lead & static_cast<std::uint8_t>(~form.mask);
        for (std::size_t i = 1; i < form.size; ++i) {
            const auto next = static_cast<std::uint8_t>(text[i]);
            if ((next & 0xC0U) != 0x80U) {
                return {};
            }
            code_point = code_point << 6U | (next & 0x3FU);
        }
        const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
        if (code_point < form.least || code_point > 0x10FFFF || surrogate) {
            return {};
        }
        return {code_point, form.size};
    }
    return {};
}

} // namespace

bool is_printable_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const Decoded next = decode_first(text);
        const bool control =
            next.code_point < 0x20 || (next.code_point >= 0x7F && next.code_point <= 0x9F);
        if (next.size == 0 || control) {
            return false;
        }
        text.remove_prefix(next.size);
    }
    return true;
}

std::string pointer_to(std::string_view pointer, std::string_view member) {
    std::string out(pointer);
    out += '/';
    for (const char c : member) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

} // namespace strowger::model
