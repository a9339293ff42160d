// SPDX-License-Identifier: Apache-2.0
#include "pktgen/progress.h"

#include <chrono>
#include <cstdio>
#include <fmt/format.h>

namespace strowger::pktgen {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Counts begin anew with each trial, and with its warm-up.
std::uint64_t since(std::uint64_t now, std::uint64_t before) {
    return now >= before ? now - before : now;
}

} // namespace

Progress::Progress() : thread_([this] { show_until_closed(); }) {}

Progress::~Progress() {
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Progress::started(const std::string& what, const Sender& sender, const Receiver& receiver) {
    const std::lock_guard lock{mutex_};
    what_ = what;
    sender_ = &sender;
    receiver_ = &receiver;
}

void Progress::stopped() {
    const std::lock_guard lock{mutex_};
    sender_ = nullptr;
    receiver_ = nullptr;
}

void Progress::show_until_closed() {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    SteadyTime last = std::chrono::steady_clock::now();
    std::unique_lock lock{mutex_};
    while (!changed_.wait_for(lock, std::chrono::seconds{1}, [this] { return closed_; })) {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (sender_ != nullptr) {
            const double seconds = std::chrono::duration<double>(now - last).count();
            const std::uint64_t sent_now = sender_->sent();
            const std::uint64_t received_now = receiver_->received();
            const std::string line = fmt::format(
                "{}: sending {:.3f} Mpps, back {:.3f} Mpps\n",
                what_,
                static_cast<double>(since(sent_now, sent)) / seconds / 1e6,
                static_cast<double>(since(received_now, received)) / seconds / 1e6
            );
            (void)std::fputs(line.c_str(), stderr);
            sent = sent_now;
            received = received_now;
        }
        last = now;
    }
}

} // namespace strowger::pktgen
