// SPDX-License-Identifier: Apache-2.0
#include "lib/pcap_file.h"

#include "lib/circuits.h"

#include <array>
#include <fstream>
#include <vector>

namespace strowger::bench {

namespace {

constexpr std::uint32_t kMagic = 0xA1B2C3D4;
constexpr std::uint32_t kVersion = 4U << 16U | 2U; // 2.4
constexpr std::uint32_t kSnapBytes = 65'535;
constexpr std::uint32_t kEthernet = 1;

template <std::size_t Count>
void put(std::ofstream& file, const std::array<std::uint32_t, Count>& words) {
    file.write(reinterpret_cast<const char*>(words.data()), sizeof(words));
}

} // namespace

std::uint32_t pcap_frames(std::uint32_t circuits) {
    return circuits * ((kPcapFramesMin + circuits - 1) / circuits);
}

Result<void>
write_pcap(const std::string& path, std::uint32_t circuits, std::uint32_t frame_bytes) {
    std::ofstream file{path, std::ios::binary};
    put<6>(file, {kMagic, kVersion, 0, 0, kSnapBytes, kEthernet});
    const std::vector<std::uint32_t> order = shuffled(circuits);
    for (std::uint32_t i = 0; i < pcap_frames(circuits); ++i) {
        const std::vector<std::uint8_t> frame = frame_of(order[i % circuits], frame_bytes);
        const auto size = static_cast<std::uint32_t>(frame.size());
        put<4>(file, {0, 0, size, size});
        file.write(reinterpret_cast<const char*>(frame.data()), size);
    }
    file.flush();
    if (!file) {
        return Error{
            .code = ErrorCode::Unavailable,
            .message = "cannot write " + path + ": is there room, and is the folder there?",
            .problems = {}};
    }
    return {};
}

} // namespace strowger::bench
