#include "proxy.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace test {
namespace {

// The server's ReadyForQuery: it is done with what it was sent.
constexpr std::string_view kReady("Z\0\0\0\5", 5);

int connect_to_server() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path =
        std::string(std::getenv("PGHOST")) + "/.s.PGSQL." + std::getenv("PGPORT");
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        close(server);
        return -1;
    }
    return server;
}

bool send_all(int to, std::string_view data) {
    while (!data.empty()) {
        const auto sent = send(to, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

Proxy::Proxy() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        close(listener_);
        throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
    ending_ = true;
    thread_.join();
    close(listener_);
}

std::string Proxy::dsn() const {
    return "host=127.0.0.1 port=" + std::to_string(port_) +
           " user=postgres dbname=postgres sslmode=disable gssencmode=disable";
}

void Proxy::arm(const std::string& text, bool after) {
    const std::lock_guard lock(mutex_);
    text_ = text;
    after_ = after;
}

void Proxy::cut_all(bool refuse) {
    refusing_ = refuse;
    cutting_ = true;
    while (cutting_) {
        std::this_thread::yield();
    }
}

void Proxy::freeze() {
    frozen_ = true;
    while (!holding_) {
        std::this_thread::yield();
    }
}

void Proxy::run() {
    while (!ending_) {
        std::vector<pollfd> entries = {{listener_, POLLIN, 0}};
        holding_ = frozen_.load();
        if (!holding_) {
            for (const auto& pair : pairs_) {
                entries.push_back({pair.client, POLLIN, 0});
                entries.push_back({pair.server, POLLIN, 0});
            }
        }
        poll(entries.data(), entries.size(), 5);
        std::vector<Pair> living;
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            auto& pair = pairs_[i];
            const bool looked = entries.size() > 1;
            const bool alive = !cutting_ &&
                               (!looked || entries[2 * i + 1].revents == 0 || pass(pair, true)) &&
                               (!looked || entries[2 * i + 2].revents == 0 || pass(pair, false));
            if (alive) {
                living.push_back(pair);
            } else {
                close_pair(pair);
            }
        }
        pairs_ = std::move(living);
        cutting_ = false;
        if (entries[0].revents != 0) {
            accept_one();
        }
    }
    for (const auto& pair : pairs_) {
        close_pair(pair);
    }
}

void Proxy::accept_one() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = refusing_ ? -1 : connect_to_server();
    if (server < 0) {
        close(client);
    } else {
        pairs_.push_back({client, server});
    }
}

// False: the connection ends.
bool Proxy::pass(Pair& pair, bool from_client) {
    std::array<char, 65536> buffer;
    const auto got = recv(from_client ? pair.client : pair.server, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        return false;
    }
    const std::string data(buffer.data(), static_cast<std::size_t>(got));
    if (from_client && meets_text(pair, data)) {
        ++cuts_;
        if (!pair.doomed) {
            return false;
        }
    }
    if (!from_client && pair.doomed) {
        return data.find(kReady) == std::string::npos;
    }
    return send_all(from_client ? pair.server : pair.client, data);
}

bool Proxy::meets_text(Pair& pair, const std::string& data) {
    const std::lock_guard lock(mutex_);
    const std::string seen = pair.tail + data;
    pair.tail = seen.substr(seen.size() - std::min<std::size_t>(seen.size(), 40));
    if (text_.empty() || seen.find(text_) == std::string::npos) {
        return false;
    }
    text_.clear();
    pair.doomed = after_;
    return true;
}

void Proxy::close_pair(const Pair& pair) {
    close(pair.client);
    close(pair.server);
}

}  // namespace test
