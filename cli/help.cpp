// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "cli/command_table.h"
#include "cli/exit_code.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace strowger::cli {
namespace {

struct Topic {
    std::string_view name;
    std::string_view summary;
    std::string_view text; ///< empty: made by code
};

constexpr std::string_view kConnectionTopic =
    R"(Where the daemon is, and who asks. The first place that names an address wins:

  1. flags        --url URL or --socket PATH, with --token, --token-file, --tenant, --ca-file
  2. --context    one context of the file below; the environment is then ignored
  3. environment  STROWGER_URL or STROWGER_SOCKET, with STROWGER_TOKEN, STROWGER_TENANT
  4. context      the current one of ~/.config/strowger/contexts.yaml (mode 0600)
  5. otherwise    the unix socket /run/strowger/api.sock, which needs no token

A context's token and tenant are used at the context's own address only. https verifies the
server's certificate: against the system's authorities, or against --ca-file FILE.
An operator acts for a tenant with --tenant NAME; a tenant's token says it by itself.
)";

constexpr std::string_view kUnitsTopic =
    R"(The API takes integers; the command line also takes what people write, and echoes the integer.

  rates   64k  12.5M  100M  1G  100000000    bits a second, decimal; "bps" and "b/s" may follow
  sizes   12000  128k  1.5M  64KiB           bytes; k and M are decimal, KiB, MiB, GiB binary
  times   1s  500ms  2m  3                   3 is three seconds

Nothing is rounded: 0.5 bit is refused.
)";

constexpr std::string_view kVlanMapsTopic = R"(Which frames of a UNI belong to an endpoint:

  all               every frame, whatever its tags (EPL)
  untagged          untagged and priority-tagged frames
  c100              one C-VLAN: the tag is the circuit's and may differ at the other end
  c100,200-299      several C-VLANs: tags are the customer's and preserved
  s900              one S-VLAN, whatever is inside
  s900.c10          an S-VLAN and a C-VLAN inside
  s900.c10,20-29    an S-VLAN and several C-VLANs inside

In a command: --endpoint a=UNI:c100 --endpoint z=UNI:s900.c100
)";

constexpr std::array<Topic, 4> kTopics = {{
    {"connection", "where the daemon is and who asks", kConnectionTopic},
    {"exit-codes", "what the exit status says", ""},
    {"units", "rates, sizes and times as text", kUnitsTopic},
    {"vlan-maps", "which frames belong to an endpoint", kVlanMapsTopic},
}};

std::string exit_codes_text() {
    std::string text = "What the exit status says:\n\n";
    for (const ExitCodeMeaning& row : kExitCodeMeanings) {
        text += fmt::format("  {:>3}  {}\n", static_cast<int>(row.code), row.meaning);
    }
    return text;
}

std::string flag_lines(std::span<const Flag> flags) {
    std::string text;
    for (const Flag& flag : flags) {
        std::string left = flag.letter == '\0' ? "    " : fmt::format("-{}, ", flag.letter);
        left += fmt::format("--{}", flag.name);
        if (!flag.value_name.empty()) {
            left += flag.value_when_bare.empty() ? fmt::format(" {}", flag.value_name)
                                                 : fmt::format("[={}]", flag.value_name);
        }
        text +=
            fmt::format("  {:<30} {}{}\n", left, flag.help, flag.repeatable ? " (repeatable)" : "");
    }
    return text;
}

std::string invocation(const Command& command) {
    std::string text = fmt::format("strowger {}", command.noun);
    text += command.verb.empty() ? "" : fmt::format(" {}", command.verb);
    return text + (command.word.empty() ? "" : fmt::format(" {}", command.word));
}

std::string overview() {
    std::string text =
        "strowger: order and operate E-Line circuits\n\n"
        "  strowger circuit create ny-dc --endpoint a=new-york:c100 --endpoint z=dc:s900.c100 "
        "--cir 100M\n"
        "  strowger circuit list\n"
        "  strowger circuit counters ny-dc --watch\n"
        "  strowger circuit update ny-dc --cir 200M\n"
        "\nCommands:\n";
    for (const Noun& noun : all_nouns()) {
        text += fmt::format("  {:<12} {}\n", noun.name, noun.summary);
    }
    text += "\nEvery command takes:\n" + flag_lines(global_flags()) +
            "\nTopics (strowger help TOPIC):\n";
    for (const Topic& topic : kTopics) {
        text += fmt::format("  {:<12} {}\n", topic.name, topic.summary);
    }
    return text + "\nHelp on a command: strowger NOUN VERB --help\n";
}

std::string noun_help(std::string_view noun) {
    std::string text;
    for (const Command& command : all_commands()) {
        if (command.noun == noun && !command.hidden) {
            text += fmt::format("  {:<42} {}\n", invocation(command), command.summary);
        }
    }
    return text.empty() ? "" : fmt::format("Commands on a {}:\n{}", noun, text);
}

std::string command_help(const Command& command) {
    const std::string_view gap = command.verb.empty() ? "" : " ";
    std::string text = fmt::format(
        "{}{}{}: {}\n\n  {}", command.noun, gap, command.verb, command.summary, invocation(command)
    );
    text += command.flags.empty() ? "\n" : " [FLAGS]\n";
    if (!command.examples.empty()) {
        text += "\nExamples:\n";
        for (const std::string_view example : command.examples) {
            text += fmt::format("  {}\n", example);
        }
    }
    if (!command.flags.empty()) {
        text += "\nFlags:\n" + flag_lines(command.flags);
    }
    return text + "\nEvery command takes:\n" + flag_lines(global_flags());
}

std::string topic_help(std::string_view name) {
    for (const Topic& topic : kTopics) {
        if (topic.name == name) {
            return topic.text.empty() ? exit_codes_text() : std::string(topic.text);
        }
    }
    return "";
}

} // namespace

std::string help_for(const std::vector<std::string>& words) {
    if (words.empty()) {
        return overview();
    }
    if (words.size() > 1) {
        if (const Command* command = find_command(words[0], words[1])) {
            return command_help(*command);
        }
    }
    if (const Command* command = find_command(words[0], "")) {
        return command_help(*command);
    }
    const std::string noun = noun_help(words[0]);
    return noun.empty() ? topic_help(words[0]) : noun;
}

std::vector<std::string_view> help_topics() {
    std::vector<std::string_view> names;
    names.reserve(std::size(kTopics));
    for (const Topic& topic : kTopics) {
        names.push_back(topic.name);
    }
    return names;
}

std::vector<std::string> words_before_help(const std::vector<std::string>& words) {
    std::vector<std::string> kept;
    for (const std::string& word : words) {
        if (!word.starts_with('-')) {
            kept.push_back(word);
        }
    }
    return kept;
}

} // namespace strowger::cli
