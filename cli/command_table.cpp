// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.h"

#include "cli/command_examples.h"
#include "cli/commands.h"

#include <algorithm>
#include <array>

namespace strowger::cli {
namespace {

using Flags = std::vector<Flag>;

constexpr std::array<Noun, 14> kNouns = {{
    {"circuit", "order, change, watch and remove circuits"},
    {"uni", "where customers attach: a port, or S-VLANs of one"},
    {"tenant", "customers of the exchange"},
    {"token", "keys to the API, one tenant's each"},
    {"port", "the exchange's network ports"},
    {"slice", "workers reserved for tenants"},
    {"worker", "the cores that forward"},
    {"order", "every accepted change, in order"},
    {"status", "is the exchange ready, and how are its ports"},
    {"context", "remembered addresses and tokens"},
    {"version", "of this command and of the daemon"},
    {"completion", "a script for the shell"},
    {"help", "on a command or a topic"},
    {"__complete", "candidates for the shell"},
}};

constexpr std::array<Flag, 9> kGlobalFlags = {{
    {"output",
     "FORMAT",
     "table, json (the API's own words) or yaml",
     Completes::Output,
     false,
     'o'},
    {"context", "NAME", "use this context", Completes::Context},
    {"url", "URL", "the API's address: https://host:port"},
    {"socket", "PATH", "the API's unix socket", Completes::File},
    {"token", "TOKEN", "who asks; safer in STROWGER_TOKEN or --token-file"},
    {"token-file", "FILE", "a file that holds the token", Completes::File},
    {"tenant", "NAME", "the tenant an operator acts for", Completes::Tenant},
    {"ca-file", "FILE", "authorities to trust for https (PEM)", Completes::File},
    {"timeout", "TIME", "how long to wait for an answer (10s)"},
}};

constexpr Flag kDisplayName{
    "display-name",
    "TEXT",
    "a free name for people; in update, an empty one removes it"};
constexpr Flag kTag{"tag", "KEY=VALUE", "a label", Completes::Nothing, true};
constexpr Flag kUntag{"untag", "KEY", "remove a label", Completes::Nothing, true};
constexpr Flag kKey{
    "idempotency-key",
    "KEY",
    "repeat an earlier try under its key: nothing is done twice"};
constexpr Flag kIfMatch{"if-match", "ETAG", "only if the object is still as this etag says"};
constexpr Flag
    kFile{"file", "FILE", "the spec as JSON or YAML; - is stdin", Completes::File, false, 'f'};
constexpr Flag kSkeleton{"generate-skeleton", "", "print a spec to start from"};
constexpr Flag kYes{"yes", "", "do not ask"};
constexpr Flag kReplace{"replace", "", "the file is a whole new spec (PUT)"};
constexpr Flag kPrefix{"name-prefix", "TEXT", "only names that start with this"};
constexpr Flag kTagFilter{
    "tag",
    "KEY=VALUE",
    "only objects with this label",
    Completes::Nothing,
    true};
constexpr Flag kLimit{"limit", "N", "one page of at most N (1000); without it, every page"};
constexpr Flag kCursor{"cursor", "CURSOR", "go on where a page ended"};
constexpr Flag kCount{"count", "", "also say how many there are"};

Flags joined(std::initializer_list<Flags> lists) {
    Flags all;
    for (const Flags& list : lists) {
        all.insert(all.end(), list.begin(), list.end());
    }
    return all;
}

const Flags& listing() {
    static const Flags flags = {kPrefix, kTagFilter, kLimit, kCursor, kCount};
    return flags;
}

Flags circuit_flags(bool update) {
    Flags flags = {
        {"endpoint",
         update ? "NAME=MAP" : "NAME=UNI:MAP",
         "where the circuit meets a UNI; see help vlan-maps",
         Completes::Endpoint,
         true},
        {"cir", "RATE", "committed rate, each endpoint's ingress"},
        {"cbs", "SIZE", "committed burst; default: 50 ms of CIR, at least two frames"},
        {"eir", "RATE", "excess rate"},
        {"ebs", "SIZE", "excess burst"},
        {"color-mode", "MODE", "color_blind or color_aware", Completes::ColorMode},
        {"coupling-flag",
         "BOOL",
         "true: unused committed tokens feed the excess bucket",
         Completes::Nothing,
         false,
         '\0',
         "true"},
        {"admin-state", "STATE", "up or down: your own switch", Completes::AdminState},
        kDisplayName,
        kTag,
    };
    if (!update) {
        flags.push_back({"max-frame", "SIZE", "largest frame, FCS and tags included: 1522 to 9216"}
        );
    }
    return flags;
}

/// list, get, create, update and delete of one noun that has them all.
void add_crud(
    std::vector<Command>& commands,
    std::string_view noun,
    Completes names,
    const Flags& spec,
    const Flags& patch
) {
    commands.push_back(
        {noun,
         "create",
         "create one",
         "[NAME]",
         Completes::Nothing,
         joined({spec, {kFile, kSkeleton, kKey}}),
         run_create}
    );
    commands.push_back(
        {noun,
         "update",
         "change one in place",
         "NAME",
         names,
         joined({patch, {kUntag, kFile, kIfMatch, kKey}}),
         run_update}
    );
    commands.push_back(
        {noun, "delete", "remove one", "NAME", names, {kYes, kIfMatch, kKey}, run_delete}
    );
}

void add_readers(
    std::vector<Command>& commands,
    std::string_view noun,
    Completes names,
    const Flags& filters
) {
    commands.push_back({noun, "list", "list them", "", Completes::Nothing, filters, run_list});
    commands.push_back({noun, "get", "show one, by name or id", "NAME", names, {}, run_get});
}

void add_circuit(std::vector<Command>& commands) {
    add_readers(
        commands,
        "circuit",
        Completes::Circuit,
        joined(
            {listing(),
             {{"uni", "UNI", "only circuits over this UNI", Completes::Uni},
              {"state", "STATE", "only circuits in this state"}}}
        )
    );
    add_crud(
        commands,
        "circuit",
        Completes::Circuit,
        circuit_flags(false),
        joined({circuit_flags(true), {kReplace}})
    );
    commands.push_back(
        {"circuit",
         "batch",
         "many changes of circuits, all or none",
         "",
         Completes::Nothing,
         {{"file", "FILE", "the batch as JSON or YAML; - is stdin", Completes::File, false, 'f'},
          kSkeleton,
          kKey},
         run_circuit_batch}
    );
    commands.push_back(
        {"circuit",
         "counters",
         "frames and bytes of each endpoint, by colour",
         "NAME",
         Completes::Circuit,
         {{"watch",
           "TIME",
           "repeat every second, or every TIME, with rates",
           Completes::Nothing,
           false,
           '\0',
           "1s"}},
         run_circuit_counters}
    );
}

void add_slices(std::vector<Command>& commands) {
    const Flags reserved = {
        {"core", "CORE", "a worker's core; in update, all of them anew", Completes::Nothing, true},
        {"for",
         "TENANT",
         "whose circuits they are for; in update, all of them anew, and '' for none",
         Completes::Tenant,
         true},
        kDisplayName,
        kTag};
    add_readers(commands, "slice", Completes::Slice, listing());
    add_crud(commands, "slice", Completes::Slice, reserved, reserved);
    commands.push_back(
        {"worker", "list", "list them, with their load", "", Completes::Nothing, {}, run_list}
    );
}

void add_inventory(std::vector<Command>& commands) {
    const Flags labels = {kDisplayName, kTag};
    add_readers(commands, "uni", Completes::Uni, listing());
    add_crud(
        commands,
        "uni",
        Completes::Uni,
        joined(
            {{{"port", "PORT", "the port it is on", Completes::Port},
              {"tpid", "TPID", "EtherType of the first tag: 0x8100 (default), 0x88a8, 0x9100"},
              {"s-vlans",
               "RANGE",
               "the S-VLANs of a shared port, 100-199; without it, the whole port"}},
             labels}
        ),
        labels
    );
    add_readers(commands, "tenant", Completes::Tenant, listing());
    add_crud(commands, "tenant", Completes::Tenant, labels, labels);
    add_readers(commands, "token", Completes::Nothing, {kLimit, kCursor, kCount});
    commands.push_back(
        {"token",
         "create",
         "create one; its secret is shown once",
         "[NAME]",
         Completes::Nothing,
         {{"role", "ROLE", "tenant (default)"}, kDisplayName, kFile, kSkeleton, kKey},
         run_create}
    );
    commands.push_back(
        {"token",
         "delete",
         "revoke one at once",
         "NAME",
         Completes::Nothing,
         {kYes, kIfMatch, kKey},
         run_delete}
    );
    add_readers(commands, "port", Completes::Port, listing());
    add_slices(commands);
    add_readers(
        commands,
        "order",
        Completes::Order,
        {{"object", "ID", "only orders about this object"}, kLimit, kCursor, kCount}
    );
}

void add_contexts(std::vector<Command>& commands) {
    constexpr auto kNone = Completes::Nothing;
    constexpr auto kName = Completes::Context;
    commands.push_back(
        {"context", "list", "list them, tokens masked", "", kNone, {}, run_context_list}
    );
    commands.push_back({"context", "show", "show one", "[NAME]", kName, {}, run_context_show});
    commands.push_back(
        {"context",
         "set",
         "remember --url or --socket, --token, --tenant, --ca-file",
         "NAME",
         kName,
         {},
         run_context_set}
    );
    commands.push_back(
        {"context", "use", "make one the current context", "NAME", kName, {}, run_context_use}
    );
    commands.push_back({"context", "delete", "forget one", "NAME", kName, {}, run_context_delete});
}

void add_others(std::vector<Command>& commands) {
    constexpr auto kNone = Completes::Nothing;
    const Flag client{"client", "", "of this command only"};
    commands.push_back(
        {"status", "", "is the exchange ready, and how are its ports", "", kNone, {}, run_status}
    );
    commands.push_back(
        {"version", "", "of this command and of the daemon", "", kNone, {client}, run_version}
    );
    commands.push_back(
        {"completion",
         "",
         "print a script that completes commands, flags and names",
         "SHELL",
         Completes::Shell,
         {},
         run_completion}
    );
    commands.push_back(
        {"help", "", "help on a command or a topic", "[WORD...]", kNone, {}, run_help}
    );
    commands.push_back(
        {"__complete", "", "candidates for the end of LINE", "LINE", kNone, {}, run_complete}
    );
    commands.back().hidden = true;
}

std::vector<Command> build_commands() {
    std::vector<Command> commands;
    add_circuit(commands);
    add_inventory(commands);
    add_contexts(commands);
    add_others(commands);
    for (Command& command : commands) {
        for (const CommandExamples& row : command_examples()) {
            if (row.noun == command.noun && row.verb == command.verb) {
                command.examples = row.lines;
            }
        }
    }
    return commands;
}

template <typename Predicate>
const Flag* find_flag_if(const Command* command, Predicate fits) {
    if (command != nullptr) {
        const auto own = std::find_if(command->flags.begin(), command->flags.end(), fits);
        if (own != command->flags.end()) {
            return &*own;
        }
    }
    const auto* global = std::find_if(kGlobalFlags.begin(), kGlobalFlags.end(), fits);
    return global == kGlobalFlags.end() ? nullptr : global;
}

} // namespace

std::span<const Command> all_commands() {
    static const std::vector<Command> commands = build_commands();
    return commands;
}

std::span<const Noun> all_nouns() {
    return std::span(kNouns).first(kNouns.size() - 1);
}

std::span<const Flag> global_flags() {
    return kGlobalFlags;
}

const Command* find_command(std::string_view noun, std::string_view verb) {
    for (const Command& command : all_commands()) {
        if (command.noun == noun && command.verb == verb) {
            return &command;
        }
    }
    return nullptr;
}

const Flag* find_flag(const Command* command, std::string_view name) {
    return find_flag_if(command, [&](const Flag& flag) { return flag.name == name; });
}

const Flag* find_flag_letter(const Command* command, char letter) {
    return find_flag_if(command, [&](const Flag& flag) {
        return letter != '\0' && flag.letter == letter;
    });
}

} // namespace strowger::cli
