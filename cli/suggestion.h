// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::cli {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other
/// (optimal string alignment).
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate nearest to a misspelt word; nothing when none is near enough to be meant.
std::optional<std::string_view>
nearest_word(std::string_view word, const std::vector<std::string_view>& candidates);

/// The word of a command line that the command table does not know, with what was probably meant:
/// "unknown command 'crcuit'" / "did you mean 'circuit'?". Nothing when every word is known.
struct UnknownWord {
    std::string what;
    std::string fix;
};
std::optional<UnknownWord> find_unknown_word(const std::vector<std::string>& words);

} // namespace strowger::cli
