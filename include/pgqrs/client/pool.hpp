// A pool of connections for programs with several threads: opens them as they are needed, at most max_connections, and
// lends each to one thread at a time.
//
// Threads: all functions of Pool may be called by several threads at a time. A Loan and its Connection belong to one.
// ABI: Pool and Pool::Loan change inside with minor versions.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "pgqrs/client/connection.hpp"

namespace pgqrs {

class Pool {
public:
    // Opens nothing yet. Must outlive what it lends.
    explicit Pool(Config config);

    // Gives the connection back at the end of its scope; one that is lost or has a transaction open is closed instead.
    class Loan {
    public:
        Loan(Loan&& other) noexcept = default;
        Loan& operator=(Loan&& other) noexcept;
        ~Loan();
        // Not of a temporary, which gives the connection back at once.
        Connection& operator*() const& noexcept { return *connection_; }
        Connection& operator*() const&& = delete;
        Connection* operator->() const noexcept { return connection_.get(); }

    private:
        friend class Pool;
        Loan(Pool& pool, std::unique_ptr<Connection> connection)
            : pool_(&pool), connection_(std::move(connection)) {}
        void give_back() noexcept;
        Pool* pool_;
        std::unique_ptr<Connection> connection_;
    };

    // Waits up to connection_timeout for a free connection (PoolTimeout) and opens one where there is room
    // (ConnectionError).
    Loan acquire();

    int open_connections() const;
    int idle_connections() const;
    const Config& config() const noexcept { return config_; }

private:
    void forget_one() noexcept;

    Config config_;
    mutable std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> idle_;
    int open_ = 0;
};

}  // namespace pgqrs
