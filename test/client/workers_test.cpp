// The life of workers: what an administrator does to them, what is told of them, and what work() makes of it.
#include "support.hpp"

#include <atomic>

#include "client/idle_turns.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Admin;
using pgqrs::Consumer;
using pgqrs::Job;
using pgqrs::Producer;
using pgqrs::Worker;
using pgqrs::WorkerState;
using test::server_error;

namespace {

struct Fixture {
    pgqrs::Connection connection = test::connect();
    std::string queue = test::new_queue();
    Producer producer{connection, queue};
    Admin admin{connection};
    pgqrs::Workers workers{connection};

    Worker worker(std::optional<pgqrs::Duration> lease = {}) {
        return workers.insert({.queue = queue, .name = "w", .lease = lease});
    }
    Consumer consumer_of(const Worker& worker) {
        return {connection, queue, {.worker = worker.id}};
    }
    // As if it had been silent for so long.
    void silence(std::int64_t worker, const std::string& interval) {
        connection.execute(
            "UPDATE pgqrs.workers SET heartbeat_at = heartbeat_at - $2::interval WHERE id = "
            "$1::bigint",
            {std::to_string(worker), interval});
    }
    WorkerState state_of(std::int64_t worker) { return workers.get(worker).value().state; }
};

}  // namespace

TEST_CASE("a worker's row has its state, lease and last sign of life", "[server]") {
    Fixture f;
    const auto plain = f.worker();
    CHECK(plain.state == WorkerState::ready);
    CHECK(plain.lease == 60s);
    CHECK(plain.heartbeat_at >= plain.registered_at - 1s);
    const auto other = f.worker(90min);
    CHECK(other.lease == 90min);
    CHECK_FALSE(f.consumer_of(plain).dequeue().has_value());
    CHECK(f.state_of(plain.id) == WorkerState::polling);
    CHECK(f.workers.filter_by_queue(f.queue).at(1).lease == 90min);
    CHECK(server_error([&] { f.worker(1ms); }) == "PQ010");
}

TEST_CASE("a suspended worker gets nothing until it is resumed", "[server]") {
    Fixture f;
    const auto worker = f.worker();
    auto consumer = f.consumer_of(worker);
    f.producer.enqueue(1);
    const auto suspended = f.admin.suspend_worker(worker.id);
    CHECK(suspended.id == worker.id);
    CHECK(suspended.name == "w");
    CHECK(suspended.state == WorkerState::suspended);
    CHECK_FALSE(consumer.dequeue().has_value());
    CHECK(server_error([&] { f.admin.suspend_worker(worker.id); }) == "PQ014");
    CHECK(f.admin.resume_worker(worker.id).state == WorkerState::ready);
    CHECK(consumer.dequeue().has_value());
    CHECK(server_error([&] { f.admin.resume_worker(worker.id); }) == "PQ014");
    CHECK(server_error([&] { f.admin.suspend_worker(INT64_MAX); }) == "PQ008");
    CHECK(server_error([&] { f.admin.resume_worker(INT64_MAX); }) == "PQ008");
}

TEST_CASE("a stopped worker has nothing any more and gets nothing", "[server]") {
    Fixture f;
    const auto worker = f.worker();
    auto consumer = f.consumer_of(worker);
    f.producer.enqueue(1);
    REQUIRE(consumer.dequeue().has_value());
    CHECK(f.admin.stop_worker(worker.id).state == WorkerState::stopped);
    CHECK(server_error([&] { consumer.dequeue(); }) == "PQ008");
    CHECK(Consumer(f.connection, f.queue).dequeue().has_value());
    const auto error = test::raised<pgqrs::ServerError>([&] { f.admin.stop_worker(worker.id); });
    CHECK(error.code() == pgqrs::ErrorCode::worker_state);
    CHECK_THAT(error.message(), test::has("stopped"));
    CHECK(server_error([&] { f.admin.stop_worker(INT64_MAX); }) == "PQ008");
}

TEST_CASE("what a worker has can be given back", "[server]") {
    Fixture f;
    const auto worker = f.worker();
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    REQUIRE(f.consumer_of(worker).dequeue_batch(2).size() == 2);
    CHECK(f.admin.release_worker_messages(worker.id) == 2);
    CHECK(f.admin.release_worker_messages(worker.id) == 0);
    CHECK(f.state_of(worker.id) == WorkerState::polling);
    CHECK(Consumer(f.connection, f.queue).dequeue_batch(5).size() == 3);
    CHECK(server_error([&] { f.admin.release_worker_messages(INT64_MAX); }) == "PQ008");
}

TEST_CASE("silent workers are reaped, and those that are gone are purged", "[server]") {
    Fixture f;
    const auto silent = f.worker();
    const auto stopped = f.worker();
    const auto alive = f.worker();
    f.producer.enqueue(1);
    REQUIRE(f.consumer_of(silent).dequeue().has_value());
    f.silence(silent.id, "2 min");
    CHECK(f.admin.reap_workers() >= 1);
    CHECK(f.state_of(silent.id) == WorkerState::dead);
    CHECK(f.state_of(alive.id) == WorkerState::ready);
    CHECK(Consumer(f.connection, f.queue).dequeue().has_value());
    CHECK(server_error([&] { f.admin.stop_worker(silent.id); }) == "PQ014");

    f.admin.stop_worker(stopped.id);
    CHECK(f.admin.purge_workers(f.queue) == 0);
    CHECK(f.admin.purge_workers(f.queue, 1h) == 0);
    CHECK(f.admin.purge_workers(f.queue, 0s) == 2);
    CHECK(f.workers.count_by_queue(f.queue) == 1);
    CHECK(f.admin.purge_workers() >= 0);
    CHECK(server_error([&] { f.admin.purge_workers("none-such"); }) == "PQ002");
    CHECK(server_error([&] { f.admin.purge_workers(f.queue, -1s); }) == "PQ010");
}

TEST_CASE("workers are counted by state, and told with what they have", "[server]") {
    Fixture f;
    const auto nobody = f.admin.worker_health(f.queue);
    REQUIRE(nobody.size() == 1);
    CHECK(nobody[0].ready == 0);
    CHECK_FALSE(nobody[0].oldest_heartbeat_age.has_value());
    CHECK(f.admin.worker_metrics(f.queue).empty());

    const std::vector workers{f.worker(), f.worker(), f.worker(), f.worker(), f.worker()};
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    REQUIRE(f.consumer_of(workers[1]).dequeue_batch(2).size() == 2);
    f.admin.suspend_worker(workers[2].id);
    f.admin.stop_worker(workers[3].id);
    f.silence(workers[4].id, "2 min");
    f.admin.reap_workers();
    f.silence(workers[0].id, "10 s");
    const auto health = f.admin.worker_health(f.queue).at(0);
    CHECK(health.queue == f.queue);
    CHECK(health.ready == 1);
    CHECK(health.polling == 1);
    CHECK(health.suspended == 1);
    CHECK(health.stopped == 1);
    CHECK(health.dead == 1);
    CHECK(health.oldest_heartbeat_age.value() >= 10s);
    const auto all = f.admin.worker_health();
    CHECK(std::count_if(all.begin(), all.end(),
                        [&](const auto& one) { return one.queue == f.queue; }) == 1);

    const auto metrics = f.admin.worker_metrics(f.queue);
    REQUIRE(metrics.size() == 5);
    CHECK(metrics[0].worker == workers[0].id);
    CHECK(metrics[0].name == "w");
    CHECK(metrics[0].heartbeat_age >= 10s);
    CHECK(metrics[0].in_flight == 0);
    CHECK_FALSE(metrics[0].oldest_delivery_age.has_value());
    CHECK_FALSE(metrics[0].oldest_lease_end.has_value());
    CHECK(metrics[1].state == WorkerState::polling);
    CHECK(metrics[1].in_flight == 2);
    CHECK(metrics[1].oldest_delivery_age.value() >= 0s);
    CHECK(metrics[1].oldest_lease_end.has_value());
    CHECK(metrics[4].state == WorkerState::dead);
    CHECK(server_error([&] { f.admin.worker_health("none-such"); }) == "PQ002");
    CHECK(server_error([&] { f.admin.worker_metrics("none-such"); }) == "PQ002");
    CHECK(std::string(to_string(WorkerState::suspended)) == "suspended");
    CHECK(std::string(to_string(WorkerState::unknown)) == "unknown");
}

TEST_CASE("work() pauses while its worker is suspended, and ends when it is stopped", "[server]") {
    Fixture f;
    std::atomic<int> done{0};
    pgqrs::Stop stop;
    std::thread working([&] {
        pgqrs::work(
            test::config(), f.queue, [&](Job&) { ++done; },
            {.concurrency = 2, .worker_name = "steady"}, stop);
    });
    const auto all_are = [&](WorkerState state) {
        const auto rows = f.workers.filter_by_queue(f.queue);
        return rows.size() == 2 && std::all_of(rows.begin(), rows.end(),
                                               [&](const auto& row) { return row.state == state; });
    };
    REQUIRE(test::eventually([&] { return all_are(WorkerState::polling); }));
    const auto rows = f.workers.filter_by_queue(f.queue);
    for (const auto& row : rows) {
        f.admin.suspend_worker(row.id);
    }
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    // Asking is a sign of life, so the pause shows in heartbeats that go on.
    f.connection.execute(
        "UPDATE pgqrs.workers SET heartbeat_at = heartbeat_at - interval '50 s' WHERE queue_id = "
        "(SELECT id FROM pgqrs.queues WHERE name = $1)",
        {f.queue});
    CHECK(test::eventually([&] {
        const auto now = f.workers.filter_by_queue(f.queue);
        return std::any_of(now.begin(), now.end(), [&](const auto& row) {
            return row.heartbeat_at > rows[0].heartbeat_at;
        });
    }));
    CHECK(all_are(WorkerState::suspended));
    CHECK(done == 0);
    f.admin.resume_worker(rows[0].id);
    CHECK(test::eventually([&] { return done == 3; }));

    f.admin.stop_worker(rows[0].id);
    f.admin.stop_worker(rows[1].id);
    working.join();
    CHECK_FALSE(stop.requested());
    CHECK(f.workers.count_by_queue(f.queue) == 0);
}

TEST_CASE("an idle thread that nobody calls looks again", "[idle]") {
    pgqrs::IdleTurns turns;
    REQUIRE(turns.take(1h));
    CHECK_FALSE(turns.take(1ms));
    CHECK_FALSE(turns.take(1ms));
    turns.finished();  // there is nobody to call
    CHECK(turns.take(1h));
    std::thread sleeper([&] { turns.take(1h); });
    turns.end();
    sleeper.join();
    CHECK_FALSE(turns.take(1h));
}

TEST_CASE("a worker of work() may be silent as long as a message is leased", "[server]") {
    const auto lease_of = [](const pgqrs::QueueOptions& options,
                             std::optional<pgqrs::Duration> lock_time) {
        Fixture f;
        f.queue = test::new_queue(options);
        Producer(f.connection, f.queue).enqueue(1);
        pgqrs::Duration lease{};
        pgqrs::work(
            test::config(), f.queue,
            [&](Job& job) { lease = f.workers.get(*job.message().worker_id).value().lease; },
            {.lock_time = lock_time, .stop_when_empty = true, .worker_name = "w"});
        return lease;
    };
    CHECK(lease_of({}, {}) == 60s);
    CHECK(lease_of({}, 1s) == 60s);
    CHECK(lease_of({}, 10min) == 10min);
    CHECK(lease_of({.visibility_timeout = 5min}, {}) == 5min);
}

TEST_CASE("a heartbeat keeps a worker alive, and says what became of its messages", "[server]") {
    Fixture f;
    const auto worker = f.worker();
    auto consumer = f.consumer_of(worker);
    f.silence(worker.id, "50 s");
    const auto before = f.workers.get(worker.id).value().heartbeat_at;
    CHECK(consumer.heartbeat().empty());
    CHECK(f.workers.get(worker.id).value().heartbeat_at > before + 40s);

    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    const auto messages = consumer.dequeue_batch(3);
    REQUIRE(messages.size() == 3);
    REQUIRE(consumer.archive(messages[1]));
    REQUIRE(f.admin.cancel(f.queue, {messages[2].id}).at(0).result ==
            pgqrs::CancelResult::requested);
    const auto answers = consumer.heartbeat(messages);
    REQUIRE(answers.size() == 3);
    CHECK(answers[0].id == messages[0].id);
    CHECK_FALSE(answers[0].lost);
    CHECK_FALSE(answers[0].cancelled);
    CHECK(answers[1].id == messages[1].id);
    CHECK(answers[1].lost);
    CHECK_FALSE(answers[2].lost);
    CHECK(answers[2].cancelled);

    // With the read_ct a message is lost that was delivered anew, also to the same worker.
    auto old = messages[0];
    --old.read_ct;
    CHECK(consumer.heartbeat({old}).at(0).lost);
    CHECK_FALSE(consumer.heartbeat(std::vector<std::int64_t>{old.id}).at(0).lost);
}

TEST_CASE("a heartbeat takes more messages than one call of the server does", "[server]") {
    Fixture f;
    const auto worker = f.worker();
    auto config = test::config();
    config.default_batch_size = 2;
    pgqrs::Connection connection(config);
    Consumer consumer(connection, f.queue, {.worker = worker.id});
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3, 4, 5});
    const auto messages = consumer.dequeue_batch(5);
    const auto answers = consumer.heartbeat(messages);
    REQUIRE(answers.size() == 5);
    for (std::size_t place = 0; place < answers.size(); ++place) {
        CHECK(answers[place].id == messages[place].id);
        CHECK_FALSE(answers[place].lost);
    }
}

TEST_CASE("a heartbeat needs a worker that lives", "[server]") {
    Fixture f;
    CHECK(test::argument_error([&] { Consumer(f.connection, f.queue).heartbeat(); }) == "PQ010");
    const auto worker = f.worker();
    auto consumer = f.consumer_of(worker);
    f.admin.stop_worker(worker.id);
    CHECK(server_error([&] { consumer.heartbeat(); }) == "PQ008");
    CHECK(server_error([&] {
              Consumer(f.connection, f.queue, {.worker = INT64_MAX}).heartbeat();
          }) == "PQ008");
    Consumer wide(f.connection, f.queue, {.worker = f.worker().id});
    CHECK(server_error([&] {
              f.connection.execute("SET pgqrs.max_batch_size = 1");
              wide.heartbeat(std::vector<std::int64_t>{1, 2});
          }) == "PQ009");
}
