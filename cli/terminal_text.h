// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace strowger::cli {

/// Whether a code point can move the cursor, change colours, or reorder what the reader sees: C0,
/// DEL, C1, line and paragraph separators, and Unicode's bidirectional controls.
[[nodiscard]] bool is_terminal_control(char32_t code_point) noexcept;

/// Text of a tenant made harmless for one line of a terminal: `\x1b`, `\u202e`; bytes that are not
/// UTF-8 become `\xff`.
std::string escape_for_terminal(std::string_view text);

/// The same for a JSON or YAML document: line feeds stay, escapes are those of JSON strings, so the
/// document keeps its meaning.
std::string escape_document(std::string_view text);

/// Columns a terminal needs for the text: 0 for combining marks, 2 for wide East Asian characters
/// and emoji. Text with controls must be escaped first.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

} // namespace strowger::cli
