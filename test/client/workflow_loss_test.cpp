// Leases and connections that are lost while a run is executed.
#include "run_fixture.hpp"

#include <random>

#include "proxy.hpp"

using namespace std::chrono_literals;
using pgqrs::LeaseLost;
using pgqrs::Run;
using pgqrs::RunEvent;
using pgqrs::StepCall;
using pgqrs::StepFailed;
using pgqrs::WorkflowSet;
using test::Runs;
using test::WorkingOnRuns;

namespace {

std::int64_t pid_of(Run& run) { return test::backend_pid(run.connection()); }

}  // namespace

TEST_CASE("a worker that lost its run writes nothing", "[server][workflow]") {
    Runs f;
    const auto raises = [&](const std::function<void(Run&)>& call) {
        const auto run = f.start();
        int executed = 0;
        const auto summary = f.work(
            [&](Run& self) {
                self.step("before", [] { return 1; });
                f.steal(run);
                const auto error = test::raised<LeaseLost>([&] { call(self); });
                CHECK(error.sqlstate() == "PQ001");
                CHECK(self.lease_lost());
                CHECK_THROWS_AS(self.step("after", [&] { return ++executed; }), LeaseLost);
            },
            {.extend_leases = false});
        CHECK(executed == 0);
        CHECK(summary.lease_lost == 1);
        CHECK(summary.succeeded == 0);
        CHECK(f.state(run) == "running");
        CHECK(f.column(run, "read_ct") == "2");
        CHECK(f.steps(run) == "before 0 succeeded 1");
        f.connection.execute("SELECT pgqrs.complete_run($1::bigint, 2)", {std::to_string(run)});
    };
    raises([](Run& self) { self.step("next", [] { return 1; }); });
    raises([](Run& self) { self.step_in_transaction("next", [] { return 1; }); });
    raises([](Run& self) { self.step_async("next", [] { return 1; }).get(); });
    raises([](Run& self) { self.step("next", []() -> int { throw std::runtime_error("no"); }); });
    raises([](Run& self) { self.step("next", [] { return 1; }, {.at_most_once = true}); });
    raises([](Run& self) { self.sleep("next", 1h); });
    raises([](Run& self) { self.wait_signal("next", "go"); });
    raises([](Run& self) { self.wait_event("next", "go"); });
    raises([&](Run& self) { self.start_child("next", f.workflow, 1); });
    raises([&](Run& self) { self.start_children("next", f.workflow, std::vector<int>{1}); });
    raises([](Run& self) { self.set_value("next", 1); });
    raises([](Run& self) { self.continue_as_new(1); });
}

TEST_CASE("a worker that lost its run and does not notice cannot end it", "[server][workflow]") {
    Runs f;
    const auto returned = f.start();
    CHECK(f.work([&](Run&) { f.steal(returned); }, {.extend_leases = false}).lease_lost == 1);
    CHECK(f.state(returned) == "running");
    const auto thrown = f.start();
    CHECK(f.work(
               [&](Run&) {
                   f.steal(thrown);
                   throw std::runtime_error("no");
               },
               {.extend_leases = false})
              .lease_lost == 1);
    CHECK(f.state(thrown) == "running");
    f.start();
    const auto drop = [&](Run&) {
        f.connection.execute("SELECT pgqrs.drop_workflow($1, force => true)", {f.workflow});
    };
    CHECK(f.work(drop, {.max_deliveries = 1}).lease_lost == 1);
}

TEST_CASE("the lease of a run is extended as long as its handler runs", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        self.step("long", [&] {
            std::this_thread::sleep_for(3s);
            return self.lease_lost();
        });
    }),
                          {.lock_time = 1s});
    CHECK(test::eventually([&] { return f.state(run) == "succeeded"; }));
    CHECK(f.steps(run) == "long 0 succeeded false");
    CHECK(f.column(run, "read_ct") == "1");
}

TEST_CASE("the lease of a run that was waited for begins when it comes", "[server][workflow]") {
    Runs f;
    WorkingOnRuns working(f.workflow, f.set([](Run& self) { self.step("only", [] { return 1; }); }),
                          {.lock_time = 500ms});
    // Longer than the lease.
    const auto waits = [&] {
        return test::value(f.connection,
                           "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query "
                           "LIKE '%claim_runs%' AND pid <> pg_backend_pid() AND now() - "
                           "query_start > '1 s'") != "0";
    };
    REQUIRE(test::eventually(waits));
    const auto run = f.start();
    CHECK(test::eventually([&] { return f.state(run) == "succeeded"; }));
    CHECK(f.column(run, "read_ct") == "1");
}

TEST_CASE("a step is not executed when the lease ran out", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    std::atomic<int> executed{0};
    std::atomic<bool> noticed{false};
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        if (self.delivery().read_ct > 1) {
            return;
        }
        std::this_thread::sleep_for(400ms);
        noticed = self.lease_lost();
        self.step("late", [&] { return ++executed; });
    }),
                          {.lock_time = 200ms, .extend_leases = false, .max_deliveries = 2});
    CHECK(test::eventually([&] { return f.state(run) == "succeeded"; }));
    working.join();
    CHECK(noticed);
    CHECK(executed == 0);
    CHECK(working.summary.lease_lost == 1);
    CHECK(working.summary.succeeded == 1);
}

TEST_CASE("a connection that is lost between and in steps is opened again", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    int lost = 0;
    int back = 0;
    const pgqrs::WorkRunsOptions options{.on_event = [&](const RunEvent& event) {
        lost += event.kind == RunEvent::Kind::connection_lost ? 1 : 0;
        back += event.kind == RunEvent::Kind::connection_back ? 1 : 0;
    }};
    int executed = 0;
    const auto summary = f.work(
        [&](Run& self) {
            test::terminate_backend(pid_of(self));
            CHECK(self.step("between", [&] { return ++executed; }) == 1);
            CHECK(self.step("inside", [&] {
                test::terminate_backend(pid_of(self));
                return ++executed;
            }) == 2);
            test::terminate_backend(pid_of(self));
            CHECK_THROWS_AS(self.step("own",
                                      [&]() -> int {
                                          ++executed;
                                          self.connection().execute("SELECT 1");
                                          throw std::runtime_error("no");
                                      },
                                      {.max_attempts = 1}),
                            StepFailed);
            test::terminate_backend(pid_of(self));
            self.start_child("child", f.workflow, 1, {.delay = 1h});
            test::terminate_backend(pid_of(self));
            self.set_value("key", 1);
            test::terminate_backend(pid_of(self));
            CHECK_FALSE(self.cancelled());
            test::terminate_backend(pid_of(self));
            self.sleep("nap", 0s);
            test::terminate_backend(pid_of(self));
        },
        options);
    CHECK(summary.succeeded == 1);
    CHECK(executed == 3);
    CHECK(lost >= 7);  // the step that used its connection was told of the loss itself
    CHECK(back == 8);
    CHECK(f.column(run, "read_ct") == "1");
}

TEST_CASE("a step in a transaction is executed again when its connection is lost",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    const auto table = test::unique_name("effects");
    f.connection.execute("CREATE TABLE " + table + " (what text)");
    int executed = 0;
    f.work([&](Run& self) {
        self.step_in_transaction(
            "charge",
            [&](const StepCall& call) {
                call.connection.execute("INSERT INTO " + table + " VALUES ('charged')");
                if (++executed == 1) {
                    test::terminate_backend(test::backend_pid(call.connection));
                }
                if (executed == 2) {
                    test::terminate_backend(test::backend_pid(call.connection));
                    call.connection.execute("SELECT 1");
                }
            },
            {.max_attempts = 1});
    });
    CHECK(executed == 3);
    CHECK(f.state(run) == "succeeded");
    CHECK(test::value(f.connection, "SELECT count(*) FROM " + table) == "1");
    f.connection.execute("DROP TABLE " + table);
}

TEST_CASE("a step in a transaction that ends its connection each time fails",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    int executed = 0;
    f.work([&](Run& self) {
        const auto error = test::raised<StepFailed>([&] {
            self.step_in_transaction(
                "crash",
                [&](const StepCall& call) {
                    ++executed;
                    test::terminate_backend(test::backend_pid(call.connection));
                },
                {.max_attempts = 2, .backoff_base = 1ms});
        });
        CHECK_THAT(error.what(), test::has("the connection was lost in the step"));
    });
    CHECK(executed == 10);
    CHECK(f.steps(run) == "crash 0 failed");
}

TEST_CASE("a lost connection of another part of the program is a failure of the step",
          "[server][workflow]") {
    Runs f;
    f.start();
    int executed = 0;
    f.work([&](Run& self) {
        CHECK_THROWS_AS(
            self.step_in_transaction("other",
                                     [&](const StepCall&) {
                                         ++executed;
                                         auto other = test::connect();
                                         test::terminate_backend(test::backend_pid(other));
                                         other.execute("SELECT 1");
                                     },
                                     {.max_attempts = 1}),
            StepFailed);
    });
    CHECK(executed == 1);
}

TEST_CASE("a worker that is to stop while the server is away spends no attempt",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    test::Proxy proxy;
    std::atomic<bool> away{false};
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        proxy.cut_all(true);
        away = true;
        self.sleep("nap", 1h);
    }),
                          {.extend_leases = false}, pgqrs::Config::from_dsn(proxy.dsn()));
    REQUIRE(test::eventually([&] { return away.load(); }));
    working.stop.request();
    // It looks for the server for some seconds, twice: for the wait, and to give the run back.
    std::this_thread::sleep_for(6s);
    proxy.accept_again();
    working.join();
    CHECK(working.what.empty());
    CHECK(working.summary.failed == 0);
    CHECK(f.column(run, "attempt") == "0");
}

TEST_CASE("a parallel step survives the loss of its connection", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    f.work([&](Run& self) {
        auto part = self.step_async("part", [&](const StepCall& call) {
            test::terminate_backend(test::backend_pid(call.connection));
            return 3;
        });
        CHECK(part.get() == 3);
    });
    CHECK(f.state(run) == "succeeded");
    CHECK(f.steps(run) == "part 0 succeeded 3");
}

TEST_CASE("runs survive a restart of the server in the middle of a handler", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    std::atomic<int> executed{0};
    std::atomic<bool> restarted{false};
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        self.step("first", [&] { return ++executed; });
        self.step("second", [&] {
            if (!restarted.exchange(true)) {
                test::server("restart");
            }
            return ++executed;
        });
        self.step("third", [&] { return ++executed; });
    }));
    REQUIRE(test::eventually([&] {
        try {
            auto connection = test::connect();
            return test::value(connection, "SELECT state FROM pgqrs.get_run($1::bigint)",
                               {std::to_string(run)}) == "succeeded";
        } catch (const pgqrs::Error&) {
            return false;
        }
    }));
    f.connection.reopen();
    CHECK(f.steps(run) == "first 0 succeeded 1; second 0 succeeded 2; third 0 succeeded 3");
}

TEST_CASE("each call of a run counts once, whichever way its connection is lost",
          "[server][workflow]") {
    Runs f;
    const auto table = test::unique_name("effects");
    f.connection.execute("CREATE TABLE " + table + " (run bigint, what text)");
    test::Proxy proxy;
    std::string cut;  // the text of the call
    bool after = false;
    bool armed = false;
    std::int64_t armed_for = 0;
    const auto arm = [&] {
        if (!armed && armed_for != 0) {
            armed = true;
            after ? proxy.cut_after(cut) : proxy.cut_before(cut);
        }
    };
    WorkflowSet flows;
    flows.on<int>(f.workflow, [&](int mode, Run& self) {
        if (mode == 1) {
            return 1;  // a child
        }
        arm();
        const auto effect = [&](const StepCall& call, const char* what) {
            call.connection.execute("INSERT INTO " + table + " VALUES ($1::bigint, $2)",
                                    {std::to_string(self.id()), what});
        };
        self.step("plain", [] { return 1; });
        self.step("once", [] { return 2; }, {.at_most_once = true});
        self.step_in_transaction("charge", [&](const StepCall& call) { effect(call, "charge"); });
        try {
            self.step("fails", []() -> int { throw std::runtime_error("no"); },
                      {.max_attempts = 2, .backoff_base = 1ms});
        } catch (const StepFailed&) {
            self.step_in_transaction("undo", [&](const StepCall& call) { effect(call, "undo"); });
        }
        const auto child = self.start_child("child", f.workflow, 1);
        const auto children = self.start_children("children", f.workflow, std::vector{1, 1});
        self.wait_all("all", {child, children.at(0), children.at(1)});
        self.sleep("nap", 1ms);
        const auto signal = self.wait_signal<int>("signal", "go");
        self.set_value("key", 1);
        return signal.value_or(0);
    });
    const char* const calls[] = {"pgqrs.begin_step(",
                                 "pgqrs.complete_step(",
                                 "pgqrs.fail_step(",
                                 "pgqrs.start_child(",
                                 "pgqrs.start_children(",
                                 "pgqrs.wait_runs(",
                                 "pgqrs.sleep(",
                                 "pgqrs.wait_signal(",
                                 "pgqrs.set_value(",
                                 "pgqrs.complete_run(",
                                 "COMMIT"};
    for (const char* const call : calls) {
        for (const bool late : {false, true}) {
            CAPTURE(call, late);
            cut = call;
            after = late;
            armed = false;
            const int cuts = proxy.cuts();
            armed_for = f.start("0");
            f.signal(armed_for, "go", "7");
            {
                WorkingOnRuns working(f.workflow, flows, {}, pgqrs::Config::from_dsn(proxy.dsn()));
                CHECK(test::eventually([&] { return f.state(armed_for) == "succeeded"; }));
            }
            CHECK(proxy.cuts() == cuts + 1);
            CHECK(f.output(armed_for) == "7");
            const auto id = std::to_string(armed_for);
            CHECK(test::value(f.connection,
                              "SELECT string_agg(what, ' ' ORDER BY what) FROM " + table +
                                  " WHERE run = $1::bigint",
                              {id}) == "charge undo");
            CHECK(test::value(f.connection,
                              "SELECT count(*) FROM pgqrs.runs WHERE parent_id = $1::bigint",
                              {id}) == "3");
            CHECK(test::value(f.connection,
                              "SELECT attempt FROM pgqrs.get_step($1::bigint, 'fails')",
                              {id}) == "2");
            CHECK(test::value(f.connection,
                              "SELECT count(*) FROM pgqrs.list_failures($1, $2::bigint)",
                              {f.workflow, id}) == "0");
        }
    }
    f.connection.execute("DROP TABLE " + table);
}

TEST_CASE("continuing as a new run happens once, whichever way its connection is lost",
          "[server][workflow]") {
    Runs f;
    for (const bool late : {false, true}) {
        CAPTURE(late);
        test::Proxy proxy;
        bool armed = false;
        WorkflowSet flows;
        flows.on<int>(f.workflow, [&](int turn, Run& self) {
            if (turn == 2) {
                return 2;
            }
            if (!std::exchange(armed, true)) {
                late ? proxy.cut_after("pgqrs.continue_as_new(")
                     : proxy.cut_before("pgqrs.continue_as_new(");
            }
            self.continue_as_new(turn + 1);
        });
        const auto run = f.start("1");
        WorkingOnRuns working(f.workflow, flows, {}, pgqrs::Config::from_dsn(proxy.dsn()));
        CHECK(test::eventually([&] {
            return test::value(f.connection,
                               "SELECT output FROM pgqrs.await_run($1::bigint, '10 ms')",
                               {std::to_string(run)}) == "2";
        }));
        CHECK(proxy.cuts() == 1);
        CHECK(test::value(f.connection,
                          "SELECT count(*) FROM pgqrs.runs WHERE first_id = $1::bigint",
                          {std::to_string(run)}) == "1");
    }
}

TEST_CASE("a run that arrives after the stop is given back at once", "[server][workflow]") {
    Runs f;
    test::Proxy proxy;
    std::atomic<int> called{0};
    WorkingOnRuns working(f.workflow, f.set([&](Run&) { ++called; }), {.extend_leases = false},
                          pgqrs::Config::from_dsn(proxy.dsn()));
    // The worker's claim waits in the server.
    REQUIRE(test::eventually([&] { return test::is_waiting("pgqrs.claim_runs("); }));
    proxy.freeze();
    const auto run = f.start();
    REQUIRE(test::eventually([&] { return f.state(run) == "running"; }));
    working.stop.request();
    proxy.thaw();
    working.join();
    CHECK(working.what.empty());
    CHECK(called == 0);
    CHECK(working.summary.released == 1);
    CHECK(f.state(run) == "queued");
}

TEST_CASE("a run does not fail because the function that ends it is missing",
          "[server][workflow]") {
    struct Renamed {
        pgqrs::Connection& connection;
        void rename(const std::string& from, const std::string& to) const {
            connection.execute("ALTER FUNCTION pgqrs." + from + " RENAME TO " + to);
        }
        ~Renamed() { rename("away_for_a_while", "complete_run"); }
    };
    Runs f;
    const auto run = f.start();
    {
        const Renamed renamed{f.connection};
        renamed.rename("complete_run", "away_for_a_while");
        CHECK(test::server_error([&] { f.work([](Run&) {}); }) == "42883");
        CHECK(f.state(run) == "running");
    }
    f.connection.execute(
        "UPDATE pgqrs.messages SET vt = now() - interval '1 s' WHERE id = $1::bigint",
        {std::to_string(run)});
    CHECK(f.work([](Run&) {}).succeeded == 1);
    CHECK(f.state(run) == "succeeded");
}

TEST_CASE("runs come through a network that loses connections at random", "[server][workflow]") {
    Runs f("max_attempts => 0, backoff_base => '10 ms'");
    const auto table = test::unique_name("effects");
    f.connection.execute("CREATE TABLE " + table + " (run bigint, step int)");
    constexpr int kRuns = 30;
    constexpr int kSteps = 6;
    test::Proxy proxy;
    std::atomic<bool> begun{false};
    std::atomic<bool> ended{false};
    std::thread cutter([&] {
        // A worker that cannot open its connections in the first place ends.
        test::eventually([&] { return begun || ended; });
        std::minstd_rand generator(20261126);
        // So often only: on a busy machine nothing would get through between two of them.
        for (int cut = 0; cut < 60 && !ended; ++cut) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5 + generator() % 60));
            switch (generator() % 3) {
                case 0:
                    proxy.cut_all();
                    break;
                case 1:
                    proxy.cut_after("COMMIT");
                    break;
                default:
                    proxy.cut_after("pgqrs.complete_step(");
            }
        }
    });
    std::vector<std::int64_t> ids;
    for (int run = 0; run < kRuns; ++run) {
        ids.push_back(f.start());
    }
    WorkflowSet flows = f.set([&](Run& self) {
        std::vector<pgqrs::StepFuture<int>> futures;
        for (int step = 0; step < kSteps; ++step) {
            self.step_in_transaction(
                "charge",
                [&](const StepCall& call) {
                    call.connection.execute(
                        "INSERT INTO " + table + " VALUES ($1::bigint, $2::int)",
                        {std::to_string(self.id()), std::to_string(step)});
                },
                {.max_attempts = 0, .backoff_base = 1ms});
            futures.push_back(self.step_async("beside", [step] { return step; },
                                              {.max_attempts = 0, .backoff_base = 1ms}));
        }
        for (int step = 0; step < kSteps; ++step) {
            if (futures.at(static_cast<std::size_t>(step)).get() != step) {
                throw pgqrs::PermanentFailure("another value");
            }
        }
        self.sleep("nap", 1ms);
    });
    {
        WorkingOnRuns working(
            f.workflow, flows,
            {.concurrency = 3, .lock_time = 2s, .on_event = [&](const RunEvent&) { begun = true; }},
            pgqrs::Config::from_dsn(proxy.dsn()));
        CHECK(test::eventually(
            [&] {
                return test::value(f.connection,
                                   "SELECT count(*) FROM pgqrs.list_runs($1, 'succeeded')",
                                   {f.workflow}) == std::to_string(kRuns);
            },
            120s));
        CHECK_FALSE(working.ended);
        ended = true;
        cutter.join();
    }
    CHECK(test::value(f.connection,
                      "SELECT count(*) = count(DISTINCT (run, step)) FROM " + table) == "t");
    CHECK(test::value(f.connection, "SELECT count(*) FROM " + table) ==
          std::to_string(kRuns * kSteps));
    f.connection.execute("DROP TABLE " + table);
}
