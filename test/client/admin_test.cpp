// Installing, queues, metrics and cleaning up.
#include "support.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Admin;
using pgqrs::Consumer;
using pgqrs::Producer;
using pgqrs::QueueOptions;
using test::server_error;

namespace {

// A database without the extension.
class Database {
public:
    Database() : name_(test::unique_name("db")) {
        test::value("SELECT 1");
        run("CREATE DATABASE " + name_);
    }
    ~Database() { run("DROP DATABASE " + name_ + " WITH (FORCE)"); }
    std::string dsn() const { return test::dsn() + " dbname=" + name_; }

private:
    static void run(const std::string& sql) {
        auto connection = test::connect();
        connection.execute(sql);
    }
    std::string name_;
};

}  // namespace

TEST_CASE("the extension can be installed and taken away", "[server]") {
    const Database database;
    pgqrs::Connection connection(database.dsn());
    Admin admin(connection);
    CHECK_FALSE(admin.installed());
    CHECK(admin.extension_version().empty());
    CHECK_FALSE(admin.uninstall());
    CHECK_FALSE(admin.verify().empty());
    const auto error =
        test::raised<pgqrs::ServerError>([&] { Producer(connection, "q").enqueue(1); });
    CHECK_THAT(error.hint(), test::has("CREATE EXTENSION pgqrs"));
    CHECK(admin.install());
    CHECK_FALSE(admin.install());
    CHECK(admin.installed());
    CHECK(admin.extension_version() == admin.library_version());
    CHECK(admin.verify().empty());

    admin.create_queue("q");
    Producer(connection, "q").enqueue(1);
    CHECK(server_error([&] { admin.uninstall(); }) == "PQ011");
    CHECK(admin.installed());
    CHECK(admin.uninstall(true));
    CHECK_FALSE(admin.installed());
    CHECK(test::value(connection, "SELECT count(*) FROM pg_namespace WHERE nspname = 'pgqrs'") ==
          "0");
    CHECK(admin.install());
    admin.create_queue("q");
    CHECK(admin.uninstall());
    CHECK_FALSE(connection.in_transaction());
}

TEST_CASE("uninstalling leaves what others put into the schema", "[server]") {
    const Database database;
    pgqrs::Connection connection(database.dsn());
    Admin admin(connection);
    admin.install();
    connection.execute("CREATE TABLE pgqrs.mine (i int)");
    CHECK(admin.uninstall());
    CHECK(test::value(connection, "SELECT count(*) FROM pgqrs.mine") == "0");
}

TEST_CASE("preloaded tells what the server does", "[server]") {
    auto connection = test::connect();
    const bool expected =
        test::value(connection,
                    "SELECT current_setting('shared_preload_libraries') LIKE '%pgqrs%'") == "t";
    CHECK(Admin(connection).preloaded() == expected);
}

TEST_CASE("verify finds what is broken", "[server]") {
    auto connection = test::connect();
    pgqrs::Transaction transaction(connection);
    Admin admin(connection);
    CHECK(admin.verify().empty());
    connection.execute("ALTER EXTENSION pgqrs DROP FUNCTION pgqrs.peek");
    connection.execute("DROP FUNCTION pgqrs.peek");
    const auto faults = admin.verify();
    REQUIRE_FALSE(faults.empty());
    CHECK_THAT(faults[0].object + faults[0].fault, test::has("peek"));
    CHECK_FALSE(faults[0].kind.empty());
    CHECK_FALSE(faults[0].fault.empty());
}

TEST_CASE("queues are created with defaults or options, and altered", "[server]") {
    auto connection = test::connect();
    Admin admin(connection);
    const auto plain = admin.create_queue(test::unique_name());
    CHECK(plain.visibility_timeout == 30s);
    CHECK_FALSE(plain.max_deliveries.has_value());
    CHECK_FALSE(plain.description.has_value());
    CHECK_FALSE(plain.notify);
    CHECK_FALSE(plain.paused_at.has_value());
    CHECK(plain.created_at > std::chrono::system_clock::now() - 1h);
    CHECK(plain.id > 0);

    const QueueOptions options{90s, 3, "Grüße", true};
    const auto name = test::unique_name();
    const auto full = admin.create_queue(name, options);
    CHECK(full.name == name);
    CHECK(full.visibility_timeout == 90s);
    CHECK(full.max_deliveries == 3);
    CHECK(full.description == "Grüße");
    CHECK(full.notify);
    CHECK(server_error([&] { admin.create_queue(name); }) == "PQ003");
    CHECK(admin.create_queue(name, {}, true).id == full.id);

    CHECK(admin.alter_queue(name, {}).visibility_timeout == 90s);
    const auto altered = admin.alter_queue(name, {1500ms, 0, std::nullopt, false});
    CHECK(altered.visibility_timeout == 1500ms);
    CHECK_FALSE(altered.max_deliveries.has_value());
    CHECK(altered.description == "Grüße");
    CHECK_FALSE(altered.notify);
    CHECK(admin.get_queue(name).visibility_timeout == 1500ms);
}

TEST_CASE("settings and names of queues that cannot be are refused", "[server]") {
    auto connection = test::connect();
    Admin admin(connection);
    const auto name = test::unique_name();
    CHECK(server_error([&] { admin.create_queue("no spaces"); }) == "PQ004");
    CHECK(server_error([&] { admin.create_queue(name, {.visibility_timeout = 0s}); }) == "PQ010");
    CHECK(server_error([&] { admin.create_queue(name, {.max_deliveries = 0}); }) == "PQ010");
    CHECK(server_error([&] { admin.get_queue(name); }) == "PQ002");
    CHECK(server_error([&] { admin.alter_queue(name, {}); }) == "PQ002");
    CHECK(server_error([&] { admin.drop_queue(name); }) == "PQ002");
    CHECK(server_error([&] { admin.pause_queue(name); }) == "PQ002");
    CHECK(server_error([&] { admin.resume_queue(name); }) == "PQ002");
    CHECK(server_error([&] { admin.purge_queue(name); }) == "PQ002");
    CHECK(server_error([&] { admin.purge_archive(name, 1s); }) == "PQ002");
    CHECK(server_error([&] { admin.queue_metrics(name); }) == "PQ002");
}

TEST_CASE("queues are listed, paused, purged and dropped", "[server]") {
    auto connection = test::connect();
    Admin admin(connection);
    const auto name = test::new_queue();
    const auto listed = admin.list_queues();
    CHECK(std::count_if(listed.begin(), listed.end(),
                        [&](const auto& queue) { return queue.name == name; }) == 1);

    CHECK(admin.pause_queue(name));
    CHECK_FALSE(admin.pause_queue(name));
    CHECK(admin.get_queue(name).paused_at.has_value());
    CHECK(admin.resume_queue(name));
    CHECK_FALSE(admin.resume_queue(name));

    Producer producer(connection, name);
    producer.batch_enqueue(std::vector<json>{1, 2, 3});
    CHECK(server_error([&] { admin.drop_queue(name); }) == "PQ011");
    Consumer consumer(connection, name);
    CHECK(consumer.archive(consumer.dequeue().value()));
    CHECK(admin.purge_archive(name, 1h) == 0);
    CHECK(admin.purge_archive(name, 0s) == 1);
    CHECK(admin.purge_queue(name) == 2);
    CHECK(admin.purge_queue(name) == 0);
    producer.enqueue(1);
    CHECK(admin.drop_queue(name, true) == 1);
    CHECK(server_error([&] { admin.get_queue(name); }) == "PQ002");
    const auto empty = test::new_queue();
    CHECK(admin.drop_queue(empty) == 0);
}

TEST_CASE("metrics count", "[server]") {
    auto connection = test::connect();
    Admin admin(connection);
    const auto name = test::new_queue({.max_deliveries = 1});
    const auto nothing = admin.queue_metrics(name, true);
    CHECK(nothing.messages == 0);
    CHECK_FALSE(nothing.oldest_pending_age.has_value());
    CHECK_FALSE(nothing.newest_enqueued_at.has_value());

    Producer producer(connection, name);
    Consumer consumer(connection, name);
    producer.batch_enqueue(std::vector<json>{1, 2, 3, 4, 5});
    producer.enqueue_delayed(6, 1h);
    const auto taken = consumer.dequeue_batch(3);
    CHECK(consumer.archive(taken[0]));
    // Delivered once, which is all it gets.
    connection.execute(
        "UPDATE pgqrs.messages SET vt = clock_timestamp() - interval '1 s' WHERE id = $1::bigint",
        {std::to_string(taken[1].id)});
    admin.pause_queue(name);
    const auto metrics = admin.queue_metrics(name, true);
    CHECK(metrics.queue == name);
    CHECK(metrics.paused);
    CHECK(metrics.exact);
    CHECK(metrics.messages == 5);
    CHECK(metrics.pending == 2);
    CHECK(metrics.in_flight == 1);
    CHECK(metrics.delayed == 1);
    CHECK(metrics.exhausted == 1);
    CHECK(metrics.archived == 1);
    CHECK(metrics.total_enqueued == 6);
    CHECK(metrics.total_finished == 1);
    CHECK(metrics.oldest_pending_age.value() >= 0s);
    CHECK(metrics.oldest_pending_age.value() < 1h);
    CHECK(metrics.newest_enqueued_at.value() <= metrics.measured_at);
    CHECK(admin.queue_metrics(name).messages == 5);
    for (const bool exact : {false, true}) {
        const auto all = admin.all_queues_metrics(exact);
        CHECK(std::count_if(all.begin(), all.end(),
                            [&](const auto& one) { return one.queue == name; }) == 1);
    }
}

TEST_CASE("who has no rights is told so", "[server]") {
    auto admin_connection = test::connect();
    const auto role = test::unique_name("role");
    admin_connection.execute("CREATE ROLE " + role + " LOGIN");
    {
        pgqrs::Connection connection(test::dsn() + " user=" + role);
        CHECK(server_error([&] { Admin(connection).create_queue("mine"); }) == "42501");
        CHECK(server_error([&] { Producer(connection, "mine").enqueue(1); }) == "42501");
    }
    admin_connection.execute("DROP ROLE " + role);
}
