// Taking messages, waiting for them, and finishing them with a fence.
#include "support.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Consumer;
using pgqrs::DequeueOptions;
using pgqrs::Message;
using pgqrs::Producer;
using test::argument_error;
using test::server_error;

namespace {

struct Mail {
    std::string to;
};
void from_json(const json& value, Mail& mail) { value.at("to").get_to(mail.to); }

std::vector<std::int64_t> ids_of(const std::vector<Message>& messages) {
    std::vector<std::int64_t> ids;
    for (const auto& message : messages) {
        ids.push_back(message.id);
    }
    return ids;
}

bool all_done(const std::vector<pgqrs::Finished>& finished, std::size_t count, bool done) {
    return finished.size() == count &&
           std::all_of(finished.begin(), finished.end(),
                       [&](const auto& one) { return one.done == done; });
}

// Ends the lease of a message as time would.
void expire(pgqrs::Connection& connection, std::int64_t id) {
    connection.execute(
        "UPDATE pgqrs.messages SET vt = clock_timestamp() - interval '1 s' WHERE id = $1::bigint",
        {std::to_string(id)});
}

struct Fixture {
    pgqrs::Connection connection = test::connect();
    std::string queue = test::new_queue();
    Producer producer{connection, queue};
    Consumer consumer{connection, queue};
};

}  // namespace

TEST_CASE("a delivered message has all its columns", "[server]") {
    Fixture f;
    const auto id =
        f.producer.enqueue({{"to", "ada"}}, {.priority = 3, .headers = {{"a", 1}}, .type = "mail"});
    const auto message = f.consumer.dequeue().value();
    CHECK(message.id == id);
    CHECK(message.queue == f.queue);
    CHECK(message.payload == R"({"to": "ada"})");
    CHECK(message.headers_json() == json{{"a", 1}, {"type", "mail"}});
    CHECK(message.type() == "mail");
    CHECK(message.priority == 3);
    CHECK(message.read_ct == 1);
    CHECK(message.available_at >= message.enqueued_at);
    CHECK(message.vt.value() > message.available_at + 29s);
    CHECK(message.lease_left.value() > 25s);
    CHECK(message.lease_left.value() <= 30s);
    CHECK_FALSE(message.worker_id.has_value());
    CHECK(message.as<Mail>().to == "ada");
    CHECK(argument_error([&] { message.as<int>(); }) == "PQ005");
}

TEST_CASE("a message without headers has none", "[server]") {
    Fixture f;
    f.producer.enqueue(nullptr);
    const auto message = f.consumer.peek().at(0);
    CHECK(message.payload == "null");
    CHECK_FALSE(message.headers.has_value());
    CHECK(message.headers_json() == json::object());
    CHECK(message.type().empty());
    CHECK_FALSE(message.vt.has_value());
    CHECK_FALSE(message.lease_left.has_value());
    CHECK(message.read_ct == 0);
}

TEST_CASE("times do not depend on the session's settings", "[server]") {
    Fixture f;
    f.producer.enqueue(1);
    f.connection.execute("SET timezone = 'Asia/Kathmandu'");
    f.connection.execute("SET datestyle = 'German'");
    f.connection.execute("SET intervalstyle = 'iso_8601'");
    const auto message = f.consumer.dequeue().value();
    const auto now = std::chrono::system_clock::now();
    CHECK(message.enqueued_at > now - 10min);
    CHECK(message.enqueued_at < now + 10min);
    CHECK(message.lease_left.value() > 25s);
    CHECK(pgqrs::Admin(f.connection).get_queue(f.queue).visibility_timeout == 30s);
}

TEST_CASE("messages come in order, up to the quantity", "[server]") {
    Fixture f;
    const auto low = f.producer.enqueue(1, {.priority = 9});
    const auto high = f.producer.enqueue(2, {.priority = 0});
    const auto middle = f.producer.enqueue(3);
    CHECK(ids_of(f.consumer.peek(5)) == std::vector{high, middle, low});
    CHECK(ids_of(f.consumer.dequeue_batch(2)) == std::vector{high, middle});
    CHECK(ids_of(f.consumer.dequeue_batch(2)) == std::vector{low});
    CHECK(f.consumer.dequeue_batch(2).empty());
    CHECK_FALSE(f.consumer.dequeue().has_value());
}

TEST_CASE("next archives what is done and takes the next messages", "[server]") {
    Fixture f;
    const auto ids = f.producer.batch_enqueue(std::vector<json>{1, 2, 3, 4});
    const auto first = f.consumer.next({});
    CHECK(ids_of(first.messages) == std::vector{ids[0]});
    CHECK(first.lost.empty());
    CHECK(first.messages[0].lease_left.value() > 25s);
    const auto second = f.consumer.next(first.messages, 2);
    CHECK(ids_of(second.messages) == std::vector{ids[1], ids[2]});
    CHECK(second.messages[0].payload == "2");
    CHECK(second.lost.empty());
    CHECK(pgqrs::Archive(f.connection).get(ids[0]).value().read_ct == 1);
    // The second one goes to another consumer; the third one is done.
    expire(f.connection, ids[1]);
    const auto taken = f.consumer.dequeue().value();
    CHECK(taken.id == ids[1]);
    const auto third = f.consumer.next(second.messages, 0);
    CHECK(ids_of(third.messages) == std::vector{ids[3]});
    CHECK(third.lost == std::vector{ids[1]});
    CHECK(f.consumer.archive(taken));
    CHECK(f.consumer.next(third.messages, 1, 1min).messages.empty());
    CHECK(pgqrs::Archive(f.connection).count_by_queue(f.queue) == 4);
}

TEST_CASE("next waits when nothing is done, and takes the consumer's options", "[server]") {
    Fixture f;
    const auto worker = pgqrs::Workers(f.connection).insert({f.queue, "w"}).id;
    Consumer waiting(f.connection, f.queue, {.lock_time = 1h, .worker = worker});
    f.producer.enqueue_delayed(1, 50ms);
    const auto next = waiting.next({}, 1, 30s);
    CHECK(next.messages.at(0).lease_left.value() > 50min);
    CHECK(next.messages.at(0).worker_id == worker);
    CHECK(server_error([&] { waiting.next(next.messages, -1); }) == "PQ010");
    CHECK(server_error([&] { waiting.next(std::vector<Message>(10'001)); }) == "PQ009");
    CHECK(f.consumer.archive(next.messages[0]));
}

TEST_CASE("a quantity of 0 is the configuration's", "[server]") {
    auto config = test::config();
    config.default_batch_size = 2;
    pgqrs::Connection connection(config);
    Producer producer(connection, test::new_queue());
    producer.batch_enqueue(std::vector<json>{1, 2, 3});
    CHECK(Consumer(connection, producer.queue()).dequeue_batch().size() == 2);
    CHECK(server_error([&] { Consumer(connection, producer.queue()).dequeue_batch(-1); }) ==
          "PQ010");
    CHECK(server_error([&] { Consumer(connection, producer.queue()).dequeue_batch(10'001); }) ==
          "PQ009");
}

TEST_CASE("the lease is the option's, else the configuration's, else the queue's", "[server]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    const auto left = [](const std::optional<Message>& message) {
        return message.value().lease_left.value();
    };
    CHECK(left(f.consumer.dequeue()) > 25s);
    auto config = test::config();
    config.default_lock_time = 10min;
    pgqrs::Connection connection(config);
    CHECK(left(Consumer(connection, f.queue).dequeue()) > 9min);
    CHECK(left(Consumer(connection, f.queue, {.lock_time = 2h}).dequeue()) > 119min);
    CHECK(argument_error([&] { Consumer(f.connection, f.queue, {.lock_time = 0s}); }) == "PQ010");
    CHECK(argument_error([&] { Consumer(f.connection, f.queue, {.lock_time = -1s}); }) == "PQ010");
    CHECK(argument_error([&] { Consumer(f.connection, f.queue, {.lock_time = 24h * 400}); }) ==
          "PQ010");
}

TEST_CASE("a message names the worker that has it", "[server]") {
    Fixture f;
    const auto worker = pgqrs::Workers(f.connection).insert({f.queue, "w"}).id;
    f.producer.enqueue(1);
    CHECK(Consumer(f.connection, f.queue, {.worker = worker}).dequeue()->worker_id == worker);
    CHECK(server_error([&] {
              Consumer(f.connection, f.queue, {.worker = worker + 1000}).dequeue();
          }) == "PQ008");
}

TEST_CASE("a dequeue can wait, and gives up after its time", "[server]") {
    Fixture f;
    CHECK_FALSE(f.consumer.dequeue(50ms).has_value());
    CHECK(f.consumer.dequeue_batch(3, 50ms).empty());
    std::thread other([&] {
        auto connection = test::connect();
        Producer(connection, f.queue).enqueue("late");
    });
    CHECK(f.consumer.dequeue(30s)->payload == "\"late\"");
    other.join();
    f.producer.enqueue(1);
    CHECK(f.consumer.dequeue_batch(3, 30s).size() == 1);
    CHECK(server_error([&] { f.consumer.dequeue(61s); }) == "PQ009");
    CHECK(server_error([&] { f.consumer.dequeue(-1s); }) == "PQ010");
}

TEST_CASE("wait answers whether there is a message", "[server]") {
    Fixture f;
    CHECK_FALSE(f.consumer.wait(20ms));
    f.producer.enqueue(1);
    CHECK(f.consumer.wait(30s));
    pgqrs::Transaction transaction(f.connection);
    CHECK(server_error([&] { f.consumer.wait(1s); }) == "25001");
}

TEST_CASE("a stop ends waiting at once", "[server]") {
    Fixture f;
    const auto pid = test::backend_pid(f.connection);
    pgqrs::Stop stop;
    std::chrono::steady_clock::time_point requested;
    std::thread other([&] {
        auto observer = test::connect();
        test::eventually([&] {
            return test::value(observer,
                               "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND "
                               "state = 'active' "
                               "AND query LIKE 'CALL pgqrs.wait%'",
                               {std::to_string(pid)}) == "1";
        });
        requested = std::chrono::steady_clock::now();
        stop.request();
    });
    CHECK_THROWS_AS(f.consumer.wait(10min, &stop), pgqrs::Stopped);
    CHECK(std::chrono::steady_clock::now() - requested < 5s);
    other.join();
    CHECK_FALSE(f.consumer.dequeue().has_value());
    CHECK_THROWS_AS(f.consumer.wait(10min, &stop), pgqrs::Stopped);
}

TEST_CASE("pop takes and deletes, peek only looks", "[server]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    CHECK(f.consumer.peek().size() == 1);
    CHECK(f.consumer.peek(10).size() == 3);
    CHECK(f.consumer.pop(2).size() == 2);
    CHECK(f.consumer.pop().at(0).payload == "3");
    CHECK(f.consumer.pop().empty());
    CHECK(pgqrs::Messages(f.connection).count_by_queue(f.queue) == 0);
    CHECK(server_error([&] { f.consumer.pop(0); }) == "PQ010");
    CHECK(server_error([&] { f.consumer.peek(-1); }) == "PQ010");
}

TEST_CASE("finishing a message of one's own works once", "[server]") {
    Fixture f;
    const auto take = [&] {
        f.producer.enqueue(1);
        return f.consumer.dequeue().value();
    };
    const auto archived = take();
    CHECK(f.consumer.archive(archived));
    CHECK_FALSE(f.consumer.archive(archived));
    CHECK(pgqrs::Archive(f.connection).get(archived.id).has_value());
    const auto removed = take();
    CHECK(f.consumer.remove(removed));
    CHECK_FALSE(f.consumer.remove(removed));
    CHECK_FALSE(pgqrs::Archive(f.connection).get(removed.id).has_value());
    const auto released = take();
    CHECK(f.consumer.release(released));
    const auto again = f.consumer.dequeue().value();
    CHECK(again.id == released.id);
    CHECK(again.read_ct == 2);
    CHECK(f.consumer.release(again, 1h));
    CHECK_FALSE(f.consumer.dequeue().has_value());
    const auto extended = take();
    CHECK(f.consumer.extend(extended, 1h));
    CHECK(pgqrs::Messages(f.connection).get(extended.id)->vt > extended.vt.value() + 50min);
    CHECK(server_error([&] { static_cast<void>(f.consumer.extend(extended, 0s)); }) == "PQ010");
    CHECK(server_error([&] { static_cast<void>(f.consumer.release(extended, -1s)); }) == "PQ010");
}

TEST_CASE("after the lease was taken over, finishing changes nothing and says so", "[server]") {
    Fixture f;
    f.producer.enqueue(1);
    const auto first = f.consumer.dequeue().value();
    expire(f.connection, first.id);
    const auto second = f.consumer.dequeue().value();
    REQUIRE(second.id == first.id);
    CHECK(second.read_ct == 2);
    CHECK_FALSE(f.consumer.archive(first));
    CHECK_FALSE(f.consumer.remove(first));
    CHECK_FALSE(f.consumer.release(first));
    CHECK_FALSE(f.consumer.extend(first, 1h));
    CHECK(all_done(f.consumer.archive_batch(std::vector{first}), 1, false));
    CHECK(all_done(f.consumer.remove_batch(std::vector{first}), 1, false));
    CHECK(all_done(f.consumer.release_batch(std::vector{first}), 1, false));
    const auto error = test::raised<pgqrs::LeaseLost>([&] { f.consumer.archive_or_throw(first); });
    CHECK(error.sqlstate() == "PQ001");
    CHECK(error.code() == pgqrs::ErrorCode::lease_lost);
    CHECK_THAT(error.what(), test::has(std::to_string(first.id)));
    CHECK(pgqrs::Messages(f.connection).get(first.id)->vt == second.vt);
    f.consumer.archive_or_throw(second);
    CHECK_THROWS_AS(f.consumer.archive_or_throw(second), pgqrs::LeaseLost);
}

TEST_CASE("with an id alone finishing is not fenced", "[server]") {
    Fixture f;
    const auto ids = f.producer.batch_enqueue(std::vector<json>{1, 2, 3, 4});
    f.consumer.dequeue_batch(4);
    CHECK(f.consumer.extend(ids[0], 1h));
    CHECK(f.consumer.archive(ids[0]));
    CHECK(f.consumer.remove(ids[1]));
    CHECK(f.consumer.release(ids[2], 0s));
    CHECK_FALSE(f.consumer.archive(ids[3], 7));
    CHECK_FALSE(f.consumer.remove(ids[3], 7));
    CHECK_FALSE(f.consumer.release(ids[3], 0s, 7));
    CHECK_FALSE(f.consumer.extend(ids[3], 1h, 7));
    CHECK(f.consumer.archive(ids[3], 1));
    CHECK_FALSE(f.consumer.archive(ids[3] + 1'000'000));
}

TEST_CASE("batches are finished in one transaction, one answer for each message in their order",
          "[server]") {
    auto config = test::config();
    config.default_batch_size = 4;
    pgqrs::Connection connection(config);
    Producer producer(connection, test::new_queue());
    Consumer consumer(connection, producer.queue());
    const auto take = [&] {
        producer.batch_enqueue(std::vector<json>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
        auto messages = consumer.dequeue_batch(10);
        std::reverse(messages.begin(), messages.end());
        return messages;
    };
    auto messages = take();
    messages[3].read_ct = 9;
    auto finished = consumer.archive_batch(messages);
    REQUIRE(finished.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(finished[i].id == messages[i].id);
        CHECK(finished[i].done == (i != 3));
    }
    CHECK(all_done(consumer.remove_batch(take()), 10, true));
    CHECK(all_done(consumer.release_batch(take(), 1h), 10, true));
    CHECK(all_done(consumer.archive_batch(ids_of(take())), 10, true));
    CHECK(all_done(consumer.remove_batch(ids_of(take())), 10, true));
    CHECK(all_done(consumer.release_batch(ids_of(take())), 10, true));
    CHECK(consumer.dequeue_batch(100).size() == 10);
    CHECK(consumer.archive_batch(std::vector<Message>{}).empty());
    CHECK(consumer.release_batch(std::vector<std::int64_t>{}).empty());
    CHECK(server_error([&] {
              Consumer(connection, "none-such").archive_batch(std::vector<std::int64_t>{1});
          }) == "PQ002");
}

TEST_CASE("finishing a batch is all or nothing", "[server]") {
    auto config = test::config();
    config.default_batch_size = 2;
    pgqrs::Connection connection(config);
    Producer producer(connection, test::new_queue());
    Consumer consumer(connection, producer.queue());
    const auto ids = producer.batch_enqueue(std::vector<json>{1, 2, 3, 4});
    // The archive has the last one's id already, so the second call fails.
    connection.execute(
        "INSERT INTO pgqrs.archive (id, available_at, enqueued_at, queue_id, read_ct, priority, "
        "payload) "
        "SELECT $1::bigint, now(), now(), id, 0, 5, '1' FROM pgqrs.get_queue($2)",
        {std::to_string(ids[3]), producer.queue()});
    CHECK(server_error([&] { consumer.archive_batch(ids); }) == "23505");
    CHECK(pgqrs::Messages(connection).count_by_queue(producer.queue()) == 4);
    CHECK_FALSE(connection.in_transaction());
}

TEST_CASE("a paused queue delivers nothing", "[server]") {
    Fixture f;
    pgqrs::Admin admin(f.connection);
    f.producer.enqueue(1);
    CHECK(admin.pause_queue(f.queue));
    CHECK_FALSE(f.consumer.dequeue().has_value());
    CHECK(admin.resume_queue(f.queue));
    CHECK(f.consumer.dequeue().has_value());
}
