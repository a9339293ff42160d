// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/report.h"
#include "strowger/base/result.h"
#include "strowger/seam/dataplane.h"
#include "strowger/seam/site.h"

#include <memory>

namespace strowger::dataplane {

/// The running dataplane of a site: EAL, ports, workers on their cores, and the seam to them. No
/// DPDK shows in this header, so that the daemon needs none. Control thread only; one in the life
/// of a process, because DPDK starts once.
class Runtime {
public:
    /// Takes some hundred milliseconds. Fails with a sentence that says what to do, and problems
    /// that name keys of the site file: Invalid (cores), Unavailable (memory, devices). Moves the
    /// calling thread to the control core.
    static Result<std::unique_ptr<Runtime>>
    start(const DataplaneConfig& config, const Report& report);
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;
    Runtime(Runtime&&) = delete;
    Runtime& operator=(Runtime&&) = delete;
    /// Stops the workers, frees the frames they hold, closes the ports, leaves the EAL.
    ~Runtime();

    [[nodiscard]] Dataplane& dataplane();
    /// Brings the link states up to date: every 100 ms, and when link_descriptor() is readable.
    void poll_links();
    [[nodiscard]] int link_descriptor() const;
    /// Logs turns of the workers that took too long since the last call, and whose that time was.
    /// About once a second.
    void watch_turns();

private:
    struct Parts;
    Runtime();
    std::unique_ptr<Parts> parts_;
};

} // namespace strowger::dataplane
