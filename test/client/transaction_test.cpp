// Transactions: what joins them, and what their end says.
#include "support.hpp"

#include <libpq-fe.h>

using pgqrs::Connection;
using pgqrs::Consumer;
using pgqrs::Producer;
using pgqrs::ServerError;
using pgqrs::Transaction;

TEST_CASE("messages exist when the transaction commits, and do not when it is rolled back",
          "[server]") {
    auto connection = test::connect();
    auto other = test::connect();
    const auto queue = test::new_queue();
    Producer producer(connection, queue);
    connection.execute("CREATE TEMP TABLE users (id int)");
    {
        Transaction transaction(connection);
        connection.execute("INSERT INTO users VALUES (1)");
        producer.enqueue(1);
        producer.batch_enqueue(std::vector<nlohmann::json>{2, 3});
        CHECK(Consumer(other, queue).peek(5).empty());
        transaction.commit();
    }
    // Without shared memory a commit that comes late is found by and by.
    const auto has_three = [&] { return Consumer(other, queue).peek(5).size() == 3; };
    CHECK(test::eventually(has_three));
    {
        Transaction transaction(connection);
        connection.execute("INSERT INTO users VALUES (2)");
        producer.enqueue(4);
        transaction.rollback();
    }
    try {
        Transaction transaction(connection);
        producer.enqueue(5);
        throw std::runtime_error("the application gives up");
    } catch (const std::runtime_error&) {
    }
    CHECK_FALSE(connection.in_transaction());
    CHECK(test::eventually(has_three));
    CHECK(test::value(connection, "SELECT count(*) FROM users") == "1");
}

TEST_CASE("messages join the transaction of a borrowed connection", "[server]") {
    const auto queue = test::new_queue();
    auto other = test::connect();
    PGconn* const raw = PQconnectdb(test::dsn().c_str());
    for (const bool commit : {false, true}) {
        PQclear(PQexec(raw, "BEGIN"));
        {
            auto connection = Connection::borrow(raw);
            CHECK(connection.in_transaction());
            Producer(connection, queue).enqueue("in it");
        }
        CHECK(PQtransactionStatus(raw) == PQTRANS_INTRANS);
        PQclear(PQexec(raw, commit ? "COMMIT" : "ROLLBACK"));
        CHECK(Consumer(other, queue).peek(5).size() == (commit ? 1 : 0));
    }
    PQfinish(raw);
}

TEST_CASE("finishing joins the transaction, too", "[server]") {
    auto connection = test::connect();
    const auto queue = test::new_queue();
    Producer(connection, queue).enqueue(1);
    Consumer consumer(connection, queue);
    const auto message = consumer.dequeue().value();
    {
        Transaction transaction(connection);
        CHECK(consumer.archive(message));
    }
    CHECK(consumer.archive(message));
}

TEST_CASE("there is one transaction at a time", "[server]") {
    auto connection = test::connect();
    Transaction transaction(connection);
    CHECK_THROWS_AS(Transaction(connection), pgqrs::Error);
    transaction.commit();
    CHECK_THROWS_AS(transaction.commit(), pgqrs::Error);
    transaction.rollback();
    Transaction another(connection);
    CHECK(connection.in_transaction());
}

TEST_CASE("a commit after a failed statement raises", "[server]") {
    auto connection = test::connect();
    connection.execute("CREATE TEMP TABLE t (i int)");
    {
        Transaction transaction(connection);
        connection.execute("INSERT INTO t VALUES (1)");
        CHECK_THROWS_AS(connection.execute("SELECT 1/0"), ServerError);
        CHECK(connection.in_transaction());
        CHECK_THROWS_AS(transaction.commit(), ServerError);
    }
    CHECK_FALSE(connection.in_transaction());
    CHECK(test::value(connection, "SELECT count(*) FROM t") == "0");
}

TEST_CASE("a commit that fails itself raises what the server says", "[server]") {
    auto connection = test::connect();
    connection.execute("CREATE TEMP TABLE t (i int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    Transaction transaction(connection);
    connection.execute("INSERT INTO t VALUES (1), (1)");
    CHECK(test::server_error([&] { transaction.commit(); }) == "23505");
    CHECK_FALSE(connection.in_transaction());
}

TEST_CASE("an end of the transaction by SQL is noticed", "[server]") {
    auto connection = test::connect();
    {
        Transaction transaction(connection);
        connection.execute("ROLLBACK");
    }
    CHECK_FALSE(connection.in_transaction());
    Transaction transaction(connection);
    connection.execute("ROLLBACK");
    CHECK_THROWS_AS(transaction.commit(), pgqrs::Error);
}

TEST_CASE("serialization failures and deadlocks are retryable", "[server]") {
    auto one = test::connect();
    auto two = test::connect();
    const auto table = test::unique_name("t");
    one.execute("CREATE TABLE " + table + " (id int PRIMARY KEY, n int)");
    one.execute("INSERT INTO " + table + " VALUES (1, 0), (2, 0)");

    one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
    one.execute("SELECT * FROM " + table);
    two.execute("UPDATE " + table + " SET n = 1");
    const auto conflict =
        test::raised<ServerError>([&] { one.execute("UPDATE " + table + " SET n = 2"); });
    CHECK(conflict.sqlstate() == "40001");
    CHECK(conflict.retryable());
    one.execute("ROLLBACK");

    one.execute("BEGIN");
    two.execute("BEGIN");
    one.execute("UPDATE " + table + " SET n = 3 WHERE id = 1");
    two.execute("UPDATE " + table + " SET n = 3 WHERE id = 2");
    std::string first = "none";
    std::thread other([&] {
        try {
            one.execute("UPDATE " + table + " SET n = 4 WHERE id = 2");
        } catch (const pgqrs::Error& error) {
            first = error.sqlstate() + (error.retryable() ? " retryable" : "");
        }
        one.execute("ROLLBACK");
    });
    std::string second = "none";
    try {
        two.execute("UPDATE " + table + " SET n = 4 WHERE id = 1");
    } catch (const pgqrs::Error& error) {
        second = error.sqlstate() + (error.retryable() ? " retryable" : "");
    }
    two.execute("ROLLBACK");
    other.join();
    CHECK((first == "40P01 retryable") != (second == "40P01 retryable"));
    CHECK((first == "none") != (second == "none"));
    one.execute("DROP TABLE " + table);
}

TEST_CASE("a lock that is not available is retryable", "[server]") {
    auto one = test::connect();
    auto two = test::connect();
    const auto queue = test::new_queue();
    one.execute("BEGIN");
    one.execute("LOCK TABLE pgqrs.workers IN ACCESS EXCLUSIVE MODE");
    two.execute("SET lock_timeout = '1ms'");
    const auto error =
        test::raised<ServerError>([&] { two.execute("SELECT * FROM pgqrs.workers"); });
    CHECK(error.sqlstate() == "55P03");
    CHECK(error.retryable());
    one.execute("ROLLBACK");
}
