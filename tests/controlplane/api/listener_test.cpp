// SPDX-License-Identifier: Apache-2.0
#include "api/listener.h"

#include "api/problem_response.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace strowger::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::local::stream_protocol;
using boost::system::error_code;
using namespace std::chrono_literals;

/// A listener that echoes what it was asked, on a thread of its own; clients block.
class Server {
public:
    explicit Server(ApiConfig config = loopback()) {
        context_->body_bytes_max = config.body_bytes_max;
        context_->timeouts = config.timeouts;
        context_->date = [] { return std::string("D"); };
        context_->refuse = [](const std::string& code, const std::string&) {
            HttpResponse response = problem_response(code, "");
            response.body = code;
            return response;
        };
        context_->handle = [this](const HttpRequest& request, Respond respond) {
            HttpResponse response;
            response.body = request.method + " " + request.target + " " + request.body +
                            (request.local_operator_uid ? " local" : "");
            if (request.target == "/later") {
                // An answer that comes from another turn of the loop.
                asio::post(io_, [respond = std::move(respond), response] { respond(response); });
            } else {
                respond(std::move(response));
            }
        };
        listener_ = std::make_unique<Listener>(io_, std::move(config), context_);
        started_ = listener_->start();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Server() {
        stop();
        thread_.join(); // hangs, and fails by time-out, when something keeps the loop alive
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    static ApiConfig loopback() {
        ApiConfig config;
        config.port = 0;
        return config;
    }
    void stop() {
        asio::post(io_, [this] { listener_->stop(); });
    }
    [[nodiscard]] const Result<void>& started() const { return started_; }
    [[nodiscard]] std::uint16_t port() const { return listener_->port(); }

private:
    asio::io_context io_;
    std::shared_ptr<ConnectionContext> context_ = std::make_shared<ConnectionContext>();
    std::unique_ptr<Listener> listener_;
    Result<void> started_;
    std::thread thread_;
};

/// A blocking client that says what it likes.
template <typename Socket>
class Client {
public:
    explicit Client(const typename Socket::endpoint_type& endpoint) : socket_(io_) {
        socket_.connect(endpoint);
    }
    void send(std::string_view text) { asio::write(socket_, asio::buffer(text)); }
    /// Sends although the other side may have hung up already.
    void try_send(std::string_view text) {
        error_code ignored;
        asio::write(socket_, asio::buffer(text), ignored);
    }
    /// Everything until the server closes.
    std::string read_all() {
        error_code ec;
        asio::read(socket_, asio::dynamic_buffer(received_), ec);
        return std::exchange(received_, {});
    }
    /// One response with a Content-Length.
    std::string read_one() {
        while (true) {
            const std::size_t end = received_.find("\r\n\r\n");
            const std::size_t field = received_.find("Content-Length: ");
            if (end != std::string::npos && field < end) {
                const std::size_t size = end + 4 + std::stoul(received_.substr(field + 16));
                if (received_.size() >= size) {
                    std::string one = received_.substr(0, size);
                    received_.erase(0, size);
                    return one;
                }
            } else if (end != std::string::npos) {
                return std::exchange(received_, {});
            }
            error_code ec;
            char chunk[4096];
            const std::size_t bytes = socket_.read_some(asio::buffer(chunk), ec);
            if (ec) {
                return std::exchange(received_, {}) + " [closed]";
            }
            received_.append(chunk, bytes);
        }
    }
    void finish_sending() { socket_.shutdown(asio::socket_base::shutdown_send); }

private:
    asio::io_context io_;
    Socket socket_;
    std::string received_;
};

using TcpClient = Client<tcp::socket>;
using LocalClient = Client<stream_protocol::socket>;

tcp::endpoint at(const Server& server) {
    return {asio::ip::address_v4::loopback(), server.port()};
}
std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}
std::string post(const std::string& target, const std::string& body) {
    return "POST " + target +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}
std::string status_of(const std::string& response) {
    return response.substr(0, 12);
}

TEST(Listener, AnswersManyRequestsOnOneConnection) {
    const Server server;
    TcpClient client(at(server));
    for (int count = 0; count < 100; ++count) {
        const std::string target = count % 2 == 0 ? "/now" : "/later";

        client.send(post(target, std::string(static_cast<std::size_t>(count), 'b')));

        EXPECT_TRUE(client.read_one().ends_with(
            "POST " + target + " " + std::string(static_cast<std::size_t>(count), 'b')
        ));
    }
}

TEST(Listener, AnswersPipelinedRequestsInOrder) {
    const Server server;
    TcpClient client(at(server));

    client.send(post("/later", "one") + get("/2") + post("/3", "three") + get("/later"));

    EXPECT_TRUE(client.read_one().ends_with("POST /later one"));
    EXPECT_TRUE(client.read_one().ends_with("GET /2 "));
    EXPECT_TRUE(client.read_one().ends_with("POST /3 three"));
    EXPECT_TRUE(client.read_one().ends_with("GET /later "));
}

TEST(Listener, TakesARequestByteByByte) {
    const Server server;
    TcpClient client(at(server));
    for (const char byte : "\r\n" + post("/slow", "body")) {
        client.send({&byte, 1});
    }

    EXPECT_TRUE(client.read_one().ends_with("POST /slow body"));
}

TEST(Listener, ClosesWhenAskedTo) {
    const Server server;
    TcpClient client(at(server));

    client.send(get("/", "Connection: close\r\n"));

    EXPECT_NE(client.read_all().find("\r\nConnection: close\r\n"), std::string::npos);
}

TEST(Listener, GivesHeadNoBody) {
    const Server server;
    TcpClient client(at(server));

    client.send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    const std::string response = client.read_all();
    EXPECT_NE(response.find("Content-Length: 8"), std::string::npos);
    EXPECT_TRUE(response.ends_with("\r\n\r\n"));
}

TEST(Listener, InvitesABodyThatWaitsForIt) {
    const Server server;
    TcpClient client(at(server));
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");

    EXPECT_EQ(client.read_one(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body");

    EXPECT_TRUE(client.read_one().ends_with("POST / body"));
}

// What follows a head that is refused must never be taken for a request.
TEST(Listener, ClosesAfterAFramingErrorWithoutReadingOn) {
    const std::pair<std::string, std::string> cases[] = {
        {"Transfer-Encoding: chunked\r\n", "HTTP/1.1 411"},
        {"Transfer-Encoding: gzip\r\n", "HTTP/1.1 411"},
        {"Content-Length: 5, 5\r\n", "HTTP/1.1 400"},
        {"Host: y\r\n", "HTTP/1.1 400"},
        {"X-A: b\r\n folded\r\n", "HTTP/1.1 400"},
        {"Content-Length: 99999999\r\n", "HTTP/1.1 413"},
    };
    for (const auto& [field, status] : cases) {
        const Server server;
        TcpClient client(at(server));

        client.try_send("POST / HTTP/1.1\r\nHost: x\r\n" + field + "\r\n" + get("/smuggled"));

        const std::string response = client.read_all();
        EXPECT_EQ(status_of(response), status) << field;
        EXPECT_EQ(response.find("smuggled"), std::string::npos) << field;
    }
}

TEST(Listener, TellsThatABodyIsTooLargeAlthoughItIsStillComing) {
    const Server server;
    TcpClient client(at(server));

    client.try_send(post("/", std::string(300'000, 'x')));

    EXPECT_EQ(status_of(client.read_all()), "HTTP/1.1 413");
}

TEST(Listener, BoundsTheHead) {
    const std::size_t frame = get("/", "X-A: \r\n").size();
    for (const auto& [size, status] :
         {std::pair<std::size_t, std::string>{8'192, "HTTP/1.1 200"},
          {8'193, "HTTP/1.1 431"},
          {100'000, "HTTP/1.1 431"}}) {
        const Server server;
        TcpClient client(at(server));

        client.try_send(get("/", "X-A: " + std::string(size - frame, 'a') + "\r\n"));
        client.finish_sending();

        EXPECT_EQ(status_of(client.read_all()), status) << size;
    }
}

TEST(Listener, EndsSlowRequestsAndIdleConnections) {
    ApiConfig config = Server::loopback();
    config.timeouts.header = 50ms;
    config.timeouts.body = 50ms;
    config.timeouts.idle = 50ms;
    const Server server(config);
    TcpClient slow_head(at(server));
    TcpClient slow_body(at(server));
    TcpClient idle(at(server));

    slow_head.send("GET / HTTP/1.1\r\nHo");
    slow_body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");

    EXPECT_EQ(status_of(slow_head.read_all()), "HTTP/1.1 408");
    EXPECT_EQ(status_of(slow_body.read_all()), "HTTP/1.1 408");
    EXPECT_EQ(idle.read_all(), "");
}

TEST(Listener, BoundsTheConnectionsOfOneSourceAndForgetsThoseThatEnded) {
    ApiConfig config = Server::loopback();
    config.connections_per_source_max = 3;
    const Server server(config);
    std::vector<std::unique_ptr<TcpClient>> clients;
    for (int count = 0; count < 3; ++count) {
        clients.push_back(std::make_unique<TcpClient>(at(server)));
        clients.back()->send(get("/"));
        EXPECT_EQ(status_of(clients.back()->read_one()), "HTTP/1.1 200");
    }

    EXPECT_EQ(status_of(TcpClient(at(server)).read_all()), "HTTP/1.1 503");
    clients.front()->send(get("/", "Connection: close\r\n"));
    clients.front()->read_all();
    clients.erase(clients.begin()); // now the server sees the end of it

    // The slot is free as soon as the server has seen that; until then it answers 503.
    std::string status;
    while (status != "HTTP/1.1 200") {
        TcpClient client(at(server));
        client.try_send(get("/", "Connection: close\r\n"));
        status = status_of(client.read_all());
        ASSERT_TRUE(status.empty() || status == "HTTP/1.1 503" || status == "HTTP/1.1 200");
    }
}

TEST(Listener, BoundsAllConnectionsButKeepsTheLocalSocketOpen) {
    ApiConfig config = Server::loopback();
    config.connections_max = 1;
    config.unix_socket = testing::TempDir() + "strowger-full-" + std::to_string(::getpid());
    const Server server(config);
    ASSERT_TRUE(server.started()) << server.started().error().message;
    TcpClient first(at(server));
    first.send(get("/"));
    first.read_one();

    EXPECT_EQ(status_of(TcpClient(at(server)).read_all()), "HTTP/1.1 503");

    LocalClient local(stream_protocol::endpoint(config.unix_socket));
    local.send(get("/"));
    EXPECT_TRUE(local.read_one().ends_with("GET /  local"));
}

TEST(Listener, SurvivesClientsThatVanish) {
    const Server server;
    for (int count = 0; count < 50; ++count) {
        TcpClient client(at(server));
        client.send(count % 2 == 0 ? get("/later") : "POST / HTTP/1.1\r\nContent-Le");
    }

    TcpClient client(at(server));
    client.send(get("/"));
    EXPECT_EQ(status_of(client.read_one()), "HTTP/1.1 200");
}

TEST(Listener, StopClosesIdleConnectionsOnly) {
    auto server = std::make_unique<Server>();
    TcpClient idle(at(*server));
    idle.send(get("/"));
    idle.read_one();

    server.reset();

    EXPECT_EQ(idle.read_all(), "");
}

TEST(Listener, OwnsItsLocalSocket) {
    ApiConfig config;
    config.address = "";
    config.unix_socket = testing::TempDir() + "strowger-own-" + std::to_string(::getpid());
    {
        // What a killed process left behind.
        asio::io_context io;
        const stream_protocol::acceptor left(io, stream_protocol::endpoint(config.unix_socket));
    }
    {
        const Server server(config);
        ASSERT_TRUE(server.started()) << server.started().error().message;
        struct stat info {};
        ASSERT_EQ(::stat(config.unix_socket.c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777U, 0600U);
        EXPECT_EQ(server.port(), 0);

        const Server second(config);
        ASSERT_FALSE(second.started());
        EXPECT_NE(second.started().error().message.find("another process"), std::string::npos);
    }
    EXPECT_FALSE(std::filesystem::exists(config.unix_socket));
}

TEST(Listener, SaysWhyItCannotListen) {
    const Server first;
    ApiConfig taken = Server::loopback();
    taken.port = first.port();
    ApiConfig exposed = Server::loopback();
    exposed.address = "0.0.0.0";
    ApiConfig word = Server::loopback();
    word.address = "localhost";
    ApiConfig no_certificate = Server::loopback();
    no_certificate.tls = ApiConfig::Tls{"/nonexistent.pem", "/nonexistent.key"};
    ApiConfig no_group = Server::loopback();
    no_group.unix_socket = testing::TempDir() + "strowger-group";
    no_group.unix_group = "no-such-group";
    const std::pair<ApiConfig, std::string_view> cases[] = {
        {taken, "in use"},
        {exposed, "without TLS"},
        {word, "not a numeric address"},
        {no_certificate, "/nonexistent.pem"},
        {no_group, "no group no-such-group"},
    };
    for (const auto& [config, why] : cases) {
        const Server server(config);
        ASSERT_FALSE(server.started()) << why;
        EXPECT_NE(server.started().error().message.find(why), std::string::npos)
            << server.started().error().message;
    }
}

} // namespace
} // namespace strowger::api
