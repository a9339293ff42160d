// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/runner.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace strowger::pktgen {

/// Shows once a second, on standard error, what a trial is doing. From a thread of its own, so that
/// the core that sends makes no system calls.
class Progress final : public Watcher {
public:
    Progress();
    ~Progress() override;
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    Progress(Progress&&) = delete;
    Progress& operator=(Progress&&) = delete;

    void started(const std::string& what, const Sender& sender, const Receiver& receiver) override;
    void stopped() override;

private:
    void show_until_closed();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string what_;
    const Sender* sender_ = nullptr;
    const Receiver* receiver_ = nullptr;
    bool closed_ = false;
    std::thread thread_;
};

} // namespace strowger::pktgen
