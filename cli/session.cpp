// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include "cli/problem_text.h"
#include "cli/terminal_text.h"

#include <boost/json/parse.hpp>

#include <fmt/format.h>
#include <utility>

namespace strowger::cli {
namespace json = boost::json;
namespace {

using Kind = TransportFailure::Kind;

/// Objects of one tenant; tenants, tokens and ports are the operator's or name the tenant in the
/// path.
bool belongs_to_a_tenant(std::string_view path) {
    return path.starts_with("/unis") || path.starts_with("/circuits") ||
           path.starts_with("/orders");
}

std::string_view fix_for_unreachable(const Settings& settings) {
    return settings.peer.socket_path.empty() ? "check the address and that strowgerd listens "
                                               "there; see `strowger help connection`"
                                             : "start strowgerd, or say where it is: --url, "
                                               "--socket or `strowger context use NAME`";
}

bool is_json(const HttpReply& reply) {
    return reply.header("Content-Type").find("json") != std::string_view::npos;
}

} // namespace

Outcome<Done> Session::open(const Arguments& arguments) {
    auto format = output_format(arguments);
    if (Failure* failure = failure_of(format)) {
        return std::move(*failure);
    }
    format_ = std::get<OutputFormat>(format);
    auto contexts = load_contexts(contexts_path());
    if (Failure* failure = failure_of(contexts)) {
        return std::move(*failure);
    }
    contexts_ = std::get<ContextFile>(std::move(contexts));
    auto settings = resolve_settings(arguments, environment_, contexts_);
    if (Failure* failure = failure_of(settings)) {
        return std::move(*failure);
    }
    settings_ = std::get<Settings>(std::move(settings));
    if (readable_by_others(contexts_path())) {
        console_.err << "warning: others may read the tokens in " << contexts_path()
                     << "; run: chmod 600 " << contexts_path() << '\n';
    }
    if (settings_.token_in_clear) {
        console_.err << "warning: the token travels unencrypted to "
                     << escape_for_terminal(settings_.address) << "; use https\n";
    }
    return Done{};
}

HttpRequest Session::make_request(std::string method, const std::string& path) const {
    HttpRequest request{std::move(method), settings_.base_path + "/v1" + path, {}, ""};
    request.headers.push_back({"Accept", "application/json, application/problem+json"});
    request.headers.push_back({"User-Agent", "strowger/" STROWGER_VERSION});
    if (!settings_.token.empty()) {
        request.headers.push_back({"Authorization", "Bearer " + settings_.token});
    }
    if (!settings_.tenant.empty() && belongs_to_a_tenant(path)) {
        request.headers.push_back({"Strowger-Tenant", settings_.tenant});
    }
    return request;
}

HttpResult Session::exchange(const HttpRequest& request) {
    if (!transport_) {
        transport_ = connect_(settings_);
    }
    return transport_->exchange(request, settings_.timeout);
}

Failure Session::no_reply(const TransportFailure& failure, std::string_view failed) const {
    switch (failure.kind) {
        case Kind::Interrupted:
            return make_failure(ExitCode::Interrupted, "interrupted", "stopped by Ctrl-C", "");
        case Kind::TimedOut:
            return make_failure(
                ExitCode::TimedOut,
                std::string(failed),
                fmt::format(
                    "no answer from {} within {} ms", settings_.address, settings_.timeout.count()
                ),
                "try again, or wait longer with --timeout 30s"
            );
        case Kind::Untrusted:
            return make_failure(
                ExitCode::Unreachable,
                std::string(failed),
                fmt::format("{} is not trusted: {}", settings_.address, failure.reason),
                "give the certificate of its authority with --ca-file FILE"
            );
        case Kind::Unreachable:
        case Kind::Dropped:
            break;
    }
    const std::string_view how =
        failure.kind == Kind::Dropped ? "the connection ended" : "cannot connect";
    return make_failure(
        ExitCode::Unreachable,
        std::string(failed),
        fmt::format("{} ({}): {}", how, settings_.address, failure.reason),
        std::string(fix_for_unreachable(settings_))
    );
}

Failure Session::unknown_state(
    const TransportFailure& failure,
    const Write& change,
    std::string_view key
) const {
    const bool interrupted = failure.kind == Kind::Interrupted;
    return make_failure(
        interrupted ? ExitCode::Interrupted : ExitCode::TimedOut,
        interrupted ? "interrupted before the answer" : fmt::format("no answer: {}", change.failed),
        fmt::format(
            "{} {} was sent to {} but not answered ({}); whether it was done is unknown",
            change.method,
            change.path,
            settings_.address,
            failure.reason
        ),
        fmt::format(
            "repeat the command with --idempotency-key {} to learn it; nothing is done twice", key
        )
    );
}

Outcome<JsonReply> Session::to_json(HttpReply&& reply, std::string_view failed) {
    if (reply.status < 200 || reply.status > 299) {
        return failure_from_reply(reply, failed);
    }
    JsonReply result{std::move(reply), nullptr};
    if (result.http.body.empty()) {
        return result;
    }
    boost::system::error_code error;
    result.body = json::parse(result.http.body, error);
    if (error || !is_json(result.http)) {
        Failure failure = make_failure(
            ExitCode::General,
            std::string(failed),
            "the answer is no JSON; is this a strowgerd?",
            "check the address"
        );
        failure.request_id = result.http.header("X-Request-Id");
        return failure;
    }
    return result;
}

Outcome<JsonReply> Session::get(const std::string& path, std::string_view failed) {
    const HttpRequest request = make_request("GET", path);
    HttpResult result = exchange(request);
    const auto* failure = std::get_if<TransportFailure>(&result);
    if (failure != nullptr && failure->kind == Kind::Dropped) {
        result = exchange(request); // a daemon that restarts closes idle connections
        failure = std::get_if<TransportFailure>(&result);
    }
    if (failure != nullptr) {
        return no_reply(*failure, failed);
    }
    return to_json(std::get<HttpReply>(std::move(result)), failed);
}

Outcome<JsonReply> Session::write(const Write& change, const Arguments& arguments) {
    const std::string key = arguments.value("idempotency-key").value_or(new_key_());
    HttpRequest request = make_request(change.method, change.path);
    request.headers.push_back({"Idempotency-Key", key});
    if (!change.body.empty()) {
        const bool patch = change.method == "PATCH";
        request.headers.push_back(
            {"Content-Type", patch ? "application/merge-patch+json" : "application/json"}
        );
        request.body = change.body;
    }
    if (auto etag = arguments.value("if-match")) {
        // Quotes are part of the header, not of what people type.
        const bool bare = *etag != "*" && !etag->starts_with('"');
        request.headers.push_back({"If-Match", bare ? '"' + *etag + '"' : *etag});
    }
    HttpResult result = exchange(request);
    bool sent = false;
    const auto* failure = std::get_if<TransportFailure>(&result);
    if (failure != nullptr && failure->kind == Kind::Dropped) {
        sent = failure->sent;
        result = exchange(request);
        failure = std::get_if<TransportFailure>(&result);
    }
    if (failure != nullptr) {
        return sent || failure->sent ? unknown_state(*failure, change, key)
                                     : no_reply(*failure, change.failed);
    }
    auto& reply = std::get<HttpReply>(result);
    const bool in_doubt = reply.status == 503 && !reply.header("Strowger-Order").empty();
    auto outcome = to_json(std::move(reply), change.failed);
    if (Failure* refused = failure_of(outcome); refused != nullptr && in_doubt) {
        refused->exit = ExitCode::TimedOut;
        refused->faults.front().fix = fmt::format(
            "the order stands; repeat the command with --idempotency-key {} to learn its outcome",
            key
        );
    }
    return outcome;
}

} // namespace strowger::cli
