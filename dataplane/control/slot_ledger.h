// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/program.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace strowger::dataplane {

/// Where a circuit lives: one worker, and its two slots there.
struct CircuitPlace {
    std::uint32_t worker = 0;
    std::array<std::uint32_t, 2> slots{};
};

/// Which slots of which worker are free.
class SlotLedger {
public:
    SlotLedger(std::size_t workers, std::uint32_t endpoints);

    /// Room on the worker with the fewest circuits that has any, of those in the set (none named:
    /// of all); nothing when these are full.
    [[nodiscard]] std::optional<CircuitPlace> take(WorkerSet workers);
    /// Room on this worker.
    [[nodiscard]] std::optional<CircuitPlace> take_on(std::uint32_t worker);
    /// Only when nothing names the slots any more.
    void give_back(const CircuitPlace& place);
    [[nodiscard]] std::uint32_t circuits(std::size_t worker) const {
        return workers_[worker].circuits;
    }

private:
    struct PerWorker {
        std::vector<std::uint32_t> free;
        std::uint32_t circuits = 0;
    };
    std::vector<PerWorker> workers_;
};

} // namespace strowger::dataplane
