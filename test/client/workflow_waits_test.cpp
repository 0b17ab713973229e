// Runs that wait, children, parallel steps, stopping and cancelling.
#include "run_fixture.hpp"

#include <condition_variable>
#include <set>

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::ChildState;
using pgqrs::JsonText;
using pgqrs::Run;
using pgqrs::RunEvent;
using pgqrs::StepCall;
using pgqrs::StepFailed;
using pgqrs::WorkflowSet;
using test::Runs;
using test::WorkingOnRuns;

namespace {

// Steps that wait for each other.
class Meeting {
public:
    explicit Meeting(int expected) : missing_(expected) {}
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

// Something that is opened once.
class Gate {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    bool wait() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 60s, [&] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

constexpr const char* kRetryAtOnce =
    "max_attempts => 3, backoff => 'fixed', backoff_base => '1 ms', backoff_jitter => 0";

}  // namespace

TEST_CASE("a run sleeps without its worker, and a handler is unwound", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    int before = 0;
    int after = 0;
    bool unwound = false;
    const auto handler = [&](Run& self) {
        ++before;
        struct Leaving {
            bool& left;
            ~Leaving() { left = true; }
        } const leaving{unwound};
        try {
            self.sleep("nap", 1h);
        } catch (const std::exception&) {
            FAIL("the unwinding is no std::exception");
        }
        ++after;
        self.sleep_until("past", pgqrs::parse_iso8601("2020-01-01T00:00:00Z", "time"));
    };
    CHECK(f.work(handler).suspended == 1);
    CHECK(unwound);
    CHECK(after == 0);
    CHECK(f.state(run) == "sleeping");
    CHECK(f.column(run, "available_at > now() + '50 min'") == "t");
    f.pass_time(run);
    f.connection.execute("UPDATE pgqrs.steps SET until = now() WHERE run_id = $1::bigint",
                         {std::to_string(run)});
    CHECK(f.work(handler).succeeded == 1);
    CHECK(before == 2);
    CHECK(after == 1);
    CHECK(f.column(run, "attempt IS NULL") == "t");
}

TEST_CASE("what a handler does after it has swallowed the unwinding does not count",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    int raised = 0;
    WorkflowSet flows;
    flows.on<json>(f.workflow, [&](const json&, Run& self) {
        const auto swallow = [&](const auto& call) {
            try {
                call();
            } catch (...) {
                ++raised;
            }
        };
        swallow([&] { self.sleep("nap", 1h); });
        swallow([&] { self.step("more", [] { return 1; }); });
        swallow([&] { self.step_in_transaction("more", [] { return 1; }); });
        swallow([&] { self.step_async("more", [] { return 1; }).get(); });
        swallow([&] { self.wait_signal("more", "go"); });
        swallow([&] { self.start_child("more", f.workflow, 1); });
        swallow([&] { self.set_value("more", 1); });
        swallow([&] { self.continue_as_new(1); });
        return 1;
    });
    CHECK(f.work(flows).suspended == 1);
    CHECK(raised == 8);
    CHECK(f.state(run) == "sleeping");
    CHECK(f.steps(run) == "nap 0 started");
}

TEST_CASE("a run waits for signals, each of which it gets once", "[server][workflow]") {
    Runs f(kRetryAtOnce);
    const auto run = f.start();
    const auto handler = [&](Run& self) {
        // Not in CHECK, which would swallow the unwinding.
        const auto first = self.wait_signal("first", "approved");
        CHECK(first.value() == json{{"by", "ada"}});
        const auto second = self.wait_signal<int>("second", "approved");
        CHECK(second == 2);
        const auto none = self.wait_signal<std::optional<int>>("third", "approved");
        REQUIRE(none.has_value());
        CHECK_FALSE(none->has_value());
        CHECK(self.wait_signal("third", "approved").value() == nullptr);
        CHECK(self.wait_signal<JsonText>("raw", "raw").value().text == "1.00000000000000000000001");
        CHECK_FALSE(self.wait_signal<int>("late", "never", 0s).has_value());
        CHECK(test::argument_error([&] { self.wait_signal<int>("text", "text"); }) == "PQ005");
        if (self.attempt() == 0) {
            throw std::runtime_error("again");
        }
    };
    CHECK(f.work(handler).suspended == 1);
    CHECK(f.state(run) == "waiting");
    CHECK(f.column(run, "reason") == "signal");
    f.signal(run, "approved", R"({"by": "ada"})");
    CHECK(f.work(handler).suspended == 1);
    f.signal(run, "approved", "2");
    f.connection.execute("SELECT pgqrs.signal_run($1::bigint, 'approved')", {std::to_string(run)});
    f.signal(run, "approved");
    f.signal(run, "raw", "1.00000000000000000000001");
    f.signal(run, "text", "\"text\"");
    while (f.state(run) != "succeeded") {
        f.work(handler);
    }
    CHECK(f.state(run) == "succeeded");
}

TEST_CASE("a wait that timed out stays so", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    const auto handler = [&](Run& self) {
        const auto payment = self.wait_signal<int>("payment", "paid", 1ms);
        CHECK_FALSE(payment.has_value());
        const auto party = self.wait_event<int>("party", "party", 1ms);
        CHECK_FALSE(party.has_value());
        self.sleep("nap", 1h);
    };
    CHECK(test::eventually([&] {
        f.work(handler);
        return f.state(run) == "sleeping" && f.steps(run).find("nap") != std::string::npos;
    }));
    f.signal(run, "paid", "1");
    f.connection.execute("SELECT pgqrs.emit_event($1, 'party', '1')", {f.workflow});
    f.pass_time(run);
    f.work(handler);
    CHECK_THAT(f.steps(run), test::has("party 0 timed_out; payment 0 timed_out"));
}

TEST_CASE("an event wakes all runs that wait for it", "[server][workflow]") {
    Runs f;
    const auto first = f.start();
    const auto second = f.start();
    const auto handler = [&](Run& self) {
        const auto open = self.wait_event<std::string>("open", "doors open");
        CHECK(open == "welcome");
    };
    CHECK(f.work(handler).suspended == 2);
    f.connection.execute("SELECT pgqrs.emit_event($1, 'doors open', '\"welcome\"')", {f.workflow});
    CHECK(f.work(handler).succeeded == 2);
    CHECK(f.state(first) == "succeeded");
    CHECK(f.state(second) == "succeeded");
}

TEST_CASE("a waiting worker gets a run that is woken", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    WorkingOnRuns working(f.workflow, f.set([](Run& self) { self.wait_signal("wait", "go"); }),
                          {.concurrency = 2});
    REQUIRE(test::eventually([&] { return f.state(run) == "waiting"; }));
    f.signal(run, "go");
    CHECK(test::eventually([&] { return f.state(run) == "succeeded"; }));
    const auto another = f.start();
    CHECK(test::eventually([&] { return f.state(another) == "waiting"; }));
}

TEST_CASE("children are started once, and joined", "[server][workflow]") {
    Runs f(kRetryAtOnce);
    Runs child("max_attempts => 1");
    const auto run = f.start();
    std::vector<std::int64_t> ids;
    int executed = 0;
    const auto handler = [&](Run& self) {
        ++executed;
        const auto one = self.start_child("one", child.workflow, "fails");
        const auto many =
            self.start_children("many", child.workflow, std::vector<std::string>{"a", "b"});
        ids = {one, many.at(0), many.at(1)};
        const auto some = self.wait_any("any", {many.at(1), many.at(0)}, 1h);
        CHECK_FALSE(some.empty());
        const auto all = self.wait_all("all", ids);
        REQUIRE(all.size() == 3);
        CHECK(all[0].run == one);
        CHECK(all[0].state == ChildState::failed);
        CHECK(all[0].error == "a child that fails");
        CHECK_FALSE(all[0].output.has_value());
        CHECK(all[1].state == ChildState::succeeded);
        CHECK(all[1].as<json>() == json{{"did", "a"}, {"list", {1, 2}}});
        CHECK(all[2].as<json>()["did"] == "b");
        CHECK(test::server_error([&] { self.wait_all("strange", {run}); }) == "PQ010");
        CHECK(test::server_error([&] { self.start_child("none", "no.such.workflow", 1); }) ==
              "PQ015");
        CHECK(self.wait_all("nobody", {}).empty());
        if (self.attempt() == 0) {
            throw std::runtime_error("again");
        }
    };
    WorkflowSet childs;
    childs.on<std::string>(child.workflow, [](const std::string& what, Run&) {
        if (what == "fails") {
            throw std::runtime_error("a child that fails");
        }
        return json{{"did", what}, {"list", {1, 2}}};
    });
    CHECK(f.work(handler).suspended == 1);
    CHECK(child.work(childs).succeeded == 2);
    while (f.state(run) != "succeeded") {
        f.work(handler);
    }
    CHECK(test::value(f.connection, "SELECT count(*) FROM pgqrs.runs WHERE parent_id = $1::bigint",
                      {std::to_string(run)}) == "3");
    CHECK(executed >= 3);
}

TEST_CASE("a wait for children ends after its time", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    const auto handler = [&](Run& self) {
        const auto id = self.start_child("slow", f.workflow, 1, {.abandon = true, .delay = 1h});
        const auto ended = self.wait_all("all", {id}, 1ms);
        CHECK(ended.empty());
        self.sleep("nap", 1h);
    };
    CHECK(test::eventually([&] {
        f.work(handler);
        return f.state(run) == "sleeping";
    }));
    CHECK_THAT(f.steps(run), test::has("all 0 timed_out"));
    CHECK(test::value(f.connection,
                      "SELECT cancel_with_parent FROM pgqrs.runs WHERE parent_id = $1::bigint",
                      {std::to_string(run)}) == "f");
}

TEST_CASE("a run continues as a new one", "[server][workflow]") {
    Runs f;
    const auto run = f.start("1");
    WorkflowSet flows;
    std::vector<int> inputs;
    flows.on<int>(f.workflow, [&](int turn, Run& self) -> int {
        inputs.push_back(turn);
        CHECK(self.step("same name", [&] { return turn; }) == turn);
        if (turn < 3) {
            self.continue_as_new(turn + 1);
        }
        return turn;
    });
    const auto summary = f.work(flows);
    CHECK(summary.continued == 2);
    CHECK(summary.succeeded == 1);
    CHECK(inputs == std::vector<int>{1, 2, 3});
    CHECK(test::value(f.connection, "SELECT output FROM pgqrs.await_run($1::bigint)",
                      {std::to_string(run)}) == "3");

    // A cancel that came first wins.
    const auto other = f.start("1");
    WorkflowSet cancelled;
    cancelled.on<int>(f.workflow, [&](int, Run& self) {
        CHECK(f.cancel(other) == "requested");
        self.continue_as_new(2);
    });
    CHECK(f.work(cancelled).cancelled == 1);
    CHECK(f.state(other) == "cancelled");
}

TEST_CASE("a run publishes values", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    f.work([](Run& self) {
        self.set_value("progress", 0.5);
        self.set_value("progress", json{{"done", 1}});
    });
    CHECK(test::value(f.connection, "SELECT value FROM pgqrs.get_value($1::bigint, 'progress')",
                      {std::to_string(run)}) == R"({"done": 1})");
}

TEST_CASE("parallel steps are executed at the same time, each once", "[server][workflow]") {
    Runs f(kRetryAtOnce);
    const auto run = f.start();
    Meeting meeting(3);
    std::atomic<int> executed{0};
    std::atomic<int> right{0};  // assertions are for one thread at a time
    const auto handler = [&](Run& self) {
        std::vector<pgqrs::StepFuture<int>> futures;
        for (int part = 0; part < 3; ++part) {
            futures.push_back(self.step_async("part", [&, part](const StepCall& call) {
                ++executed;
                right += &call.connection != &self.connection() ? 1 : 0;
                right += call.key == self.step_key("part", part) ? 1 : 0;
                right += call.connection.execute("SELECT 1").integer(0, 0) == 1 ? 1 : 0;
                right += meeting.attend() ? 1 : 0;
                return part;
            }));
        }
        auto nothing = self.step_async("nothing", [] {});
        CHECK(self.step("beside", [] { return 5; }) == 5);
        for (int part = 2; part >= 0; --part) {
            CHECK(futures.at(static_cast<std::size_t>(part)).get() == part);
        }
        nothing.get();
        if (self.attempt() == 0) {
            throw std::runtime_error("again");
        }
    };
    while (f.state(run) != "succeeded") {
        f.work(handler);
    }
    CHECK(executed == 3);
    CHECK(
        f.steps(run) ==
        "beside 0 succeeded 5; nothing 0 succeeded; part 0 succeeded 0; part 1 succeeded 1; part 2 "
        "succeeded 2");
}

TEST_CASE("more parallel steps than connections take turns", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    f.work(
        [&](Run& self) {
            std::vector<pgqrs::StepFuture<int>> futures;
            for (int part = 0; part < 20; ++part) {
                futures.push_back(self.step_async("part", [&, part] {
                    const int running = ++now;
                    int seen = most.load();
                    while (running > seen && !most.compare_exchange_weak(seen, running)) {
                    }
                    --now;
                    return part;
                }));
            }
            int sum = 0;
            for (auto& future : futures) {
                sum += future.get();
            }
            CHECK(sum == 190);
        },
        {.parallel_steps = 2});
    CHECK(f.state(run) == "succeeded");
    CHECK(most <= 2);
}

TEST_CASE("the failure of one parallel step leaves the others alone", "[server][workflow]") {
    Runs f("max_attempts => 1");
    const auto run = f.start();
    f.work([&](Run& self) {
        auto bad = self.step_async("bad", []() -> int { throw std::runtime_error("declined"); },
                                   {.max_attempts = 1});
        auto good = self.step_async("good", [] { return 1; });
        CHECK_THROWS_AS(bad.get(), StepFailed);
        CHECK(good.get() == 1);
    });
    CHECK(f.state(run) == "succeeded");

    // One that nobody asks for counts.
    const auto other = f.start();
    f.work([&](Run& self) {
        const auto bad =
            self.step_async("bad", [] { throw std::runtime_error("unseen"); }, {.max_attempts = 1});
        const auto good = self.step_async("good", [] { return 1; });
    });
    CHECK(f.state(other) == "failed");
    CHECK(f.error(other) == "unseen");
    CHECK(f.steps(other) == "bad 0 failed; good 0 succeeded 1");
}

TEST_CASE("waits, and the end of a handler, wait for parallel steps", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    const auto handler = [&](Run& self) {
        const auto slow = self.step_async("slow", [] {
            std::this_thread::sleep_for(100ms);
            return 1;
        });
        self.sleep("nap", 1h);
    };
    CHECK(f.work(handler).suspended == 1);
    CHECK_THAT(f.steps(run), test::has("slow 0 succeeded 1"));
    const auto failing = f.start();
    f.work([&](Run& self) {
        const auto slow = self.step_async("slow", [] {
            std::this_thread::sleep_for(100ms);
            return 1;
        });
        throw std::runtime_error("meanwhile");
    });
    CHECK(f.state(failing) == "retrying");
    CHECK(f.steps(failing) == "slow 0 succeeded 1");
}

TEST_CASE("a parallel step with a long back-off gives the run back", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    const auto handler = [&](Run& self) {
        auto later = self.step_async(
            "later", [](const StepCall&) -> int { throw std::runtime_error("later"); },
            {.backoff_base = 1h});
        auto good = self.step_async("good", [] { return 1; });
        later.get();
    };
    CHECK(f.work(handler).released == 1);
    CHECK(f.state(run) == "retrying");
    CHECK_THAT(f.steps(run), test::has("later 0 started"));
}

TEST_CASE("a worker that is to stop gives its run back between steps", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    Gate entered;
    Gate leave;
    std::atomic<int> executed{0};
    std::atomic<bool> told{false};
    const auto handler = [&](Run& self) {
        self.step("first", [&] {
            ++executed;
            entered.open();
            told = leave.wait() && test::eventually([&] { return self.stopping(); });
            return 1;
        });
        self.step("second", [&] { return ++executed; });
    };
    WorkingOnRuns working(f.workflow, f.set(handler));
    REQUIRE(entered.wait());
    working.stop.request();
    leave.open();
    working.join();
    CHECK(working.what.empty());
    CHECK(told);
    CHECK(working.summary.released == 1);
    CHECK(f.state(run) == "queued");
    CHECK(f.steps(run) == "first 0 succeeded 1");
    CHECK(f.work([&](Run& self) {
               self.step("first", [&] { return ++executed; });
               self.step("second", [&] { return ++executed; });
           }).succeeded == 1);
    CHECK(f.steps(run) == "first 0 succeeded 1; second 0 succeeded 2");
    CHECK(test::value(f.connection, "SELECT read_ct FROM pgqrs.get_run($1::bigint)",
                      {std::to_string(run)}) == "2");
}

TEST_CASE("a wait for another attempt of a step ends when the worker is to stop",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    Gate failed;
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        self.step("slow",
                  [&]() -> int {
                      failed.open();
                      throw std::runtime_error("later");
                  },
                  {.backoff_base = 30min});
    }),
                          {.longest_wait = 1h});
    REQUIRE(failed.wait());
    REQUIRE(test::eventually([&] { return f.steps(run) == "slow 0 started"; }));
    CHECK_FALSE(working.ended);
    working.stop.request();
    working.join();
    CHECK(working.summary.released == 1);
    CHECK(f.state(run) == "retrying");
    CHECK(f.column(run, "available_at > now() + '10 min'") == "t");
}

TEST_CASE("a worker that is to stop does not wait for somebody's open step for ever",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    auto other = test::connect();
    Gate open;
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        other.execute("BEGIN");
        other.execute("SELECT pgqrs.complete_step($1::bigint, $2::bigint, 'other', '1')",
                      {std::to_string(run), std::to_string(self.delivery().read_ct)});
        open.open();
        self.sleep("nap", 1h);
    }),
                          {.worker_name = "runner"});
    REQUIRE(open.wait());
    working.stop.request();
    CHECK(test::eventually([&] { return working.ended.load(); }));
    other.execute("ROLLBACK");
    working.join();
    CHECK(working.what.empty());
    CHECK(working.summary.lease_lost == 1);
    CHECK(working.summary.failed == 0);
    CHECK(f.state(run) == "running");
}

TEST_CASE("a cancelled run records nothing more and ends as cancelled", "[server][workflow]") {
    Runs f;
    const auto raises = [&](const std::function<void(Run&)>& call) {
        const auto run = f.start();
        int executed = 0;
        const auto summary = f.work([&](Run& self) {
            self.step("before", [] { return 1; });
            CHECK(f.cancel(run) == "requested");
            CHECK(self.cancelled());
            const auto error = test::raised<pgqrs::RunCancelled>([&] { call(self); });
            CHECK(error.sqlstate() == "PQ022");
            CHECK(self.cancelled());
            // Known by now: nothing is executed.
            CHECK_THROWS_AS(self.step("after", [&] { return ++executed; }), pgqrs::RunCancelled);
            const auto after = self.step_async("after", [&] { return ++executed; });
        });
        CHECK(executed == 0);
        CHECK(summary.cancelled == 1);
        CHECK(f.state(run) == "cancelled");
        CHECK(f.error(run) == "no more");
        CHECK(f.steps(run) == "before 0 succeeded 1");
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
    raises([&](Run& self) { self.wait_all("next", {}); });
    raises([](Run& self) { self.set_value("next", 1); });
    // A handler that never asks returns in vain, and so does one that throws.
    const auto run = f.start();
    CHECK(f.work([&](Run&) { f.cancel(run); }).cancelled == 1);
    CHECK(f.state(run) == "cancelled");
    const auto throwing = f.start();
    CHECK(f.work([&](Run&) {
               f.cancel(throwing);
               throw std::runtime_error("no");
           }).cancelled == 1);
    CHECK(f.state(throwing) == "cancelled");
}

TEST_CASE("a suspended worker takes no runs", "[server][workflow]") {
    Runs f;
    WorkingOnRuns working(f.workflow, f.set([](Run&) {}), {.worker_name = "runner"});
    REQUIRE(test::eventually([&] {
        return test::value(f.connection, "SELECT count(*) FROM pgqrs.list_workers($1)",
                           {f.workflow}) == "1";
    }));
    const auto worker =
        test::value(f.connection, "SELECT id FROM pgqrs.list_workers($1)", {f.workflow});
    f.connection.execute("SELECT pgqrs.suspend_worker($1::bigint)", {worker});
    const auto run = f.start();
    // Its next question is noted, as the last sign of life is long ago.
    const auto started = test::value(
        f.connection,
        "UPDATE pgqrs.workers SET heartbeat_at = clock_timestamp() - lease / 2 WHERE id = "
        "$1::bigint RETURNING clock_timestamp()",
        {worker});
    CHECK(test::eventually([&] {
        return test::value(f.connection,
                           "SELECT heartbeat_at > $2::timestamptz FROM pgqrs.workers WHERE id = "
                           "$1::bigint",
                           {worker, started}) == "t";
    }));
    CHECK(f.state(run) == "queued");
    f.connection.execute("SELECT pgqrs.resume_worker($1::bigint)", {worker});
    CHECK(test::eventually([&] { return f.state(run) == "succeeded"; }));
    f.connection.execute("SELECT pgqrs.stop_worker($1::bigint)", {worker});
    CHECK(test::eventually([&] { return working.ended.load(); }));
    CHECK(working.what.empty());
}
