// work() and connections that are lost: it goes on, and nothing is done twice that must be done once.
#include "support.hpp"

#include <atomic>
#include <map>
#include <random>

#include "proxy.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Job;
using pgqrs::Producer;
using pgqrs::Stop;
using pgqrs::WorkEvent;
using pgqrs::WorkOptions;

namespace {

using Kind = WorkEvent::Kind;

// work() in a thread of its own; counts what it says about the connection.
class Working {
public:
    Working(pgqrs::Config config, const std::string& queue, pgqrs::Handler handler,
            WorkOptions options = {}) {
        options.on_event = [this](const WorkEvent& event) {
            lost += event.kind == Kind::connection_lost ? 1 : 0;
            back += event.kind == Kind::connection_back ? 1 : 0;
            lease_lost += event.kind == Kind::lease_lost ? 1 : 0;
        };
        thread_ = std::thread([this, config, queue, handler, options] {
            try {
                summary = pgqrs::work(config, queue, handler, options, stop);
            } catch (const std::exception& error) {
                what = error.what();
            }
            ended = true;
        });
    }
    ~Working() { end(); }
    void end() {
        stop.request();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    Stop stop;
    pgqrs::WorkSummary summary;
    std::string what;
    std::atomic<int> lost{0};
    std::atomic<int> back{0};
    std::atomic<int> lease_lost{0};
    std::atomic<bool> ended{false};

private:
    std::thread thread_;
};

std::int64_t archived(pgqrs::Connection& connection, const std::string& queue) {
    return pgqrs::Archive(connection).count_by_queue(queue);
}

bool waits(pgqrs::Connection& connection) {
    return test::value(connection,
                       "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> "
                       "pg_backend_pid() "
                       "AND query LIKE 'CALL pgqrs.wait%'") != "0";
}

}  // namespace

TEST_CASE("it goes on after the server was restarted, waiting or working", "[server][work]") {
    const auto queue = test::new_queue();
    std::atomic<bool> inside{false};
    std::atomic<bool> leave{false};
    Working working(test::config(), queue,
                    [&](Job& job) {
                        if (job.message().payload == "\"long\"") {
                            inside = true;
                            test::eventually([&] { return leave.load(); });
                        }
                    },
                    {.concurrency = 2});
    {
        auto connection = test::connect();
        CHECK(test::eventually([&] { return waits(connection); }));
    }
    test::server("restart");
    auto connection = test::connect();
    Producer(connection, queue).enqueue(1);
    CHECK(test::eventually([&] { return archived(connection, queue) == 1; }, 60s));
    CHECK(working.lost >= 1);
    CHECK(working.back >= 1);

    Producer(connection, queue).enqueue("long");
    CHECK(test::eventually([&] { return inside.load(); }));
    test::server("restart");
    leave = true;
    connection.reopen();
    CHECK(test::eventually([&] { return archived(connection, queue) == 2; }, 60s));
    CHECK_FALSE(working.ended);
    CHECK(working.lease_lost == 0);
}

TEST_CASE("a stop ends it while there is no server", "[server][work]") {
    const auto queue = test::new_queue();
    Working working(test::config(), queue, [](Job&) {}, {.concurrency = 2});
    {
        auto connection = test::connect();
        CHECK(test::eventually([&] { return waits(connection); }));
    }
    test::server("stop");
    CHECK(test::eventually([&] { return working.lost >= 2; }, 60s));
    const auto start = std::chrono::steady_clock::now();
    working.end();
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    CHECK(working.what.empty());
    test::server("start");
}

TEST_CASE("a job whose connection is lost while its handler runs is archived by another",
          "[server][work]") {
    const auto queue = test::new_queue();
    auto connection = test::connect();
    Producer(connection, queue).enqueue(1);
    Working working(test::config(), queue, [&](Job& job) {
        test::terminate_backend(test::backend_pid(job.connection()));
    });
    CHECK(test::eventually([&] { return archived(connection, queue) == 1; }));
    CHECK(working.lost == 1);
    working.end();
    CHECK(working.summary.archived == 1);
}

TEST_CASE("a handler that fails because its connection was lost has its message tried again",
          "[server][work]") {
    const auto queue = test::new_queue();
    auto connection = test::connect();
    Producer(connection, queue).enqueue(1);
    Working working(test::config(), queue,
                    [&](Job& job) {
                        if (job.message().read_ct == 1) {
                            test::terminate_backend(test::backend_pid(job.connection()));
                            job.connection().execute("SELECT 1");
                        }
                    },
                    {.retry_delay = [](const pgqrs::Message&) { return pgqrs::Duration(0); }});
    CHECK(test::eventually([&] { return archived(connection, queue) == 1; }));
    working.end();
    CHECK(working.summary.failed == 1);
}

TEST_CASE("a finish whose commit is in doubt is not done twice", "[server][work]") {
    for (const bool happens : {false, true}) {
        INFO(happens);
        test::Proxy proxy;
        const auto queue = test::new_queue();
        auto connection = test::connect();
        const auto table = test::unique_name("t");
        connection.execute("CREATE TABLE " + table + " (read_ct int)");
        Producer(connection, queue).enqueue(1);
        std::atomic<int> runs{0};
        Working working(pgqrs::Config::from_dsn(proxy.dsn()), queue,
                        [&](Job& job) {
                            if (++runs == 1) {
                                happens ? proxy.cut_after("COMMIT") : proxy.cut_before("COMMIT");
                            }
                            job.finish([&](pgqrs::Connection& db) {
                                db.execute("INSERT INTO " + table + " VALUES ($1::int)",
                                           {std::to_string(job.message().read_ct)});
                            });
                        },
                        {.retry_delay = [](const pgqrs::Message&) { return pgqrs::Duration(0); }});
        CHECK(test::eventually(
            [&] { return archived(connection, queue) == 1 && working.back >= 1; }));
        working.end();
        CHECK(working.what.empty());
        CHECK(runs == (happens ? 1 : 2));
        CHECK(test::value(connection, "SELECT count(*) FROM " + table) == "1");
        connection.execute("DROP TABLE " + table);
    }
}

TEST_CASE("an archive whose answer was lost is not taken for a failure without a word",
          "[server][work]") {
    test::Proxy proxy;
    const auto queue = test::new_queue();
    auto connection = test::connect();
    Producer(connection, queue).enqueue(1);
    std::atomic<int> runs{0};
    Working working(pgqrs::Config::from_dsn(proxy.dsn()), queue, [&](Job&) {
        ++runs;
        proxy.cut_after("pgqrs.next(");
    });
    CHECK(test::eventually(
        [&] { return archived(connection, queue) == 1 && working.lease_lost == 1; }));
    working.end();
    CHECK(runs == 1);
}

TEST_CASE("an archive that did not reach the server is done again, and the next message comes",
          "[server][work]") {
    test::Proxy proxy;
    const auto queue = test::new_queue();
    auto connection = test::connect();
    Producer(connection, queue).batch_enqueue(std::vector<json>{1, 2});
    std::atomic<int> runs{0};
    Working working(pgqrs::Config::from_dsn(proxy.dsn()), queue, [&](Job&) {
        if (++runs == 1) {
            proxy.cut_before("pgqrs.next(");
        }
    });
    CHECK(test::eventually([&] { return archived(connection, queue) == 2; }));
    working.end();
    CHECK(runs == 2);
    CHECK(working.summary.archived == 2);
    CHECK(working.lease_lost == 0);
}

TEST_CASE("the lease is kept although the keeper's connection is lost now and then",
          "[server][work]") {
    const auto queue = test::new_queue();
    auto connection = test::connect();
    Producer(connection, queue).enqueue(1);
    pgqrs::Consumer thief(connection, queue);
    bool stolen = false;
    bool lost = false;
    auto config = test::config();
    const auto name = test::unique_name("w");
    config.dsn += " application_name=" + name;
    const auto summary =
        pgqrs::work(config, queue,
                    [&](Job& job) {
                        const auto own = test::backend_pid(job.connection());
                        for (int i = 0; i < 4; ++i) {
                            connection.execute(
                                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                                "application_name = $1 AND pid <> $2::int",
                                {name, std::to_string(own)});
                            const auto end = std::chrono::steady_clock::now() + 700ms;
                            while (std::chrono::steady_clock::now() < end) {
                                stolen = stolen || thief.dequeue().has_value();
                                lost = lost || job.lease_lost();
                            }
                        }
                    },
                    {.lock_time = 1500ms, .stop_when_empty = true});
    CHECK_FALSE(stolen);
    CHECK_FALSE(lost);
    CHECK(summary.archived == 1);
}

// Nine threads; handlers that fail, and connections that are cut, all by chance. The ledger is written by finish() in
// the same transaction as the archive, so every message must be in it exactly once.
TEST_CASE("nine threads, failures and cut connections: the ledger has every message once",
          "[server][work][stress]") {
    constexpr int kMessages = 3000;
    test::Proxy proxy;
    const auto queue = test::new_queue();
    auto connection = test::connect();
    const auto ledger = test::unique_name("ledger");
    connection.execute("CREATE TABLE " + ledger + " (message_id bigint, payload int)");
    Producer producer(connection, queue);
    std::vector<json> payloads;
    for (int i = 0; i < kMessages; ++i) {
        payloads.push_back(i);
    }
    producer.batch_enqueue(payloads);
    std::atomic<int> failures{0};
    Working working(pgqrs::Config::from_dsn(proxy.dsn()), queue,
                    [&](Job& job) {
                        thread_local std::minstd_rand generator{std::random_device{}()};
                        const auto dice = generator() % 1000;
                        if (dice < 50) {
                            ++failures;
                            throw std::runtime_error("bad luck");
                        }
                        job.finish([&](pgqrs::Connection& db) {
                            db.execute("INSERT INTO " + ledger + " VALUES ($1::bigint, $2::int)",
                                       {std::to_string(job.message().id), job.message().payload});
                            if (dice < 100) {
                                ++failures;
                                throw std::runtime_error("bad luck inside");
                            }
                        });
                    },
                    {.concurrency = 9, .lock_time = 3s, .retry_delay = [](const pgqrs::Message&) {
                         return pgqrs::Duration(10ms);
                     }});
    std::minstd_rand generator{std::random_device{}()};
    int cuts = 0;
    const bool finished = test::eventually(
        [&] {
            const auto done = archived(connection, queue);
            if (cuts < 8 && done > (cuts + 1) * kMessages / 10) {
                ++cuts;
                generator() % 2 == 0 ? proxy.cut_all() : proxy.cut_after("COMMIT");
            }
            return done == kMessages;
        },
        180s);
    working.end();
    CHECK(finished);
    CHECK(working.what.empty());
    CHECK(failures > 0);
    CHECK(working.lost > 0);
    CHECK(test::value(connection,
                      "SELECT count(*) || ' ' || count(DISTINCT message_id) || ' ' || "
                      "count(DISTINCT payload) FROM " +
                          ledger) == std::to_string(kMessages) + " " + std::to_string(kMessages) +
                                         " " + std::to_string(kMessages));
    CHECK(pgqrs::Messages(connection).count_by_queue(queue) == 0);
    CHECK(pgqrs::Admin(connection).verify().empty());
    connection.execute("DROP TABLE " + ledger);
}
