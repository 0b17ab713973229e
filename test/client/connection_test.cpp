// One connection: statements, parameters, results, pipelines, opening it.
#include "support.hpp"

#include <libpq-fe.h>

#include "proxy.hpp"

using namespace std::chrono_literals;
using pgqrs::Connection;
using pgqrs::ConnectionError;
using pgqrs::InvalidArgument;
using pgqrs::ServerError;
using pgqrs::Statement;
using test::raised;

namespace {

constexpr const char* kPassword =
    "ge/he:im@ #%?";  // that of the role "secretive", see test/lib/client.sh

pgqrs::Config with_password(const std::string& password) {
    const std::string quoted = "'" + password + "'";
    auto config = test::config();
    config.dsn += " user=secretive password=" + quoted;
    return config;
}

// A libpq connection of the application's own.
class Raw {
public:
    Raw() : connection_(PQconnectdb(test::dsn().c_str())) {
        REQUIRE(PQstatus(connection_) == CONNECTION_OK);
    }
    ~Raw() { PQfinish(connection_); }
    PGconn* get() const { return connection_; }

private:
    PGconn* connection_;
};

}  // namespace

TEST_CASE("parameters arrive as they were, NULL included", "[server]") {
    auto connection = test::connect();
    const std::vector<std::string> texts = {"",
                                            "plain",
                                            "'quoted' \"and\" \\ back",
                                            "{a,b}",
                                            "Grüße 日本語 🙂",
                                            "a\nb\tc",
                                            std::string(100000, 'x')};
    for (const auto& text : texts) {
        CHECK(test::value(connection, "SELECT $1::text", {text}) == text);
    }
    const auto result =
        connection.execute("SELECT $1::text, $2::text IS NULL, $3::int", {"a", std::nullopt, "5"});
    CHECK(result.text(0, 0) == "a");
    CHECK(result.boolean(0, 1));
    CHECK(result.integer(0, 2) == 5);
}

TEST_CASE("a result has rows, columns and nulls", "[server]") {
    auto connection = test::connect();
    const auto result = connection.execute(
        "SELECT i, NULL::text, i = 2, 9223372036854775807, -9223372036854775808, '' FROM "
        "generate_series(1, 3) AS i");
    CHECK(result.rows() == 3);
    CHECK(result.columns() == 6);
    CHECK(result.affected() == 3);
    CHECK(result.command() == "SELECT 3");
    CHECK(result.get(1, 0) == "2");
    CHECK_FALSE(result.get(0, 1).has_value());
    CHECK(result.is_null(0, 1));
    CHECK(result.text(0, 1).empty());
    CHECK(result.integer(0, 1) == 0);
    CHECK_FALSE(result.boolean(0, 1));
    CHECK_FALSE(result.boolean(0, 2));
    CHECK(result.boolean(1, 2));
    CHECK(result.integer(0, 3) == INT64_MAX);
    CHECK(result.integer(0, 4) == INT64_MIN);
    CHECK_FALSE(result.is_null(0, 5));
    CHECK(
        connection.execute("CREATE TEMP TABLE t AS SELECT generate_series(1, 7) AS i").affected() ==
        7);
    CHECK(connection.execute("DELETE FROM t WHERE i > 3").affected() == 4);
    CHECK(connection.execute("SET work_mem = '4MB'").affected() == 0);
}

TEST_CASE("what the server rejects keeps its SQLSTATE, detail and hint, and the connection goes on",
          "[server]") {
    auto connection = test::connect();
    CHECK(test::server_error([&] { connection.execute("SELEC 1"); }) == "42601");
    CHECK(test::server_error([&] { connection.execute("SELECT 1; SELECT 2"); }) == "42601");
    CHECK(test::server_error([&] { connection.execute("SELECT $1::int", {"x"}); }) == "22P02");
    CHECK(test::server_error([&] { connection.execute("SELECT $1"); }) == "08P01");
    CHECK(test::server_error([&] { connection.execute("SELECT $1::text", {"\xff\xfe"}); }) ==
          "22021");
    connection.execute("CREATE TEMP TABLE t (i int PRIMARY KEY)");
    connection.execute("INSERT INTO t VALUES (1)");
    const auto error = raised<ServerError>([&] { connection.execute("INSERT INTO t VALUES (1)"); });
    CHECK(error.sqlstate() == "23505");
    CHECK_THAT(error.detail(), test::has("(i)=(1)"));
    CHECK_FALSE(error.retryable());
    CHECK_FALSE(error.connection_lost());
    CHECK_FALSE(raised<ServerError>([&] { connection.execute("SELECT * FROM pg_clas"); })
                    .message()
                    .empty());
    CHECK(connection.usable());
    CHECK(test::value(connection, "SELECT 1") == "1");
}

TEST_CASE("a parameter cannot have a NUL byte, nor a statement", "[server]") {
    auto connection = test::connect();
    CHECK_THROWS_AS(connection.execute("SELECT $1::text", {std::string("a\0b", 3)}),
                    InvalidArgument);
    CHECK_THROWS_AS(connection.execute(std::string("SELECT 1\0", 9)), InvalidArgument);
    CHECK_THROWS_AS(
        connection.pipeline({{"SELECT 1", {}}, {"SELECT $1::text", {std::string("\0", 1)}}}),
        InvalidArgument);
    CHECK(test::value(connection, "SELECT 1") == "1");
}

TEST_CASE("an empty statement is one without rows", "[server]") {
    auto connection = test::connect();
    CHECK(connection.execute("").rows() == 0);
    CHECK(connection.execute("-- nothing").rows() == 0);
    CHECK(test::value(connection, "SELECT 1") == "1");
}

TEST_CASE("COPY is refused, and the connection goes on", "[server]") {
    auto connection = test::connect();
    connection.execute("CREATE TEMP TABLE t AS SELECT generate_series(1, 10000) AS i");
    for (const std::string sql : {"COPY t TO STDOUT", "COPY t FROM STDIN"}) {
        INFO(sql);
        CHECK_THROWS_AS(connection.execute(sql), pgqrs::Error);
        CHECK(test::value(connection, "SELECT count(*) FROM t") == "10000");
    }
}

TEST_CASE("the library prints no notices", "[server]") {
    auto connection = test::connect();
    connection.execute("DROP TABLE IF EXISTS there_is_none");  // seen by eye: nothing on stderr
    CHECK(connection.usable());
}

TEST_CASE("a pipeline is one round trip and one transaction", "[server]") {
    auto connection = test::connect();
    connection.execute("CREATE TEMP TABLE t (i int PRIMARY KEY)");
    const auto results =
        connection.pipeline({{"INSERT INTO t VALUES ($1::int)", {"1"}},
                             {"INSERT INTO t VALUES ($1::int)", {"2"}},
                             {"SELECT sum(i), pg_current_xact_id_if_assigned() FROM t", {}}});
    REQUIRE(results.size() == 3);
    CHECK(results[2].integer(0, 0) == 3);
    CHECK_FALSE(results[2].is_null(0, 1));
    CHECK_FALSE(connection.in_transaction());

    CHECK(test::server_error([&] {
              connection.pipeline({{"INSERT INTO t VALUES (3)", {}},
                                   {"INSERT INTO t VALUES (1)", {}},
                                   {"INSERT INTO t VALUES (4)", {}}});
          }) == "23505");
    CHECK_FALSE(connection.in_transaction());
    CHECK(test::value(connection, "SELECT count(*) FROM t") == "2");
    CHECK(connection.pipeline({}).empty());
    CHECK(test::value(connection, "SELECT 1") == "1");
}

TEST_CASE("a pipeline inside a transaction is part of it", "[server]") {
    auto connection = test::connect();
    connection.execute("CREATE TEMP TABLE t (i int PRIMARY KEY)");
    {
        pgqrs::Transaction transaction(connection);
        connection.pipeline({{"INSERT INTO t VALUES (1)", {}}, {"INSERT INTO t VALUES (2)", {}}});
        CHECK(connection.in_transaction());
    }
    CHECK(test::value(connection, "SELECT count(*) FROM t") == "0");
    {
        pgqrs::Transaction transaction(connection);
        CHECK_THROWS_AS(connection.pipeline({{"INSERT INTO t VALUES (1)", {}}, {"SELECT 1/0", {}}}),
                        ServerError);
        CHECK(connection.in_transaction());
        CHECK(test::server_error([&] { connection.execute("SELECT 1"); }) == "25P02");
        CHECK(test::server_error([&] { transaction.commit(); }) == "25P02");
    }
    CHECK(test::value(connection, "SELECT count(*) FROM t") == "0");
}

TEST_CASE("a pipeline whose answers fill both buffers does not hang", "[server]") {
    auto connection = test::connect();
    std::vector<Statement> statements;
    for (int i = 0; i < 300; ++i) {
        statements.push_back({"SELECT $1::text || $1::text", {std::string(100'000, 'x')}});
    }
    const auto results = connection.pipeline(statements);
    REQUIRE(results.size() == 300);
    CHECK(results[299].text(0, 0).size() == 200'000);
}

TEST_CASE("COPY in a pipeline is refused, and the connection goes on or is known to be lost",
          "[server]") {
    for (const std::string sql : {"COPY (SELECT 1) TO STDOUT", "COPY pg_temp.t FROM STDIN"}) {
        INFO(sql);
        auto connection = test::connect();
        connection.execute("CREATE TEMP TABLE t (i int)");
        CHECK_THROWS_AS(connection.pipeline({{"SELECT 1", {}}, {sql, {}}, {"SELECT 2", {}}}),
                        pgqrs::Error);
        if (!connection.check_usable()) {
            connection.reopen();
        }
        CHECK(test::value(connection, "SELECT 1") == "1");
    }
}

TEST_CASE("a stop cancels the statement, and the connection goes on", "[server]") {
    auto connection = test::connect();
    const auto pid = test::backend_pid(connection);
    pgqrs::Stop stop;
    std::thread other([&] {
        auto observer = test::connect();
        test::eventually([&] {
            return test::value(observer,
                               "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND "
                               "wait_event = 'PgSleep'",
                               {std::to_string(pid)}) == "1";
        });
        stop.request();
    });
    CHECK_THROWS_AS(connection.execute("SELECT pg_sleep(600)", {}, &stop), pgqrs::Stopped);
    other.join();
    CHECK(test::value(connection, "SELECT 1") == "1");
    CHECK_THROWS_AS(connection.execute("SELECT 1", {}, &stop), pgqrs::Stopped);
}

TEST_CASE("a connection can be moved, and what was moved from says that it is closed", "[server]") {
    auto first = test::connect();
    const auto pid = test::backend_pid(first);
    Connection second(std::move(first));
    CHECK(test::backend_pid(second) == pid);
    CHECK(second.usable());
    CHECK_FALSE(first.usable());
    CHECK_FALSE(first.check_usable());
    CHECK_FALSE(first.in_transaction());
    CHECK_THROWS_AS(first.execute("SELECT 1"), ConnectionError);
    auto third = test::connect();
    third = std::move(second);
    CHECK(test::backend_pid(third) == pid);
    first = std::move(third);
    CHECK(test::backend_pid(first) == pid);
}

TEST_CASE("a connection that was opened again is a new one", "[server]") {
    auto connection = test::connect();
    const auto pid = test::backend_pid(connection);
    connection.execute("BEGIN");
    connection.reopen();
    CHECK_FALSE(connection.in_transaction());
    CHECK(test::backend_pid(connection) != pid);
    CHECK_FALSE(connection.borrowed());
    CHECK(connection.config().dsn == test::config().dsn);
}

TEST_CASE("a borrowed connection stays its owner's", "[server]") {
    const Raw raw;
    {
        auto connection = Connection::borrow(raw.get());
        CHECK(connection.borrowed());
        CHECK(connection.raw() == raw.get());
        CHECK(test::value(connection, "SELECT 1") == "1");
        CHECK_THROWS_AS(connection.reopen(), pgqrs::Error);
        auto moved = std::move(connection);
        CHECK(moved.borrowed());
    }
    CHECK(PQstatus(raw.get()) == CONNECTION_OK);
    CHECK(PQisnonblocking(raw.get()) == 0);
    CHECK_THROWS_AS(Connection::borrow(nullptr), InvalidArgument);
}

TEST_CASE("a borrowed connection that is nonblocking stays so", "[server]") {
    const Raw raw;
    PQsetnonblocking(raw.get(), 1);
    auto connection = Connection::borrow(raw.get());
    CHECK(test::value(connection, "SELECT 1") == "1");
    CHECK_THROWS_AS(connection.execute("SELECT 1/0"), ServerError);
    connection.pipeline({{"SELECT 1", {}}});
    CHECK(PQisnonblocking(raw.get()) == 1);
}

TEST_CASE("a borrowed connection that is busy is refused, not disturbed", "[server]") {
    const Raw raw;
    auto connection = Connection::borrow(raw.get());
    REQUIRE(PQsendQuery(raw.get(), "SELECT 17") == 1);
    CHECK_THROWS_AS(connection.execute("SELECT 1"), pgqrs::Error);
    PGresult* const result = PQgetResult(raw.get());
    CHECK(std::string(PQgetvalue(result, 0, 0)) == "17");
    PQclear(result);
    CHECK(PQgetResult(raw.get()) == nullptr);
    CHECK(test::value(connection, "SELECT 1") == "1");
}

TEST_CASE("a wrong password is an error that says so and shows none", "[server]") {
    CHECK(test::value(*std::make_unique<Connection>(with_password(kPassword)),
                      "SELECT current_user") == "secretive");
    for (const std::string password : {"wrong-pass", "x", ""}) {
        INFO(password);
        const auto error =
            raised<ConnectionError>([&] { Connection connection(with_password(password)); });
        CHECK_THAT(error.what(), test::has("password"));
        CHECK_THAT(error.what() + error.detail() + error.hint(), !test::has("wrong-pass"));
        CHECK_FALSE(error.in_doubt());
    }
}

TEST_CASE("a password in a URI is percent-encoded", "[server]") {
    const auto host = std::string(std::getenv("PGHOST"));
    const auto port = std::string(std::getenv("PGPORT"));
    std::string uri = "postgresql://secretive:ge%2Fhe%3Aim%40%20%23%25%3F@/postgres?host=" + host +
                      "&port=" + port;
    Connection connection(uri);
    CHECK(test::value(connection, "SELECT current_user") == "secretive");
    CHECK_THAT(pgqrs::without_password(uri), !test::has("im"));
}

TEST_CASE("where no server is, no database or no role, the error says what", "[server]") {
    const auto error =
        raised<ConnectionError>([] { Connection connection("host=/nowhere port=1 dbname=a"); });
    CHECK_THAT(error.what(), test::has("/nowhere"));
    CHECK(error.retryable());
    CHECK_THAT(raised<ConnectionError>([] {
                   Connection connection(test::dsn() + " dbname=missing");
               }).what(),
               test::has("missing"));
    CHECK_THAT(raised<ConnectionError>([] {
                   Connection connection(test::dsn() + " user=stranger");
               }).what(),
               test::has("stranger"));
}

TEST_CASE("a connection's settings yield to those of the connection string, but for the encoding",
          "[server]") {
    auto connection = test::connect();
    CHECK(test::value(connection, "SHOW application_name") == "pgqrs");
    CHECK(test::value(connection, "SHOW client_encoding") == "UTF8");
    Connection named(test::dsn() + " application_name=mine client_encoding=LATIN1");
    CHECK(test::value(named, "SHOW application_name") == "mine");
    CHECK(test::value(named, "SHOW client_encoding") == "UTF8");
}

TEST_CASE("a server that does not answer is given up after connection_timeout", "[server]") {
    test::Proxy proxy;
    proxy.freeze();
    auto config = pgqrs::Config::from_dsn(proxy.dsn());
    config.connection_timeout = 2s;
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(Connection(config), ConnectionError);
    CHECK(std::chrono::steady_clock::now() - start < 30s);
}

TEST_CASE("connections leave no descriptors open, however they end", "[server]") {
    const int before = test::open_descriptors();
    for (int i = 0; i < 5; ++i) {
        auto connection = test::connect();
        CHECK_THROWS_AS(connection.execute("SELECT 1/0"), ServerError);
        connection.reopen();
        CHECK_THROWS_AS(Connection("host=/nowhere"), ConnectionError);
        CHECK_THROWS_AS(Connection(with_password("wrong")), ConnectionError);
    }
    CHECK(test::open_descriptors() == before);
}
