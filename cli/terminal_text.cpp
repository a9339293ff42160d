// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal_text.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace strowger::cli {
namespace {

struct Decoded {
    char32_t code_point = 0;
    std::size_t length = 1;
    bool valid = false;
};

/// Strict UTF-8 (RFC 3629): overlong forms and surrogates are invalid, because terminals disagree
/// about them.
Decoded decode_utf8(std::string_view text) noexcept {
    const auto byte_at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte_at(0);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
        return {};
    }
    char32_t code_point = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(i) & 0xC0U) != 0x80U) {
            return {};
        }
        code_point = (code_point << 6U) | (byte_at(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < kLeast[length] || code_point > 0x10FFFF || surrogate) {
        return {};
    }
    return {code_point, length, true};
}

struct Interval {
    char32_t first;
    char32_t last;
};

template <std::size_t N>
bool within(const std::array<Interval, N>& intervals, char32_t code_point) noexcept {
    return std::any_of(intervals.begin(), intervals.end(), [&](const Interval& i) {
        return code_point >= i.first && code_point <= i.last;
    });
}

// Combining marks and joiners of the scripts that names are written in (Unicode 15, category Mn).
constexpr std::array<Interval, 12> kZeroWidth = {{
    {0x0300, 0x036F},
    {0x0483, 0x0489},
    {0x0591, 0x05BD},
    {0x0610, 0x061A},
    {0x064B, 0x065F},
    {0x093A, 0x093A},
    {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},
    {0x200B, 0x200D},
    {0x20D0, 0x20FF},
    {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F},
}};
// East Asian Width W and F (Unicode 15), in blocks.
constexpr std::array<Interval, 12> kDoubleWidth = {{
    {0x1100, 0x115F},
    {0x2E80, 0x303E},
    {0x3041, 0x33FF},
    {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF},
    {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},
    {0x1F300, 0x1FAFF},
    {0x20000, 0x3FFFD},
}};

void append_escape(std::string& out, char32_t code_point, bool json) {
    const auto number = static_cast<unsigned>(code_point);
    if (json || number > 0xFF) {
        out += fmt::format("\\u{:04x}", number);
    } else {
        out += fmt::format("\\x{:02x}", number);
    }
}

std::string escape(std::string_view text, bool document) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Decoded next = decode_utf8(text);
        if (!next.valid) {
            // In a document the replacement character: a JSON string cannot hold a lone byte.
            out += document ? "\\ufffd"
                            : fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
        } else if (document && (next.code_point == '\n' || next.code_point == '\t')) {
            out += text[0];
        } else if (is_terminal_control(next.code_point)) {
            append_escape(out, next.code_point, document);
        } else {
            out += text.substr(0, next.length);
        }
        text.remove_prefix(next.length);
    }
    return out;
}

} // namespace

bool is_terminal_control(char32_t code_point) noexcept {
    constexpr std::array<Interval, 8> kControls = {{
        {0x00, 0x1F},
        {0x7F, 0x9F},
        {0x061C, 0x061C},
        {0x200E, 0x200F},
        {0x2028, 0x202E},
        {0x2066, 0x2069},
        {0xFEFF, 0xFEFF},
        {0xE0000, 0xE007F},
    }};
    return within(kControls, code_point);
}

std::string escape_for_terminal(std::string_view text) {
    return escape(text, false);
}

std::string escape_document(std::string_view text) {
    return escape(text, true);
}

std::size_t display_width(std::string_view text) noexcept {
    std::size_t width = 0;
    while (!text.empty()) {
        const Decoded next = decode_utf8(text);
        const bool hidden = next.valid && within(kZeroWidth, next.code_point);
        const bool wide = next.valid && within(kDoubleWidth, next.code_point);
        width += hidden ? 0U : wide ? 2U : 1U;
        text.remove_prefix(next.length);
    }
    return width;
}

} // namespace strowger::cli
