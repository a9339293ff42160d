// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace strowger::cli {

enum class Tone { Plain, Good, Warning, Bad };

struct Cell {
    std::string text; ///< raw: escaped when printed
    Tone tone = Tone::Plain;
};

struct Column {
    std::string title;
    bool align_right = false;
};

/// Rows under titles, as wide as their widest cell on a terminal, two spaces between columns.
class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    /// Missing cells are empty; an empty cell is shown as "-".
    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
    void print(std::ostream& out, bool color) const;
    [[nodiscard]] std::size_t row_count() const { return rows_.size(); }

private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

/// up is good, degraded a warning, down bad.
[[nodiscard]] Tone tone_of_state(std::string_view oper_state);

/// The text in the tone's colour; unchanged without colour.
std::string colored(const std::string& text, Tone tone, bool color);

} // namespace strowger::cli
