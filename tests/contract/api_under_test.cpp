// SPDX-License-Identifier: Apache-2.0
#include "api/api_server.h"
#include "api/json_codec.h"
#include "api/router.h"
#include "service/provisioner.h"
#include "store/sqlite_store.h"
#include "strowger/base/clock.h"
#include "tests/contract/steered_store.h"
#include "tests/support/fake_dataplane.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

// The control plane whole, over HTTP, with a store on disk and without frames. What a contract test
// cannot cause from outside it orders on standard input, one line each, answered with "ok":
//   hold on|off        workers do not acknowledge
//   store fail|work    the store takes no more writes
//   keys full|free     a scope has no idempotency keys left
//   link PORT up|down
//   refuse CODE        the dataplane refuses the next change
// The first line it prints says where it is: "ready PORT SOCKET TOKEN"; "operation METHOD PATH"
// lines before it list what the router knows. It ends with its input.
namespace strowger {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::microseconds kBusyEvery{200};
constexpr std::chrono::milliseconds kIdleEvery{50};

class ApiUnderTest {
public:
    explicit ApiUnderTest(std::string folder) : folder_(std::move(folder)), input_(io_, ::dup(0)) {}

    int run() {
        for (const api::OperationName& operation : api::Router::operations()) {
            std::cout << "operation " << operation.method << ' ' << operation.path << '\n';
        }
        const Result<void> started = start();
        if (!started) {
            std::cerr << started.error().message << '\n';
            return 1;
        }
        std::cout << "ready " << server_->port() << ' ' << socket_path() << ' ' << token_
                  << std::endl;
        read_command();
        tick();
        io_.run();
        return 0;
    }

private:
    [[nodiscard]] std::string socket_path() const { return folder_ + "/api.sock"; }

    std::vector<PortConfig> make_ports() {
        std::vector<PortConfig> ports;
        for (const std::string name : {"p0", "p1", "p2", "p3", "short"}) {
            dataplane_.add_port(name, Bytes{name == "short" ? 1'800U : 9'216U});
            ports.push_back({.name = name, .device = "net_null_" + name});
        }
        PortCounters counters;
        counters.rx = {10, 640};
        counters.unmatched = {{0x8100, 7, 0, 3}, {0x88A8, 0, {}, 2}, {0, 0, {}, 1}};
        dataplane_.set_port_counters(PortIndex{0}, counters);
        std::vector<WorkerStatus> workers;
        for (const std::uint32_t core : {1U, 2U, 3U, 0U}) {
            workers.push_back(FakeDataplane::worker_on(core, core == 0));
        }
        dataplane_.set_workers(std::move(workers));
        return ports;
    }

    Result<void> start() {
        store::SqliteStoreOptions options;
        options.path = folder_ + "/strowger.db";
        options.notify = [this] {
            asio::post(io_, [this] {
                provisioner_->on_store_progress();
                provisioner_->poll();
            });
        };
        Result<std::unique_ptr<store::SqliteStore>> opened =
            store::SqliteStore::open(std::move(options));
        if (!opened) {
            return opened.error();
        }
        store_ = std::make_unique<SteeredStore>(*std::move(opened));
        const service::ServiceLimits limits{
            .circuits_per_tenant = 20,
            .tokens_per_tenant = 6,
            .endpoints_per_worker = 16,
            .writes_outstanding_max = 1'024};
        provisioner_ = std::make_unique<service::Provisioner>(
            service::Provisioner::Parts{dataplane_, *store_, codec_, clock_}, make_ports(), limits
        );
        if (Result<void> restored = provisioner_->restore(); !restored) {
            return restored;
        }
        const auto save = [this](const std::string& token) -> Result<void> {
            token_ = token;
            return {};
        };
        if (Result<void> made = provisioner_->ensure_operator_token(save); !made) {
            return made;
        }
        api::ApiConfig config;
        config.port = 0;
        config.unix_socket = socket_path();
        config.connections_per_source_max = 100;
        config.wrong_tokens_burst = 200; // more than all other tests send
        config.timeouts.header = std::chrono::milliseconds{300};
        server_ = std::make_unique<api::ApiServer>(
            std::move(config), api::ApiServer::Parts{io_, *provisioner_, clock_, "0.1.0-test"}
        );
        return server_->start();
    }

    /// What the daemon does: often while something is under way.
    void tick() {
        provisioner_->poll();
        if (provisioner_->busy()) {
            timer_.expires_after(kBusyEvery);
        } else {
            timer_.expires_after(kIdleEvery);
        }
        timer_.async_wait([this](const boost::system::error_code& ec) {
            if (!ec) {
                tick();
            }
        });
    }

    void read_command() {
        asio::async_read_until(
            input_,
            asio::dynamic_buffer(line_),
            '\n',
            [this](const boost::system::error_code& ec, std::size_t size) {
                if (ec) {
                    server_->stop();
                    timer_.cancel();
                    io_.stop();
                    return;
                }
                obey(line_.substr(0, size));
                line_.erase(0, size);
                read_command();
            }
        );
    }

    void obey(const std::string& line) {
        std::istringstream words(line);
        std::string verb;
        std::string first;
        std::string second;
        words >> verb >> first >> second;
        bool known = true;
        if (verb == "hold") {
            dataplane_.hold_completions(first == "on");
        } else if (verb == "store") {
            store_->set_healthy(first == "work");
        } else if (verb == "keys") {
            store_->set_keys_full(first == "full");
        } else if (verb == "link") {
            dataplane_.set_link(
                PortIndex{static_cast<std::uint16_t>(std::stoi(first))}, second == "up"
            );
        } else if (verb == "refuse") {
            dataplane_.refuse_next_stage(Error{
                ErrorCode::Conflict,
                "There is no room.",
                {{"/endpoints", first, "There is no room.", "", ""}}});
        } else {
            known = false;
        }
        std::cout << (known ? "ok" : "unknown") << std::endl;
    }

    std::string folder_;
    asio::io_context io_;
    asio::posix::stream_descriptor input_;
    asio::steady_timer timer_{io_};
    std::string line_;
    std::string token_;
    SystemClock clock_;
    FakeDataplane dataplane_;
    api::JsonCodec codec_;
    std::unique_ptr<SteeredStore> store_;
    std::unique_ptr<service::Provisioner> provisioner_;
    std::unique_ptr<api::ApiServer> server_;
};

} // namespace
} // namespace strowger

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: api_under_test FOLDER\n");
        return 2;
    }
    return strowger::ApiUnderTest(argv[1]).run();
}
