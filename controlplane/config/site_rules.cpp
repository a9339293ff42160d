// SPDX-License-Identifier: Apache-2.0
#include "config/site_rules.h"

#include "strowger/model/identity.h"
#include "strowger/model/limits.h"

#include <algorithm>
#include <arpa/inet.h>
#include <bit>
#include <charconv>
#include <map>
#include <netinet/in.h>
#include <set>
#include <sys/un.h>

namespace strowger::config {

namespace {

void refuse(
    Problems& problems,
    std::string pointer,
    const char* code,
    std::string message,
    std::string hint
) {
    problems.add(
        {.pointer = std::move(pointer),
         .code = code,
         .message = std::move(message),
         .hint = std::move(hint),
         .rule = {}}
    );
}

std::string item(std::string_view list, std::size_t index, std::string_view key) {
    return std::string{list} + "[" + std::to_string(index) + "]." + std::string{key};
}

void check_cores(const DataplaneConfig& dataplane, Problems& problems) {
    std::set<std::uint32_t> seen;
    for (std::size_t i = 0; i < dataplane.workers.size(); ++i) {
        const WorkerConfig& worker = dataplane.workers[i];
        if (problems.refused(item("cores.workers", i, "core"))) {
            continue;
        }
        if (!seen.insert(worker.core).second) {
            refuse(
                problems,
                item("cores.workers", i, "core"),
                "duplicate_core",
                "core " + std::to_string(worker.core) + " already runs a worker",
                "one worker a core"
            );
        }
        if (worker.core == dataplane.control_core && !worker.shared) {
            refuse(
                problems,
                item("cores.workers", i, "core"),
                "core_in_use",
                "core " + std::to_string(worker.core) + " is the control core",
                "another core, or 'shared: true', which takes the worker out of every promise"
            );
        }
    }
}

bool is_hex(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

// "0000:3b:00.0", or "3b:00.0" in domain 0.
bool is_pci_address(std::string_view device) {
    if (device.size() == 12 && device[4] == ':' && is_hex(device.substr(0, 4))) {
        device.remove_prefix(5);
    }
    return device.size() == 7 && is_hex(device.substr(0, 2)) && device[2] == ':' &&
           is_hex(device.substr(3, 2)) && device[5] == '.' && device[6] >= '0' && device[6] <= '7';
}

bool is_device(std::string_view device) {
    const std::string_view driver = device.substr(0, device.find(','));
    const bool named =
        driver.starts_with("net_") && std::all_of(driver.begin(), driver.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        });
    return is_pci_address(device) || (named && device.find(' ') == std::string_view::npos);
}

// The EAL knows a device by what stands before the first comma.
std::string device_identity(const std::string& device) {
    const std::string head = device.substr(0, device.find(','));
    return head.size() == 7 && is_pci_address(head) ? "0000:" + head : head;
}

void check_ports(const DataplaneConfig& dataplane, Problems& problems) {
    std::set<std::string> names;
    std::map<std::string, std::string> devices;
    for (std::size_t i = 0; i < dataplane.ports.size(); ++i) {
        const PortConfig& port = dataplane.ports[i];
        if (!port.name.empty() && !Name::from(port.name)) {
            refuse(
                problems,
                item("ports", i, "name"),
                "invalid_name",
                "'" + port.name + "' is not a name",
                "1 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends"
            );
        } else if (!port.name.empty() && !names.insert(port.name).second) {
            refuse(
                problems,
                item("ports", i, "name"),
                "name_in_use",
                "another port is called '" + port.name + "'",
                "names of ports are unique"
            );
        }
        if (!port.device.empty() && !is_device(port.device)) {
            refuse(
                problems,
                item("ports", i, "device"),
                "unknown_value",
                "'" + port.device + "' is no device",
                "a PCI address (0000:3b:00.0) or a virtual device (net_af_xdp0,iface=eth1)"
            );
        } else if (!port.device.empty() && !devices.emplace(device_identity(port.device), port.name).second) {
            refuse(
                problems,
                item("ports", i, "device"),
                "device_in_use",
                "device '" + device_identity(port.device) + "' already belongs to port '" +
                    devices[device_identity(port.device)] + "'",
                "number virtual devices apart: net_af_xdp0, net_af_xdp1, ..."
            );
        }
        if (port.rx_queues + port.steered_queues > limits::kRxQueuesPerPortMax) {
            refuse(
                problems,
                item("ports", i, "steered_queues"),
                "out_of_range",
                std::to_string(port.steered_queues) + " behind " + std::to_string(port.rx_queues) +
                    " rx_queues are too many",
                "at most " + std::to_string(limits::kRxQueuesPerPortMax) + " in all"
            );
        }
    }
}

void check_powers_of_two(const DataplaneConfig& dataplane, Problems& problems) {
    const auto check = [&problems](std::uint32_t value, std::string pointer) {
        if (!std::has_single_bit(value)) {
            refuse(
                problems,
                std::move(pointer),
                "out_of_range",
                std::to_string(value) + " is no power of two",
                std::to_string(std::bit_floor(value)) + " or " +
                    std::to_string(std::bit_ceil(value))
            );
        }
    };
    check(dataplane.command_ring, "rings.command");
    check(dataplane.handover_ring, "rings.handover");
    for (std::size_t i = 0; i < dataplane.ports.size(); ++i) {
        check(dataplane.ports[i].rx_descriptors, item("ports", i, "rx_descriptors"));
        check(dataplane.ports[i].tx_descriptors, item("ports", i, "tx_descriptors"));
    }
}

void check_path(const std::string& path, const char* pointer, Problems& problems) {
    if (!problems.refused(pointer) && !path.starts_with('/')) {
        refuse(
            problems,
            pointer,
            "out_of_range",
            "'" + path + "' is not an absolute path",
            "a path that begins with '/': the daemon's working directory is not yours"
        );
    }
}

void check_api(const ApiConfig& api, Problems& problems) {
    if (!is_loopback(api.address) && !api.tls) {
        refuse(
            problems,
            "api.listen",
            "tls_required",
            api.address + " can be reached from other machines, and no certificate is configured",
            "a loopback address (127.0.0.1, [::1]), or api.tls with certificate and key"
        );
    }
    check_path(api.unix_socket, "api.unix_socket", problems);
    if (api.unix_socket.size() >= sizeof(sockaddr_un{}.sun_path)) {
        refuse(
            problems,
            "api.unix_socket",
            "out_of_range",
            "the path is too long for a unix socket",
            "at most " + std::to_string(sizeof(sockaddr_un{}.sun_path) - 1) + " characters"
        );
    }
    check_path(api.operator_token_file, "api.operator_token_file", problems);
    if (api.tls) {
        check_path(api.tls->certificate, "api.tls.certificate", problems);
        check_path(api.tls->key, "api.tls.key", problems);
    }
}

} // namespace

std::optional<std::pair<std::string, std::uint16_t>> split_listen_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const char* const end = digits.data() + digits.size();
    const auto [parsed, status] = std::from_chars(digits.data(), end, port);
    if (digits.empty() || status != std::errc{} || parsed != end) {
        return std::nullopt;
    }
    std::string host{text.substr(0, colon)};
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    in6_addr address{};
    if (inet_pton(bracketed ? AF_INET6 : AF_INET, host.c_str(), &address) != 1) {
        return std::nullopt;
    }
    return std::pair{host, port};
}

bool is_loopback(const std::string& address) {
    in_addr v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    in6_addr v6{};
    return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

void check_rules(const SiteConfig& site, Problems& problems) {
    check_cores(site.dataplane, problems);
    check_ports(site.dataplane, problems);
    check_powers_of_two(site.dataplane, problems);
    check_api(site.api, problems);
    check_path(site.store.path, "store.path", problems);
}

} // namespace strowger::config
