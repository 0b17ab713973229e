// work(): what becomes of a message, leases, stopping, threads.
#include "support.hpp"

#include <atomic>
#include <condition_variable>
#include <set>

#include <signal.h>

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Consumer;
using pgqrs::Job;
using pgqrs::Message;
using pgqrs::Producer;
using pgqrs::Stop;
using pgqrs::WorkEvent;
using pgqrs::WorkOptions;
using pgqrs::WorkSummary;

namespace {

struct Fixture {
    pgqrs::Connection connection = test::connect();
    std::string queue = test::new_queue();
    Producer producer{connection, queue};
    Consumer consumer{connection, queue};
    pgqrs::Messages messages{connection};
    pgqrs::Archive archive{connection};

    std::int64_t left() { return messages.count_by_queue(queue); }
    std::int64_t undelivered() {
        const auto all = messages.filter_by_queue(queue, 0, 1000);
        return std::count_if(all.begin(), all.end(),
                             [](const Message& message) { return message.read_ct == 0; });
    }
    std::int64_t archived() { return archive.count_by_queue(queue); }
    WorkSummary work_until_empty(const pgqrs::Handler& handler, WorkOptions options = {}) {
        options.stop_when_empty = true;
        return pgqrs::work(test::config(), queue, handler, options);
    }
};

void nothing(Job&) {}

// work() in a thread of its own, and what it raised or returned.
class Working {
public:
    Working(const std::string& queue, pgqrs::Handler handler, WorkOptions options = {},
            pgqrs::Config config = test::config())
        : thread_([this, queue, handler, options, config] {
              try {
                  summary = pgqrs::work(config, queue, handler, options, stop);
              } catch (const pgqrs::Error& error) {
                  sqlstate = error.sqlstate();
                  what = error.what();
                  raised = true;
              }
              ended = true;
          }) {}
    ~Working() {
        stop.request();
        join();
    }
    void join() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    Stop stop;
    WorkSummary summary;
    std::string sqlstate;
    std::string what;
    bool raised = false;
    std::atomic<bool> ended{false};

private:
    std::thread thread_;
};

// The kinds and errors of events, to look at when work() has ended or with the lock.
class Events {
public:
    std::function<void(const WorkEvent&)> recorder() {
        return [this](const WorkEvent& event) {
            const std::lock_guard lock(mutex_);
            kinds_.push_back(event.kind);
            errors_.push_back(event.error);
            ids_.push_back(event.message == nullptr ? 0 : event.message->id);
        };
    }
    std::size_t count(WorkEvent::Kind kind) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count(kinds_.begin(), kinds_.end(), kind));
    }
    std::vector<WorkEvent::Kind> kinds() const {
        const std::lock_guard lock(mutex_);
        return kinds_;
    }
    std::string error(std::size_t position) const {
        const std::lock_guard lock(mutex_);
        return errors_.at(position);
    }
    std::int64_t id(std::size_t position) const {
        const std::lock_guard lock(mutex_);
        return ids_.at(position);
    }

private:
    mutable std::mutex mutex_;
    std::vector<WorkEvent::Kind> kinds_;
    std::vector<std::string> errors_;
    std::vector<std::int64_t> ids_;
};

using Kind = WorkEvent::Kind;

// Handlers that wait for each other.
class Meeting {
public:
    explicit Meeting(int expected) : missing_(expected) {}
    // False: they did not all come.
    bool attend() {
        std::unique_lock lock(mutex_);
        --missing_;
        all_.notify_all();
        return all_.wait_for(lock, 30s, [&] { return missing_ <= 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable all_;
    int missing_;
};

// A connection of a worker of this name that waits in the server.
bool waits(pgqrs::Connection& connection, const std::string& name) {
    return test::value(connection,
                       "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND "
                       "state = 'active' "
                       "AND query LIKE 'CALL pgqrs.wait%'",
                       {name}) != "0";
}

pgqrs::Config named_config(const std::string& name) {
    auto config = test::config();
    config.dsn += " application_name=" + name;
    return config;
}

}  // namespace

TEST_CASE("a handler that returns has its message archived", "[server][work]") {
    Fixture f;
    const auto ids = f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    std::vector<std::int64_t> seen;
    const auto summary = f.work_until_empty([&](Job& job) { seen.push_back(job.message().id); });
    CHECK(seen == ids);
    CHECK(summary.archived == 3);
    CHECK(summary.failed + summary.removed + summary.released + summary.lease_lost == 0);
    CHECK(f.left() == 0);
    CHECK(f.archived() == 3);
}

TEST_CASE("a message is archived in the transaction that takes the next one", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>(5, 1));
    std::int64_t before = 0;
    int together = 0;
    const auto summary = f.work_until_empty([&](Job& job) {
        const auto id = job.message().id;
        if (before != 0) {
            together += test::value(job.connection(),
                                    "SELECT m.xmin = a.xmin FROM pgqrs.messages AS m, "
                                    "pgqrs.archive AS a WHERE m.id = $1::bigint AND a.id = "
                                    "$2::bigint",
                                    {std::to_string(id), std::to_string(before)}) == "t";
        }
        before = id;
    });
    CHECK(summary.archived == 5);
    CHECK(together == 4);
}

TEST_CASE("a handler that takes long holds up no other's archive", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{"long", 1, 2, 3, 4, 5});
    bool others_archived = false;
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            if (job.message().payload == "\"long\"") {
                others_archived =
                    test::eventually([&] { return f.archive.count_by_queue(f.queue) == 5; });
            }
        },
        {.concurrency = 2});
    CHECK(others_archived);
    CHECK(summary.archived == 6);
}

TEST_CASE("a lost lease costs no delivery", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{1, 2});
    Events events;
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            if (job.message().payload == "1") {
                CHECK(f.consumer.archive(job.message().id));
            }
        },
        {.on_event = events.recorder()});
    CHECK(events.kinds() ==
          std::vector{Kind::started, Kind::lease_lost, Kind::started, Kind::archived});
    CHECK(summary.archived == 1);
    CHECK(summary.lease_lost == 1);
}

TEST_CASE("who may not call next archives and takes with two calls", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    const auto role = test::unique_name("role");
    f.connection.execute("CREATE ROLE " + role + " LOGIN");
    f.connection.execute("GRANT USAGE ON SCHEMA pgqrs TO " + role);
    f.connection.execute(
        "GRANT EXECUTE ON FUNCTION pgqrs.dequeue, pgqrs.archive, pgqrs.extend_visibility TO " +
        role);
    f.connection.execute("GRANT SELECT ON pgqrs.queues TO " + role);
    f.connection.execute("GRANT SELECT, UPDATE, DELETE ON pgqrs.messages TO " + role);
    f.connection.execute("GRANT INSERT ON pgqrs.archive TO " + role);
    auto config = test::config();
    config.dsn += " user=" + role;
    CHECK(pgqrs::work(config, f.queue, nothing, {.stop_when_empty = true}).archived == 3);
    f.connection.execute("DROP OWNED BY " + role);
    f.connection.execute("DROP ROLE " + role);
}

TEST_CASE("an empty queue ends it when asked", "[server][work]") {
    Fixture f;
    CHECK(f.work_until_empty(nothing, {.concurrency = 3}).archived == 0);
}

TEST_CASE("a handler that throws has its message released, for later", "[server][work]") {
    Fixture f;
    const auto id = f.producer.enqueue(1);
    Events events;
    const auto summary = f.work_until_empty([](Job&) { throw std::runtime_error("broken"); },
                                            {.on_event = events.recorder()});
    CHECK(summary.failed == 1);
    const auto message = f.messages.get(id).value();
    CHECK_FALSE(message.vt.has_value());
    CHECK(message.read_ct == 1);
    // 2^0 s and up to a quarter more, counted from the release.
    CHECK(message.available_at - message.enqueued_at >= 1s);
    CHECK(events.kinds() == std::vector{Kind::started, Kind::failed});
    CHECK(events.error(1) == "broken");
    CHECK(events.id(1) == id);
}

TEST_CASE("what is thrown may be anything", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    int count = 0;
    const auto summary = f.work_until_empty([&](Job&) {
        switch (++count) {
            case 1:
                throw 5;
            case 2:
                throw std::string("text");
            default:
                throw pgqrs::Stopped();
        }
    });
    CHECK(summary.failed == 3);
    CHECK(f.left() == 3);
}

TEST_CASE("the delay before another try is the caller's, and grows without", "[server][work]") {
    Fixture f;
    f.producer.enqueue(1);
    std::vector<int> deliveries;
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            deliveries.push_back(job.message().read_ct);
            if (job.message().read_ct < 5) {
                throw std::runtime_error("again");
            }
        },
        {.retry_delay = [](const Message&) { return pgqrs::Duration(0); }});
    CHECK(deliveries == std::vector{1, 2, 3, 4, 5});
    CHECK(summary.failed == 4);
    CHECK(summary.archived == 1);

    const auto id = f.producer.enqueue(2);
    f.connection.execute("UPDATE pgqrs.messages SET read_ct = 4 WHERE id = $1::bigint",
                         {std::to_string(id)});
    f.work_until_empty([](Job&) { throw std::runtime_error("again"); });
    const auto message = f.messages.get(id).value();
    CHECK(message.available_at - message.enqueued_at >= 16s);
    CHECK(message.available_at - message.enqueued_at < 10min);
    f.connection.execute(
        "UPDATE pgqrs.messages SET read_ct = 2000000000, available_at = enqueued_at WHERE id = "
        "$1::bigint",
        {std::to_string(id)});
    f.work_until_empty([](Job&) { throw std::runtime_error("again"); });
    const auto late = f.messages.get(id).value();
    CHECK(late.available_at - late.enqueued_at >= 10min);
    CHECK(late.available_at - late.enqueued_at < 30min);
}

TEST_CASE("a handler can end its message itself", "[server][work]") {
    Fixture f;
    const auto ids =
        f.producer.batch_enqueue(std::vector<json>{"archive", "remove", "release", "finish"});
    Events events;
    const auto summary = f.work_until_empty(
        [](Job& job) {
            const auto what = job.message().as<std::string>();
            if (what == "archive") {
                job.archive();
            } else if (what == "remove") {
                job.remove();
            } else if (what == "release") {
                job.release(1h);
            } else {
                job.finish([](pgqrs::Connection&) {});
            }
            CHECK_THROWS_AS(job.archive(), pgqrs::Error);
            CHECK_THROWS_AS(job.finish([](pgqrs::Connection&) {}), pgqrs::Error);
        },
        {.on_event = events.recorder()});
    CHECK(summary.archived == 2);
    CHECK(summary.removed == 1);
    CHECK(summary.released == 1);
    CHECK(events.count(Kind::started) == 4);
    CHECK(f.archive.get(ids[0]).has_value());
    CHECK_FALSE(f.archive.get(ids[1]).has_value());
    CHECK(f.messages.get(ids[2])->available_at > std::chrono::system_clock::now() + 50min);
    CHECK(f.archive.get(ids[3]).has_value());
}

TEST_CASE("a handler that throws after it ended the message changes nothing more",
          "[server][work]") {
    Fixture f;
    const auto id = f.producer.enqueue(1);
    const auto summary = f.work_until_empty([](Job& job) {
        job.archive();
        throw std::runtime_error("too late");
    });
    CHECK(summary.archived == 1);
    CHECK(f.archive.get(id).has_value());
}

TEST_CASE("finish makes the handler's writes and the archive one", "[server][work]") {
    Fixture f;
    const auto table = test::unique_name("t");
    f.connection.execute("CREATE TABLE " + table + " (id bigint)");
    f.producer.batch_enqueue(std::vector<json>{"good", "bad"});
    const auto summary = f.work_until_empty([&](Job& job) {
        job.finish([&](pgqrs::Connection& db) {
            db.execute("INSERT INTO " + table + " VALUES ($1::bigint)",
                       {std::to_string(job.message().id)});
            if (job.message().payload == "\"bad\"") {
                throw std::runtime_error("no");
            }
        });
    });
    CHECK(summary.archived == 1);
    CHECK(summary.failed == 1);
    CHECK(test::value(f.connection, "SELECT count(*) FROM " + table) == "1");
    CHECK(f.left() == 1);
    f.connection.execute("DROP TABLE " + table);
}

TEST_CASE("a transaction the handler leaves open is not committed by our archive",
          "[server][work]") {
    Fixture f;
    const auto table = test::unique_name("t");
    f.connection.execute("CREATE TABLE " + table + " (id int)");
    f.producer.enqueue(1);
    const auto summary = f.work_until_empty([&](Job& job) {
        job.connection().execute("BEGIN");
        job.connection().execute("INSERT INTO " + table + " VALUES (1)");
    });
    CHECK(summary.failed == 1);
    CHECK(test::value(f.connection, "SELECT count(*) FROM " + table) == "0");
    CHECK(f.left() == 1);
    f.connection.execute("DROP TABLE " + table);
}

TEST_CASE("a job that takes longer than its lease keeps it", "[server][work]") {
    Fixture f;
    f.producer.enqueue(1);
    Consumer thief(f.connection, f.queue);
    bool stolen = false;
    bool lost = false;
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            const auto end = std::chrono::steady_clock::now() + 2s;
            while (std::chrono::steady_clock::now() < end) {
                stolen = stolen || thief.dequeue().has_value();
                lost = lost || job.lease_lost();
            }
        },
        {.lock_time = 500ms});
    CHECK_FALSE(stolen);
    CHECK_FALSE(lost);
    CHECK(summary.archived == 1);
}

TEST_CASE("the leases of all running jobs are extended", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>(6, 1));
    Consumer thief(f.connection, f.queue);
    std::mutex mutex;
    std::atomic<int> stolen{0};
    Meeting all(6);
    const auto summary = f.work_until_empty(
        [&](Job&) {
            all.attend();
            const auto end = std::chrono::steady_clock::now() + 1500ms;
            while (std::chrono::steady_clock::now() < end) {
                const std::lock_guard lock(mutex);
                stolen += thief.dequeue().has_value() ? 1 : 0;
            }
        },
        {.concurrency = 6, .lock_time = 500ms});
    CHECK(stolen == 0);
    CHECK(summary.archived == 6);
}

TEST_CASE("a lease that is not extended is lost, and that is noticed", "[server][work]") {
    Fixture f;
    f.producer.enqueue(1);
    std::optional<Message> taken;
    bool noticed = false;
    Events events;
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            if (job.message().read_ct > 1) {
                return;
            }
            CHECK(test::eventually([&] { return (taken = f.consumer.dequeue()).has_value(); }));
            noticed = job.lease_lost();
            CHECK_THROWS_AS(job.finish([](pgqrs::Connection&) {}), pgqrs::LeaseLost);
            CHECK_THROWS_AS(job.archive(), pgqrs::LeaseLost);
            CHECK_THROWS_AS(job.remove(), pgqrs::LeaseLost);
            CHECK_THROWS_AS(job.release(), pgqrs::LeaseLost);
        },
        {.lock_time = 20ms, .extend_leases = false, .on_event = events.recorder()});
    CHECK(noticed);
    CHECK(summary.lease_lost == 1);
    CHECK(events.kinds() == std::vector{Kind::started, Kind::lease_lost});
    CHECK(taken->read_ct == 2);
    CHECK(f.consumer.archive(*taken));
}

TEST_CASE("a lease that somebody took is noticed while the handler runs", "[server][work]") {
    Fixture f;
    const auto id = f.producer.enqueue(1);
    bool noticed = false;
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            if (job.message().read_ct > 1) {
                return;
            }
            f.connection.execute(
                "UPDATE pgqrs.messages SET vt = clock_timestamp(), read_ct = read_ct + 1 "
                "WHERE id = $1::bigint",
                {std::to_string(id)});
            noticed = test::eventually([&] { return job.lease_lost(); });
            throw std::runtime_error("so it gives up");
        },
        {.lock_time = 1s});
    CHECK(noticed);
    CHECK(summary.lease_lost == 1);
    CHECK(summary.archived == 1);
    CHECK(f.archive.get(id)->read_ct == 3);
}

TEST_CASE("finish does its work exactly once when the lease was lost", "[server][work]") {
    Fixture f;
    const auto table = test::unique_name("t");
    f.connection.execute("CREATE TABLE " + table + " (read_ct int)");
    f.producer.enqueue(1);
    Working slow(f.queue,
                 [&](Job& job) {
                     if (job.message().read_ct == 1) {
                         test::eventually([&] { return f.archive.count_by_queue(f.queue) == 1; });
                     }
                     job.finish([&](pgqrs::Connection& db) {
                         db.execute("INSERT INTO " + table + " VALUES ($1::int)",
                                    {std::to_string(job.message().read_ct)});
                     });
                 },
                 {.concurrency = 2, .lock_time = 50ms, .extend_leases = false});
    auto observer = test::connect();
    CHECK(test::eventually([&] { return pgqrs::Archive(observer).count_by_queue(f.queue) == 1; }));
    slow.stop.request();
    slow.join();
    CHECK(slow.summary.archived == 1);
    CHECK(slow.summary.lease_lost == 1);
    CHECK(test::value(observer, "SELECT string_agg(read_ct::text, ',') FROM " + table) == "2");
    observer.execute("DROP TABLE " + table);
}

TEST_CASE("handlers of several threads run at the same time, each with a connection of its own",
          "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>(4, 1));
    std::mutex mutex;
    std::set<std::int64_t> pids;
    std::atomic<int> together{0};
    Meeting all(4);
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            const auto pid = test::backend_pid(job.connection());
            {
                const std::lock_guard lock(mutex);
                pids.insert(pid);
            }
            together += all.attend() ? 1 : 0;
        },
        {.concurrency = 4});
    CHECK(together == 4);
    CHECK(pids.size() == 4);
    CHECK(summary.archived == 4);
}

TEST_CASE("it uses one connection more than it has threads", "[server][work]") {
    Fixture f;
    const auto name = test::unique_name("w");
    Working working(f.queue, nothing, {.concurrency = 3}, named_config(name));
    CHECK(test::eventually([&] { return waits(f.connection, name); }));
    CHECK(test::value(f.connection,
                      "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1",
                      {name}) == "4");
    // One waits for all.
    CHECK(test::eventually([&] {
        return test::value(f.connection,
                           "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND "
                           "state = 'active'",
                           {name}) == "1";
    }));
}

TEST_CASE("a stop ends waiting promptly", "[server][work]") {
    Fixture f;
    const auto name = test::unique_name("w");
    Working working(f.queue, nothing, {.concurrency = 3}, named_config(name));
    CHECK(test::eventually([&] { return waits(f.connection, name); }));
    const auto start = std::chrono::steady_clock::now();
    working.stop.request();
    working.join();
    CHECK(std::chrono::steady_clock::now() - start < 10s);  // a wait takes 30
    CHECK_FALSE(working.raised);
}

TEST_CASE("a stop lets handlers come to their end, and they can ask for it", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
    std::atomic<bool> inside{false};
    std::atomic<bool> saw_stop{false};
    Working working(f.queue, [&](Job& job) {
        inside = true;
        saw_stop = test::eventually([&] { return job.stopping(); });
    });
    CHECK(test::eventually([&] { return inside.load(); }));
    working.stop.request();
    working.join();
    CHECK(saw_stop);
    CHECK(working.summary.archived == 1);
    CHECK(f.undelivered() == 2);
}

TEST_CASE("a handler that releases because of the stop leaves the message to others",
          "[server][work]") {
    Fixture f;
    const auto id = f.producer.enqueue(1);
    std::atomic<bool> inside{false};
    Working working(f.queue, [&](Job& job) {
        inside = true;
        test::eventually([&] { return job.stopping(); });
        job.release();
    });
    CHECK(test::eventually([&] { return inside.load(); }));
    working.stop.request();
    working.join();
    CHECK(working.summary.released == 1);
    CHECK(f.consumer.dequeue()->id == id);
}

TEST_CASE("a stop that was requested before lets nothing run", "[server][work]") {
    Fixture f;
    f.producer.enqueue(1);
    Stop stop;
    stop.request();
    CHECK(pgqrs::work(test::config(), f.queue, nothing, {}, stop).archived == 0);
    CHECK(f.left() == 1);
}

TEST_CASE("SIGTERM ends it gracefully", "[server][work]") {
    Fixture f;
    f.producer.enqueue(1);
    const auto name = test::unique_name("w");
    auto observer = test::connect();
    Stop stop;
    const pgqrs::StopOnSignals signals(stop);
    std::thread other([&] {
        test::eventually(
            [&] { return f.archive.count_by_queue(f.queue) == 1 && waits(observer, name); });
        kill(getpid(), SIGTERM);
    });
    const auto summary =
        pgqrs::work(named_config(name), f.queue, nothing, {.concurrency = 2}, stop);
    other.join();
    CHECK(summary.archived == 1);
    CHECK(stop.requested());
}

TEST_CASE("max_messages is the number of messages, with any number of threads", "[server][work]") {
    for (const int concurrency : {1, 4}) {
        INFO(concurrency);
        Fixture f;
        f.producer.batch_enqueue(std::vector<json>(20, 1));
        std::atomic<int> handled{0};
        const auto summary = pgqrs::work(test::config(), f.queue, [&](Job&) { ++handled; },
                                         {.concurrency = concurrency, .max_messages = 7});
        CHECK(handled == 7);
        CHECK(summary.archived == 7);
        CHECK(f.undelivered() == 13);
    }
}

TEST_CASE("max_messages waits for messages that are still to come", "[server][work]") {
    Fixture f;
    Working working(f.queue, nothing, {.concurrency = 3, .max_messages = 2});
    f.producer.enqueue(1);
    CHECK(test::eventually([&] { return f.archived() == 1; }));
    CHECK_FALSE(working.ended);
    f.producer.enqueue(2);
    CHECK(test::eventually([&] { return working.ended.load(); }));
    CHECK(working.summary.archived == 2);
}

TEST_CASE("messages are taken as they come", "[server][work]") {
    Fixture f;
    Working working(f.queue, nothing, {.concurrency = 3});
    for (int i = 1; i <= 30; ++i) {
        f.producer.enqueue(i);
        if (i % 10 == 0) {
            CHECK(test::eventually([&] { return f.archived() == i; }));
        }
    }
}

TEST_CASE("workers are registered while it runs, and messages name them", "[server][work]") {
    Fixture f;
    pgqrs::Workers workers(f.connection);
    f.producer.batch_enqueue(std::vector<json>{1, 2});
    std::mutex mutex;
    std::set<std::int64_t> ids;
    bool registered = true;
    Meeting all(2);
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            const bool met = all.attend();
            const std::lock_guard lock(mutex);
            const auto worker = job.message().worker_id.value();
            ids.insert(worker);
            registered = registered && workers.get(worker).value().name == "mailer" &&
                         workers.get(worker).value().pid == getpid();
            registered = registered && met && workers.count_by_queue(f.queue) >= 1;
        },
        {.concurrency = 2, .worker_name = "mailer"});
    CHECK(registered);
    CHECK(ids.size() == 2);
    CHECK(summary.archived == 2);
    CHECK(workers.count_by_queue(f.queue) == 0);
}

TEST_CASE("events come one at a time", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>(200, 1));
    std::atomic<int> inside{0};
    std::atomic<int> clashes{0};
    std::atomic<int> events{0};
    f.work_until_empty(nothing, {.concurrency = 4, .on_event = [&](const WorkEvent&) {
                                     clashes += ++inside == 1 ? 0 : 1;
                                     ++events;
                                     --inside;
                                 }});
    CHECK(clashes == 0);
    CHECK(events == 400);
}

TEST_CASE("callbacks that throw do not decide what becomes of messages", "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{"good", "bad"});
    const auto summary = f.work_until_empty(
        [](Job& job) {
            if (job.message().payload == "\"bad\"") {
                throw std::runtime_error("bad");
            }
        },
        {.retry_delay = [](const Message&) -> pgqrs::Duration {
             throw std::runtime_error("delay");
         },
         .on_event = [](const WorkEvent&) { throw std::runtime_error("event"); }});
    CHECK(summary.archived == 1);
    CHECK(summary.failed == 1);
    CHECK_FALSE(f.messages.list(0, 1000).empty());
}

TEST_CASE("a worker whose row was deleted registers again", "[server][work]") {
    Fixture f;
    pgqrs::Workers workers(f.connection);
    Working working(f.queue, nothing, {.worker_name = "w"});
    f.producer.enqueue(1);
    CHECK(test::eventually([&] { return f.archived() == 1; }));
    const auto first = workers.filter_by_queue(f.queue).at(0).id;
    CHECK(workers.remove(first));
    f.producer.enqueue(2);
    CHECK(test::eventually([&] { return f.archived() == 2 || working.ended; }));
    CHECK_FALSE(working.ended);
    CHECK(workers.filter_by_queue(f.queue).at(0).id != first);
    working.stop.request();
    working.join();
    CHECK(workers.count_by_queue(f.queue) == 0);
}

TEST_CASE("a worker whose row is deleted while its handler runs archives its message",
          "[server][work]") {
    Fixture f;
    f.producer.batch_enqueue(std::vector<json>{1, 2});
    pgqrs::Workers workers(f.connection);
    const auto summary = f.work_until_empty(
        [&](Job& job) {
            if (job.message().payload == "1") {
                CHECK(workers.remove(job.message().worker_id.value()));
            }
        },
        {.worker_name = "w"});
    CHECK(summary.archived == 2);
    CHECK(workers.count_by_queue(f.queue) == 0);
}

TEST_CASE("a queue that does not exist, or not any more, ends it", "[server][work]") {
    CHECK(test::server_error([] { pgqrs::work(test::config(), "none-such", nothing); }) == "PQ002");
    CHECK(test::server_error([] {
              pgqrs::work(test::config(), "none-such", nothing, {.worker_name = "w"});
          }) == "PQ002");
    CHECK(test::argument_error([] { pgqrs::work(test::config(), "no spaces", nothing); }) ==
          "PQ004");
    Fixture f;
    const auto name = test::unique_name("w");
    Working working(f.queue, nothing, {.concurrency = 3}, named_config(name));
    CHECK(test::eventually([&] { return waits(f.connection, name); }));
    pgqrs::Admin(f.connection).drop_queue(f.queue);
    CHECK(test::eventually([&] { return working.ended.load(); }, 90s));
    CHECK(working.raised);
    CHECK(working.sqlstate == "PQ002");
}

TEST_CASE("a queue that is dropped while a handler runs ends it", "[server][work]") {
    Fixture f;
    f.producer.enqueue(1);
    Working working(f.queue, [&](Job&) { pgqrs::Admin(f.connection).drop_queue(f.queue, true); });
    CHECK(test::eventually([&] { return working.ended.load(); }));
    CHECK(working.raised);
    CHECK(working.sqlstate == "PQ002");
}

TEST_CASE("bad options are refused", "[server][work]") {
    const auto queue = test::new_queue();
    const auto refused = [&](const WorkOptions& options) {
        return test::argument_error([&] { pgqrs::work(test::config(), queue, nothing, options); });
    };
    CHECK(refused({.concurrency = 0}) == "PQ010");
    CHECK(refused({.concurrency = -1}) == "PQ010");
    CHECK(refused({.max_messages = -1}) == "PQ010");
    CHECK(refused({.lock_time = 0s}) == "PQ010");
    CHECK(test::argument_error([&] { pgqrs::work(test::config(), queue, nullptr); }) == "PQ010");
    CHECK_THROWS_AS(pgqrs::work(pgqrs::Config::from_dsn("host=/nowhere"), queue, nothing),
                    pgqrs::ConnectionError);
}

TEST_CASE("without rights it ends with the server's error", "[server][work]") {
    Fixture f;
    const auto role = test::unique_name("role");
    f.connection.execute("CREATE ROLE " + role + " LOGIN");
    auto config = test::config();
    config.dsn += " user=" + role;
    CHECK(test::server_error([&] {
              pgqrs::work(config, f.queue, nothing, {.stop_when_empty = true});
          }) == "42501");
    f.connection.execute("DROP ROLE " + role);
}

TEST_CASE("a statement_timeout that is shorter than a wait does not end it", "[server][work]") {
    Fixture f;
    auto config = test::config();
    config.dsn += " options='-c statement_timeout=100ms'";
    Working working(f.queue, nothing, {.concurrency = 2}, config);
    for (int i = 1; i <= 5; ++i) {
        f.producer.enqueue_delayed(i, 150ms);
        CHECK(test::eventually([&] { return f.archived() == i || working.ended; }));
    }
    CHECK_FALSE(working.ended);
    CHECK(working.what.empty());
}

TEST_CASE("a dispatcher is a handler", "[server][work]") {
    Fixture f;
    f.producer.enqueue(5, {.type = "number"});
    f.producer.enqueue("x", {.type = "text"});
    f.producer.enqueue("x", {.type = "number"});
    f.producer.enqueue("x");
    int number = 0;
    std::string text;
    pgqrs::Dispatcher dispatcher;
    dispatcher.on<int>("number", [&](int value, Job&) { number = value; })
        .on<std::string>("text", [&](const std::string& value, Job&) { text = value; });
    const auto summary = f.work_until_empty(dispatcher);
    CHECK(number == 5);
    CHECK(text == "x");
    CHECK(summary.archived == 2);
    CHECK(summary.failed == 2);
}

TEST_CASE("it leaves no threads, descriptors or connections behind", "[server][work]") {
    Fixture f;
    const auto name = test::unique_name("w");
    const int descriptors = test::open_descriptors();
    const int threads = test::threads();
    for (int i = 0; i < 3; ++i) {
        f.producer.batch_enqueue(std::vector<json>{1, 2, 3});
        pgqrs::work(named_config(name), f.queue,
                    [](Job& job) {
                        if (job.message().payload == "2") {
                            throw std::runtime_error("no");
                        }
                    },
                    {.concurrency = 4, .stop_when_empty = true, .worker_name = "w"});
        CHECK_THROWS(pgqrs::work(test::config(), "none-such", nothing, {.concurrency = 4}));
        CHECK_THROWS(pgqrs::work(pgqrs::Config::from_dsn("host=/nowhere"), f.queue, nothing));
    }
    CHECK(test::open_descriptors() == descriptors);
    CHECK(test::eventually([&] { return test::threads() == threads; }));
    CHECK(test::eventually([&] {
        return test::value(f.connection,
                           "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1",
                           {name}) == "0";
    }));
}
