// The pool: how many, how long, and what becomes of broken connections.
#include "support.hpp"

#include <atomic>
#include <set>

using namespace std::chrono_literals;
using pgqrs::Pool;

namespace {

pgqrs::Config pool_config(int connections, pgqrs::Duration timeout = 30s) {
    auto config = test::config();
    config.max_connections = connections;
    config.connection_timeout = timeout;
    return config;
}

}  // namespace

TEST_CASE("a pool opens what is needed and lends it again", "[server]") {
    Pool pool(pool_config(3));
    CHECK(pool.open_connections() == 0);
    std::int64_t pid = 0;
    {
        auto loan = pool.acquire();
        pid = test::backend_pid(*loan);
        CHECK(pool.open_connections() == 1);
        CHECK(pool.idle_connections() == 0);
    }
    CHECK(pool.idle_connections() == 1);
    auto first = pool.acquire();
    CHECK(test::backend_pid(*first) == pid);
    auto second = pool.acquire();
    CHECK(test::backend_pid(*second) != pid);
    CHECK(pool.open_connections() == 2);
    CHECK(pool.config().max_connections == 3);
}

TEST_CASE("when all are lent, a caller waits for connection_timeout and then gets an error",
          "[server]") {
    Pool pool(pool_config(1, 1s));
    const auto loan = pool.acquire();
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(pool.acquire(), pgqrs::PoolTimeout);
    CHECK(std::chrono::steady_clock::now() - start >= 900ms);
}

TEST_CASE("a caller that waits gets what is given back", "[server]") {
    Pool pool(pool_config(1));
    std::atomic<bool> asking{false};
    std::int64_t pid_of_other = 0;
    std::int64_t pid = 0;
    std::thread other;
    {
        auto loan = pool.acquire();
        pid = test::backend_pid(*loan);
        other = std::thread([&] {
            asking = true;
            auto mine = pool.acquire();
            pid_of_other = test::backend_pid(*mine);
        });
        CHECK(test::eventually([&] { return asking.load(); }));
    }
    other.join();
    CHECK(pid_of_other == pid);
    CHECK(pool.open_connections() == 1);
}

TEST_CASE("a connection that broke is replaced", "[server]") {
    Pool pool(pool_config(1));
    std::int64_t pid = 0;
    {
        auto loan = pool.acquire();
        pid = test::backend_pid(*loan);
    }
    test::terminate_backend(pid);
    {
        auto loan = pool.acquire();
        CHECK(test::value(*loan, "SELECT 1") == "1");
        pid = test::backend_pid(*loan);
        test::terminate_backend(pid);
        CHECK_THROWS_AS(loan->execute("SELECT 1"), pgqrs::ConnectionError);
    }
    CHECK(pool.open_connections() == 0);
    auto loan = pool.acquire();
    CHECK(test::value(*loan, "SELECT 1") == "1");
}

TEST_CASE("a transaction does not pass from one borrower to the next", "[server]") {
    Pool pool(pool_config(1));
    { pool.acquire()->execute("BEGIN"); }
    CHECK(pool.idle_connections() == 0);
    {
        auto loan = pool.acquire();
        CHECK_FALSE(loan->in_transaction());
        loan->execute("BEGIN");
        CHECK_THROWS(loan->execute("SELECT 1/0"));
    }
    CHECK_FALSE(pool.acquire()->in_transaction());
}

TEST_CASE("a connection that cannot be opened takes no place", "[server]") {
    auto config = pool_config(1, 1s);
    config.dsn = "host=/nowhere";
    Pool pool(config);
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(pool.acquire(), pgqrs::ConnectionError);
    }
    CHECK(pool.open_connections() == 0);
}

TEST_CASE("loans can be moved", "[server]") {
    Pool pool(pool_config(2));
    {
        auto first = pool.acquire();
        auto second = pool.acquire();
        first = std::move(second);
        CHECK(pool.idle_connections() == 1);
        auto third = std::move(first);
        CHECK(test::value(*third, "SELECT 1") == "1");
    }
    CHECK(pool.idle_connections() == 2);
    CHECK(pool.open_connections() == 2);
}

TEST_CASE("many threads share few connections, each used by one at a time", "[server]") {
    constexpr int kThreads = 12;
    constexpr int kRounds = 60;
    Pool pool(pool_config(3));
    std::mutex mutex;
    std::set<pgqrs::Connection*> in_use;
    std::atomic<int> clashes{0};
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < kRounds; ++round) {
                auto loan = pool.acquire();
                {
                    const std::lock_guard lock(mutex);
                    clashes += in_use.insert(&*loan).second ? 0 : 1;
                }
                // Some break it, some leave a transaction behind.
                if ((i + round) % 20 == 0) {
                    test::terminate_backend(test::backend_pid(*loan));
                } else if ((i + round) % 7 == 0) {
                    loan->execute("BEGIN");
                }
                done += (i + round) % 20 == 0 || test::value(*loan, "SELECT 1") == "1" ? 1 : 0;
                const std::lock_guard lock(mutex);
                in_use.erase(&*loan);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(clashes == 0);
    CHECK(done == kThreads * kRounds);
    CHECK(pool.open_connections() <= 3);
    CHECK(pool.idle_connections() <= pool.open_connections());
}

TEST_CASE("a pool leaves no connections behind", "[server]") {
    auto observer = test::connect();
    const auto name = test::unique_name("pool");
    const int before = test::open_descriptors();
    {
        auto config = pool_config(4);
        config.dsn += " application_name=" + name;
        Pool pool(config);
        auto one = pool.acquire();
        auto two = pool.acquire();
    }
    CHECK(test::open_descriptors() == before);
    CHECK(test::eventually([&] {
        return test::value(observer,
                           "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1",
                           {name}) == "0";
    }));
}
