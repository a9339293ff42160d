// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"
#include "cli/circuit_input.h"
#include "cli/command_examples.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/contexts.h"
#include "cli/settings.h"
#include "cli/spec_file.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/stat.h>

namespace strowger::cli {
namespace {
namespace json = boost::json;

Arguments parsed(const std::vector<std::string>& words) {
    auto arguments = parse_arguments(words);
    EXPECT_EQ(failure_of(arguments), nullptr);
    return std::get<Arguments>(std::move(arguments));
}

TEST(CommandTable, EveryCommandHasAHandlerAndNoFlagTwice) {
    for (const Command& command : all_commands()) {
        EXPECT_NE(command.run, nullptr) << command.noun << command.verb;
        std::set<std::string_view> names;
        for (const Flag& flag : global_flags()) {
            names.insert(flag.name);
        }
        for (const Flag& flag : command.flags) {
            EXPECT_TRUE(names.insert(flag.name).second)
                << command.noun << " " << command.verb << " --" << flag.name;
        }
    }
}

TEST(CommandTable, ExamplesBelongToCommandsThatExist) {
    for (const CommandExamples& row : command_examples()) {
        EXPECT_NE(find_command(row.noun, row.verb), nullptr) << row.noun << " " << row.verb;
    }
}

TEST(Arguments, ABareWatchDoesNotSwallowTheName) {
    const Arguments arguments = parsed({"circuit", "counters", "--watch", "ny-dc"});

    EXPECT_EQ(arguments.value("watch"), "1s");
    EXPECT_EQ(arguments.word(), "ny-dc");
}

TEST(Arguments, RepeatedFlagsAreKeptInOrderAndOthersRefused) {
    const Arguments twice = parsed({"circuit", "create", "x", "--tag", "a=1", "--tag", "b=2"});
    auto refused = parse_arguments({"circuit", "create", "x", "--cir", "1", "--cir", "2"});

    EXPECT_EQ(twice.values("tag"), (std::vector<std::string>{"a=1", "b=2"}));
    EXPECT_NE(failure_of(refused), nullptr);
}

TEST(Arguments, ValuesAreTakenAsTheyAre) {
    const Arguments arguments =
        parsed({"circuit", "update", "x", "--display-name", "", "--tag", "{}=%%", "-f", "-"});

    EXPECT_EQ(arguments.value("display-name"), "");
    EXPECT_EQ(arguments.values("tag"), std::vector<std::string>{"{}=%%"});
    EXPECT_EQ(arguments.value("file"), "-");
}

TEST(Arguments, AnEmptyValueDoesNotSwallowTheNextWord) {
    const Arguments arguments = parsed({"circuit", "update", "--display-name=", "x"});

    EXPECT_EQ(arguments.value("display-name"), "");
    EXPECT_EQ(arguments.word(), "x");
}

TEST(CircuitInput, OnlyWhatWasSaidIsSent) {
    const Arguments arguments = parsed({"circuit", "create", "x", "--eir", "0", "--coupling-flag"});

    auto spec = circuit_spec_from_flags(arguments);

    EXPECT_EQ(
        json::serialize(std::get<json::object>(spec)),
        R"({"name":"x","type":"eline","bandwidth":{"eir_bps":0,"coupling_flag":true}})"
    );
}

TEST(CircuitInput, EndpointsNeedANameAUniAndAMap) {
    for (const char* text : {"", "a", "a=", "=hq:c1", "a=:c1", "a=hq", "a=hq:", "hq:c1"}) {
        auto spec = circuit_spec_from_flags(
            parsed({"circuit", "create", "x", std::string("--endpoint=") + text})
        );
        EXPECT_NE(failure_of(spec), nullptr) << text;
    }
    auto twice = circuit_spec_from_flags(
        parsed({"circuit", "create", "x", "--endpoint", "a=h:all", "--endpoint", "a=h:all"})
    );
    EXPECT_NE(failure_of(twice), nullptr);
}

TEST(SpecFile, YamlScalarsKeepTheirTypes) {
    auto value = json_from_yaml(
        "a: 12\nb: '12'\nc: true\nd: null\ne: 100-199\nf: [1, x]\ng: -3\nh: \"true\"\n", "t"
    );

    EXPECT_EQ(
        json::serialize(std::get<json::value>(value)),
        R"({"a":12,"b":"12","c":true,"d":null,"e":"100-199","f":[1,"x"],"g":-3,"h":"true"})"
    );
}

TEST(SpecFile, FaultsNameTheirLine) {
    for (const auto& [name, text, line] : std::vector<std::array<std::string, 3>>{
             {"twice.yaml", "a: 1\nb: 2\na: 3\n", "line 3"},
             {"broken.yaml", "a: 1\nb: [1\n", "line "},
             {"broken.json", "{\n\"a\": 1,\n}\n", "line 3"},
             {"more.json", "{}\n{}\n", "line 2"},
             {"list.yaml", "- 1\n", "map"},
             {"empty.yaml", " \n", "empty"}}) {
        const std::string path = testing::TempDir() + name;
        std::ofstream(path) << text;
        std::istringstream no_input;
        auto spec = read_spec(path, no_input);
        ASSERT_NE(failure_of(spec), nullptr) << name;
        EXPECT_NE(failure_of(spec)->faults.front().why.find(line), std::string::npos)
            << failure_of(spec)->faults.front().why;
        EXPECT_EQ(failure_of(spec)->exit, ExitCode::Usage);
    }
}

TEST(SpecFile, DeepNestingIsRefusedNotFollowed) {
    auto value = json_from_yaml(std::string(200, '[') + std::string(200, ']'), "t");

    EXPECT_NE(failure_of(value), nullptr);
}

class ContextFileTest : public testing::Test {
protected:
    std::string path_ = testing::TempDir() + "strowger-contexts/deep/contexts.yaml";
    void SetUp() override { std::filesystem::remove_all(testing::TempDir() + "strowger-contexts"); }
};

TEST_F(ContextFileTest, WhatIsSavedIsLoadedAndPrivate) {
    ContextFile file{
        "lab",
        {{"lab", {"https://x", "", "stw_1: \"quoted\"", "acme", ""}},
         {"no", {"", "/s", "", "", ""}}}};

    auto saved = save_contexts(path_, file);
    auto loaded = load_contexts(path_);

    ASSERT_EQ(failure_of(saved), nullptr);
    ASSERT_EQ(failure_of(loaded), nullptr);
    const auto& again = std::get<ContextFile>(loaded);
    EXPECT_EQ(again.current, "lab");
    EXPECT_EQ(again.contexts.at("lab").token, "stw_1: \"quoted\"");
    EXPECT_EQ(again.contexts.at("no").socket, "/s");
    EXPECT_FALSE(readable_by_others(path_));
}

TEST_F(ContextFileTest, AbsentIsEmpty) {
    auto loaded = load_contexts(path_);

    EXPECT_TRUE(std::get<ContextFile>(loaded).contexts.empty());
}

TEST(Settings, UrlsBecomePeers) {
    auto full = parse_url("https://[::1]:8443/gateway/");
    auto plain = parse_url("http://exchange");

    const auto& six = std::get<Settings>(full);
    EXPECT_TRUE(six.peer.tls);
    EXPECT_EQ(six.peer.host, "::1");
    EXPECT_EQ(six.peer.port, "8443");
    EXPECT_EQ(six.base_path, "/gateway");
    EXPECT_EQ(std::get<Settings>(plain).peer.port, "80");
}

TEST(Settings, WhatIsNoAddressIsRefused) {
    for (const char* url :
         {"", "exchange:80", "ftp://x", "https://", "https://u:p@x", "http://x?y", "http://x y"}) {
        auto settings = parse_url(url);
        EXPECT_NE(failure_of(settings), nullptr) << url;
    }
}

TEST(Settings, ATokenInClearIsNoticedButNotOnLoopback) {
    const Environment far = {
        {"STROWGER_URL", "http://exchange.example.net"}, {"STROWGER_TOKEN", "t"}};
    const Environment near = {{"STROWGER_URL", "http://127.0.0.1:80"}, {"STROWGER_TOKEN", "t"}};

    auto clear = resolve_settings({}, far, {});
    auto local = resolve_settings({}, near, {});

    EXPECT_TRUE(std::get<Settings>(clear).token_in_clear);
    EXPECT_FALSE(std::get<Settings>(local).token_in_clear);
}

TEST(Output, ServerTimesAreSummed) {
    EXPECT_DOUBLE_EQ(
        server_time_ms("validate;dur=0.25, commit;dur=0.5;desc=\"x\", apply;dur=0.25"), 1.0
    );
    EXPECT_LT(server_time_ms(""), 0);
    EXPECT_LT(server_time_ms("miss"), 0);
}

TEST(Completion, TheLineIsSplitAsTheShellWould) {
    const CompletionRequest request = split_command_line("strowger  circuit get 'a b' c\\ d e");

    EXPECT_EQ(request.words, (std::vector<std::string>{"circuit", "get", "a b", "c d"}));
    EXPECT_EQ(request.current, "e");
    EXPECT_EQ(split_command_line("strowger circuit ").current, "");
    EXPECT_TRUE(split_command_line("strow").words.empty());
}

TEST(Completion, ValuesOfFlagsAreNotTakenForVerbs) {
    const NameSource names = [](Completes, const std::string&) {
        return std::vector<std::string>{"n1"};
    };
    const auto offered = [&](std::string_view line) {
        return completion_candidates(split_command_line(line), names);
    };

    EXPECT_EQ(offered("strowger --tenant circuit circuit ge"), std::vector<std::string>{"get"});
    EXPECT_EQ(offered("strowger circuit get "), std::vector<std::string>{"n1"});
    EXPECT_TRUE(offered("strowger circuit get n1 ").empty());
    EXPECT_EQ(
        offered("strowger circuit create x --endpoint z=n1:a"), std::vector<std::string>{"all"}
    );
}

} // namespace
} // namespace strowger::cli
