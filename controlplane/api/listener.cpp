// SPDX-License-Identifier: Apache-2.0
#include "api/listener.h"

#include "api/local_peer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include <cerrno>
#include <cstring>
#include <grp.h>
#include <map>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace strowger::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::local::stream_protocol;
using boost::system::error_code;

/// Connections over the local socket have a share of their own: it is the operator's way in when
/// all others are taken.
constexpr std::uint32_t kLocalConnectionsMax = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};

Error failure(std::string message) {
    return Error{ErrorCode::Unavailable, std::move(message), {}};
}

/// Whose connection it is, for the bound on each: an IPv4 address, or an IPv6 network of 64 bits,
/// inside of which one client can have any address.
std::string source_of(const tcp::endpoint& peer) {
    if (!peer.address().is_v6()) {
        return peer.address().to_string();
    }
    asio::ip::address_v6::bytes_type bytes = peer.address().to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    return asio::ip::address_v6(bytes).to_string();
}

/// TLS 1.2 and 1.3 with authenticated ciphers; neither compression nor renegotiation.
Result<void> load_certificate(asio::ssl::context& context, const ApiConfig::Tls& tls) {
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(
        context.native_handle(),
        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE
    );
    SSL_CTX_set_cipher_list(context.native_handle(), "ECDHE+AESGCM:ECDHE+CHACHA20");
    error_code ec;
    context.use_certificate_chain_file(tls.certificate_file, ec);
    if (ec) {
        return failure(
            "Cannot read the certificate " + tls.certificate_file + ": " + ec.message() + '.'
        );
    }
    context.use_private_key_file(tls.key_file, asio::ssl::context::pem, ec);
    // Found at once when both are of one kind (RSA, EC), else by the check of the whole.
    const bool differs =
        ec && ERR_GET_REASON(static_cast<unsigned long>(ec.value())) == X509_R_KEY_VALUES_MISMATCH;
    if (ec && !differs) {
        return failure("Cannot read the key " + tls.key_file + ": " + ec.message() + '.');
    }
    if (differs || SSL_CTX_check_private_key(context.native_handle()) != 1) {
        return failure(
            "The key " + tls.key_file + " does not belong to the certificate " +
            tls.certificate_file + '.'
        );
    }
    return {};
}

/// The gid of the group that may use the local socket.
Result<std::optional<std::uint32_t>> group_id(const std::optional<std::string>& name) {
    if (!name) {
        return std::optional<std::uint32_t>{};
    }
    const group* found = ::getgrnam(name->c_str()); // at start, before any other thread asks
    if (found == nullptr) {
        return failure("There is no group " + *name + " on this machine; create it (groupadd).");
    }
    return std::optional<std::uint32_t>(found->gr_gid);
}

} // namespace

class Listener::Impl : public std::enable_shared_from_this<Listener::Impl> {
public:
    Impl(asio::io_context& io, ApiConfig config, std::shared_ptr<ConnectionContext> context)
        : io_(io),
          config_(std::move(config)),
          context_(std::move(context)),
          tls_(asio::ssl::context::tls_server),
          tcp_(io),
          local_(io) {}

    Result<void> start() {
        if (Result<void> bound = bind_tcp(); !bound) {
            return bound;
        }
        if (Result<void> bound = bind_local(); !bound) {
            error_code ignored;
            tcp_.close(ignored);
            return bound;
        }
        if (tcp_.is_open()) {
            asio::co_spawn(io_, accept_tcp(shared_from_this()), asio::detached);
        }
        if (local_.is_open()) {
            asio::co_spawn(io_, accept_local(shared_from_this()), asio::detached);
        }
        return {};
    }

    void stop() {
        error_code ignored;
        context_->stopping = true;
        tcp_.close(ignored);
        if (local_.is_open()) {
            local_.close(ignored);
            ::unlink(config_.unix_socket.c_str());
        }
        for (OpenConnection* connection : open_) {
            connection->close_if_idle();
        }
    }

    [[nodiscard]] std::uint16_t port() const {
        error_code ec;
        const tcp::endpoint endpoint = tcp_.local_endpoint(ec);
        return ec ? std::uint16_t{0} : endpoint.port();
    }
    [[nodiscard]] const ApiConfig& config() const { return config_; }

private:
    Result<void> bind_tcp() {
        if (config_.address.empty()) {
            return {};
        }
        error_code ec;
        const auto address = asio::ip::make_address(config_.address, ec);
        if (ec) {
            return failure(config_.address + " is not a numeric address to listen on.");
        }
        if (!address.is_loopback() && !config_.tls) {
            return failure(
                "Refusing to listen on " + config_.address +
                " without TLS: tokens would cross the network in clear. Configure a certificate, "
                "or listen on 127.0.0.1."
            );
        }
        if (config_.tls) {
            if (Result<void> loaded = load_certificate(tls_, *config_.tls); !loaded) {
                return loaded;
            }
        }
        const tcp::endpoint endpoint(address, config_.port);
        if (!tcp_.open(endpoint.protocol(), ec) &&
            !tcp_.set_option(asio::socket_base::reuse_address(true), ec) &&
            !tcp_.bind(endpoint, ec) &&
            !tcp_.listen(asio::socket_base::max_listen_connections, ec)) {
            return {};
        }
        error_code ignored;
        tcp_.close(ignored);
        return failure(
            "Cannot listen on " + config_.address + " port " + std::to_string(config_.port) + ": " +
            ec.message() + '.'
        );
    }

    Result<void> bind_local() {
        if (config_.unix_socket.empty()) {
            return {};
        }
        Result<std::optional<std::uint32_t>> group = group_id(config_.unix_group);
        if (!group) {
            return group.error();
        }
        local_group_ = *group;
        const std::string& path = config_.unix_socket;
        const auto fail = [&](const std::string& why) {
            error_code ignored;
            local_.close(ignored);
            return failure("Cannot listen on the socket " + path + ": " + why + '.');
        };
        if (path.size() >= sizeof(sockaddr_un::sun_path)) {
            return fail("the path is too long");
        }
        const stream_protocol::endpoint endpoint(path);
        error_code ec;
        stream_protocol::socket probe(io_);
        if (!probe.connect(endpoint, ec)) {
            return fail("another process serves it");
        }
        if (ec == asio::error::connection_refused) {
            ::unlink(path.c_str()); // left behind by a process that is no more
        }
        // From bind() on the socket exists: nobody else may come in before its mode is set.
        const mode_t mask = ::umask(0177);
        const bool bound = !local_.open(endpoint.protocol(), ec) && !local_.bind(endpoint, ec);
        ::umask(mask);
        if (!bound) {
            return fail(ec.message());
        }
        if (local_group_ && (::chown(path.c_str(), static_cast<uid_t>(-1), *local_group_) != 0 ||
                             ::chmod(path.c_str(), 0660) != 0)) {
            return fail(std::strerror(errno)); // NOLINT(concurrency-mt-unsafe): at start
        }
        if (local_.listen(asio::socket_base::max_listen_connections, ec)) {
            return fail(ec.message());
        }
        return {};
    }

    /// Waits after an accept that failed for want of descriptors or memory; false: no more.
    static asio::awaitable<bool> pause_after(const error_code& ec, asio::any_io_executor executor) {
        if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) {
            co_return false;
        }
        asio::steady_timer timer(executor, kAcceptPause);
        error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return true;
    }

    static asio::awaitable<void> accept_tcp(std::shared_ptr<Impl> self) {
        while (self->tcp_.is_open()) {
            error_code ec;
            tcp::socket socket =
                co_await self->tcp_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
            if (!ec) {
                self->take_tcp(std::move(socket));
            } else if (!co_await pause_after(ec, self->io_.get_executor())) {
                co_return;
            }
        }
    }

    static asio::awaitable<void> accept_local(std::shared_ptr<Impl> self) {
        while (self->local_.is_open()) {
            error_code ec;
            stream_protocol::socket socket =
                co_await self->local_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
            if (!ec) {
                self->take_local(std::move(socket));
            } else if (!co_await pause_after(ec, self->io_.get_executor())) {
                co_return;
            }
        }
    }

    void take_tcp(tcp::socket socket) {
        error_code ec;
        const tcp::endpoint peer = socket.remote_endpoint(ec);
        if (ec) {
            return; // gone already
        }
        const std::string source = source_of(peer);
        std::uint32_t& of_source = sources_[source];
        if (tcp_count_ >= config_.connections_max ||
            of_source >= config_.connections_per_source_max) {
            if (of_source == 0) {
                sources_.erase(source);
            }
            turn_away(socket, !config_.tls);
            return;
        }
        ++of_source;
        ++tcp_count_;
        socket.set_option(tcp::no_delay(true), ec);
        const auto on_close = [self = shared_from_this(), source] {
            --self->tcp_count_;
            const auto found = self->sources_.find(source);
            if (--found->second == 0) {
                self->sources_.erase(found);
            }
        };
        if (config_.tls) {
            open<TlsStream>(TlsStream(std::move(socket), tls_), {std::nullopt, source}, on_close);
        } else {
            open<TcpStream>(std::move(socket), {std::nullopt, source}, on_close);
        }
    }

    void take_local(stream_protocol::socket socket) {
        if (local_count_ >= kLocalConnectionsMax) {
            turn_away(socket, true);
            return;
        }
        ++local_count_;
        const std::optional<std::uint32_t> uid =
            local_operator(socket.native_handle(), local_group_);
        open<UnixStream>(std::move(socket), {uid, {}}, [self = shared_from_this()] {
            --self->local_count_;
        });
    }

    template <typename Stream>
    void open(Stream stream, Peer peer, const std::function<void()>& on_close) {
        // The connection's own address is not known before it exists.
        const auto place = std::make_shared<OpenConnection*>(nullptr);
        const auto connection = std::make_shared<Connection<Stream>>(
            std::move(stream),
            context_,
            std::move(peer),
            [self = shared_from_this(), place, on_close] {
                self->open_.erase(*place);
                on_close();
            }
        );
        *place = connection.get();
        open_.insert(connection.get());
        connection->start();
    }

    /// Says why, if that costs nothing: what does not fit into the socket's buffer is not sent.
    template <typename Socket>
    void turn_away(Socket& socket, bool in_clear) {
        error_code ignored;
        if (in_clear) {
            HttpResponse response = context_->refuse(
                "unavailable", "Too many connections are open; close some or try again later."
            );
            const std::string text = serialize_response(response, context_->date(), false, true);
            socket.non_blocking(true, ignored);
            socket.write_some(asio::buffer(text), ignored);
            socket.shutdown(asio::socket_base::shutdown_send, ignored);
        }
        socket.close(ignored);
    }

    asio::io_context& io_;
    ApiConfig config_;
    std::shared_ptr<ConnectionContext> context_;
    asio::ssl::context tls_;
    tcp::acceptor tcp_;
    stream_protocol::acceptor local_;
    std::optional<std::uint32_t> local_group_;
    std::set<OpenConnection*> open_;
    std::map<std::string, std::uint32_t> sources_;
    std::uint32_t tcp_count_ = 0;
    std::uint32_t local_count_ = 0;
};

Listener::Listener(
    asio::io_context& io,
    ApiConfig config,
    std::shared_ptr<ConnectionContext> context
)
    : impl_(std::make_shared<Impl>(io, std::move(config), std::move(context))) {}
Listener::~Listener() = default;
Result<void> Listener::start() {
    return impl_->start();
}
void Listener::stop() {
    impl_->stop();
}
std::uint16_t Listener::port() const {
    return impl_->port();
}
const ApiConfig& Listener::config() const {
    return impl_->config();
}

} // namespace strowger::api
