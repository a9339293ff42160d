// SPDX-License-Identifier: Apache-2.0
#include "config/site_file.h"

#include "config/site_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace strowger::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kSmallest = R"(cores: {control: 0, workers: [{core: 1}]}
ports: [{name: ny, device: "net_null0"}]
)";

constexpr const char* kFull = R"(cores:
  control: 2
  workers:
    - {core: 3, idle: poll}
    - {core: 2, shared: true}
  rebalance: false
memory: {hugepages: never, megabytes: 512, endpoints: 1000, vlan_index_bytes: 1048576}
ports:
  - {name: ny, device: "net_af_xdp0,iface=stw-ny", buffers: jumbo, rx_queues: 4, steered_queues: 2, rx_descriptors: 512}
  - {name: dc, device: "0000:3b:00.0", tx_descriptors: 2048}
rings: {command: 64, handover: 128}
api:
  listen: "[::]:8443"
  unix_socket: /run/s.sock
  unix_group: strowger
  operator_token_file: /etc/token
  tls: {certificate: /etc/c.pem, key: /etc/k.pem}
store: {path: /data/s.db}
limits:
  circuits_per_tenant: 7
  tokens_per_tenant: 3
  writes_outstanding: 5
  idempotency_keys_per_tenant: 11
  connections: 9
log: {level: debug}
)";

SiteConfig parsed(const std::string& text) {
    auto site = parse_site(text, "s.yaml");
    if (!site) {
        ADD_FAILURE() << site.error().message;
        for (const Problem& problem : site.error().problems) {
            ADD_FAILURE() << problem.message;
        }
        return {};
    }
    return *site;
}

std::vector<Problem> problems_of(const std::string& text) {
    const auto site = parse_site(text, "s.yaml");
    if (site) {
        ADD_FAILURE() << "accepted:\n" << text;
        return {};
    }
    EXPECT_EQ(ErrorCode::Invalid, site.error().code);
    return site.error().problems;
}

TEST(SiteFile, GivesDefaultsForAllButCoresAndPorts) {
    const SiteConfig site = parsed(kSmallest);

    EXPECT_EQ(0u, site.dataplane.control_core);
    ASSERT_EQ(1u, site.dataplane.workers.size());
    EXPECT_EQ(1u, site.dataplane.workers[0].core);
    EXPECT_EQ(IdlePolicy::Poll, site.dataplane.workers[0].idle);
    EXPECT_EQ(0u, site.dataplane.memory_megabytes) << "what the site needs";
    EXPECT_EQ("127.0.0.1", site.api.address);
    EXPECT_EQ(8080, site.api.port);
    EXPECT_EQ("/var/lib/strowger/strowger.db", site.store.path);
    EXPECT_FALSE(site.api.tls);
}

TEST(SiteFile, ReadsEveryKey) {
    const SiteConfig site = parsed(kFull);

    EXPECT_EQ(2u, site.dataplane.control_core);
    ASSERT_EQ(2u, site.dataplane.workers.size());
    EXPECT_EQ(3u, site.dataplane.workers[0].core);
    EXPECT_TRUE(site.dataplane.workers[1].shared);
    EXPECT_FALSE(site.dataplane.rebalance);
    EXPECT_EQ(HugepageUse::Never, site.dataplane.hugepages);
    EXPECT_EQ(512u, site.dataplane.memory_megabytes);
    EXPECT_EQ(1000u, site.dataplane.endpoints);
    EXPECT_EQ(1'048'576u, site.dataplane.vlan_index_bytes);
    ASSERT_EQ(2u, site.dataplane.ports.size());
    EXPECT_EQ("net_af_xdp0,iface=stw-ny", site.dataplane.ports[0].device);
    EXPECT_EQ(BufferClass::Jumbo, site.dataplane.ports[0].buffers);
    EXPECT_EQ(512u, site.dataplane.ports[0].rx_descriptors);
    EXPECT_EQ(4u, site.dataplane.ports[0].rx_queues);
    EXPECT_EQ(2u, site.dataplane.ports[0].steered_queues);
    EXPECT_EQ(1u, site.dataplane.ports[1].rx_queues);
    EXPECT_EQ(0u, site.dataplane.ports[1].steered_queues);
    EXPECT_EQ(2048u, site.dataplane.ports[1].tx_descriptors);
    EXPECT_EQ(64u, site.dataplane.command_ring);
    EXPECT_EQ(128u, site.dataplane.handover_ring);
    EXPECT_EQ("::", site.api.address);
    EXPECT_EQ(8443, site.api.port);
    EXPECT_EQ("/run/s.sock", site.api.unix_socket);
    EXPECT_EQ("strowger", site.api.unix_group);
    EXPECT_EQ("/etc/token", site.api.operator_token_file);
    EXPECT_EQ((TlsFiles{.certificate = "/etc/c.pem", .key = "/etc/k.pem"}), site.api.tls);
    EXPECT_EQ("/data/s.db", site.store.path);
    EXPECT_EQ(7u, site.limits.circuits_per_tenant);
    EXPECT_EQ(3u, site.limits.tokens_per_tenant);
    EXPECT_EQ(5u, site.limits.writes_outstanding);
    EXPECT_EQ(11u, site.limits.idempotency_keys_per_tenant);
    EXPECT_EQ(9u, site.limits.connections);
    EXPECT_EQ(LogLevel::Debug, site.log_level);
}

TEST(SiteFile, MakesASharedWorkerAdaptiveWhateverItSays) {
    const SiteConfig site = parsed(
        "cores: {control: 0, workers: [{core: 0, idle: poll, shared: true}]}\n"
        "ports: [{name: ny, device: net_null0}]\n"
    );

    ASSERT_EQ(1u, site.dataplane.workers.size());
    EXPECT_EQ(IdlePolicy::Adaptive, site.dataplane.workers[0].idle);
}

TEST(SiteFile, TellsAllProblemsAtOnceInTheOrderOfTheFile) {
    const auto problems = problems_of(
        "cores: {control: 0, workers: [{core: 0}, {core: x}]}\n"
        "ports:\n"
        "  - {name: Bad_Name, device: net_null0}\n"
        "memory: {hugepages: maybe}\n"
        "colour: red\n"
    );

    ASSERT_EQ(5u, problems.size());
    EXPECT_THAT(problems[0].message, StartsWith("s.yaml:1:38: cores.workers[0].core: "));
    EXPECT_EQ("core_in_use", problems[0].code);
    EXPECT_THAT(problems[1].message, StartsWith("s.yaml:1:49: cores.workers[1].core: "));
    EXPECT_EQ("wrong_type", problems[1].code);
    EXPECT_THAT(problems[2].message, StartsWith("s.yaml:3:12: ports[0].name: "));
    EXPECT_EQ("invalid_name", problems[2].code);
    EXPECT_THAT(problems[3].message, StartsWith("s.yaml:4:21: memory.hugepages: "));
    EXPECT_THAT(problems[3].hint, HasSubstr("auto, never, required"));
    EXPECT_THAT(problems[4].message, StartsWith("s.yaml:5:1: colour: "));
    EXPECT_THAT(problems[4].hint, HasSubstr("cores, memory, ports"));
}

/// The smallest site with one line appended, or with one thing replaced.
std::string with(const std::string& line) {
    return kSmallest + line + "\n";
}
std::string cores(const std::string& inner) {
    return "cores: " + inner + "\nports: [{name: ny, device: net_null0}]\n";
}
std::string ports(const std::string& inner) {
    return "cores: {control: 0, workers: [{core: 1}]}\nports: " + inner + "\n";
}

struct Refusal {
    const char* what;
    std::string text;
    const char* pointer;
    const char* code;
    int line; ///< from 1
};

class SiteFileRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(SiteFileRefuses, NamingLineKeyAndCode) {
    const auto problems = problems_of(GetParam().text);

    ASSERT_EQ(1u, problems.size());
    EXPECT_EQ(GetParam().pointer, problems[0].pointer);
    EXPECT_EQ(GetParam().code, problems[0].code);
    EXPECT_THAT(problems[0].message, StartsWith("s.yaml:" + std::to_string(GetParam().line) + ":"));
    if (std::string{"malformed"} != GetParam().code) {
        EXPECT_NE("", problems[0].hint) << "every refusal says what is allowed";
    }
}

std::vector<Refusal> shape_refusals() {
    return {
        {"Empty", "", "", "malformed", 1},
        {"BadYaml", with("api: {listen: "), "", "malformed", 4},
        {"Tab", with("api:\n\tlisten: x"), "", "malformed", 4},
        {"TwoDocuments", with("---\nlog: {level: info}"), "", "malformed", 3},
        {"StrayBracket", "cores: {workers: [{core: 1}]}}\nports: []\n", "", "malformed", 1},
        {"StrayBracketFirst", "} log: {level: info}\n", "", "malformed", 1},
        {"NotAMapping", "- a\n- b\n", "", "wrong_type", 1},
        {"MissingCores", "ports: [{name: ny, device: net_null0}]\n", "cores", "required", 1},
        {"MissingPorts", "cores: {workers: [{core: 1}]}\n", "ports", "required", 1},
        {"NoPorts", ports("[]"), "ports", "wrong_type", 2},
        {"UnknownKey", with("api: {listne: x}"), "api.listne", "unknown_member", 3},
        {"UnknownKeyInList",
         ports("[{name: ny, device: net_null0, mtu: 9}]"),
         "ports[0].mtu",
         "unknown_member",
         2},
        {"DuplicateKey", with("store: {path: /a, path: /b}"), "store.path", "duplicate_member", 3},
        {"DuplicateSection",
         with("log: {level: info}\nlog: {level: info}"),
         "log",
         "duplicate_member",
         4},
        {"MergeKey", with("log: {<<: {level: info}}"), "log.<<", "unknown_member", 3},
        {"SectionIsAScalar", with("memory: much"), "memory", "wrong_type", 3},
        {"SectionIsEmpty", with("memory:"), "memory", "wrong_type", 3},
        {"ScalarIsAList", with("store: {path: [/a]}"), "store.path", "wrong_type", 3},
        {"WorkersIsAMapping", cores("{workers: {core: 1}}"), "cores.workers", "wrong_type", 1},
        {"WorkerWithoutCore",
         cores("{workers: [{idle: poll}, {core: 1}]}"),
         "cores.workers[0].core",
         "required",
         1},
    };
}

std::vector<Refusal> value_refusals() {
    return {
        {"Float", with("memory: {megabytes: 1e3}"), "memory.megabytes", "wrong_type", 3},
        {"Hex", with("memory: {megabytes: 0x100}"), "memory.megabytes", "wrong_type", 3},
        {"QuotedNumber", with("memory: {megabytes: \"256\"}"), "memory.megabytes", "wrong_type", 3},
        {"Negative", with("memory: {megabytes: -1}"), "memory.megabytes", "wrong_type", 3},
        {"TooSmall", with("memory: {megabytes: 63}"), "memory.megabytes", "out_of_range", 3},
        {"TooManyEndpoints",
         with("memory: {endpoints: 4000001}"),
         "memory.endpoints",
         "out_of_range",
         3},
        {"Overflow",
         with("memory: {endpoints: 99999999999999999999999}"),
         "memory.endpoints",
         "out_of_range",
         3},
        {"ConnectionsAboveProduct",
         with("limits: {connections: 1025}"),
         "limits.connections",
         "out_of_range",
         3},
        {"YesIsNotTrue",
         cores("{control: 0, workers: [{core: 1, shared: yes}]}"),
         "cores.workers[0].shared",
         "wrong_type",
         1},
        {"UnknownWord", with("log: {level: verbose}"), "log.level", "unknown_value", 3},
        {"EmptyText", with("store: {path: ''}"), "store.path", "out_of_range", 3},
        {"ControlCharacter", with("store: {path: \"/a\\nb\"}"), "store.path", "out_of_range", 3},
        {"RelativePath", with("store: {path: a.db}"), "store.path", "out_of_range", 3},
        {"RingNotAPowerOfTwo", with("rings: {command: 100}"), "rings.command", "out_of_range", 3},
        {"DescriptorsNotAPowerOfTwo",
         ports("[{name: ny, device: net_null0, rx_descriptors: 1000}]"),
         "ports[0].rx_descriptors",
         "out_of_range",
         2},
        {"NoRxQueue",
         ports("[{name: ny, device: net_null0, rx_queues: 0}]"),
         "ports[0].rx_queues",
         "out_of_range",
         2},
        {"MoreQueuesThanAPortHas",
         ports("[{name: ny, device: net_null0, rx_queues: 12, steered_queues: 5}]"),
         "ports[0].steered_queues",
         "out_of_range",
         2},
        {"ListenWithoutPort", with("api: {listen: 127.0.0.1}"), "api.listen", "out_of_range", 3},
        {"ListenHostName",
         with("api: {listen: \"localhost:80\"}"),
         "api.listen",
         "out_of_range",
         3},
        {"ListenPortTooBig",
         with("api: {listen: \"127.0.0.1:65536\"}"),
         "api.listen",
         "out_of_range",
         3},
        {"SocketPathTooLong",
         with("api: {unix_socket: /" + std::string(107, 'a') + "}"),
         "api.unix_socket",
         "out_of_range",
         3},
    };
}

std::vector<Refusal> rule_refusals() {
    return {
        {"DuplicateWorkerCore",
         cores("{workers: [{core: 1}, {core: 1}]}"),
         "cores.workers[1].core",
         "duplicate_core",
         1},
        {"ControlCoreAsWorker",
         cores("{control: 1, workers: [{core: 1}]}"),
         "cores.workers[0].core",
         "core_in_use",
         1},
        {"PortNamesTwice",
         ports("[{name: a, device: net_null0}, {name: a, device: net_null1}]"),
         "ports[1].name",
         "name_in_use",
         2},
        {"DeviceTwice",
         ports("[{name: a, device: net_null0}, {name: b, device: \"net_null0,copy=1\"}]"),
         "ports[1].device",
         "device_in_use",
         2},
        {"PciDeviceTwice",
         ports("[{name: a, device: \"0000:3b:00.0\"}, {name: b, device: \"3b:00.0\"}]"),
         "ports[1].device",
         "device_in_use",
         2},
        {"NoDevice", ports("[{name: a, device: eth0}]"), "ports[0].device", "unknown_value", 2},
        {"PublicWithoutTls",
         with("api: {listen: \"0.0.0.0:80\"}"),
         "api.listen",
         "tls_required",
         3},
        {"PublicV6WithoutTls",
         with("api: {listen: \"[2001:db8::1]:80\"}"),
         "api.listen",
         "tls_required",
         3},
        {"TlsWithoutKey", with("api: {tls: {certificate: /c.pem}}"), "api.tls.key", "required", 3},
    };
}

std::string name_of(const testing::TestParamInfo<Refusal>& info) {
    return info.param.what;
}
INSTANTIATE_TEST_SUITE_P(Shape, SiteFileRefuses, testing::ValuesIn(shape_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Value, SiteFileRefuses, testing::ValuesIn(value_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Rule, SiteFileRefuses, testing::ValuesIn(rule_refusals()), name_of);

TEST(SiteFile, RefusesMorePortsThanTheProductCarriesWithOneProblem) {
    std::string list = "[";
    for (int i = 0; i < 65; ++i) {
        const std::string n = std::to_string(i);
        list += (i == 0 ? "" : ", ") + std::string{"{name: p"} + n + ", device: net_null" + n + "}";
    }

    const auto problems = problems_of(ports(list + "]"));

    ASSERT_EQ(1u, problems.size());
    EXPECT_EQ("ports", problems[0].pointer);
    EXPECT_THAT(problems[0].hint, HasSubstr("64"));
}

TEST(SiteFile, RefusesDeepNestingInsteadOfRecursing) {
    EXPECT_EQ("malformed", problems_of(std::string(100'000, '[')).at(0).code);
}

TEST(SiteFile, TakesLoopbackOfBothFamiliesWithoutTls) {
    EXPECT_EQ("::1", parsed(with("api: {listen: \"[::1]:0\"}")).api.address);
    EXPECT_EQ("127.9.9.9", parsed(with("api: {listen: \"127.9.9.9:1\"}")).api.address);
}

TEST(SiteFile, SaysWhichFileIsMissing) {
    const auto site = read_site_file("/nonexistent/site.yaml");

    ASSERT_FALSE(site);
    EXPECT_EQ(ErrorCode::NotFound, site.error().code);
    EXPECT_THAT(site.error().message, HasSubstr("/nonexistent/site.yaml: No such file"));
}

TEST(SiteFile, RefusesADirectoryAndAFileThatIsTooLong) {
    EXPECT_FALSE(read_site_file("/"));

    std::string path = testing::TempDir() + "site_XXXXXX";
    ::close(::mkstemp(path.data()));
    std::ofstream(path) << kSmallest << std::string(kSiteFileBytesMax, '#');
    const auto site = read_site_file(path);
    std::remove(path.c_str());

    ASSERT_FALSE(site);
    EXPECT_EQ(ErrorCode::Malformed, site.error().code);
}

} // namespace
} // namespace strowger::config
