// SPDX-License-Identifier: Apache-2.0
#include "cli/application.h"
#include "cli/terminal_text.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>
#include <iostream>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

namespace {

using namespace strowger::cli;

volatile std::sig_atomic_t g_interrupted = 0;

/// Ctrl-C ends a wait in words and with status 130. Without SA_RESTART, so that a prompt ends too;
/// a second one kills, should the first have no effect.
void catch_interrupt() {
    struct sigaction action {};
    action.sa_handler = [](int) { g_interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, nullptr);
    // A reader that has seen enough (`| head`) is no reason to die inside a write.
    ::signal(SIGPIPE, SIG_IGN);
}

Environment read_environment() {
    constexpr std::array<const char*, 6> kNames = {
        "HOME",
        "XDG_CONFIG_HOME",
        "STROWGER_URL",
        "STROWGER_SOCKET",
        "STROWGER_TOKEN",
        "STROWGER_TENANT"};
    Environment environment;
    for (const char* name : kNames) {
        const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
        if (value != nullptr && *value != '\0') {
            environment[name] = value;
        }
    }
    return environment;
}

/// NO_COLOR: no-color.org.
bool wants_color() {
    const char* no_color = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe)
    const char* terminal = std::getenv("TERM");     // NOLINT(concurrency-mt-unsafe)
    const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') && !dumb;
}

std::string new_idempotency_key() {
    std::array<unsigned char, 16> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
        std::abort(); // a key that is not unique could answer for another order
    }
    std::string key = "cli-";
    for (const unsigned char byte : random) {
        key += fmt::format("{:02x}", byte);
    }
    return key;
}

/// Says that it is waiting once it takes longer than a blink, and wipes the line afterwards.
class WaitNote {
public:
    explicit WaitNote(bool enabled) : enabled_(enabled) {}
    WaitNote(const WaitNote&) = delete;
    WaitNote& operator=(const WaitNote&) = delete;
    ~WaitNote() { erase(); }

    void waited(std::chrono::milliseconds time, const std::string& address) {
        constexpr std::chrono::milliseconds kBlink{200};
        if (enabled_ && time > kBlink && !shown_) {
            std::cerr << "waiting for " << escape_for_terminal(address) << " ..." << std::flush;
            shown_ = true;
        }
    }
    void erase() {
        if (shown_) {
            std::cerr << "\r\x1b[K" << std::flush;
            shown_ = false;
        }
    }

private:
    bool enabled_;
    bool shown_ = false;
};

/// A client that shows the note while it waits.
class NotedTransport final : public Transport {
public:
    NotedTransport(const Settings& settings, bool show_note)
        : note_(show_note),
          client_(make_http_client(
              settings.peer,
              [] { return g_interrupted != 0; },
              [this, address = settings.address](std::chrono::milliseconds time) {
                  note_.waited(time, address);
              }
          )) {}

    HttpResult exchange(const HttpRequest& request, std::chrono::milliseconds timeout) override {
        HttpResult result = client_->exchange(request, timeout);
        note_.erase();
        return result;
    }

private:
    WaitNote note_;
    std::unique_ptr<Transport> client_;
};

} // namespace

int main(int argc, char** argv) try {
    catch_interrupt();
    Console console{std::cin, std::cout, std::cerr};
    console.in_is_terminal = ::isatty(STDIN_FILENO) == 1;
    console.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
    console.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
    console.color = wants_color();
    console.interrupted = [] { return g_interrupted != 0; };
    const std::vector<std::string> words(argv + 1, argv + argc);
    const int status = run_application(
        words,
        console,
        read_environment(),
        [&](const Settings& settings) {
            return std::make_unique<NotedTransport>(settings, console.err_is_terminal);
        },
        new_idempotency_key
    );
    // A full disk behind stdout must not look like success.
    return std::cout.good() || status != 0 ? status : static_cast<int>(ExitCode::General);
} catch (const std::exception& error) {
    std::cerr << "error: " << escape_for_terminal(error.what()) << '\n';
    return static_cast<int>(ExitCode::General);
}
