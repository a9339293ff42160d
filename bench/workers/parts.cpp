// SPDX-License-Identifier: Apache-2.0
#include "workers/parts.h"

#include "lib/pcap_file.h"
#include "lib/rig.h"

namespace strowger::bench {

Result<std::string> begin_on_two_cores(const WorkersOptions& options, std::uint32_t circuits) {
    constexpr std::uint32_t kFrameBytes = 64;
    constexpr unsigned kMegabytes = 384;
    std::string pcap = options.pcap_dir + "/strowger-" + std::to_string(circuits) + "-64.pcap";
    if (auto written = write_pcap(pcap, circuits, kFrameBytes); !written) {
        return written.error();
    }
    if (auto started = start_eal("workers", {1, 0}, kMegabytes); !started) {
        return started.error();
    }
    return pcap;
}

} // namespace strowger::bench
