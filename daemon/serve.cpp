// SPDX-License-Identifier: Apache-2.0
#include "serve.h"

#include "api/api_server.h"
#include "api/json_codec.h"
#include "control_loop.h"
#include "log.h"
#include "notify.h"
#include "platform/dataplane_runtime.h"
#include "service/provisioner.h"
#include "store/sqlite_store.h"
#include "strowger/base/clock.h"
#include "token_file.h"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace strowger::daemon {

namespace {

// As the control thread's, when a worker shares their core.
constexpr int kStoreNice = -15;

void report(dataplane::Severity severity, const std::string& line) {
    switch (severity) {
        case dataplane::Severity::Error:
            return log(LogLevel::Error, line);
        case dataplane::Severity::Warning:
            return log(LogLevel::Warning, line);
        case dataplane::Severity::Info:
            return log(LogLevel::Info, line);
        case dataplane::Severity::Debug:
            return log(LogLevel::Debug, line);
    }
}

service::ServiceLimits service_limits(const config::SiteLimits& site, std::uint32_t endpoints) {
    service::ServiceLimits limits;
    limits.circuits_per_tenant = site.circuits_per_tenant;
    limits.tokens_per_tenant = site.tokens_per_tenant;
    limits.endpoints_per_worker = endpoints;
    limits.writes_outstanding_max = site.writes_outstanding;
    limits.idempotency_keys_max = site.idempotency_keys_per_tenant;
    return limits;
}

api::ApiConfig api_config(const config::SiteConfig& site) {
    api::ApiConfig config;
    config.address = site.api.address;
    config.port = site.api.port;
    if (site.api.tls) {
        config.tls = api::ApiConfig::Tls{
            .certificate_file = site.api.tls->certificate, .key_file = site.api.tls->key};
    }
    config.unix_socket = site.api.unix_socket;
    config.unix_group = site.api.unix_group;
    config.connections_max = site.limits.connections;
    return config;
}

bool control_core_is_shared(const DataplaneConfig& dataplane) {
    return std::any_of(
        dataplane.workers.begin(),
        dataplane.workers.end(),
        [&](const WorkerConfig& worker) { return worker.core == dataplane.control_core; }
    );
}

// It must not run on a worker's core, nor wait behind a worker on its own.
void settle_store_thread(std::uint32_t core, bool shared) {
    pthread_setname_np(pthread_self(), "strowger-store");
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (pthread_setaffinity_np(pthread_self(), sizeof(cores), &cores) != 0) {
        log(LogLevel::Warning, "the store thread cannot be kept on the control core");
    }
    if (shared &&
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kStoreNice) != 0) {
        log(LogLevel::Warning,
            "the priority of the store thread cannot be raised: orders may be slow under load; "
            "CAP_SYS_NICE allows it");
    }
}

/// For who watches the start: in the log, and for `systemctl status`.
void report_progress(const service::RestoreProgress& progress) {
    const std::int64_t elapsed_us = std::max<std::int64_t>(progress.elapsed_us, 1);
    const std::uint64_t per_second =
        progress.done * 1'000'000 / static_cast<std::uint64_t>(elapsed_us);
    const std::string line = "restored " + std::to_string(progress.done) + " of " +
                             std::to_string(progress.total) + " objects in " +
                             std::to_string(elapsed_us / 1'000) + " ms, " +
                             std::to_string(per_second) + " a second";
    log(LogLevel::Info, line);
    notify_manager("STATUS=" + line);
}

std::string where(const config::ApiConfig& api, std::uint16_t port) {
    const bool v6 = api.address.find(':') != std::string::npos;
    return std::string{api.tls ? "https://" : "http://"} + (v6 ? "[" : "") + api.address +
           (v6 ? "]:" : ":") + std::to_string(port) + " and " + api.unix_socket;
}

/// What serves. Each part uses those above it.
class Site {
public:
    Result<void> start(const config::SiteConfig& site);
    void run() { loop_->run(); }

private:
    Result<void> start_store(const config::SiteConfig& site);
    Result<void> restore(const config::SiteConfig& site);
    Result<void> start_api(const config::SiteConfig& site);

    const SystemClock clock_{};
    const api::JsonCodec codec_{};
    boost::asio::io_context io_{1};
    std::unique_ptr<dataplane::Runtime> runtime_;
    // Made last but gone after the store, whose thread calls it until it is joined.
    std::unique_ptr<ControlLoop> loop_;
    std::atomic<ControlLoop*> heard_by_{nullptr}; // control: sets once, store thread: reads
    std::unique_ptr<store::SqliteStore> store_;
    std::unique_ptr<service::Provisioner> provisioner_;
    std::unique_ptr<api::ApiServer> api_;
};

Result<void> Site::start(const config::SiteConfig& site) {
    // The store first: it is cheap to open, and its claim keeps a second daemon off the devices.
    if (auto started = start_store(site); !started) {
        return started;
    }
    const std::int64_t begun_ns = clock_.steady_ns();
    auto runtime = dataplane::Runtime::start(site.dataplane, report);
    if (!runtime) {
        return runtime.error();
    }
    runtime_ = std::move(*runtime);
    log(LogLevel::Info,
        "the dataplane is up after " + std::to_string((clock_.steady_ns() - begun_ns) / 1'000'000) +
            " ms");
    provisioner_ = std::make_unique<service::Provisioner>(
        service::Provisioner::Parts{
            .dataplane = runtime_->dataplane(), .store = *store_, .codec = codec_, .clock = clock_},
        site.dataplane.ports,
        service_limits(site.limits, site.dataplane.endpoints)
    );
    if (auto restored = restore(site); !restored) {
        return restored;
    }
    return start_api(site);
}

Result<void> Site::start_store(const config::SiteConfig& site) {
    const std::uint32_t core = site.dataplane.control_core;
    const bool shared = control_core_is_shared(site.dataplane);
    auto store = store::SqliteStore::open(
        {.path = site.store.path,
         .notify =
             [this] {
                 if (ControlLoop* const loop = heard_by_.load()) {
                     loop->store_has_news();
                 }
             },
         .thread_started = [core, shared] { settle_store_thread(core, shared); }}
    );
    if (!store) {
        return store.error();
    }
    store_ = std::move(*store);
    return {};
}

Result<void> Site::restore(const config::SiteConfig& site) {
    if (auto restored = provisioner_->restore(report_progress); !restored) {
        return restored;
    }
    for (const std::string& warning : provisioner_->warnings()) {
        log(LogLevel::Warning, warning);
    }
    const std::string& path = site.api.operator_token_file;
    return provisioner_->ensure_operator_token([&path](const std::string& token) {
        auto written = write_token_file(path, token);
        if (written) {
            log(LogLevel::Info, "the first operator's token is in " + path);
        }
        return written;
    });
}

Result<void> Site::start_api(const config::SiteConfig& site) {
    api_ = std::make_unique<api::ApiServer>(
        api_config(site),
        api::ApiServer::Parts{
            .io = io_, .provisioner = *provisioner_, .clock = clock_, .version = STROWGER_VERSION}
    );
    loop_ = std::make_unique<ControlLoop>(
        io_,
        ControlLoop::Parts{
            .runtime = *runtime_,
            .provisioner = *provisioner_,
            .core_is_shared = control_core_is_shared(site.dataplane),
            .stop_api = [this] { api_->stop(); }}
    );
    heard_by_.store(loop_.get());
    if (auto started = api_->start(); !started) {
        return started;
    }
    log(LogLevel::Info, "ready: the API is at " + where(site.api, api_->port()));
    notify_manager("READY=1");
    return {};
}

} // namespace

Result<void> serve(const config::SiteConfig& site) {
    Site server;
    if (auto started = server.start(site); !started) {
        return started;
    }
    server.run();
    log(LogLevel::Info, "stopped");
    return {};
}

} // namespace strowger::daemon
