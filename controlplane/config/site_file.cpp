// SPDX-License-Identifier: Apache-2.0
#include "config/site_file.h"

#include "config/site_rules.h"
#include "config/yaml_reader.h"
#include "strowger/model/limits.h"

#include <yaml-cpp/exceptions.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

namespace strowger::config {

namespace {

// Beyond what any machine that runs DPDK 22.11 has; the machine itself is asked at start.
constexpr Range kCores{.min = 0, .max = 1'023};
constexpr Range kMegabytes{.min = 64, .max = 1'048'576};
constexpr Range kVlanIndexBytes{
    .min = limits::kVlanIndexBytesMin,
    .max = limits::kVlanIndexBytesMax};
constexpr Range kRingEntries{.min = 4, .max = 65'536};
constexpr Range kDescriptors{.min = 64, .max = 4'096};
constexpr Range kRxQueues{.min = 1, .max = limits::kRxQueuesPerPortMax};
constexpr Range kSteeredQueues{.min = 0, .max = limits::kRxQueuesPerPortMax - 1};
constexpr Range kWritesOutstanding{.min = 1, .max = 65'536};
constexpr Range kIdempotencyKeys{.min = 1, .max = 100'000'000};
constexpr std::uint32_t kCircuitsPerTenantMax = limits::kEndpointsMax / 2;

constexpr std::array kIdlePolicies{
    std::pair<std::string_view, IdlePolicy>{"poll", IdlePolicy::Poll},
    std::pair<std::string_view, IdlePolicy>{"adaptive", IdlePolicy::Adaptive},
};
constexpr std::array kBufferClasses{
    std::pair<std::string_view, BufferClass>{"standard", BufferClass::Standard},
    std::pair<std::string_view, BufferClass>{"jumbo", BufferClass::Jumbo},
};
constexpr std::array kHugepageUses{
    std::pair<std::string_view, HugepageUse>{"auto", HugepageUse::Auto},
    std::pair<std::string_view, HugepageUse>{"never", HugepageUse::Never},
    std::pair<std::string_view, HugepageUse>{"required", HugepageUse::Required},
};
constexpr std::array kLogLevels{
    std::pair<std::string_view, LogLevel>{"error", LogLevel::Error},
    std::pair<std::string_view, LogLevel>{"warning", LogLevel::Warning},
    std::pair<std::string_view, LogLevel>{"info", LogLevel::Info},
    std::pair<std::string_view, LogLevel>{"debug", LogLevel::Debug},
};

// More items than the product carries are one problem, not one for each.
bool within(std::size_t count, std::uint32_t max, Mapping& section, std::string_view key) {
    if (count <= max) {
        return true;
    }
    section.refuse(
        key,
        "out_of_range",
        std::to_string(count) + " items are too many",
        "at most " + std::to_string(max)
    );
    return false;
}

void decode_cores(const YAML::Node& node, DataplaneConfig& out, Problems& problems) {
    Mapping cores(node, "cores", {"control", "workers", "rebalance"}, problems);
    cores.require({"workers"});
    cores.integer("control", kCores, out.control_core);
    out.rebalance = true;
    cores.boolean("rebalance", out.rebalance);
    const auto items = cores.items("workers");
    if (!within(items.size(), limits::kWorkersMax, cores, "workers")) {
        return;
    }
    for (const auto& [item, path] : items) {
        WorkerConfig worker;
        Mapping reader(item, path, {"core", "idle", "shared"}, problems);
        reader.require({"core"});
        reader.integer("core", kCores, worker.core);
        reader.one_of<IdlePolicy>("idle", kIdlePolicies, worker.idle);
        reader.boolean("shared", worker.shared);
        if (worker.shared) {
            worker.idle = IdlePolicy::Adaptive;
        }
        out.workers.push_back(worker);
    }
}

void decode_memory(const YAML::Node& node, DataplaneConfig& out, Problems& problems) {
    Mapping memory(
        node, "memory", {"hugepages", "megabytes", "endpoints", "vlan_index_bytes"}, problems
    );
    memory.one_of<HugepageUse>("hugepages", kHugepageUses, out.hugepages);
    memory.integer("megabytes", kMegabytes, out.memory_megabytes);
    memory.integer("endpoints", {.min = 2, .max = limits::kEndpointsMax}, out.endpoints);
    memory.integer("vlan_index_bytes", kVlanIndexBytes, out.vlan_index_bytes);
}

void decode_ports(Mapping& root, DataplaneConfig& out, Problems& problems) {
    const auto items = root.items("ports");
    if (!within(items.size(), limits::kPortsMax, root, "ports")) {
        return;
    }
    for (const auto& [item, path] : items) {
        PortConfig port;
        Mapping reader(
            item,
            path,
            {"name",
             "device",
             "buffers",
             "rx_queues",
             "steered_queues",
             "rx_descriptors",
             "tx_descriptors"},
            problems
        );
        reader.require({"name", "device"});
        reader.text("name", port.name);
        reader.text("device", port.device);
        reader.one_of<BufferClass>("buffers", kBufferClasses, port.buffers);
        reader.integer("rx_queues", kRxQueues, port.rx_queues);
        reader.integer("steered_queues", kSteeredQueues, port.steered_queues);
        reader.integer("rx_descriptors", kDescriptors, port.rx_descriptors);
        reader.integer("tx_descriptors", kDescriptors, port.tx_descriptors);
        out.ports.push_back(std::move(port));
    }
}

void decode_rings(const YAML::Node& node, DataplaneConfig& out, Problems& problems) {
    Mapping rings(node, "rings", {"command", "handover"}, problems);
    rings.integer("command", kRingEntries, out.command_ring);
    rings.integer("handover", kRingEntries, out.handover_ring);
}

void decode_api(const YAML::Node& node, ApiConfig& out, Problems& problems) {
    Mapping api(
        node, "api", {"listen", "unix_socket", "unix_group", "tls", "operator_token_file"}, problems
    );
    std::string listen;
    api.text("listen", listen);
    if (const auto parts = split_listen_address(listen)) {
        out.address = parts->first;
        out.port = parts->second;
    } else if (!listen.empty()) {
        api.refuse(
            "listen",
            "out_of_range",
            "'" + listen + "' is not an address with a port",
            "IPv4 or IPv6 in numbers: 127.0.0.1:8080, [::1]:8080"
        );
    }
    api.text("unix_socket", out.unix_socket);
    api.text("unix_group", out.unix_group);
    api.text("operator_token_file", out.operator_token_file);
    if (const auto node_of_tls = api.find("tls")) {
        TlsFiles files;
        Mapping tls(*node_of_tls, "api.tls", {"certificate", "key"}, problems);
        tls.require({"certificate", "key"});
        tls.text("certificate", files.certificate);
        tls.text("key", files.key);
        out.tls = std::move(files);
    }
}

void decode_limits(const YAML::Node& node, SiteLimits& out, Problems& problems) {
    Mapping reader(
        node,
        "limits",
        {"circuits_per_tenant",
         "tokens_per_tenant",
         "writes_outstanding",
         "idempotency_keys_per_tenant",
         "connections"},
        problems
    );
    reader.integer(
        "circuits_per_tenant", {.min = 1, .max = kCircuitsPerTenantMax}, out.circuits_per_tenant
    );
    reader.integer(
        "tokens_per_tenant", {.min = 1, .max = limits::kTokensPerTenantMax}, out.tokens_per_tenant
    );
    reader.integer("writes_outstanding", kWritesOutstanding, out.writes_outstanding);
    reader.integer(
        "idempotency_keys_per_tenant", kIdempotencyKeys, out.idempotency_keys_per_tenant
    );
    reader.integer("connections", {.min = 1, .max = limits::kConnectionsMax}, out.connections);
}

void decode_root(const YAML::Node& node, SiteConfig& site, Problems& problems) {
    Mapping root(
        node, "", {"cores", "memory", "ports", "rings", "api", "store", "limits", "log"}, problems
    );
    root.require({"cores", "ports"});
    if (const auto cores = root.find("cores")) {
        decode_cores(*cores, site.dataplane, problems);
    }
    if (const auto memory = root.find("memory")) {
        decode_memory(*memory, site.dataplane, problems);
    }
    decode_ports(root, site.dataplane, problems);
    if (const auto rings = root.find("rings")) {
        decode_rings(*rings, site.dataplane, problems);
    }
    if (const auto api = root.find("api")) {
        decode_api(*api, site.api, problems);
    }
    if (const auto store = root.find("store")) {
        Mapping(*store, "store", {"path"}, problems).text("path", site.store.path);
    }
    if (const auto given = root.find("limits")) {
        decode_limits(*given, site.limits, problems);
    }
    if (const auto log = root.find("log")) {
        Mapping(*log, "log", {"level"}, problems)
            .one_of<LogLevel>("level", kLogLevels, site.log_level);
    }
}

} // namespace

Result<SiteConfig> parse_site(std::string_view text, const std::string& file_name) {
    Problems problems(file_name);
    SiteConfig site;
    // yaml-cpp throws from its accessors too, not only from its parser.
    try {
        if (const auto node = load_yaml(std::string{text}, problems)) {
            decode_root(*node, site, problems);
            check_rules(site, problems);
        }
    } catch (const YAML::Exception& wrong) {
        problems.add_at(
            {},
            {.pointer = {},
             .code = "malformed",
             .message = "not readable as YAML: " + wrong.msg,
             .hint = {},
             .rule = {}}
        );
    }
    if (!problems.empty()) {
        return problems.to_error();
    }
    return site;
}

Result<SiteConfig> read_site_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        const std::string why = std::strerror(errno);
        return Error{
            .code = ErrorCode::NotFound,
            .message =
                "cannot open the site file " + path + ": " + why + "; give its path with --config",
            .problems = {}};
    }
    std::string text(kSiteFileBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || (file.fail() && !file.eof())) {
        return Error{
            .code = ErrorCode::Malformed,
            .message = "cannot read the site file " + path,
            .problems = {}};
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kSiteFileBytesMax) {
        return Error{
            .code = ErrorCode::Malformed,
            .message = "the site file " + path + " is longer than " +
                       std::to_string(kSiteFileBytesMax) + " bytes",
            .problems = {}};
    }
    return parse_site(text, path);
}

} // namespace strowger::config
