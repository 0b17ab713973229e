// The four tables behind the same functions.
#include "support.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Archive;
using pgqrs::ArchivedMessage;
using pgqrs::Messages;
using pgqrs::Queues;
using pgqrs::Table;
using pgqrs::TimePoint;
using pgqrs::Workers;
using test::server_error;

static_assert(Table<Queues>);
static_assert(Table<Workers>);
static_assert(Table<Messages>);
static_assert(Table<Archive>);
static_assert(!Table<pgqrs::Admin>);

namespace {

ArchivedMessage archived(const std::string& queue, std::int64_t id) {
    ArchivedMessage row;
    row.id = id;
    row.queue = queue;
    row.payload = R"({"a": 1})";
    row.enqueued_at = row.available_at = row.archived_at = TimePoint(1'700'000'000s + 123456us);
    return row;
}

// Also when the tests run a second time on the same server.
std::int64_t free_archive_id() {
    static std::int64_t next = std::chrono::system_clock::now().time_since_epoch() / 1us;
    return ++next;
}

template <Table T>
typename T::New row_for(const std::string& queue) {
    if constexpr (std::is_same_v<T, Queues>) {
        return {test::unique_name(), {}};
    } else if constexpr (std::is_same_v<T, Workers>) {
        return {queue, "worker"};
    } else if constexpr (std::is_same_v<T, Messages>) {
        return {queue, 1};
    } else {
        return archived(queue, free_archive_id());
    }
}

template <typename Row>
std::string queue_of(const Row& row) {
    if constexpr (std::is_same_v<Row, pgqrs::Queue>) {
        return row.name;
    } else {
        return row.queue;
    }
}

// What the concept promises, for any table.
template <Table T>
void check_table() {
    auto connection = test::connect();
    T table(connection);
    const auto queue = test::new_queue();
    const auto total = table.count();
    const auto first = table.insert(row_for<T>(queue));
    const auto second = table.insert(row_for<T>(queue));
    CHECK(second.id > first.id);
    CHECK(table.count() == total + 2);
    CHECK(table.get(first.id).value().id == first.id);
    CHECK(queue_of(table.get(second.id).value()) == queue_of(second));
    CHECK_FALSE(table.get(-1).has_value());
    CHECK_FALSE(table.get(INT64_MAX).has_value());

    const auto page = table.list(first.id - 1, 1);
    REQUIRE(page.size() == 1);
    CHECK(page[0].id == first.id);
    CHECK(table.list(first.id, 100).at(0).id == second.id);
    CHECK(table.list(second.id, 100).empty());
    CHECK(table.list(second.id).empty());
    CHECK_FALSE(table.list().empty());

    const auto name = queue_of(second);
    const std::int64_t of_queue = std::is_same_v<T, Queues> ? 1 : 2;
    CHECK(table.count_by_queue(name) == of_queue);
    CHECK(table.filter_by_queue(name).size() == static_cast<std::size_t>(of_queue));
    CHECK(table.filter_by_queue(name, second.id).empty());
    CHECK(table.filter_by_queue(name, 0, 1).size() == 1);
    CHECK(table.filter_by_queue(name, 0, 1)[0].id ==
          (std::is_same_v<T, Queues> ? second.id : first.id));

    CHECK(table.remove(first.id));
    CHECK_FALSE(table.remove(first.id));
    CHECK_FALSE(table.remove(-1));
    CHECK_FALSE(table.get(first.id).has_value());
    CHECK(table.count() == total + 1);
}

}  // namespace

TEST_CASE("all tables do what their concept says", "[server]") {
    SECTION("queues") { check_table<Queues>(); }
    SECTION("workers") { check_table<Workers>(); }
    SECTION("messages") { check_table<Messages>(); }
    SECTION("archive") { check_table<Archive>(); }
}

TEST_CASE("a queue that holds messages is not removed", "[server]") {
    auto connection = test::connect();
    Queues queues(connection);
    const auto queue = queues.insert({test::unique_name(), {.max_deliveries = 4}});
    CHECK(queue.max_deliveries == 4);
    Messages(connection).insert({queue.name, 1});
    CHECK(server_error([&] { queues.remove(queue.id); }) == "PQ011");
    CHECK(queues.get(queue.id).has_value());
}

TEST_CASE("a worker's row has what was given", "[server]") {
    auto connection = test::connect();
    Workers workers(connection);
    const auto queue = test::new_queue();
    const auto full = workers.insert({queue, "Grüße", "host", 4711, json{{"version", "1"}}});
    CHECK(full.queue == queue);
    CHECK(full.name == "Grüße");
    CHECK(full.hostname == "host");
    CHECK(full.pid == 4711);
    CHECK(full.metadata == R"({"version": "1"})");
    CHECK(full.registered_at > std::chrono::system_clock::now() - 1h);
    const auto plain = workers.insert({queue, "w"});
    CHECK_FALSE(plain.hostname.has_value());
    CHECK_FALSE(plain.pid.has_value());
    CHECK_FALSE(plain.metadata.has_value());
    CHECK(server_error([&] { workers.insert({"none-such", "w"}); }) == "PQ002");
    CHECK(server_error([&] { workers.insert({queue, ""}); }) == "PQ004");
    CHECK_THROWS_AS(workers.insert({queue, "w", std::nullopt, std::nullopt, json("\xff")}),
                    pgqrs::Error);
}

TEST_CASE("a message is inserted like one that is enqueued", "[server]") {
    auto connection = test::connect();
    Messages messages(connection);
    const auto queue = test::new_queue();
    const auto message =
        messages.insert({queue, json{{"a", 1}}, {.priority = 1, .delay = 1h, .type = "t"}});
    CHECK(message.queue == queue);
    CHECK(message.priority == 1);
    CHECK(message.type() == "t");
    CHECK(message.available_at - message.enqueued_at == 1h);
    CHECK(message.read_ct == 0);
    CHECK(server_error([&] { messages.insert({"none-such", 1}); }) == "PQ002");
}

TEST_CASE("an archived message keeps every column", "[server]") {
    auto connection = test::connect();
    Archive archive(connection);
    const auto queue = test::new_queue();
    auto row = archived(queue, free_archive_id());
    const auto plain = archive.insert(row);
    CHECK(plain.payload == row.payload);
    CHECK_FALSE(plain.headers.has_value());
    CHECK_FALSE(plain.vt.has_value());
    CHECK_FALSE(plain.worker_id.has_value());
    CHECK_FALSE(plain.processing_duration.has_value());
    CHECK(plain.outcome == pgqrs::Outcome::done);
    CHECK(plain.archived_at == row.archived_at);

    row.id = free_archive_id();
    row.headers = R"({"h": 1})";
    row.priority = 0;
    row.read_ct = 7;
    row.attempt = 3;
    row.vt = row.enqueued_at + 5s;
    row.worker_id = 12;
    row.archived_at = row.enqueued_at + 25h;
    row.processing_duration = 1500ms;
    row.outcome = pgqrs::Outcome::dead;
    const auto full = archive.get(archive.insert(row).id).value();
    CHECK(full.headers == row.headers);
    CHECK(full.priority == 0);
    CHECK(full.read_ct == 7);
    CHECK(full.attempt == 3);
    CHECK(full.enqueued_at == row.enqueued_at);
    CHECK(full.vt == row.vt);
    CHECK(full.worker_id == 12);
    CHECK(full.archived_at == row.archived_at);
    CHECK(full.processing_duration == pgqrs::Duration(1500ms));
    CHECK(full.outcome == pgqrs::Outcome::dead);
    row.id = free_archive_id();
    row.outcome = pgqrs::Outcome::cancelled;
    CHECK(archive.insert(row).outcome == pgqrs::Outcome::cancelled);
    row.id = free_archive_id();
    row.outcome = pgqrs::Outcome::expired;
    CHECK(archive.insert(row).outcome == pgqrs::Outcome::expired);
    CHECK(server_error([&] { archive.insert(row); }) == "23505");
    row.queue = "none-such";
    CHECK(server_error([&] { archive.insert(row); }) == "PQ002");
}

TEST_CASE("what a consumer archived is in the table", "[server]") {
    auto connection = test::connect();
    const auto queue = test::new_queue();
    pgqrs::Producer(connection, queue).enqueue(json{{"a", 1}}, {.type = "t"});
    pgqrs::Consumer consumer(connection, queue);
    const auto message = consumer.dequeue().value();
    REQUIRE(consumer.archive(message));
    const auto row = Archive(connection).get(message.id).value();
    CHECK(row.queue == queue);
    CHECK(row.type() == "t");
    CHECK(row.read_ct == 1);
    CHECK(row.processing_duration.value() >= 0s);
    CHECK(row.outcome == pgqrs::Outcome::done);
    CHECK(row.archived_at >= row.enqueued_at);
    CHECK(std::string(pgqrs::to_string(pgqrs::Outcome::dead)) == "dead");
}
