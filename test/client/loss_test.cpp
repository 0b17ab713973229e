// Lost connections: noticed, told apart from rejected statements, and in doubt only when a commit was under way.
#include "support.hpp"

#include "proxy.hpp"

using namespace std::chrono_literals;
using pgqrs::Connection;
using pgqrs::ConnectionError;
using pgqrs::Producer;
using pgqrs::Transaction;
using test::raised;

TEST_CASE("a backend that was terminated between statements is noticed before anything is sent",
          "[server]") {
    auto connection = test::connect();
    test::terminate_backend(test::backend_pid(connection));
    CHECK(connection.usable());
    // The same on the same connection fails for ever, so no error of it says that it is retryable.
    for (int tries = 0; tries < 3; ++tries) {
        const auto error = raised<ConnectionError>([&] { connection.execute("SELECT 1"); });
        CHECK(error.sqlstate() == "08003");
        CHECK(error.connection_lost());
        CHECK_FALSE(error.in_doubt());
        CHECK_FALSE(error.retryable());
        CHECK_THAT(error.hint(), test::has("reopen"));
    }
    CHECK_FALSE(connection.usable());
    CHECK_FALSE(connection.in_transaction());
    connection.reopen();
    CHECK(test::value(connection, "SELECT 1") == "1");
}

TEST_CASE("check_usable notices it without a statement", "[server]") {
    auto connection = test::connect();
    CHECK(connection.check_usable());
    test::terminate_backend(test::backend_pid(connection));
    CHECK_FALSE(connection.check_usable());
    CHECK_FALSE(connection.usable());
}

TEST_CASE("a backend that was terminated inside a transaction leaves nothing in doubt",
          "[server]") {
    auto connection = test::connect();
    const auto pid = test::backend_pid(connection);
    Transaction transaction(connection);
    connection.execute("CREATE TEMP TABLE t (i int)");
    test::terminate_backend(pid);
    const auto error =
        raised<ConnectionError>([&] { connection.execute("INSERT INTO t VALUES (1)"); });
    CHECK(error.connection_lost());
    CHECK_FALSE(error.in_doubt());
    CHECK_FALSE(error.retryable());
    // Nothing of it was sent, so nothing is in doubt now either.
    const auto at_commit = raised<ConnectionError>([&] { transaction.commit(); });
    CHECK(at_commit.sqlstate() == "08003");
    CHECK(at_commit.connection_lost());
    CHECK_FALSE(at_commit.in_doubt());
}

TEST_CASE("a backend that is terminated during a statement raises the server's reason",
          "[server]") {
    for (const bool in_transaction : {false, true}) {
        INFO(in_transaction);
        auto connection = test::connect();
        const auto pid = test::backend_pid(connection);
        if (in_transaction) {
            connection.execute("BEGIN");
        }
        std::thread other([&] {
            auto observer = test::connect();
            test::eventually([&] {
                return test::value(observer,
                                   "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND "
                                   "wait_event = 'PgSleep'",
                                   {std::to_string(pid)}) == "1";
            });
            test::terminate_backend(pid);
        });
        const auto error =
            raised<ConnectionError>([&] { connection.execute("SELECT pg_sleep(600)"); });
        other.join();
        CHECK(error.sqlstate() == "57P01");
        CHECK(error.connection_lost());
        CHECK(error.in_doubt() == !in_transaction);
        CHECK(error.retryable() == in_transaction);
        CHECK_FALSE(connection.usable());
        const auto again = raised<ConnectionError>([&] { connection.execute("SELECT 1"); });
        CHECK(again.sqlstate() == "08003");
        CHECK_FALSE(again.retryable());
        CHECK_FALSE(again.in_doubt());
        connection.reopen();
        CHECK(test::value(connection, "SELECT 1") == "1");
    }
}

TEST_CASE("every kind of call on a connection that was lost before says so", "[server]") {
    const auto queue = test::new_queue();
    auto connection = test::connect();
    test::terminate_backend(test::backend_pid(connection));
    Producer producer(connection, queue);
    pgqrs::Consumer consumer(connection, queue);
    pgqrs::Admin admin(connection);
    const std::vector<std::function<void()>> calls = {
        [&] { producer.enqueue(1); },
        [&] {
            producer.batch_enqueue(std::vector<nlohmann::json>{1, 2});
        },
        [&] { consumer.dequeue(); },
        [&] { consumer.wait(1s); },
        [&] { admin.list_queues(); },
        [&] { pgqrs::Messages(connection).for_each(queue, 0, 10, [](const auto&) {}); },
        [&] {
            connection.pipeline({{"SELECT 1", {}}});
        },
        [&] { Transaction transaction(connection); },
    };
    for (std::size_t i = 0; i < calls.size(); ++i) {
        INFO(i);
        const auto error = raised<ConnectionError>(calls[i]);
        CHECK(error.sqlstate() == "08003");
        CHECK(error.connection_lost());
        CHECK_FALSE(error.retryable());
        CHECK_FALSE(error.in_doubt());
    }
    connection.reopen();
    CHECK(producer.enqueue(1) > 0);
}

TEST_CASE("a commit that was cut off is in doubt, whether it happened or not", "[server]") {
    test::Proxy proxy;
    for (const bool happens : {false, true}) {
        INFO(happens);
        const auto queue = test::new_queue();
        Connection connection(proxy.dsn());
        Transaction transaction(connection);
        Producer(connection, queue).enqueue(1);
        happens ? proxy.cut_after("COMMIT") : proxy.cut_before("COMMIT");
        const auto error = raised<ConnectionError>([&] { transaction.commit(); });
        CHECK(error.connection_lost());
        CHECK(error.in_doubt());
        CHECK_FALSE(error.retryable());
        const auto expected = happens ? 1 : 0;
        CHECK(test::value("SELECT pgqrs.count_messages($1)", {queue}) == std::to_string(expected));
    }
    CHECK(proxy.cuts() == 2);
}

TEST_CASE("an enqueue of its own that was cut off is in doubt, one inside a transaction is not",
          "[server]") {
    test::Proxy proxy;
    for (const bool in_transaction : {false, true}) {
        for (const bool batch : {false, true}) {
            INFO(in_transaction << batch);
            const auto queue = test::new_queue();
            Connection connection(proxy.dsn());
            Producer producer(connection, queue);
            if (in_transaction) {
                connection.execute("BEGIN");
            }
            proxy.cut_after("pgqrs.enqueue");
            const auto error = raised<ConnectionError>([&] {
                batch ? void(producer.batch_enqueue(std::vector<nlohmann::json>{1, 2}))
                      : void(producer.enqueue(1));
            });
            CHECK(error.connection_lost());
            CHECK(error.in_doubt() == !in_transaction);
            CHECK(error.retryable() == in_transaction);
        }
    }
    CHECK(proxy.cuts() == 4);
}

TEST_CASE("all ways to write a commit are in doubt", "[server]") {
    test::Proxy proxy;
    for (const std::string sql :
         {"commit", "  END", "Commit Work", "/* the end */ COMMIT", "-- the end\nCOMMIT",
          "PREPARE TRANSACTION 'x'", "COMMIT AND CHAIN"}) {
        INFO(sql);
        Connection connection(proxy.dsn());
        connection.execute("BEGIN");
        proxy.cut_before(sql);
        CHECK(raised<ConnectionError>([&] { connection.execute(sql); }).in_doubt());
    }
    Connection connection(proxy.dsn());
    connection.execute("BEGIN");
    proxy.cut_before("ROLLBACK");
    CHECK_FALSE(raised<ConnectionError>([&] { connection.execute("ROLLBACK"); }).in_doubt());
}

TEST_CASE("a commit in a pipeline is in doubt", "[server]") {
    test::Proxy proxy;
    Connection connection(proxy.dsn());
    connection.execute("BEGIN");
    proxy.cut_after("COMMIT");
    CHECK(raised<ConnectionError>([&] {
              connection.pipeline({{"SELECT 1", {}}, {"COMMIT", {}}});
          }).in_doubt());
}

TEST_CASE("a connection that is cut in the middle of a large batch does not hang", "[server]") {
    test::Proxy proxy;
    const auto queue = test::new_queue();
    Connection connection(proxy.dsn());
    Producer producer(connection, queue);
    std::vector<nlohmann::json> payloads(20'000, std::string(1024, 'x'));
    payloads[10'000] = "cut here";
    proxy.cut_before("cut here");
    const auto error = raised<ConnectionError>([&] { producer.batch_enqueue(payloads); });
    CHECK(error.connection_lost());
    CHECK_FALSE(connection.usable());
    CHECK(test::value("SELECT pgqrs.count_messages($1)", {queue}) == "0");
}

TEST_CASE("the end of the scope of a transaction whose connection is lost raises nothing",
          "[server]") {
    auto connection = test::connect();
    {
        Transaction transaction(connection);
        test::terminate_backend(test::backend_pid(connection));
    }
    CHECK_THROWS_AS(connection.execute("SELECT 1"), ConnectionError);
}

TEST_CASE("a restart of the server is a lost connection, and reopen works", "[server]") {
    auto connection = test::connect();
    test::server("stop");
    const auto lost = raised<ConnectionError>([&] { connection.execute("SELECT 1"); });
    CHECK_FALSE(lost.retryable());
    CHECK(lost.connection_lost());
    const auto refused = raised<ConnectionError>([&] { connection.reopen(); });
    CHECK(refused.retryable());
    CHECK_FALSE(connection.usable());
    CHECK_FALSE(connection.in_transaction());
    test::server("start");
    connection.reopen();
    CHECK(test::value(connection, "SELECT 1") == "1");
}

TEST_CASE("too many connections is retryable", "[server]") {
    test::value("CREATE ROLE few LOGIN CONNECTION LIMIT 0");
    const auto error =
        raised<ConnectionError>([] { Connection connection(test::dsn() + " user=few"); });
    CHECK_THAT(error.what(), test::has("too many connections"));
    CHECK(error.retryable());
    test::value("DROP ROLE few");
}
