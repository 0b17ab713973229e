// Jobs that fail: fail, dead letters, cancel, retention, maintenance; and what work() makes of handlers that throw.
#include "support.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Admin;
using pgqrs::Backoff;
using pgqrs::CancelResult;
using pgqrs::Consumer;
using pgqrs::Failed;
using pgqrs::FailureResult;
using pgqrs::Job;
using pgqrs::Message;
using pgqrs::Outcome;
using pgqrs::Producer;
using pgqrs::QueueOptions;
using pgqrs::WorkEvent;
using pgqrs::WorkOptions;
using test::argument_error;
using test::server_error;

namespace {

struct Fixture {
    explicit Fixture(const QueueOptions& options = {}) : queue(test::new_queue(options)) {}
    pgqrs::Connection connection = test::connect();
    std::string queue;
    Producer producer{connection, queue};
    Consumer consumer{connection, queue};
    Admin admin{connection};
    pgqrs::Messages messages{connection};
    pgqrs::Archive archive{connection};

    std::int64_t dead_message(const std::string& error) {
        const auto id = producer.enqueue(error);
        const auto failed =
            consumer.fail(consumer.dequeue().value(), error, {.retry = false}).result;
        CHECK(failed == FailureResult::dead);
        return id;
    }
};

pgqrs::WorkSummary work_until_empty(Fixture& f, const pgqrs::Handler& handler,
                                    WorkOptions options = {}, const std::string& role = {}) {
    options.stop_when_empty = true;
    auto config = test::config();
    config.dsn += role.empty() ? "" : " user=" + role;
    return pgqrs::work(config, f.queue, handler, options);
}

}  // namespace

TEST_CASE("a failed message comes back after the back-off, until it is dead", "[server]") {
    Fixture f({.max_attempts = 2, .backoff_base = 10s, .backoff_jitter = 0.0});
    const auto id = f.producer.enqueue(1);
    auto message = f.consumer.dequeue().value();
    CHECK(message.attempt == 0);
    const Failed first = f.consumer.fail(message, "broken");
    CHECK(first.id == id);
    CHECK(first.result == FailureResult::retrying);
    CHECK(first.attempt == 1);
    CHECK(first.retry_in.value() > 5s);
    CHECK(first.retry_in.value() <= 10s);
    const auto waiting = f.messages.get(id).value();
    CHECK(waiting.available_at == first.available_at);
    CHECK(waiting.attempt == 1);

    CHECK(f.consumer.release(id, 0s));
    message = f.consumer.dequeue().value();
    CHECK(message.attempt == 1);
    const Failed second = f.consumer.fail(message, "broken again");
    CHECK(second.result == FailureResult::dead);
    CHECK(second.attempt == 2);
    CHECK_FALSE(second.available_at.has_value());
    CHECK_FALSE(second.retry_in.has_value());
    const auto row = f.archive.get(id).value();
    CHECK(row.outcome == Outcome::dead);
    CHECK(row.attempt == 2);

    const Failed third = f.consumer.fail(message, "too late");
    CHECK(third.result == FailureResult::lost);
    CHECK_FALSE(third.attempt.has_value());

    const auto failures = f.admin.list_failures(f.queue, id);
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].error == "broken");
    CHECK(failures[0].queue == f.queue);
    CHECK(failures[0].attempt == 1);
    CHECK_FALSE(failures[0].died);
    CHECK_FALSE(failures[0].worker.has_value());
    CHECK(failures[1].read_ct == 2);
    CHECK(failures[1].died);
    CHECK(failures[1].failed_at >= failures[0].failed_at);
    CHECK(f.admin.list_failures(f.queue, id + 1'000'000).empty());
    CHECK(server_error([&] { f.admin.list_failures("none-such", id); }) == "PQ002");
}

TEST_CASE("a failure says how it goes on, and by its id it is fenced if asked", "[server]") {
    Fixture f;
    const auto id = f.producer.enqueue(1);
    f.consumer.dequeue();
    CHECK(f.consumer.fail(id, "no", 2).result == FailureResult::lost);
    const Failed later = f.consumer.fail(id, "no", 1, {.delay = 1h});
    CHECK(later.result == FailureResult::retrying);
    CHECK(later.retry_in.value() > 50min);
    CHECK(f.consumer.release(id, 0s));
    f.consumer.dequeue();
    CHECK(f.consumer.fail(id, "never", std::nullopt, {.retry = false}).result ==
          FailureResult::dead);
    f.producer.enqueue(2);
    const auto message = f.consumer.dequeue().value();
    CHECK(server_error([&] { (void)f.consumer.fail(message, "no", {.delay = -1s}); }) == "PQ010");
    CHECK(server_error([&] { (void)Consumer(f.connection, "none-such").fail(1, "no"); }) ==
          "PQ002");
}

TEST_CASE("what no error text can be does not keep it from being kept", "[server]") {
    Fixture f;
    const auto kept = [&](const std::string& error) {
        f.producer.enqueue(1);
        const auto message = f.consumer.dequeue().value();
        CHECK(f.consumer.fail(message, error, {.retry = false}).result == FailureResult::dead);
        return f.admin.list_failures(f.queue, message.id).at(0).error;
    };
    CHECK(kept("") == "");
    CHECK(kept("Grüße, 日本 😀") == "Grüße, 日本 😀");
    CHECK(kept(std::string("a\0b", 3)) == "a?b");
    CHECK(kept("\xff\xc3(\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80\xe2\x82") ==
          "\?\?(" + std::string(11, '?'));
    const auto large = kept(std::string(1024 * 1024, 'x'));
    CHECK(large.size() > 1000);
    CHECK(large.size() < 11'000);
}

TEST_CASE("many fail at once, with an error for all or for each", "[server]") {
    Fixture f;
    auto config = test::config();
    config.default_batch_size = 2;
    pgqrs::Connection connection(config);
    Consumer consumer(connection, f.queue);
    const auto ids = f.producer.batch_enqueue(std::vector<json>{1, 2, 3, 4, 5});
    auto messages = f.consumer.dequeue_batch(5);
    messages[1].read_ct = 7;
    const auto failed =
        consumer.fail_batch(messages, {"a", "b", "c", "d \"\\", "e"}, {.delay = 1h});
    REQUIRE(failed.size() == 5);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        CHECK(failed[i].id == ids[i]);
        CHECK(failed[i].result == (i == 1 ? FailureResult::lost : FailureResult::retrying));
    }
    CHECK(f.admin.list_failures(f.queue, ids[3]).at(0).error == "d \"\\");
    CHECK(f.admin.list_failures(f.queue, ids[1]).empty());
    const auto rest = consumer.fail_batch(std::vector{ids[1], ids[0]}, {"all"}, {.retry = false});
    REQUIRE(rest.size() == 2);
    CHECK(rest[0].result == FailureResult::dead);
    CHECK(rest[1].result == FailureResult::lost);
    CHECK(consumer.fail_batch(std::vector<Message>(), {"none"}).empty());
    CHECK(argument_error([&] { consumer.fail_batch(messages, {"a", "b"}); }) == "PQ010");
}

TEST_CASE("queues have settings for failures", "[server]") {
    auto connection = test::connect();
    Admin admin(connection);
    const auto plain = admin.create_queue(test::unique_name());
    CHECK(plain.max_attempts == 25);
    CHECK(plain.backoff == Backoff::exponential);
    CHECK(plain.backoff_base == 1s);
    CHECK(plain.backoff_cap == 1h);
    CHECK(plain.backoff_jitter == 0.1);
    CHECK_FALSE(plain.dead_letter_queue.has_value());
    CHECK_FALSE(plain.expires_after.has_value());

    const auto name = test::unique_name();
    const auto full = admin.create_queue(name, {.max_attempts = 3,
                                                .backoff = Backoff::linear,
                                                .backoff_base = 250ms,
                                                .backoff_cap = 1min,
                                                .backoff_jitter = 0.25,
                                                .dead_letter_queue = plain.name,
                                                .expires_after = 48h});
    CHECK(full.max_attempts == 3);
    CHECK(full.backoff == Backoff::linear);
    CHECK(full.backoff_base == 250ms);
    CHECK(full.backoff_cap == 1min);
    CHECK(full.backoff_jitter == 0.25);
    CHECK(full.dead_letter_queue == plain.name);
    CHECK(full.expires_after == pgqrs::Duration(48h));

    const auto altered = admin.alter_queue(name, {.max_attempts = 0,
                                                  .backoff = Backoff::fixed,
                                                  .dead_letter_queue = "",
                                                  .expires_after = 0s});
    CHECK(altered.max_attempts == 0);
    CHECK(altered.backoff == Backoff::fixed);
    CHECK(altered.backoff_base == 250ms);
    CHECK_FALSE(altered.dead_letter_queue.has_value());
    CHECK_FALSE(altered.expires_after.has_value());
    CHECK(admin.get_queue(name).backoff == Backoff::fixed);

    CHECK(server_error([&] { admin.alter_queue(name, {.backoff_jitter = 2.0}); }) == "PQ010");
    CHECK(server_error([&] { admin.alter_queue(name, {.backoff = Backoff::unknown}); }) == "PQ010");
    CHECK(server_error([&] { admin.alter_queue(name, {.dead_letter_queue = name}); }) == "PQ010");
    CHECK(server_error([&] { admin.alter_queue(name, {.dead_letter_queue = "none-such"}); }) ==
          "PQ002");
}

TEST_CASE("a message can have attempts and an end of its own", "[server]") {
    Fixture f;
    const auto job = f.producer.enqueue_job({{"n", 1}}, {.max_attempts = 1},
                                            {.priority = 2, .headers = {{"a", 1}}, .type = "t"});
    CHECK(job.created);
    const auto message = f.consumer.dequeue().value();
    CHECK(message.id == job.id);
    CHECK(message.priority == 2);
    CHECK(message.type() == "t");
    CHECK(f.consumer.fail(message, "no").result == FailureResult::dead);

    const auto brief = f.producer.enqueue_job(2, {.expires_after = 1ms});
    std::this_thread::sleep_for(5ms);
    CHECK_FALSE(f.consumer.dequeue().has_value());
    f.admin.maintain();
    CHECK(f.archive.get(brief.id).value().outcome == Outcome::expired);
    CHECK(argument_error([&] { f.producer.enqueue_job(1, {}, {.priority = 10}); }) == "PQ010");
    CHECK(server_error([&] { f.producer.enqueue_job(1, {.expires_after = 0s}); }) == "PQ010");
    CHECK(server_error([&] { f.producer.enqueue_job(1, {.max_attempts = -1}); }) == "PQ010");
}

TEST_CASE("so can some messages of a batch", "[server]") {
    Fixture f;
    const auto at = pgqrs::TimePoint(std::chrono::ceil<pgqrs::Duration>(
        std::chrono::system_clock::now().time_since_epoch() + 300 * 24h));
    const auto settings = [&](std::int64_t id) {
        return test::value(
            f.connection,
            "SELECT concat_ws('|', payload, priority, headers, max_attempts, "
            "extract(epoch FROM expires_at - enqueued_at)::bigint) FROM pgqrs.messages "
            "WHERE id = $1::bigint",
            {std::to_string(id)});
    };
    const auto ids = f.producer.batch_enqueue(
        std::vector<pgqrs::NewMessage>{
            {.payload = "1.10"},
            {.payload = "2", .max_attempts = 3},
            {.payload = "3", .headers = R"({"a": 1})", .priority = 0, .expires_after = 90s},
            {.payload = "4", .delay = 1h, .max_attempts = 0, .expires_after = 48h},
            {.payload = "5", .available_at = at, .max_attempts = 1},
            {.payload = "6", .available_at = at},
            {.payload = "7", .available_at = pgqrs::TimePoint(), .max_attempts = 7}},
        {.priority = 8});
    REQUIRE(ids.size() == 7);
    CHECK(settings(ids[0]) == "1.10|8");
    CHECK(settings(ids[1]) == "2|8|3");
    CHECK(settings(ids[2]) == R"(3|0|{"a": 1}|90)");
    CHECK(settings(ids[3]) == "4|8|0|172800");
    CHECK(settings(ids[4]) == "5|8|1");
    CHECK(settings(ids[6]) == "7|8|7");
    const auto delayed = f.messages.get(ids[3]).value();
    CHECK(delayed.available_at - delayed.enqueued_at == 1h);
    // A job has a delay, which begins within the call.
    const auto timed = f.messages.get(ids[4]).value();
    CHECK(timed.available_at >= at);
    CHECK(timed.available_at < at + 1min);
    CHECK(f.messages.get(ids[5]).value().available_at == at);
    const auto late = f.messages.get(ids[6]).value();
    CHECK(late.available_at == late.enqueued_at);

    const auto refused = [&](pgqrs::NewMessage message) {
        return server_error([&] { f.producer.batch_enqueue(std::vector{message}); });
    };
    CHECK(refused({.payload = "1", .max_attempts = 40'000}) == "PQ010");
    CHECK(refused({.payload = "1", .max_attempts = -1}) == "PQ010");
    CHECK(refused({.payload = "1", .expires_after = 0s}) == "PQ010");
    CHECK(f.messages.count_by_queue(f.queue) == 7);
}

TEST_CASE("dead messages are listed, sent back and discarded", "[server]") {
    Fixture f;
    const std::vector ids{f.dead_message("a"), f.dead_message("b"), f.dead_message("c")};
    const auto dead = f.admin.list_dead(f.queue);
    REQUIRE(dead.size() == 3);
    CHECK(dead[0].id == ids[0]);
    CHECK_FALSE(dead[0].queue.has_value());
    CHECK(dead[0].origin == f.queue);
    CHECK(dead[0].payload == "\"a\"");
    CHECK(dead[0].error == "a");
    CHECK(dead[0].attempt == 1);
    CHECK(dead[0].read_ct == 1);
    CHECK(dead[0].died_at >= dead[0].enqueued_at);
    CHECK(f.admin.list_dead(f.queue, ids[0], 1).at(0).id == ids[1]);

    CHECK(f.admin.redrive(f.queue, {.ids = std::vector{ids[1]}}) == 1);
    const auto message = f.consumer.dequeue().value();
    CHECK(message.id == ids[1]);
    CHECK(message.attempt == 0);
    CHECK(f.admin.list_failures(f.queue, ids[1]).size() == 1);
    const auto other = test::new_queue();
    CHECK(f.admin.redrive(f.queue, {.target = other, .quantity = 1}) == 1);
    CHECK(f.messages.get(ids[0]).value().queue == other);
    CHECK(f.admin.discard(f.queue, {ids[0], ids[2]}) == 1);
    CHECK(f.admin.discard(f.queue, {}) == 0);
    CHECK(f.admin.list_dead(f.queue).empty());
    CHECK(f.admin.redrive(f.queue) == 0);
    CHECK(server_error([&] { f.admin.list_dead("none-such"); }) == "PQ002");
    CHECK(server_error([&] { f.admin.redrive("none-such"); }) == "PQ002");
    CHECK(server_error([&] { f.admin.redrive(f.queue, {.target = "none-such"}); }) == "PQ002");
    CHECK(server_error([&] { f.admin.discard("none-such", {1}); }) == "PQ002");
}

TEST_CASE("dead messages go to the queue's dead letter queue and back", "[server]") {
    const auto letters = test::new_queue();
    Fixture f({.dead_letter_queue = letters});
    const auto id = f.dead_message("a");
    CHECK(f.messages.get(id).value().queue == letters);
    CHECK(f.admin.list_dead(f.queue).at(0).queue == letters);
    CHECK(f.admin.list_dead(letters).at(0).origin == f.queue);
    CHECK(f.admin.redrive(letters) == 1);
    CHECK(f.messages.get(id).value().queue == f.queue);
}

TEST_CASE("cancel ends what waits, and marks what somebody has", "[server]") {
    Fixture f;
    const auto ids = f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    const auto first = f.consumer.dequeue().value();
    const auto second = f.consumer.dequeue().value();
    const auto cancelled = f.admin.cancel(f.queue, {ids[2], ids[0], ids[1], ids[2] + 1'000'000});
    REQUIRE(cancelled.size() == 4);
    CHECK(cancelled[0].id == ids[2]);
    CHECK(cancelled[0].result == CancelResult::cancelled);
    CHECK(cancelled[1].result == CancelResult::requested);
    CHECK(cancelled[3].result == CancelResult::not_found);
    CHECK(f.archive.get(ids[2]).value().outcome == Outcome::cancelled);
    CHECK(f.consumer.archive(first));
    CHECK(f.archive.get(ids[0]).value().outcome == Outcome::cancelled);
    CHECK(f.consumer.fail(second, "no").result == FailureResult::cancelled);
    CHECK(f.admin.cancel(f.queue, {}).empty());
    CHECK(server_error([&] { f.admin.cancel("none-such", {1}); }) == "PQ002");
}

TEST_CASE("maintenance keeps the archive as the rules say", "[server]") {
    Fixture f;
    CHECK(f.admin.list_retention(f.queue).empty());
    const auto rules = f.admin.set_retention(f.queue, {.outcome = Outcome::dead, .max_count = 1});
    REQUIRE(rules.size() == 1);
    CHECK(rules[0].queue == f.queue);
    CHECK(rules[0].outcome == Outcome::dead);
    CHECK(rules[0].max_count == 1);
    CHECK_FALSE(rules[0].max_age.has_value());
    CHECK(f.admin.set_retention(f.queue, {.max_age = 36h}).size() == 4);
    CHECK(f.admin.list_retention(f.queue).at(0).max_age == pgqrs::Duration(36h));
    CHECK_FALSE(f.admin.list_retention().empty());
    CHECK(f.admin.set_retention(f.queue, {}).empty());

    const std::vector ids{f.dead_message("a"), f.dead_message("b")};
    f.admin.set_retention(f.queue, {.outcome = Outcome::dead, .max_count = 1});
    CHECK(test::eventually([&] {
        f.admin.maintain(5s);
        return !f.archive.get(ids[0]).has_value();
    }));
    CHECK(f.archive.get(ids[1]).has_value());
    CHECK(server_error([&] { f.admin.set_retention("none-such", {}); }) == "PQ002");
    CHECK(server_error([&] { f.admin.list_retention("none-such"); }) == "PQ002");
    CHECK(server_error([&] { f.admin.set_retention(f.queue, {.max_count = -1}); }) == "PQ010");
    CHECK(server_error([&] { f.admin.maintain(-1s); }) == "PQ010");
    const pgqrs::Transaction transaction(f.connection);
    CHECK(server_error([&] { f.admin.maintain(); }) == "25001");
}

TEST_CASE("purge empties a queue or its archive", "[server]") {
    Fixture f;
    f.dead_message("a");
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    CHECK(f.admin.purge(f.queue, {.older_than = 1h}) == 0);
    CHECK(f.admin.purge(f.queue) == 3);
    CHECK(f.admin.purge(f.queue, {.archive = true}) == 1);
    CHECK(server_error([&] { f.admin.purge("none-such"); }) == "PQ002");
    const pgqrs::Transaction transaction(f.connection);
    CHECK(server_error([&] { f.admin.purge(f.queue); }) == "25001");
}

TEST_CASE("a handler that throws fails its message with its words", "[server][work]") {
    Fixture f({.max_attempts = 2, .backoff_base = 0s});
    const auto id = f.producer.enqueue(1);
    std::vector<WorkEvent> failed;
    const auto summary = work_until_empty(
        f,
        [](Job& job) { throw std::runtime_error("try " + std::to_string(job.message().attempt)); },
        {.on_event = [&](const WorkEvent& event) {
            if (event.kind == WorkEvent::Kind::failed) {
                failed.push_back(event);
            }
        }});
    CHECK(summary.failed == 2);
    CHECK(summary.dead == 1);
    REQUIRE(failed.size() == 2);
    CHECK(failed[0].result == FailureResult::retrying);
    CHECK(failed[0].error == "try 0");
    CHECK(failed[1].result == FailureResult::dead);
    CHECK(f.archive.get(id).value().outcome == Outcome::dead);
    CHECK(f.admin.list_failures(f.queue, id).at(1).error == "try 1");
}

TEST_CASE("a handler that throws what is no UTF-8 does not end the worker", "[server][work]") {
    Fixture f({.max_attempts = 1});
    const auto id = f.producer.enqueue(1);
    CHECK(work_until_empty(f, [](Job&) { throw std::runtime_error("\xff\xfe"); }).dead == 1);
    CHECK(f.admin.list_failures(f.queue, id).at(0).error == "??");
}

TEST_CASE("a handler can fail its message itself", "[server][work]") {
    Fixture f;
    const auto ids = f.producer.batch_enqueue(std::vector<json>{"later", "never", "lost"});
    std::vector<WorkEvent> events;
    const auto summary = work_until_empty(
        f,
        [&](Job& job) {
            const auto what = job.message().as<std::string>();
            if (what == "later") {
                CHECK(job.fail("busy", {.delay = 1h}).result == FailureResult::retrying);
                CHECK_THROWS_AS(job.archive(), pgqrs::Error);
            } else if (what == "never") {
                CHECK(job.fail("bad", {.retry = false}).result == FailureResult::dead);
            } else {
                CHECK(f.consumer.archive(job.message().id));
                CHECK_THROWS_AS(job.fail("late"), pgqrs::LeaseLost);
                throw std::runtime_error("lost");
            }
        },
        {.on_event = [&](const WorkEvent& event) {
            if (event.kind != WorkEvent::Kind::started) {
                events.push_back(event);
            }
        }});
    CHECK(summary.failed == 2);
    CHECK(summary.dead == 1);
    CHECK(summary.lease_lost == 1);
    REQUIRE(events.size() == 3);
    CHECK(events[0].error == "busy");
    CHECK(events[0].delay == 1h);
    CHECK(events[1].result == FailureResult::dead);
    CHECK(events[2].kind == WorkEvent::Kind::lease_lost);
    CHECK(f.messages.get(ids[0]).value().attempt == 1);
}

TEST_CASE("who may not call fail releases for later", "[server][work]") {
    Fixture f({.max_attempts = 1});
    const auto id = f.producer.enqueue(1);
    const auto role = test::unique_name("role");
    f.connection.execute("CREATE ROLE " + role + " LOGIN");
    f.connection.execute("GRANT USAGE ON SCHEMA pgqrs TO " + role);
    f.connection.execute("GRANT EXECUTE ON FUNCTION pgqrs.dequeue, pgqrs.release TO " + role);
    f.connection.execute("GRANT SELECT ON pgqrs.queues TO " + role);
    f.connection.execute("GRANT SELECT, UPDATE ON pgqrs.messages TO " + role);
    const auto summary = work_until_empty(
        f, [](Job&) { throw std::runtime_error("no"); }, {}, role);
    CHECK(summary.failed == 1);
    CHECK(summary.dead == 0);
    const auto message = f.messages.get(id).value();
    CHECK(message.attempt == 0);
    CHECK(message.available_at - message.enqueued_at >= 1s);
    f.connection.execute("DROP OWNED BY " + role);
    f.connection.execute("DROP ROLE " + role);
}

TEST_CASE("a database whose encoding lacks a character keeps the rest of the error",
          "[server][work]") {
    const auto database = test::unique_name("latin");
    auto maker = test::connect();
    maker.execute("CREATE DATABASE " + database +
                  " ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    {
        auto config = test::config();
        config.dsn += " dbname=" + database;
        pgqrs::Connection connection(config);
        Admin admin(connection);
        admin.install();
        admin.create_queue("q", {.max_attempts = 1});
        const auto id = Producer(connection, "q").enqueue(1);
        const auto summary =
            pgqrs::work(config, "q", [](Job&) { throw std::runtime_error("日 lost"); },
                        {.stop_when_empty = true});
        CHECK(summary.dead == 1);
        CHECK(admin.list_failures("q", id).at(0).error == "??? lost");
    }
    maker.execute("DROP DATABASE " + database + " WITH (FORCE)");
}

TEST_CASE("a handler that raises a PermanentFailure makes its message dead at once", "[server]") {
    auto connection = test::connect();
    const auto queue = test::new_queue();
    const auto id = pgqrs::Producer(connection, queue).enqueue(1);
    const auto summary = pgqrs::work(
        test::config(), queue, [](pgqrs::Job&) { throw pgqrs::PermanentFailure("no such card"); },
        {.stop_when_empty = true});
    CHECK(summary.failed == 1);
    CHECK(summary.dead == 1);
    const auto dead = pgqrs::Admin(connection).list_dead(queue);
    REQUIRE(dead.size() == 1);
    CHECK(dead.at(0).id == id);
    CHECK(dead.at(0).error == "no such card");
}
