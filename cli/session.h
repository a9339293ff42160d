// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.h"
#include "cli/contexts.h"
#include "cli/failure.h"
#include "cli/http_client.h"
#include "cli/settings.h"

#include <boost/json/value.hpp>

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace strowger::cli {

/// The world around the process, so that tests can be one.
struct Console {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool in_is_terminal = false;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool color = false; ///< on stdout and stderr
    std::function<bool()> interrupted = [] { return false; };
};

/// A change as the API wants it.
struct Write {
    std::string method; ///< POST, PUT, PATCH, DELETE
    std::string path;   ///< below /v1, percent-encoded
    std::string body;   ///< JSON; empty for none
    std::string failed; ///< what to say when it fails: "circuit ny-dc was not created"
};

struct JsonReply {
    HttpReply http;
    boost::json::value body; ///< null for an empty body
};

/// One run of the command line: its console, its connection, and how both are used.
class Session {
public:
    using Connector = std::function<std::unique_ptr<Transport>(const Settings&)>;
    /// Makes one idempotency key: 128 random bits as text.
    using KeySource = std::function<std::string()>;

    Session(Console& console, const Environment& environment, Connector connect, KeySource new_key)
        : console_(console),
          environment_(environment),
          connect_(std::move(connect)),
          new_key_(std::move(new_key)) {}

    /// Reads the context file and decides where to connect; connects when something is asked.
    Outcome<Done> open(const Arguments& arguments);

    /// GET of a path below /v1; fails for anything but 2xx.
    Outcome<JsonReply> get(const std::string& path, std::string_view failed);
    /// Sends a change with a key, and once more with the same key when the connection drops: the
    /// daemon then answers what it answered the first time (API laws, "Exactly once").
    Outcome<JsonReply> write(const Write& change, const Arguments& arguments);

    [[nodiscard]] Console& console() { return console_; }
    [[nodiscard]] const Environment& environment() const { return environment_; }
    [[nodiscard]] const Settings& settings() const { return settings_; }
    [[nodiscard]] Settings& settings() { return settings_; }
    [[nodiscard]] OutputFormat format() const { return format_; }
    [[nodiscard]] ContextFile& contexts() { return contexts_; }
    [[nodiscard]] std::string contexts_path() const { return context_file_path(environment_); }

private:
    HttpRequest make_request(std::string method, const std::string& path) const;
    HttpResult exchange(const HttpRequest& request);
    Failure no_reply(const TransportFailure& failure, std::string_view failed) const;
    Failure
    unknown_state(const TransportFailure& failure, const Write& change, std::string_view key) const;
    static Outcome<JsonReply> to_json(HttpReply&& reply, std::string_view failed);

    Console& console_;
    const Environment& environment_;
    Connector connect_;
    KeySource new_key_;
    Settings settings_;
    OutputFormat format_ = OutputFormat::Table;
    ContextFile contexts_;
    std::unique_ptr<Transport> transport_;
};

} // namespace strowger::cli
