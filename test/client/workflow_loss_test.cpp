// Leases and connections that are lost while a run is executed.
#include "run_fixture.hpp"

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
    REQUIRE(test::eventually([&] { return f.state(run) == "running"; }));
    while (f.state(run) == "running") {
        std::this_thread::sleep_for(10ms);
    }
    CHECK(f.state(run) == "succeeded");
    CHECK(f.steps(run) == "long 0 succeeded false");
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
