// SPDX-License-Identifier: Apache-2.0
#include "platform/hugepages.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace strowger::dataplane {

namespace {

namespace fs = std::filesystem;

std::uint64_t read_number(const fs::path& path) {
    std::ifstream file(path);
    std::uint64_t number = 0;
    file >> number;
    return file ? number : 0;
}

// "node12" -> 12, "hugepages-2048kB" -> 2048; nothing else matches.
bool number_after(const std::string& text, const std::string& prefix, std::uint64_t& number) {
    if (!text.starts_with(prefix) || text.size() == prefix.size()) {
        return false;
    }
    number = 0;
    for (const char c : text.substr(prefix.size())) {
        if (c == 'k') {
            return true;
        }
        if (c < '0' || c > '9') {
            return false;
        }
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return true;
}

std::uint64_t free_megabytes(const std::vector<HugepageStock>& stock, int socket) {
    std::uint64_t kilobytes = 0;
    for (const HugepageStock& pages : stock) {
        kilobytes += pages.socket == socket ? pages.free * pages.page_kilobytes : 0;
    }
    return kilobytes / 1'024;
}

// In 2 MiB pages, which can be reserved while the machine runs; 1 GiB pages mostly cannot.
std::string reserve_command(
    const std::vector<HugepageStock>& stock,
    int socket,
    std::uint64_t missing_megabytes
) {
    std::uint64_t total = 0;
    for (const HugepageStock& pages : stock) {
        total += pages.socket == socket && pages.page_kilobytes == 2'048 ? pages.total : 0;
    }
    return "echo " + std::to_string(total + (missing_megabytes + 1) / 2) +
           " > /sys/devices/system/node/node" + std::to_string(socket) +
           "/hugepages/hugepages-2048kB/nr_hugepages";
}

} // namespace

std::vector<HugepageStock> read_hugepages(const std::string& root) {
    std::vector<HugepageStock> stock;
    std::error_code ignored; // no such folder: no hugepages
    for (const auto& node : fs::directory_iterator(root, ignored)) {
        std::uint64_t socket = 0;
        if (!number_after(node.path().filename(), "node", socket)) {
            continue;
        }
        for (const auto& size : fs::directory_iterator(node.path() / "hugepages", ignored)) {
            std::uint64_t kilobytes = 0;
            if (number_after(size.path().filename(), "hugepages-", kilobytes)) {
                stock.push_back(
                    {.socket = static_cast<int>(socket),
                     .page_kilobytes = kilobytes,
                     .free = read_number(size.path() / "free_hugepages"),
                     .total = read_number(size.path() / "nr_hugepages")}
                );
            }
        }
    }
    return stock;
}

std::uint64_t read_available_megabytes(const std::string& path) {
    std::ifstream file(path);
    std::string word;
    while (file >> word) {
        std::uint64_t kilobytes = 0;
        if (word == "MemAvailable:" && file >> kilobytes) {
            return kilobytes / 1'024;
        }
    }
    return 0;
}

Result<HugepageChoice> choose_hugepages(
    HugepageUse use,
    const std::map<int, std::uint32_t>& megabytes,
    const std::vector<HugepageStock>& stock
) {
    if (use == HugepageUse::Never) {
        return HugepageChoice{.use = false, .remark = "the site file says never"};
    }
    std::string lacking;
    for (const auto& [socket, needed] : megabytes) {
        const std::uint64_t free = free_megabytes(stock, socket);
        if (free < needed) {
            lacking += (lacking.empty() ? "" : "; ") + std::string{"socket "} +
                       std::to_string(socket) + " has " + std::to_string(free) + " of " +
                       std::to_string(needed) + " MB free in hugepages, reserve them with: " +
                       reserve_command(stock, socket, needed - free);
        }
    }
    if (lacking.empty()) {
        return HugepageChoice{.use = true, .remark = {}};
    }
    if (use == HugepageUse::Required) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message = "too few hugepages: " + lacking,
            .problems = {}};
    }
    return HugepageChoice{.use = false, .remark = lacking};
}

} // namespace strowger::dataplane
