// Workflows from outside of their runs: defining, starting, talking to runs, looking at them and controlling them. The
// worker's part is played in SQL.
#include "run_fixture.hpp"

#include <algorithm>
#include <thread>

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::Backoff;
using pgqrs::KeyScope;
using pgqrs::OnConflict;
using pgqrs::RunControl;
using pgqrs::RunReason;
using pgqrs::RunState;
using pgqrs::StepKind;
using pgqrs::StepStatus;
using pgqrs::WorkflowOptions;
using pgqrs::Workflows;
using test::argument_error;
using test::server_error;

namespace {

constexpr std::int64_t kNoRun = 999'999'999;

struct Fixture {
    explicit Fixture(const WorkflowOptions& options = {}) { workflows.create(name, options); }
    pgqrs::Connection connection = test::connect();
    Workflows workflows{connection};
    std::string name = test::unique_name("flow");

    std::int64_t start(const json& input = nullptr) { return workflows.start(name, input).run; }
    // The next run of the workflow, as its worker gets it: the read_ct.
    std::string claim() {
        return test::value(connection, "SELECT read_ct FROM pgqrs.claim_runs($1)", {name});
    }
    std::string as_worker(const std::string& call, std::int64_t run, const std::string& read_ct) {
        return test::value(connection, "SELECT * FROM pgqrs." + call,
                           {std::to_string(run), read_ct});
    }
    std::int64_t succeeded(const std::string& output = "null") {
        const auto run = start();
        as_worker("complete_run($1::bigint, $2::bigint, '" + output + "')", run, claim());
        return run;
    }
    std::int64_t failed() {
        const auto run = start();
        as_worker("fail_run($1::bigint, $2::bigint, 'broken', false)", run, claim());
        return run;
    }
};

}  // namespace

TEST_CASE("workflows are created, altered, listed and dropped", "[server]") {
    Fixture f;
    const auto plain = f.workflows.get(f.name);
    CHECK(plain.id > 0);
    CHECK(plain.name == f.name);
    CHECK(plain.queue == f.name);
    CHECK(plain.owner == "postgres");
    CHECK_FALSE(plain.handler.has_value());
    CHECK_FALSE(plain.description.has_value());
    CHECK_FALSE(plain.max_attempts.has_value());
    CHECK_FALSE(plain.backoff.has_value());
    CHECK_FALSE(plain.backoff_base.has_value());
    CHECK_FALSE(plain.backoff_jitter.has_value());
    CHECK_FALSE(plain.run_timeout.has_value());
    CHECK_FALSE(plain.retention.has_value());
    CHECK(plain.created_at > pgqrs::TimePoint());

    const auto full = f.workflows.create(f.name + ".full", {.queue = f.name,
                                                            .description = "all of it",
                                                            .max_attempts = 3,
                                                            .backoff = Backoff::linear,
                                                            .backoff_base = 250ms,
                                                            .backoff_cap = 1min,
                                                            .backoff_jitter = 0.25,
                                                            .run_timeout = 1h,
                                                            .retention = 48h});
    CHECK(full.queue == f.name);
    CHECK(full.description == "all of it");
    CHECK(full.max_attempts == 3);
    CHECK(full.backoff == Backoff::linear);
    CHECK(full.backoff_base == pgqrs::Duration(250ms));
    CHECK(full.backoff_cap == pgqrs::Duration(1min));
    CHECK(full.backoff_jitter == 0.25);
    CHECK(full.run_timeout == pgqrs::Duration(1h));
    CHECK(full.retention == pgqrs::Duration(48h));
    const auto altered =
        f.workflows.alter(full.name, {.description = "", .max_attempts = 0, .run_timeout = 0s});
    CHECK_FALSE(altered.description.has_value());
    CHECK(altered.max_attempts == 0);
    CHECK_FALSE(altered.run_timeout.has_value());
    CHECK(altered.backoff == Backoff::linear);
    CHECK(altered.queue == f.name);

    CHECK(f.workflows.create(full.name, {.max_attempts = 9}, true).max_attempts == 0);
    const auto page = f.workflows.list(plain.id - 1, 2);
    REQUIRE(page.size() == 2);
    CHECK(page[0].name == plain.name);
    CHECK(page[1].name == full.name);
    CHECK(page[1].queue == f.name);
    CHECK(f.workflows.list(full.id, 1'000).empty());

    f.start();
    CHECK(server_error([&] { f.workflows.drop(f.name); }) == "PQ011");
    CHECK(f.workflows.drop(f.name, true) == 1);
    CHECK(f.workflows.drop(full.name) == 0);
    CHECK(server_error([&] { f.workflows.get(f.name); }) == "PQ015");
}

TEST_CASE("errors of defining workflows", "[server]") {
    Fixture f;
    const auto queue = test::new_queue();
    pgqrs::Producer(f.connection, queue).enqueue(1);
    CHECK(server_error([&] { f.workflows.create("no good"); }) == "PQ004");
    CHECK(server_error([&] { f.workflows.create(f.name + ".x", {.backoff_jitter = 2.0}); }) ==
          "PQ010");
    CHECK(server_error([&] { f.workflows.create(f.name + ".x", {.queue = queue}); }) == "PQ011");
    CHECK(server_error([&] { f.workflows.create(f.name); }) == "PQ016");
    CHECK(server_error([&] { f.workflows.alter(f.name, {.run_timeout = -1s}); }) == "PQ010");
    CHECK(argument_error([&] { f.workflows.alter(f.name, {.queue = "other"}); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.alter("none-such", {.max_attempts = 1}); }) == "PQ015");
    CHECK(server_error([&] { f.workflows.drop("none-such"); }) == "PQ015");
    CHECK(server_error([&] { f.workflows.list(0, 10'000'000); }) == "PQ009");
    CHECK(server_error([&] { f.workflows.list(0, -1); }) == "PQ010");
}

TEST_CASE("a run is started in the caller's transaction, and once for a key", "[server]") {
    Fixture f;
    {
        pgqrs::Transaction transaction(f.connection);
        f.start();
    }
    CHECK(f.workflows.list_runs({.workflow = f.name}).empty());
    const json input = {{"item", "book"}};
    const auto first = f.workflows.start(f.name, input, {.idempotency_key = "17"});
    CHECK(first.created);
    CHECK(first.state == RunState::queued);
    const auto second = f.workflows.start(f.name, input, {.idempotency_key = "17"});
    CHECK(second.run == first.run);
    CHECK_FALSE(second.created);
    CHECK(server_error([&] {
              f.workflows.start(f.name, input,
                                {.idempotency_key = "17", .on_conflict = OnConflict::error});
          }) == "PQ013");
    CHECK(server_error([&] { f.workflows.start(f.name, 1, {.idempotency_key = "17"}); }) ==
          "PQ021");
    CHECK(server_error([&] { f.workflows.start(f.name, 1, {.priority = 10}); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.start("none-such"); }) == "PQ015");
    CHECK(server_error([&] {
              f.workflows.start(f.name, 1, {.idempotency_key = "x", .key_scope = KeyScope::period});
          }) == "PQ010");
    CHECK(argument_error([&] { f.workflows.start(f.name, "\xff"); }) == "PQ005");
    CHECK(server_error([&] { f.workflows.start(f.name, 1, {.headers = 1}); }) == "PQ005");

    const auto deadline =
        pgqrs::TimePoint(std::chrono::floor<pgqrs::Duration>(std::chrono::system_clock::now())) +
        1h;
    const auto full = f.workflows.start_text(f.name, "{\"n\": 1.50}",
                                             {.idempotency_key = "18",
                                              .key_scope = KeyScope::period,
                                              .key_period = 1h,
                                              .priority = 0,
                                              .delay = 30min,
                                              .headers = {{"tenant", "a"}},
                                              .version = "v2",
                                              .deadline = deadline});
    const auto run = f.workflows.get_run(full.run);
    CHECK(run.id == full.run);
    CHECK(run.workflow == f.name);
    CHECK(run.queue == f.name);
    CHECK(run.state == RunState::queued);
    CHECK(run.reason == RunReason::start);
    CHECK(run.attempt == 0);
    CHECK(run.read_ct == 0);
    CHECK(run.idempotency_key == "18");
    CHECK(run.version == "v2");
    CHECK(run.deadline == deadline);
    CHECK(run.input == "{\"n\": 1.50}");
    CHECK(run.input_json() == json{{"n", 1.5}});
    CHECK(json::parse(run.headers.value()) == json{{"tenant", "a"}});
    CHECK(run.available_at.value() > run.created_at + 29min);
    CHECK_FALSE(run.finished_at.has_value());
    CHECK_FALSE(run.output.has_value());
    CHECK(run.output_json().is_null());
    CHECK_FALSE(run.cancel_requested);
}

TEST_CASE("a failed run is tried again by a start with its key", "[server]") {
    Fixture f;
    const pgqrs::StartOptions options{.idempotency_key = "k",
                                      .key_scope = KeyScope::forever,
                                      .on_conflict = OnConflict::retry_failed};
    const auto first = f.workflows.start(f.name, 1, options);
    f.as_worker("fail_run($1::bigint, $2::bigint, 'broken', false)", first.run, f.claim());
    const auto second = f.workflows.start(f.name, 1, options);
    CHECK(second.run == first.run);
    CHECK_FALSE(second.created);
    CHECK(second.state == RunState::queued);
}

TEST_CASE("many runs are started at once", "[server]") {
    Fixture f;
    auto config = test::config();
    config.default_batch_size = 2;
    pgqrs::Connection connection(config);
    Workflows workflows(connection);
    const auto ids = workflows.start_many(f.name, {1, "two", nullptr, {{"n", 4}}, {5, 5}},
                                          {.priority = 3, .version = "v1"});
    REQUIRE(ids.size() == 5);
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    CHECK(workflows.get_run(ids[1]).input == "\"two\"");
    CHECK(workflows.get_run(ids[2]).input == "null");
    CHECK(workflows.get_run(ids[4]).input_json() == json{5, 5});
    CHECK(workflows.get_run(ids[4]).version == "v1");
    CHECK(workflows.start_many(f.name, {}).empty());
    CHECK(argument_error([&] { workflows.start_many(f.name, {1}, {.idempotency_key = "k"}); }) ==
          "PQ010");
    CHECK(argument_error([&] { workflows.start_many(f.name, {1, "\xff"}); }) == "PQ005");
    CHECK(server_error([&] { workflows.start_many("none-such", {1}); }) == "PQ015");
}

TEST_CASE("runs are listed by workflow, state and time, page by page", "[server]") {
    Fixture f;
    const auto done = f.succeeded("{\"a\": 1}");
    const auto broken = f.failed();
    const auto ids = f.workflows.start_many(f.name, {1, 2, 3});
    const auto page = f.workflows.list_runs({.workflow = f.name, .quantity = 2});
    REQUIRE(page.size() == 2);
    CHECK(page[0].id == done);
    CHECK(page[0].state == RunState::succeeded);
    CHECK_FALSE(page[0].output.has_value());
    CHECK(page[0].finished_at.has_value());
    CHECK_FALSE(page[0].attempt.has_value());
    CHECK_FALSE(page[0].reason.has_value());
    CHECK(page[1].id == broken);
    CHECK(page[1].error == "broken");
    CHECK(f.workflows.list_runs({.workflow = f.name, .after_id = broken}).size() == 3);
    CHECK(f.workflows.list_runs({.workflow = f.name, .state = RunState::queued}).size() == 3);
    CHECK(f.workflows.list_runs({.workflow = f.name, .state = RunState::failed}).at(0).id ==
          broken);
    const auto middle = f.workflows.get_run(ids[0]).created_at;
    CHECK(f.workflows.list_runs({.workflow = f.name, .until = middle}).size() == 2);
    CHECK(f.workflows.list_runs({.workflow = f.name, .since = middle}).size() == 3);
    CHECK(f.workflows.list_runs({.after_id = ids[1], .quantity = 1}).at(0).id == ids[2]);
    CHECK(f.workflows.get_run(done).output_json() == json{{"a", 1}});

    CHECK(server_error([&] { f.workflows.list_runs({.workflow = "none-such"}); }) == "PQ015");
    CHECK(server_error([&] { f.workflows.list_runs({.state = RunState::unknown}); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.list_runs({.quantity = 10'000'000}); }) == "PQ009");
    CHECK(server_error([&] { f.workflows.list_runs({.quantity = -1}); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.get_run(kNoRun); }) == "PQ017");
}

TEST_CASE("signals, events and values", "[server]") {
    Fixture f;
    const auto run = f.start();
    CHECK(f.workflows.signal(run, "approved", {{"by", "ada"}}, "k1"));
    CHECK(f.workflows.signal(run, "approved", 2, "k1"));
    CHECK(f.workflows.signal_text(run, "approved", std::nullopt));
    auto read_ct = f.claim();
    const auto wait = [&](int seq) {
        return test::value(f.connection,
                           "SELECT value FROM pgqrs.wait_signal($1::bigint, $2::bigint, 's', "
                           "'approved', seq => $3::bigint)",
                           {std::to_string(run), read_ct, std::to_string(seq)});
    };
    CHECK(json::parse(wait(0)) == json{{"by", "ada"}});
    CHECK(wait(1).empty());

    CHECK_FALSE(f.workflows.get_value(run, "progress").found);
    CHECK_FALSE(f.workflows.get_value(run, "progress", 1ms).found);
    f.as_worker("set_value($1::bigint, $2::bigint, 'progress', '7')", run, read_ct);
    f.as_worker("set_value($1::bigint, $2::bigint, 'nothing', NULL)", run, read_ct);
    CHECK(f.workflows.get_value(run, "progress").value == "7");
    CHECK(f.workflows.get_value(run, "nothing").found);
    CHECK_FALSE(f.workflows.get_value(run, "nothing").value.has_value());

    CHECK(f.workflows.emit_event(f.name, "open", true));
    CHECK_FALSE(f.workflows.emit_event(f.name, "open", false));
    CHECK(f.workflows.emit_event_text(f.name, "closed", std::nullopt));
    CHECK(test::value(f.connection,
                      "SELECT value FROM pgqrs.wait_event($1::bigint, $2::bigint, 'e', 'open')",
                      {std::to_string(run), read_ct}) == "true");

    f.as_worker("complete_run($1::bigint, $2::bigint, '1')", run, read_ct);
    CHECK_FALSE(f.workflows.signal(run, "approved"));
    CHECK(server_error([&] { f.workflows.signal(kNoRun, "approved"); }) == "PQ017");
    CHECK(server_error([&] { f.workflows.signal(run, ""); }) == "PQ010");
    CHECK(argument_error([&] { f.workflows.signal(run, "x", "\xff"); }) == "PQ005");
    CHECK(server_error([&] { f.workflows.emit_event("none-such", "open"); }) == "PQ002");
    CHECK(server_error([&] { f.workflows.emit_event("no good", "open"); }) == "PQ004");
    CHECK(server_error([&] { f.workflows.emit_event(f.name, ""); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.emit_event(test::new_queue(), "open"); }) == "PQ023");
    CHECK(server_error([&] { f.workflows.get_value(kNoRun, "x"); }) == "PQ017");
    CHECK(server_error([&] { f.workflows.get_value(run, "x", 24h * 3650); }) == "PQ009");
    CHECK(server_error([&] { f.workflows.get_value(run, ""); }) == "PQ010");
}

TEST_CASE("a run is awaited, and the one that continues it", "[server]") {
    Fixture f;
    const auto run = f.start();
    CHECK(f.workflows.await_run(run, 1ms).state == RunState::queued);
    const auto read_ct = f.claim();
    CHECK_FALSE(is_final(f.workflows.await_run(run, 1ms).state));
    std::thread worker([&] {
        auto connection = test::connect();
        const auto next =
            test::value(connection, "SELECT pgqrs.continue_as_new($1::bigint, $2::bigint, '2')",
                        {std::to_string(run), read_ct});
        connection.execute(
            "SELECT pgqrs.complete_run(run, read_ct, '\"end\"') FROM "
            "pgqrs.claim_runs($1)",
            {f.name});
    });
    const auto last = f.workflows.await_run(run);
    worker.join();
    CHECK(last.state == RunState::succeeded);
    CHECK(last.output == "\"end\"");
    CHECK(last.first_run == run);
    CHECK(f.workflows.get_run(run).continued_as == last.id);

    pgqrs::Stop stop;
    const auto other = f.start();
    f.connection.stop_with(&stop);
    std::thread later([&] {
        test::eventually([] { return test::is_waiting("pgqrs.wait_run("); });
        stop.request();
    });
    CHECK_THROWS_AS(f.workflows.await_run(other), pgqrs::Stopped);
    later.join();
    f.connection.stop_with(nullptr);
    CHECK(server_error([&] { f.workflows.await_run(kNoRun, 1s); }) == "PQ017");
    CHECK(server_error([&] { f.workflows.await_run(other, -1s); }) == "PQ010");
    pgqrs::Transaction transaction(f.connection);
    CHECK(server_error([&] { f.workflows.await_run(other, 1s); }) == "25001");
}

TEST_CASE("runs are cancelled, paused and resumed", "[server]") {
    Fixture f;
    const auto waiting = f.start();
    CHECK(f.workflows.pause(waiting, "lunch") == RunControl::paused);
    CHECK(f.workflows.get_run(waiting).state == RunState::paused);
    CHECK(f.workflows.resume(waiting));
    CHECK_FALSE(f.workflows.resume(waiting));
    CHECK(f.workflows.cancel(waiting, "not wanted") == RunControl::cancelled);
    CHECK(f.workflows.cancel(waiting) == RunControl::ended);
    CHECK(f.workflows.pause(waiting) == RunControl::ended);
    CHECK(f.workflows.get_run(waiting).error == "not wanted");

    const auto held = f.start();
    const auto read_ct = f.claim();
    CHECK(f.workflows.pause(held) == RunControl::requested);
    CHECK(f.workflows.cancel(held, std::nullopt, false) == RunControl::requested);
    CHECK(f.workflows.get_run(held).cancel_requested);
    CHECK(server_error([&] {
              f.as_worker("complete_step($1::bigint, $2::bigint, 'late', '1')", held, read_ct);
          }) == "PQ022");
    CHECK(server_error([&] { f.workflows.cancel(kNoRun); }) == "PQ017");
    CHECK(server_error([&] { f.workflows.pause(kNoRun); }) == "PQ017");
    CHECK(server_error([&] { f.workflows.resume(kNoRun); }) == "PQ017");
}

TEST_CASE("runs are retried and forked, from a step on", "[server]") {
    Fixture f;
    const auto run = f.start();
    const auto read_ct = f.claim();
    f.as_worker("complete_step($1::bigint, $2::bigint, 'one', '1')", run, read_ct);
    f.as_worker("complete_step($1::bigint, $2::bigint, 'two', '2', seq => 3)", run, read_ct);
    CHECK_FALSE(f.workflows.retry(run));
    f.as_worker("fail_run($1::bigint, $2::bigint, 'broken', false)", run, read_ct);
    const auto twin = f.workflows.fork(run, "two", 3);
    CHECK(f.workflows.list_steps(twin).size() == 1);
    CHECK(f.workflows.list_steps(f.workflows.fork(run)).size() == 2);
    CHECK(f.workflows.retry(run, "two", 3));
    CHECK(f.workflows.get_run(run).state == RunState::queued);
    CHECK(f.workflows.list_steps(run).size() == 1);

    Fixture other;
    const auto done = other.succeeded();
    CHECK(server_error([&] { f.workflows.retry(done); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.retry(other.failed(), "none-such"); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.fork(run, "one", 7); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.retry(kNoRun); }) == "PQ017");
    CHECK(server_error([&] { f.workflows.fork(kNoRun); }) == "PQ017");
    const pgqrs::StartOptions key{.idempotency_key = "k"};
    const auto first = f.workflows.start(f.name, 1, key).run;
    CHECK(f.workflows.cancel(first) == RunControl::cancelled);
    f.workflows.start(f.name, 1, key);
    CHECK(server_error([&] { f.workflows.retry(first); }) == "PQ013");
}

TEST_CASE("a person decides what came of a step in doubt", "[server]") {
    Fixture f;
    const auto run = f.start();
    const auto read_ct = f.claim();
    for (const auto* const name : {"pay", "mail"}) {
        f.as_worker(
            "begin_step($1::bigint, $2::bigint, '" + std::string(name) + "', at_most_once => true)",
            run, read_ct);
    }
    CHECK(server_error([&] { f.workflows.decide_step(run, "pay", 0, {.output = "1"}); }) ==
          "PQ010");
    f.as_worker("release_run($1::bigint, $2::bigint)", run, read_ct);
    CHECK(f.workflows.list_steps(run).at(0).status == StepStatus::in_doubt);
    const auto stuck = f.workflows.stuck_runs();
    const auto found =
        std::find_if(stuck.begin(), stuck.end(), [&](const auto& one) { return one.run == run; });
    REQUIRE(found != stuck.end());
    CHECK(found->workflow == f.name);
    CHECK(found->why == "in_doubt");
    CHECK(found->since.has_value());
    CHECK_THAT(found->hint, test::has("decide_step"));

    f.workflows.decide_step(run, "pay", 0, {.output = "{\"receipt\": 1}"});
    f.workflows.decide_step(run, "mail", 0, {.error = "it never left"});
    const auto steps = f.workflows.list_steps(run);
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].name == "pay");
    CHECK(steps[0].status == StepStatus::overridden);
    CHECK(steps[0].output == "{\"receipt\": 1}");
    CHECK(steps[1].status == StepStatus::failed);
    CHECK(steps[1].error == "it never left");
    CHECK(server_error([&] { f.workflows.decide_step(run, "pay", 0, {}); }) == "PQ019");
    CHECK(server_error([&] { f.workflows.decide_step(run, "none", 0, {}); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.decide_step(kNoRun, "pay", 0, {}); }) == "PQ017");
    CHECK(server_error([&] { f.workflows.decide_step(run, "pay", 0, {.output = "{"}); }) ==
          "22P02");
}

TEST_CASE("steps, and the timeline of a run with its failures", "[server]") {
    Fixture f({.max_attempts = 5, .backoff_base = 1ms, .backoff_jitter = 0.0});
    const auto run = f.start();
    auto read_ct = f.claim();
    f.as_worker("complete_step($1::bigint, $2::bigint, 'one', '{\"a\": 1}')", run, read_ct);
    f.as_worker("fail_run($1::bigint, $2::bigint, 'no route')", run, read_ct);
    CHECK(test::eventually([&] {
        read_ct = "";
        const auto rows =
            f.connection.execute("SELECT read_ct FROM pgqrs.claim_runs($1)", {f.name});
        read_ct = rows.rows() > 0 ? rows.text(0, 0) : "";
        return !read_ct.empty();
    }));
    const auto child =
        f.as_worker("start_child($1::bigint, $2::bigint, 'kid', '" + f.name + "', delay => '1 h')",
                    run, read_ct);
    CHECK(f.as_worker("sleep($1::bigint, $2::bigint, 'nap', '1 h')", run, read_ct) == "suspended");

    const auto steps = f.workflows.list_steps(run);
    REQUIRE(steps.size() == 3);
    CHECK(steps[0].name == "one");
    CHECK(steps[0].seq == 0);
    CHECK(steps[0].kind == StepKind::step);
    CHECK(steps[0].status == StepStatus::succeeded);
    CHECK(steps[0].output == "{\"a\": 1}");
    CHECK(steps[0].read_ct == 1);
    CHECK(steps[0].recorded_at.has_value());
    CHECK(steps[1].kind == StepKind::child);
    CHECK(std::to_string(steps[1].child.value()) == child);
    CHECK(steps[2].kind == StepKind::sleep);
    CHECK(steps[2].status == StepStatus::started);
    CHECK_FALSE(steps[2].recorded_at.has_value());
    CHECK(steps[2].until.value() > steps[2].started_at + 50min);

    const auto timeline = f.workflows.timeline(run);
    REQUIRE(timeline.size() == 5);
    CHECK(timeline[0].kind == "run");
    CHECK(timeline[0].name == f.name);
    CHECK(timeline[0].status == "sleeping");
    CHECK_FALSE(timeline[0].ended_at.has_value());
    CHECK(timeline[0].attempt == 1);
    CHECK(timeline[2].kind == "failure");
    CHECK(timeline[2].status == "retrying");
    CHECK(timeline[2].error == "no route");
    CHECK_FALSE(timeline[2].name.has_value());
    CHECK_FALSE(timeline[2].seq.has_value());
    CHECK(timeline[3].child == steps[1].child);
    CHECK(timeline[4].status == "started");
    CHECK(f.workflows.get_run(steps[1].child.value()).parent == run);
    CHECK(server_error([&] { f.workflows.list_steps(kNoRun); }) == "PQ017");
    CHECK(server_error([&] { f.workflows.timeline(kNoRun); }) == "PQ017");
}

TEST_CASE("runs are counted by their state, up to a limit", "[server]") {
    Fixture f({.max_attempts = 5, .backoff_base = 1h});
    f.succeeded();
    f.failed();
    const auto retrying = f.start();
    f.as_worker("fail_run($1::bigint, $2::bigint, 'e')", retrying, f.claim());
    const auto sleeping = f.start();
    f.as_worker("sleep($1::bigint, $2::bigint, 'nap', '1 h')", sleeping, f.claim());
    const auto waiting = f.start();
    f.as_worker("wait_signal($1::bigint, $2::bigint, 'w', 's')", waiting, f.claim());
    f.start();
    f.claim();
    f.workflows.pause(f.start());
    f.workflows.cancel(f.start());
    f.workflows.start_many(f.name, {1, 2, 3});
    const auto all = f.workflows.metrics(f.name);
    REQUIRE(all.size() == 1);
    CHECK(all[0].workflow == f.name);
    CHECK(all[0].queue == f.name);
    CHECK(all[0].active == 8);
    CHECK(all[0].queued == 3);
    CHECK(all[0].running == 1);
    CHECK(all[0].sleeping == 1);
    CHECK(all[0].waiting == 1);
    CHECK(all[0].retrying == 1);
    CHECK(all[0].paused == 1);
    CHECK(all[0].crashed == 0);
    CHECK(all[0].failed == 1);
    CHECK(all[0].cancelled == 1);
    CHECK(all[0].timed_out == 0);
    CHECK(all[0].oldest_queued_age.value() >= 0s);
    CHECK(all[0].exact);
    const auto some = f.workflows.metrics(f.name, 2).at(0);
    CHECK(some.active == 2);
    CHECK_FALSE(some.oldest_queued_age.has_value());
    CHECK_FALSE(some.exact);
    CHECK(f.workflows.metrics().size() >= 1);
    CHECK(server_error([&] { f.workflows.metrics("none-such"); }) == "PQ015");
    CHECK(server_error([&] { f.workflows.metrics("no good"); }) == "PQ004");
    CHECK(server_error([&] { f.workflows.metrics(f.name, 0); }) == "PQ010");
}

TEST_CASE("runs that have ended are purged", "[server]") {
    Fixture f;
    const auto first = f.succeeded();
    f.failed();
    f.succeeded();
    f.start();
    CHECK(f.workflows.purge(f.name, 1h) == 0);
    CHECK(f.workflows.purge(f.name, 0s, 1) == 1);
    CHECK(server_error([&] { f.workflows.get_run(first); }) == "PQ017");
    CHECK(f.workflows.purge(f.name) == 2);
    CHECK(f.workflows.list_runs({.workflow = f.name}).size() == 1);
    CHECK(server_error([&] { f.workflows.purge(f.name, -1s); }) == "PQ010");
    CHECK(server_error([&] { f.workflows.purge("none-such"); }) == "PQ015");
    CHECK(server_error([&] { f.workflows.purge("no good"); }) == "PQ004");
}

TEST_CASE("a role sees and controls runs of the queues it was granted", "[server]") {
    Fixture f;
    const auto run = f.start();
    const auto role = test::unique_name("role");
    f.connection.execute("CREATE ROLE " + role + " LOGIN");
    pgqrs::Admin(f.connection).grant_queue(f.name, role, pgqrs::Privilege::produce);
    {
        pgqrs::Connection connection(test::dsn() + " user=" + role);
        Workflows workflows(connection);
        CHECK(workflows.start(f.name).created);
        CHECK(workflows.get(f.name).queue == f.name);
        CHECK(workflows.signal(run, "s"));
        CHECK(server_error([&] { workflows.cancel(run); }) == "42501");
        CHECK(server_error([&] { workflows.purge(f.name); }) == "42501");
    }
    f.connection.execute("DROP OWNED BY " + role);
    f.connection.execute("DROP ROLE " + role);
}

TEST_CASE("labels of runs") {
    CHECK(pgqrs::to_string(RunState::timed_out) == std::string("timed_out"));
    CHECK(pgqrs::to_string(RunState::unknown) == std::string("unknown"));
    CHECK(pgqrs::to_string(RunReason::no_handler) == std::string("no_handler"));
    CHECK(pgqrs::to_string(StepKind::child) == std::string("child"));
    CHECK(pgqrs::to_string(StepStatus::overridden) == std::string("overridden"));
    CHECK(pgqrs::to_string(RunControl::ended) == std::string("ended"));
    CHECK(pgqrs::to_string(KeyScope::period) == std::string("period"));
    CHECK(pgqrs::to_string(OnConflict::return_run) == std::string("return"));
    CHECK(is_final(RunState::succeeded));
    CHECK(is_final(RunState::timed_out));
    CHECK_FALSE(is_final(RunState::crashed));
    CHECK_FALSE(is_final(RunState::unknown));
}
