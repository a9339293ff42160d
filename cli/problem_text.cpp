// SPDX-License-Identifier: Apache-2.0
#include "cli/problem_text.h"

#include "cli/json_access.h"
#include "cli/terminal_text.h"

#include <boost/json.hpp>

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace strowger::cli {
namespace json = boost::json;
namespace {

struct Word {
    std::string_view member;
    std::string_view text;
};
constexpr std::array<Word, 17> kWords = {{
    {"vlan_map", "VLAN map"},
    {"c_vlans", "C-VLANs"},
    {"s_vlan", "S-VLAN"},
    {"s_vlans", "S-VLANs"},
    {"cir_bps", "CIR"},
    {"cbs_bytes", "CBS"},
    {"eir_bps", "EIR"},
    {"ebs_bytes", "EBS"},
    {"color_mode", "colour mode"},
    {"coupling_flag", "coupling flag"},
    {"max_frame_bytes", "largest frame"},
    {"display_name", "display name"},
    {"admin_state", "admin state"},
    {"uni", "UNI"},
    {"tpid", "TPID"},
    {"bandwidth", "bandwidth"},
    {"tags", "tags"},
}};

/// RFC 6901 section 4: "~1" is a slash and "~0" a tilde, in this order.
std::string unescape_token(std::string_view token) {
    std::string text;
    for (std::size_t i = 0; i < token.size(); ++i) {
        const bool escaped = token[i] == '~' && i + 1 < token.size();
        if (escaped && (token[i + 1] == '0' || token[i + 1] == '1')) {
            text += token[++i] == '1' ? '/' : '~';
        } else {
            text += token[i];
        }
    }
    return text;
}

std::string token_in_words(const std::string& token) {
    for (const Word& word : kWords) {
        if (word.member == token) {
            return std::string(word.text);
        }
    }
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (error == std::errc() && end == token.data() + token.size()) {
        return fmt::format("item {}", index + 1);
    }
    return token;
}

ExitCode exit_for(unsigned status, std::string_view code) {
    if (code == "quota_exceeded") {
        return ExitCode::Conflict;
    }
    switch (status) {
        case 400:
        case 405:
        case 413:
        case 415:
        case 422:
            return ExitCode::Usage;
        case 401:
        case 403:
            return ExitCode::Permission;
        case 404:
        case 410:
            return ExitCode::NotFound;
        case 409:
        case 412:
        case 428:
        case 429:
            return ExitCode::Conflict;
        default:
            return ExitCode::General;
    }
}

/// A cure for refusals that carry no hint of their own.
std::string usual_fix(unsigned status, const HttpReply& reply) {
    switch (status) {
        case 401:
            return "give a token with --token, --token-file or STROWGER_TOKEN, or use the local "
                   "socket as root";
        case 403:
            return "use a token that may do this; an operator names a tenant with --tenant";
        case 404:
            return "check the name with `list`; an operator names a tenant with --tenant";
        case 412:
            return "read the object again with `get`, then repeat with its new etag";
        case 503: {
            const std::string_view after = reply.header("Retry-After");
            return after.empty() ? "try again" : fmt::format("try again in {} s", after);
        }
        default:
            return "";
    }
}

Fault fault_from(const json::object& item) {
    const std::string place = pointer_in_words(text_at(item, "pointer"));
    const std::string message = text_at(item, "message");
    return {
        place.empty() ? message : place + ": " + message,
        text_at(item, "code"),
        text_at(item, "rule"),
        text_at(item, "hint"),
    };
}

std::string paint(std::string_view text, std::string_view code, bool color) {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

} // namespace

std::string pointer_in_words(std::string_view pointer) {
    std::string text;
    bool names_follow = false;
    while (pointer.starts_with('/')) {
        pointer.remove_prefix(1);
        const std::size_t length = std::min(pointer.find('/'), pointer.size());
        const std::string token = unescape_token(pointer.substr(0, length));
        pointer.remove_prefix(length);
        if (token == "endpoints" && !pointer.empty()) {
            names_follow =
                true; // the next token is a name the tenant chose, even if it looks like a number
            text += text.empty() ? "endpoint " : ", endpoint ";
            continue;
        }
        if (!names_follow && !text.empty()) {
            text += ", ";
        }
        text += names_follow ? token : token_in_words(token);
        names_follow = false;
    }
    return text;
}

Failure failure_from_reply(const HttpReply& reply, std::string_view what) {
    Failure failure;
    failure.request_id = reply.header("X-Request-Id");
    boost::system::error_code error;
    const json::value body = json::parse(reply.body, error);
    const json::object* problem = error ? nullptr : body.if_object();
    if (problem == nullptr) {
        failure.exit = exit_for(reply.status, "");
        failure.what = fmt::format("{}: HTTP {}", what, reply.status);
        failure.faults.push_back(
            {"the answer is no problem object; is this a strowgerd?", "", "", "check the address"}
        );
        return failure;
    }
    const std::string code = text_at(*problem, "code");
    const std::string title = text_at(*problem, "title");
    const std::string detail = text_at(*problem, "detail");
    failure.exit = exit_for(reply.status, code);
    failure.what = fmt::format("{}: {}", what, title.empty() ? code : title);
    failure.problem_json = reply.body;
    if (const json::value* errors = problem->if_contains("errors");
        errors != nullptr && errors->is_array()) {
        for (const json::value& item : errors->get_array()) {
            if (item.is_object()) {
                failure.faults.push_back(fault_from(item.get_object()));
            }
        }
    }
    if (failure.faults.empty()) {
        failure.faults.push_back({detail.empty() ? title : detail, code, "", ""});
    } else if (!detail.empty() && !failure.faults.front().why.ends_with(detail)) {
        failure.what = fmt::format("{}: {}", what, detail);
    }
    if (failure.faults.size() == 1 && failure.faults.front().fix.empty()) {
        failure.faults.front().fix = usual_fix(reply.status, reply);
    }
    return failure;
}

void print_failure(std::ostream& err, const Failure& failure, bool color) {
    err << paint("error:", "1;31", color) << ' ' << escape_for_terminal(failure.what);
    if (!failure.request_id.empty()) {
        err << " (request " << escape_for_terminal(failure.request_id) << ')';
    }
    err << '\n';
    for (const Fault& fault : failure.faults) {
        std::string source = fault.code;
        if (!fault.rule.empty()) {
            source += (source.empty() ? "" : ", ") + fault.rule;
        }
        err << "  why: " << escape_for_terminal(fault.why);
        err << (source.empty() ? "" : " [" + escape_for_terminal(source) + "]") << '\n';
        if (!fault.fix.empty()) {
            err << "  fix: " << escape_for_terminal(fault.fix) << '\n';
        }
    }
}

std::string failure_as_json(const Failure& failure) {
    if (!failure.problem_json.empty()) {
        return failure.problem_json;
    }
    json::array errors;
    for (const Fault& fault : failure.faults) {
        errors.push_back(json::object{
            {"pointer", ""}, {"code", fault.code}, {"message", fault.why}, {"hint", fault.fix}});
    }
    return json::serialize(json::object{
        {"type", "about:blank"},
        {"title", failure.what},
        {"code", "not_sent_by_the_api"},
        {"detail", failure.faults.empty() ? failure.what : failure.faults.front().why},
        {"exit_code", static_cast<int>(failure.exit)},
        {"errors", std::move(errors)},
    });
}

} // namespace strowger::cli
