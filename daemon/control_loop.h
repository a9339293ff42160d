// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/dataplane_runtime.h"
#include "service/provisioner.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace strowger::daemon {

/// Turns the control thread: moves orders on, follows links, tells the watchdog, and ends it all in
/// good order at a signal.
///
/// Batches of orders are worked on a slice at a time, with a look at the sockets in between.
/// A worker answers a command within microseconds, so while workers are awaited the loop asks again
/// and again instead of sleeping. Where a worker shares the core that would keep it from answering:
/// there the loop sleeps in between.
class ControlLoop {
public:
    struct Parts {
        dataplane::Runtime& runtime;
        service::Provisioner& provisioner;
        bool core_is_shared = false;
        std::function<void()> stop_api; ///< takes no more requests, answers those under way
    };
    ControlLoop(boost::asio::io_context& io, Parts parts);
    ControlLoop(const ControlLoop&) = delete;
    ControlLoop& operator=(const ControlLoop&) = delete;
    ControlLoop(ControlLoop&&) = delete;
    ControlLoop& operator=(ControlLoop&&) = delete;
    ~ControlLoop();

    /// Returns after SIGTERM or SIGINT, when everything under way is answered; a second signal cuts
    /// that short.
    void run();
    /// From the store thread: there are results.
    void store_has_news();

private:
    void progress();
    void wake();
    void chase_workers();
    void tick();
    void wait_for_links();
    void wait_for_signal();
    void begin_stop(int signal);
    bool workers_live();

    boost::asio::io_context& io_;
    Parts parts_;
    boost::asio::steady_timer tick_;
    boost::asio::steady_timer pause_;
    boost::asio::posix::stream_descriptor links_;
    boost::asio::signal_set signals_;
    std::atomic<bool> news_posted_{false}; // store thread: sets, control: clears
    bool chasing_ = false;
    bool stopping_ = false;
    unsigned ticks_ = 0;
    std::vector<std::uint64_t> last_loops_;
};

} // namespace strowger::daemon
