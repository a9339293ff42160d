// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/report.h"
#include "strowger/base/result.h"
#include "strowger/seam/site.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace strowger::dataplane {

/// Whether a port's device is a PCI function, else it is a virtual device.
[[nodiscard]] bool is_pci(const std::string& device);
/// "3b:00.0" with the domain that every other tool writes: "0000:3b:00.0".
[[nodiscard]] std::string full_pci_address(const std::string& device);

/// The EAL's lcore of a worker: lcores are numbered, not named after cores, so that two may share
/// one core. The control thread is lcore 0.
[[nodiscard]] constexpr unsigned lcore_of(std::size_t worker) {
    return static_cast<unsigned>(worker) + 1;
}

/// The command line of the EAL for a site. `megabytes`: what it takes at once, by socket.
std::vector<std::string> eal_arguments(
    const DataplaneConfig& config,
    bool hugepages,
    const std::map<int, std::uint32_t>& megabytes
);

/// The EAL, from start to clean-up. Once in a process: DPDK cannot be started again. Its log goes
/// to `report`, errors and warnings only.
class Eal {
public:
    static Result<std::unique_ptr<Eal>>
    start(const std::vector<std::string>& arguments, const Report& report);
    Eal(const Eal&) = delete;
    Eal& operator=(const Eal&) = delete;
    Eal(Eal&&) = delete;
    Eal& operator=(Eal&&) = delete;
    ~Eal();

    /// The last line that DPDK wrote, for a sentence that quotes it. Then forgotten.
    [[nodiscard]] static std::string take_last_line();

private:
    Eal() = default;
};

} // namespace strowger::dataplane
