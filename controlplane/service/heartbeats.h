// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/dataplane.h"

#include <cstdint>
#include <string>
#include <vector>

namespace strowger::service {

/// Notices workers that no longer turn. A worker's loop count rises many times a millisecond.
class Heartbeats {
public:
    static constexpr std::int64_t kSilenceNsMax = 1'000'000'000;

    /// Looks at every worker.
    void observe(const Dataplane& dataplane, std::int64_t now_ns);
    /// A sentence for each worker that was silent for longer than kSilenceNsMax when last observed.
    [[nodiscard]] const std::vector<std::string>& complaints() const noexcept {
        return complaints_;
    }

private:
    struct Beat {
        std::uint64_t loops = 0;
        std::int64_t seen_ns = 0;
    };
    std::vector<Beat> beats_;
    std::vector<std::string> complaints_;
};

} // namespace strowger::service
