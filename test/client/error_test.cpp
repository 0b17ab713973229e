// What an error says about itself, by its SQLSTATE and what happened to the connection.
#include "support.hpp"

using pgqrs::Error;

TEST_CASE("errors are retryable when the same again can succeed") {
    const std::vector<std::pair<std::string, bool>> cases = {
        {"40001", true},  {"40P01", true},  {"55P03", true},  {"53300", true},  {"57P01", true},
        {"57P02", true},  {"57P03", true},  {"08006", true},  {"08001", true},  {"08003", false},
        {"08000", true},  {"23505", false}, {"42883", false}, {"22P02", false}, {"57014", false},
        {"PQ001", false}, {"PQ002", false}, {"PQ010", false}, {"25P02", false}, {"", false},
    };
    for (const auto& [sqlstate, retryable] : cases) {
        INFO(sqlstate);
        CHECK(Error(Error::Parts{sqlstate, "text"}).retryable() == retryable);
    }
}

TEST_CASE("a lost connection is retryable unless the commit is in doubt") {
    const Error lost(Error::Parts{"57P01", "text", "", "", true, false});
    CHECK(lost.connection_lost());
    CHECK_FALSE(lost.in_doubt());
    CHECK(lost.retryable());
    const Error doubtful(Error::Parts{"57P01", "text", "", "", true, true});
    CHECK(doubtful.connection_lost());
    CHECK(doubtful.in_doubt());
    CHECK_FALSE(doubtful.retryable());
    CHECK(Error(Error::Parts{"", "text", "", "", true, false}).retryable());
}

TEST_CASE("an error keeps its parts") {
    const Error error(Error::Parts{"PQ002", "no such queue", "Detail.", "Hint."});
    CHECK(error.sqlstate() == "PQ002");
    CHECK(error.message() == "no such queue");
    CHECK(error.detail() == "Detail.");
    CHECK(error.hint() == "Hint.");
    CHECK_THAT(error.what(), test::has("no such queue"));
}

TEST_CASE("the states of pgqrs are known, others are not") {
    using pgqrs::ErrorCode;
    const std::vector<std::pair<std::string, ErrorCode>> cases = {
        {"PQ001", ErrorCode::lease_lost},       {"PQ002", ErrorCode::queue_not_found},
        {"PQ003", ErrorCode::queue_exists},     {"PQ004", ErrorCode::invalid_name},
        {"PQ005", ErrorCode::payload_rejected}, {"PQ006", ErrorCode::rate_limited},
        {"PQ007", ErrorCode::queue_paused},     {"PQ008", ErrorCode::worker_not_found},
        {"PQ009", ErrorCode::limit_exceeded},   {"PQ010", ErrorCode::invalid_argument},
        {"PQ011", ErrorCode::queue_not_empty},  {"PQ012", ErrorCode::queue_full},
        {"PQ014", ErrorCode::worker_state},
    };
    for (const auto& [sqlstate, code] : cases) {
        INFO(sqlstate);
        CHECK(Error(Error::Parts{sqlstate, "text"}).code() == code);
        CHECK("PQ0" + std::string(static_cast<int>(code) < 10 ? "0" : "") +
                  std::to_string(static_cast<int>(code)) ==
              sqlstate);
    }
    CHECK_FALSE(Error(Error::Parts{"40001", "text"}).code().has_value());
    CHECK_FALSE(Error(Error::Parts{"", "text"}).code().has_value());
    CHECK_FALSE(Error(Error::Parts{"PQ999", "text"}).code().has_value());
}

TEST_CASE("one catch is enough") {
    CHECK_THROWS_AS(throw pgqrs::ConnectionError(Error::Parts{"08006", "x"}), Error);
    CHECK_THROWS_AS(throw pgqrs::ServerError(Error::Parts{"23505", "x"}), Error);
    CHECK_THROWS_AS(throw pgqrs::InvalidArgument(Error::Parts{"PQ010", "x"}), Error);
    CHECK_THROWS_AS(throw pgqrs::LeaseLost(Error::Parts{"PQ001", "x"}), Error);
    CHECK_THROWS_AS(throw pgqrs::PoolTimeout(Error::Parts{"", "x"}), Error);
    CHECK_THROWS_AS(throw pgqrs::Stopped(), Error);
    CHECK_THROWS_AS(throw pgqrs::ConfigError("file", "key", "is wrong"), Error);
    CHECK_THROWS_AS(throw pgqrs::Stopped(), std::runtime_error);
}

TEST_CASE("an error of the configuration names source and key") {
    const pgqrs::ConfigError error("/etc/pgqrs.yaml", "max_connections", "must be a number",
                                   "Write one.");
    CHECK(error.source() == "/etc/pgqrs.yaml");
    CHECK(error.key() == "max_connections");
    CHECK(error.hint() == "Write one.");
    CHECK(error.sqlstate().empty());
    CHECK_FALSE(error.retryable());
    CHECK_THAT(error.what(), test::has("/etc/pgqrs.yaml") && test::has("max_connections") &&
                                 test::has("must be a number"));
}
