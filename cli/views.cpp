// SPDX-License-Identifier: Apache-2.0
#include "cli/views.h"

#include "cli/json_access.h"
#include "cli/terminal_text.h"
#include "cli/units.h"
#include "cli/vlan_text.h"

#include <boost/json.hpp>

#include <fmt/format.h>
#include <map>
#include <utility>

namespace strowger::cli {
namespace json = boost::json;
namespace {

/// A column shows the member at a path, or what `cell` makes of the object.
struct ListColumn {
    Column column;
    JsonPath path;
    Cell (*cell)(const json::value& object) = nullptr;
};

Cell state_of(const json::value& object) {
    const std::string state = text_at(object, {"status", "oper_state"});
    return {state, tone_of_state(state)};
}

std::string rate_text(const json::value& object, const JsonPath& path) {
    const json::value* value = find_value(object, path);
    boost::system::error_code error;
    const auto rate = value == nullptr ? 0 : value->to_number<std::uint64_t>(error);
    return value == nullptr || error ? "" : format_units(rate);
}

Cell circuit_cir(const json::value& object) {
    const std::string own = rate_text(object, {"spec", "bandwidth", "cir_bps"});
    return {own.empty() ? "per endpoint" : own};
}

Cell port_speed(const json::value& object) {
    return {rate_text(object, {"status", "speed_bps"})};
}

Cell uni_s_vlans(const json::value& object) {
    const std::string first = text_at(object, {"spec", "s_vlans", "first"});
    return {
        first.empty() ? "whole port" : first + "-" + text_at(object, {"spec", "s_vlans", "last"})};
}

Cell uni_tpid(const json::value& object) {
    const std::string effective = text_at(object, {"status", "effective", "tpid"});
    return {effective.empty() ? text_at(object, {"spec", "tpid"}) : effective};
}

Cell circuit_endpoints(const json::value& object) {
    const json::value* spec = find_value(object, {"spec"});
    return {spec == nullptr ? "" : endpoints_text(*spec)};
}

/// "2, 3"
std::string joined(const json::value& object, const JsonPath& path) {
    const json::value* list = find_value(object, path);
    std::string text;
    if (list != nullptr && list->is_array()) {
        for (const json::value& item : list->get_array()) {
            text += text.empty() ? "" : ", ";
            text += item.is_string() ? std::string(item.get_string()) : json::serialize(item);
        }
    }
    return text;
}

Cell slice_cores(const json::value& object) {
    return {joined(object, {"spec", "cores"})};
}

Cell slice_tenants(const json::value& object) {
    return {joined(object, {"spec", "tenants"})};
}

/// "25.0 %" of 250 thousandths.
Cell busy_text(const json::value& object, const JsonPath& path) {
    const json::value* value = find_value(object, path);
    boost::system::error_code error;
    const auto permille = value == nullptr ? 0 : value->to_number<std::uint32_t>(error);
    return {value == nullptr || error ? "" : fmt::format("{}.{} %", permille / 10, permille % 10)};
}

Cell slice_busy(const json::value& object) {
    return busy_text(object, {"status", "busy_permille"});
}

Cell worker_busy(const json::value& object) {
    return busy_text(object, {"busy_permille"});
}

Cell worker_kind(const json::value& object) {
    return {text_at(object, {"shared"}) == "true" ? "shared" : text_at(object, {"idle"})};
}

Cell isolation_of(const json::value& object) {
    const std::string isolation = text_at(object, {"status", "isolation"});
    return {isolation, isolation == "hard" ? Tone::Good : Tone::Warning};
}

const std::map<std::string_view, std::vector<ListColumn>>& list_columns() {
    const Column name{"NAME"};
    const Column id{"ID"};
    static const std::map<std::string_view, std::vector<ListColumn>> by_noun = {
        {"tenant",
         {{name, {"spec", "name"}},
          {id, {"id"}},
          {{"UNIS", true}, {"status", "unis"}},
          {{"CIRCUITS", true}, {"status", "circuits"}},
          {{"DISPLAY NAME"}, {"spec", "display_name"}}}},
        {"token",
         {{name, {"spec", "name"}},
          {id, {"id"}},
          {{"ROLE"}, {"spec", "role"}},
          {{"CREATED"}, {"status", "created_at"}},
          {{"LAST USED"}, {"status", "last_used_at"}}}},
        {"port",
         {{name, {"spec", "name"}},
          {{"STATE"}, {}, state_of},
          {{"SPEED", true}, {}, port_speed},
          {{"MAX FRAME", true}, {"status", "max_frame_bytes"}},
          {{"DRIVER"}, {"status", "driver"}},
          {{"DEVICE"}, {"spec", "device"}}}},
        {"uni",
         {{name, {"spec", "name"}},
          {id, {"id"}},
          {{"PORT"}, {"spec", "port"}},
          {{"TPID"}, {}, uni_tpid},
          {{"S-VLANS"}, {}, uni_s_vlans},
          {{"STATE"}, {}, state_of},
          {{"CIRCUITS", true}, {"status", "circuits"}},
          {{"DISPLAY NAME"}, {"spec", "display_name"}}}},
        {"circuit",
         {{name, {"spec", "name"}},
          {id, {"id"}},
          {{"SERVICE"}, {"status", "mef_service"}},
          {{"STATE"}, {}, state_of},
          {{"CIR", true}, {}, circuit_cir},
          {{"ENDPOINTS"}, {}, circuit_endpoints},
          {{"DISPLAY NAME"}, {"spec", "display_name"}}}},
        {"slice",
         {{name, {"spec", "name"}},
          {id, {"id"}},
          {{"CORES"}, {}, slice_cores},
          {{"TENANTS"}, {}, slice_tenants},
          {{"ISOLATION"}, {}, isolation_of},
          {{"BUSY", true}, {}, slice_busy},
          {{"CIRCUITS", true}, {"status", "circuits"}},
          {{"MOVING", true}, {"status", "circuits_moving"}},
          {{"DISPLAY NAME"}, {"spec", "display_name"}}}},
        {"worker",
         {{{"CORE", true}, {"core"}},
          {{"SLICE"}, {"slice", "name"}},
          {{"BUSY", true}, {}, worker_busy},
          {{"CIRCUITS", true}, {"circuits"}},
          {{"IDLE"}, {}, worker_kind},
          {{"NUMA", true}, {"numa_node"}}}},
        {"order",
         {{{"SEQ", true}, {"seq"}},
          {id, {"id"}},
          {{"STATE"}, {"state"}},
          {{"OPERATION"}, {"operation"}},
          {{"OBJECT"}, {"object", "id"}},
          {{"ACTOR"}, {"actor", "id"}},
          {{"AT"}, {"at"}}}},
    };
    return by_noun;
}

/// Flattens nested members to "endpoints.a.uni"; VLAN maps and short lists stay one line.
class Lines {
public:
    void add(const std::string& path, const json::value& value) { // NOLINT(misc-no-recursion)
        const std::string_view last = std::string_view(path).substr(path.rfind('.') + 1);
        if (value.is_object() && last == "vlan_map") {
            lines_.emplace_back(path, format_vlan_map(value.get_object()));
        } else if (value.is_object()) {
            for (const auto& item : value.get_object()) {
                add(path + "." + std::string(item.key()), item.value());
            }
        } else if (value.is_array()) {
            add_array(path, value.get_array());
        } else {
            lines_.emplace_back(path, scalar(last, value));
        }
    }

    void print(std::ostream& out, bool color) const {
        std::size_t width = 0;
        for (const auto& line : lines_) {
            width = std::max(width, display_width(escape_for_terminal(line.first)));
        }
        for (const auto& [path, text] : lines_) {
            const std::string left = escape_for_terminal(path);
            const Tone tone = path.ends_with("oper_state") ? tone_of_state(text) : Tone::Plain;
            out << left << std::string(width - display_width(left) + 2, ' ')
                << colored(escape_for_terminal(text), tone, color) << '\n';
        }
    }

private:
    void add_array(const std::string& path, const json::array& items) { // NOLINT(misc-no-recursion)
        std::string joined;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (items[i].is_structured()) {
                add(fmt::format("{}.{}", path, i + 1), items[i]);
            } else {
                joined += (joined.empty() ? "" : ", ") + scalar("", items[i]);
            }
        }
        if (!joined.empty()) {
            lines_.emplace_back(path, joined);
        }
    }

    static std::string scalar(std::string_view member, const json::value& value) {
        if (value.is_string()) {
            return std::string(value.get_string());
        }
        if (value.is_null()) {
            return "-";
        }
        return number_with_units(member, value);
    }

    std::vector<std::pair<std::string, std::string>> lines_;
};

} // namespace

std::string number_with_units(std::string_view member, const json::value& value) {
    std::string text = json::serialize(value);
    const bool is_size = member.ends_with("_bytes");
    boost::system::error_code error;
    const auto number = value.to_number<std::uint64_t>(error);
    if (error || (!is_size && !member.ends_with("_bps"))) {
        return text;
    }
    const std::string units = format_units(number);
    const bool clearer = units != text && !(is_size && units.find('.') != std::string::npos);
    return clearer ? fmt::format("{} ({})", text, units) : text;
}

std::string endpoints_text(const json::value& circuit_spec) {
    const json::value* endpoints = find_value(circuit_spec, {"endpoints"});
    if (endpoints == nullptr || !endpoints->is_object()) {
        return "";
    }
    std::string text;
    for (const auto& endpoint : endpoints->get_object()) {
        const json::value* map = find_value(endpoint.value(), {"vlan_map"});
        text += text.empty() ? "" : " <-> ";
        text += fmt::format(
            "{} {}:{}",
            std::string_view(endpoint.key()),
            text_at(endpoint.value(), {"uni"}),
            map != nullptr && map->is_object() ? format_vlan_map(map->get_object()) : "?"
        );
    }
    return text;
}

Table list_view(std::string_view noun, const json::array& objects) {
    const std::vector<ListColumn>& columns = list_columns().at(noun);
    std::vector<Column> titles;
    for (const ListColumn& column : columns) {
        titles.push_back(column.column);
    }
    Table table(std::move(titles));
    for (const json::value& object : objects) {
        std::vector<Cell> row;
        for (const ListColumn& column : columns) {
            row.push_back(
                column.cell != nullptr ? column.cell(object) : Cell{text_at(object, column.path)}
            );
        }
        table.add(std::move(row));
    }
    return table;
}

void print_object(std::ostream& out, std::string_view noun, const json::value& object, bool color) {
    const json::object* members = object.if_object();
    if (members == nullptr) {
        return;
    }
    Lines lines;
    lines.add(std::string(noun), text_at(object, {"spec", "name"}).c_str());
    for (const auto& member : *members) {
        lines.add(std::string(member.key()), member.value());
    }
    const std::string id = text_at(object, {"id"});
    const std::string generation = text_at(object, {"generation"});
    if (!id.empty() && !generation.empty()) {
        lines.add("etag", (id + "." + generation).c_str());
    }
    lines.print(out, color);
}

} // namespace strowger::cli
