// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include "cli/terminal_text.h"

#include <algorithm>

namespace strowger::cli {
namespace {

std::string shown(const Cell& cell) {
    return cell.text.empty() ? "-" : escape_for_terminal(cell.text);
}

} // namespace

void Table::print(std::ostream& out, bool color) const {
    std::vector<std::vector<Cell>> lines;
    std::vector<Cell> titles;
    for (const Column& column : columns_) {
        titles.push_back({column.title, Tone::Plain});
    }
    lines.push_back(std::move(titles));
    for (const std::vector<Cell>& row : rows_) {
        lines.push_back(row);
        lines.back().resize(columns_.size());
    }
    std::vector<std::size_t> widths(columns_.size());
    for (std::vector<Cell>& line : lines) {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            line[i].text = shown(line[i]);
            widths[i] = std::max(widths[i], display_width(line[i].text));
        }
    }
    for (const std::vector<Cell>& line : lines) {
        std::string text;
        std::size_t pending =
            0; // spaces owed before the next visible character: no trailing blanks
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const std::size_t padding = widths[i] - display_width(line[i].text);
            pending += columns_[i].align_right ? padding : 0;
            text += std::string(pending, ' ') + colored(line[i].text, line[i].tone, color);
            pending = 2 + (columns_[i].align_right ? 0 : padding);
        }
        out << text << '\n';
    }
}

Tone tone_of_state(std::string_view oper_state) {
    if (oper_state == "up" || oper_state == "ready") {
        return Tone::Good;
    }
    return oper_state == "down"       ? Tone::Bad
           : oper_state == "degraded" ? Tone::Warning
                                      : Tone::Plain;
}

std::string colored(const std::string& text, Tone tone, bool color) {
    if (!color || tone == Tone::Plain) {
        return text;
    }
    const char* code = tone == Tone::Good ? "32" : tone == Tone::Warning ? "33" : "31";
    return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

} // namespace strowger::cli
