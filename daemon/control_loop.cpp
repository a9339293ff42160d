// SPDX-License-Identifier: Apache-2.0
#include "control_loop.h"

#include "log.h"
#include "notify.h"

#include <boost/asio/post.hpp>

#include <chrono>
#include <csignal>
#include <string>

namespace strowger::daemon {

namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr unsigned kTicksInASecond = 10;
constexpr std::chrono::microseconds kPause{20};
constexpr unsigned kTicksToStopMax = 100;

} // namespace

ControlLoop::ControlLoop(boost::asio::io_context& io, Parts parts)
    : io_(io),
      parts_(std::move(parts)),
      tick_(io),
      pause_(io),
      links_(io, parts_.runtime.link_descriptor()),
      signals_(io, SIGTERM, SIGINT) {
    parts_.provisioner.set_wake([this] { wake(); }); // it is gone before this
}

ControlLoop::~ControlLoop() {
    links_.release(); // the runtime's
}

void ControlLoop::run() {
    wait_for_signal();
    wait_for_links();
    tick();
    io_.run();
}

void ControlLoop::store_has_news() {
    if (!news_posted_.exchange(true)) {
        boost::asio::post(io_, [this] {
            news_posted_.store(false);
            parts_.provisioner.on_store_progress();
            progress();
        });
    }
}

// From inside a request: what it made to do waits for the next turn.
void ControlLoop::wake() {
    boost::asio::post(io_, [this] { progress(); });
}

void ControlLoop::progress() {
    parts_.provisioner.poll();
    if (!chasing_) {
        chase_workers();
    }
}

void ControlLoop::chase_workers() {
    chasing_ = parts_.provisioner.has_work() || parts_.runtime.dataplane().outstanding() != 0;
    if (!chasing_) {
        return;
    }
    const auto again = [this] {
        parts_.provisioner.poll();
        chase_workers();
    };
    if (!parts_.core_is_shared) {
        boost::asio::post(io_, again);
        return;
    }
    pause_.expires_after(kPause);
    pause_.async_wait([again](const boost::system::error_code& error) {
        if (!error) {
            again();
        }
    });
}

void ControlLoop::tick() {
    parts_.runtime.poll_links();
    progress();
    if (++ticks_ % kTicksInASecond == 0) {
        parts_.runtime.watch_turns();
        if (watchdog_wanted() && workers_live()) {
            notify_manager("WATCHDOG=1");
        }
    }
    if (stopping_ && (!parts_.provisioner.busy() || ticks_ > kTicksToStopMax)) {
        // What keeps the loop turning now is the API's last answers, each bounded in time.
        links_.cancel();
        signals_.cancel();
        return;
    }
    tick_.expires_after(kTick);
    tick_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            tick();
        }
    });
}

void ControlLoop::wait_for_links() {
    links_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [this](const boost::system::error_code& error) {
            if (!error) {
                parts_.runtime.poll_links();
                wait_for_links();
            }
        }
    );
}

void ControlLoop::wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (!error) {
            begin_stop(signal);
        }
    });
}

void ControlLoop::begin_stop(int signal) {
    if (stopping_) {
        log(LogLevel::Warning, "stopping at once: a second signal");
        io_.stop();
        return;
    }
    log(LogLevel::Info, std::string{"stopping: "} + (signal == SIGINT ? "SIGINT" : "SIGTERM"));
    notify_manager("STOPPING=1");
    stopping_ = true;
    ticks_ = 0;
    wait_for_signal();
    parts_.stop_api();
    tick_.cancel();
    tick();
}

// Every worker has turned since the last time.
bool ControlLoop::workers_live() {
    std::vector<std::uint64_t> loops;
    bool all = true;
    for (const WorkerStatus& worker : parts_.runtime.dataplane().workers()) {
        const std::size_t id = loops.size();
        loops.push_back(worker.counters.loops);
        if (id < last_loops_.size() && last_loops_[id] == loops[id]) {
            log(LogLevel::Error,
                "the worker on core " + std::to_string(worker.core) + " does not turn");
            all = false;
        }
    }
    last_loops_ = std::move(loops);
    return all;
}

} // namespace strowger::daemon
