// work_runs(): steps, what a replay does, and how runs end.
#include "run_fixture.hpp"

#include <set>

#include <libpq-fe.h>

using namespace std::chrono_literals;
using nlohmann::json;
using pgqrs::JsonText;
using pgqrs::Run;
using pgqrs::RunEvent;
using pgqrs::StepCall;
using pgqrs::StepFailed;
using pgqrs::WorkflowSet;
using test::Runs;
using test::WorkingOnRuns;

namespace {

struct Order {
    std::string item;
    int amount = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Order, item, amount)
struct Receipt {
    std::int64_t shelf = 0;
    std::string item;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Receipt, shelf, item)

// Numbers that a step must not get to a second time.
struct Counter {
    std::atomic<int> value{0};
    int next() { return ++value; }
};

// An attempt that fails again at once.
constexpr const char* kRetryAtOnce =
    "max_attempts => 3, backoff => 'fixed', backoff_base => '1 ms', backoff_jitter => 0";
const pgqrs::StepOptions kOnce{.max_attempts = 1};

}  // namespace

TEST_CASE("a typed handler gets its input, and its result is the output", "[server][workflow]") {
    Runs f;
    const auto run =
        f.start(R"({"item": "book", "amount": 2})", "headers => '{\"a\": 1}', version => 'v1'");
    WorkflowSet flows;
    flows.on<Order>(f.workflow, [&](const Order& order, Run& self) {
        CHECK(self.id() == run);
        CHECK(self.attempt() == 0);
        CHECK(self.workflow() == f.workflow);
        CHECK(self.version() == "v1");
        CHECK(self.headers() == json{{"a", 1}});
        CHECK(self.input_as<Order>().amount == 2);
        CHECK(self.delivery().reason == "start");
        CHECK(self.delivery().read_ct == 1);
        CHECK_FALSE(self.cancelled());
        CHECK_FALSE(self.lease_lost());
        CHECK_FALSE(self.stopping());
        const auto shelf = self.step("reserve", [&] { return std::int64_t{4}; });
        self.step("note", [] {});
        return Receipt{shelf, order.item};
    });
    const auto summary = f.work(flows);
    CHECK(summary.succeeded == 1);
    CHECK(f.state(run) == "succeeded");
    CHECK(f.output(run) == R"({"item": "book", "shelf": 4})");
    CHECK(f.steps(run) == "note 0 succeeded; reserve 0 succeeded 4");
}

TEST_CASE("a handler without a result has no output, and one of JSON text keeps all digits",
          "[server][workflow]") {
    Runs f;
    const auto plain = f.start();
    f.work([](Run&) {});
    CHECK(f.column(plain, "output IS NULL") == "t");

    const std::string digits = "12345678901234567890.12345678901234567890";
    const auto raw = f.start(digits);
    WorkflowSet flows;
    flows.on<JsonText>(f.workflow, [](const JsonText& input, Run& run) {
        return run.step("copy", [&] { return input; });
    });
    f.work(flows);
    CHECK(f.output(raw) == digits);
    CHECK(f.steps(raw) == "copy 0 succeeded " + digits);
}

TEST_CASE("a replay executes no step again, and gets what was recorded", "[server][workflow]") {
    Runs f(kRetryAtOnce);
    const auto run = f.start();
    Counter executed;
    std::vector<int> seen;
    const auto handler = [&](Run& self) {
        for (int turn = 0; turn < 3; ++turn) {
            seen.push_back(self.step("count", [&] { return executed.next(); }));
        }
        const auto nothing =
            self.step("optional", [&]() -> std::optional<int> { return std::nullopt; });
        CHECK_FALSE(nothing.has_value());
        CHECK(self.step("transaction", [&](const StepCall&) { return executed.next(); }) == 4);
        self.step<void>("void", [&] { return executed.next(); });
        if (self.attempt() < 2) {
            throw std::runtime_error("again");
        }
    };
    const auto work_until_done = [&] {
        while (f.state(run) != "succeeded") {
            f.work(handler);
        }
    };
    work_until_done();
    CHECK(executed.value == 5);
    CHECK(seen == std::vector<int>{1, 2, 3, 1, 2, 3, 1, 2, 3});
    CHECK(
        f.steps(run) ==
        "count 0 succeeded 1; count 1 succeeded 2; count 2 succeeded 3; optional 0 succeeded null; "
        "transaction 0 succeeded 4; void 0 succeeded");
}

TEST_CASE("a step knows its key, and its connection is the thread's", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    std::vector<std::string> keys;
    f.work([&](Run& self) {
        for (int turn = 0; turn < 2; ++turn) {
            self.step("pay", [&](const StepCall& call) {
                CHECK(&call.connection == &self.connection());
                CHECK(call.name == "pay");
                CHECK(call.seq == turn);
                CHECK(call.attempt == 0);
                CHECK(call.key == self.step_key("pay", turn));
                keys.push_back(call.key);
            });
        }
    });
    CHECK(keys ==
          std::vector<std::string>{std::to_string(run) + ":pay:0", std::to_string(run) + ":pay:1"});
}

TEST_CASE("a value of another type is refused, and so is one that cannot be recorded",
          "[server][workflow]") {
    Runs f("max_attempts => 1");
    const auto typed = f.start("\"text\"");
    WorkflowSet flows;
    flows.on<Order>(f.workflow, [](const Order&, Run&) {});
    CHECK(f.work(flows).failed_for_good == 1);
    CHECK_THAT(f.error(typed), test::has("another shape"));

    const auto large = f.start();
    Counter executed;
    f.work([&](Run& self) {
        try {
            self.step("large", [&] {
                executed.next();
                return std::string(2 * 1024 * 1024, 'x');
            });
        } catch (const StepFailed& error) {
            CHECK(error.step() == "large");
        }
        CHECK_THROWS_AS(self.step("zero", [] { return std::string("\0", 1); }), StepFailed);
        CHECK_THROWS_AS(self.step_in_transaction("zero", [] { return std::string("\0", 1); }),
                        StepFailed);
        CHECK_THROWS_AS(self.step("bytes", [] { return std::string("\xff"); }), StepFailed);
    });
    CHECK(executed.value == 1);
    CHECK_THAT(f.steps(large), test::has("large 0 failed"));

    const auto output = f.start();
    WorkflowSet big;
    big.on<json>(f.workflow, [](const json&, Run&) { return std::string(2 * 1024 * 1024, 'x'); });
    CHECK(f.work(big).failed_for_good == 1);
    CHECK(f.state(output) == "failed");
}

TEST_CASE("names are checked by the server", "[server][workflow]") {
    Runs f("max_attempts => 1");
    f.start();
    f.work([](Run& self) {
        CHECK(test::server_error([&] { self.step("", [] { return 1; }); }) == "PQ010");
        CHECK(test::server_error([&] { self.step(std::string(300, 'n'), [] { return 1; }); }) ==
              "PQ010");
        CHECK(test::server_error([&] { self.sleep("", 1s); }) == "PQ010");
        CHECK(test::server_error([&] { self.set_value("", 1); }) == "PQ010");
    });
}

TEST_CASE("a step that throws is executed again after its back-off, and fails for good after that",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    const pgqrs::StepOptions quick{.max_attempts = 3,
                                   .backoff = pgqrs::Backoff::fixed,
                                   .backoff_base = 10ms,
                                   .backoff_cap = 1s};
    std::vector<int> attempts;
    f.work([&](Run& self) {
        const auto value = self.step(
            "second time",
            [&](const StepCall& call) {
                attempts.push_back(call.attempt);
                if (call.attempt < 1) {
                    throw std::runtime_error("not yet");
                }
                return 7;
            },
            quick);
        CHECK(value == 7);
        const auto failed = test::raised<StepFailed>([&] {
            self.step(
                "never", []() -> int { throw std::runtime_error("declined"); }, quick);
        });
        CHECK(failed.step() == "never");
        CHECK(failed.message() == "declined");
        const auto at_once = test::raised<StepFailed>([&] {
            self.step(
                "refused", []() -> int { throw pgqrs::PermanentFailure("no such card"); }, quick);
        });
        CHECK(at_once.message() == "no such card");
        CHECK_THROWS_AS(self.step(
                            "odd", []() -> int { throw 5; }, kOnce),
                        StepFailed);
        CHECK_THROWS_AS(
            self.step(
                "open", [](const StepCall& call) { call.connection.execute("BEGIN"); }, kOnce),
            StepFailed);
        CHECK_FALSE(self.connection().in_transaction());
    });
    CHECK(attempts == std::vector<int>{0, 1});
    CHECK(f.state(run) == "succeeded");
    CHECK(f.connection
              .execute("SELECT attempt FROM pgqrs.get_step($1::bigint, 'never')",
                       {std::to_string(run)})
              .integer(0, 0) == 3);
    CHECK(f.connection
              .execute("SELECT attempt FROM pgqrs.get_step($1::bigint, 'refused')",
                       {std::to_string(run)})
              .integer(0, 0) == 1);
}

TEST_CASE("a step that has failed raises that in a replay, too, and fails the run for good",
          "[server][workflow]") {
    Runs f(kRetryAtOnce);
    const auto run = f.start();
    Counter executed;
    int seen = 0;
    const auto handler = [&](Run& self) {
        try {
            self.step(
                "charge",
                [&]() -> int {
                    executed.next();
                    throw std::runtime_error("declined");
                },
                kOnce);
        } catch (const StepFailed& error) {
            CHECK(error.message() == "declined");
            ++seen;
            if (self.attempt() == 0) {
                throw std::runtime_error("the handler fails, too");
            }
            throw;
        }
    };
    while (f.state(run) != "failed") {
        f.work(handler);
    }
    CHECK(executed.value == 1);
    CHECK(seen == 2);
    CHECK(f.error(run) == "declined");
}

TEST_CASE("a step with a long back-off gives the run back", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    std::vector<int> attempts;
    const auto handler = [&](Run& self) {
        self.step("charge",
                  [&](const StepCall& call) {
                      attempts.push_back(call.attempt);
                      if (call.attempt == 0) {
                          throw std::runtime_error("later");
                      }
                  },
                  {.backoff_base = 1h});
    };
    CHECK(f.work(handler).released == 1);
    CHECK(f.state(run) == "retrying");
    CHECK(f.column(run, "available_at > now() + '50 min'") == "t");
    // Somebody wakes it before its time: it goes back.
    f.pass_time(run);
    CHECK(f.work(handler).released == 1);
    CHECK(f.column(run, "available_at > now() + '50 min'") == "t");
    f.pass_time(run);
    f.connection.execute("UPDATE pgqrs.steps SET until = now() WHERE run_id = $1::bigint",
                         {std::to_string(run)});
    CHECK(f.work(handler).succeeded == 1);
    CHECK(attempts == std::vector<int>{0, 1});
    CHECK(f.column(run, "attempt IS NULL") == "t");
}

TEST_CASE("a handler that throws spends an attempt of the run", "[server][workflow]") {
    Runs f(kRetryAtOnce);
    const auto run = f.start();
    std::vector<RunEvent::Kind> kinds;
    std::vector<std::string> errors;
    bool final = false;
    const pgqrs::WorkRunsOptions options{.on_event = [&](const RunEvent& event) {
        kinds.push_back(event.kind);
        errors.push_back(event.error);
        final = event.final;
        throw std::runtime_error("a listener that fails");
    }};
    pgqrs::RunSummary summary;
    while (f.state(run) != "failed") {
        const auto more = f.work(
            [](Run& self) { throw std::runtime_error("no " + std::to_string(self.attempt())); },
            options);
        summary.failed += more.failed;
        summary.failed_for_good += more.failed_for_good;
    }
    CHECK(summary.failed == 3);
    CHECK(summary.failed_for_good == 1);
    CHECK(f.error(run) == "no 2");
    CHECK(final);
    CHECK(kinds.front() == RunEvent::Kind::started);
    CHECK(kinds.back() == RunEvent::Kind::failed);
    CHECK(errors.back() == "no 2");

    const auto at_once = f.start();
    f.work([](Run&) { throw pgqrs::PermanentFailure("not this way"); });
    CHECK(f.state(at_once) == "failed");
    CHECK(f.error(at_once) == "not this way");
    const auto odd = f.start();
    f.work([](Run&) { throw 5; });
    CHECK(f.state(odd) != "succeeded");
    const auto open = f.start();
    f.work([](Run& self) { self.connection().execute("BEGIN"); });
    CHECK(f.state(open) != "succeeded");
}

TEST_CASE("a step in a transaction happens exactly once", "[server][workflow]") {
    Runs f(kRetryAtOnce);
    const auto run = f.start();
    const auto table = test::unique_name("effects");
    f.connection.execute("CREATE TABLE " + table + " (what text)");
    const auto insert = [&](const StepCall& call, const std::string& what) {
        call.connection.execute("INSERT INTO " + table + " VALUES ($1)", {what});
        return what;
    };
    const auto handler = [&](Run& self) {
        CHECK(self.step_in_transaction("charge", [&](const StepCall& call) {
            return insert(call, "charged");
        }) == "charged");
        CHECK_THROWS_AS(self.step_in_transaction(
                            "undone",
                            [&](const StepCall& call) {
                                insert(call, "undone");
                                throw std::runtime_error("no");
                            },
                            kOnce),
                        StepFailed);
        CHECK_THROWS_AS(
            self.step_in_transaction(
                "early", [&](const StepCall& call) { call.connection.execute("ROLLBACK"); }, kOnce),
            StepFailed);
        CHECK_THROWS_AS(self.step_in_transaction(
                            "odd", [&](const StepCall&) { throw 5; }, kOnce),
                        StepFailed);
        if (self.attempt() == 0) {
            throw std::runtime_error("again");
        }
    };
    while (f.state(run) != "succeeded") {
        f.work(handler);
    }
    CHECK(test::value(f.connection, "SELECT string_agg(what, ',') FROM " + table) == "charged");

    // Another worker of the same delivery has recorded it meanwhile.
    f.start();
    f.work([&](Run& self) {
        CHECK(self.step_in_transaction("race", [&](const StepCall& call) {
            insert(call, "twice");
            f.connection.execute(
                "SELECT pgqrs.complete_step($1::bigint, $2::bigint, 'race', '\"other\"')",
                {std::to_string(self.id()), std::to_string(self.delivery().read_ct)});
            return "mine";
        }) == "other");
    });
    CHECK(test::value(f.connection, "SELECT count(*) FROM " + table + " WHERE what = 'twice'") ==
          "0");
    f.connection.execute("DROP TABLE " + table);
}

TEST_CASE("a step in a transaction is executed again after a conflict", "[server][workflow]") {
    Runs f;
    f.start();
    int executed = 0;
    f.work([&](Run& self) {
        self.step_in_transaction(
            "busy",
            [&](const StepCall& call) {
                if (++executed == 1) {
                    call.connection.execute(
                        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$");
                }
            },
            kOnce);
    });
    CHECK(executed == 2);
}

TEST_CASE("a step in a transaction may leave its connection in the middle of a COPY",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    const auto table = test::unique_name("copied");
    f.connection.execute("CREATE TABLE " + table + " (what text)");
    const auto copy = [&](const StepCall& call) {
        PQclear(PQexec(call.connection.raw(), ("COPY " + table + " FROM STDIN").c_str()));
    };
    f.work([&](Run& self) {
        CHECK_THROWS_AS(self.step_in_transaction("returns", copy, kOnce), StepFailed);
        CHECK_THROWS_AS(self.step_in_transaction(
                            "throws",
                            [&](const StepCall& call) {
                                copy(call);
                                throw std::runtime_error("no");
                            },
                            kOnce),
                        StepFailed);
        CHECK_THROWS_AS(self.step_in_transaction(
                            "throws something",
                            [&](const StepCall& call) {
                                copy(call);
                                throw 5;
                            },
                            kOnce),
                        StepFailed);
        self.step_in_transaction("next", [] { return 1; });
    });
    CHECK(f.state(run) == "succeeded");
    CHECK(f.steps(run) ==
          "next 0 succeeded 1; returns 0 failed; throws 0 failed; throws something 0 failed");
    f.connection.execute("DROP TABLE " + table);
}

TEST_CASE("calls of a run in a transaction of the handler are refused", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    f.work([](Run& self) {
        {
            pgqrs::Transaction transaction(self.connection());
            CHECK(test::raised<pgqrs::Error>([&] {
                      self.step("inside", [] { return 1; });
                  }).sqlstate() == "25001");
            CHECK(test::raised<pgqrs::Error>([&] { self.sleep("nap", 1s); }).sqlstate() == "25001");
        }
        CHECK_THROWS_AS(self.step_in_transaction(
                            "outer", [&] { self.sleep("inner", 1s); }, kOnce),
                        StepFailed);
    });
    CHECK(f.state(run) == "succeeded");
    CHECK(f.steps(run) == "outer 0 failed");
}

TEST_CASE("a step at most once is not repeated by another delivery", "[server][workflow]") {
    Runs f("max_attempts => 1");
    const auto run = f.start();
    // A worker that died in the middle of it.
    f.connection.execute(
        "SELECT pgqrs.begin_step(run, read_ct, 'ship', at_most_once => true) FROM "
        "pgqrs.claim_runs($1)",
        {f.workflow});
    f.connection.execute("UPDATE pgqrs.messages SET vt = now() WHERE id = $1::bigint",
                         {std::to_string(run)});
    Counter executed;
    const auto handler = [&](Run& self) {
        const pgqrs::StepOptions once{.at_most_once = true};
        const auto doubt = test::raised<pgqrs::StepInDoubt>([&] {
            self.step(
                "ship", [&] { return executed.next(); }, once);
        });
        CHECK(doubt.sqlstate() == "PQ020");
        CHECK(doubt.code() == pgqrs::ErrorCode::step_in_doubt);
        CHECK(self.step(
                  "mail", [&] { return executed.next(); }, once) == 1);
        CHECK_THROWS_AS(self.step("call", [&]() -> int { throw std::runtime_error("busy"); },
                                  {.max_attempts = 2, .backoff_base = 1ms, .at_most_once = true}),
                        StepFailed);
        f.connection.execute("SELECT pgqrs.decide_step($1::bigint, 'ship', output => '\"sent\"')",
                             {std::to_string(run)});
        throw std::runtime_error("the handler of another day");
    };
    f.work(handler);
    CHECK(executed.value == 1);
    CHECK(f.state(run) == "failed");
    CHECK_THAT(f.steps(run), test::has("ship 0 overridden \"sent\""));
    f.connection.execute("SELECT pgqrs.retry_run($1::bigint)", {std::to_string(run)});
    f.work([&](Run& self) {
        CHECK(self.step("ship", [&] { return std::string("again"); }, {.at_most_once = true}) ==
              "sent");
        CHECK(self.step("mail", [&] { return executed.next(); }, {.at_most_once = true}) == 1);
    });
    CHECK(f.state(run) == "succeeded");
}

TEST_CASE("a record of another kind or of another input is no value", "[server][workflow]") {
    Runs f(kRetryAtOnce);
    const auto run = f.start();
    const auto handler = [&](Run& self) {
        const auto hashed = [](const char* hash) { return pgqrs::StepOptions{.input_hash = hash}; };
        if (self.attempt() == 0) {
            self.step("plain", [] { return 1; });
            self.step(
                "hashed", [] { return 2; }, hashed("a"));
            throw std::runtime_error("again");
        }
        const auto mismatch = test::raised<pgqrs::StepMismatch>([&] { self.sleep("plain", 1s); });
        CHECK(mismatch.sqlstate() == "PQ018");
        CHECK_THROWS_AS(self.step(
                            "hashed", [] { return 3; }, hashed("b")),
                        pgqrs::StepMismatch);
        CHECK(self.step("other", [] { return 4; }) == 4);
    };
    while (f.state(run) != "succeeded") {
        f.work(handler);
    }
    const auto slept = f.start();
    f.work([](Run& self) {
        self.sleep("nap", 0s);
        self.sleep("later", 1h);
    });
    f.pass_time(slept);
    f.work([](Run& self) {
        Counter executed;
        CHECK_THROWS_AS(self.step("nap", [&] { return executed.next(); }), pgqrs::StepMismatch);
        CHECK_THROWS_AS(self.step_in_transaction("later", [&] { return executed.next(); }),
                        pgqrs::StepMismatch);
        CHECK(executed.value == 0);
    });
    CHECK(f.state(slept) == "succeeded");
    const auto same = f.start();
    f.work([&](Run& self) {
        CHECK(self.step("hashed", [] { return 2; }, {.input_hash = "a"}) == 2);
        self.sleep("nap", 1h);
    });
    f.pass_time(same);
    f.work(
        [&](Run& self) { CHECK(self.step("hashed", [] { return 3; }, {.input_hash = "a"}) == 2); });
}

TEST_CASE("steps that do not come with the delivery are asked for", "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    Counter executed;
    bool first = true;
    const auto handler = [&](Run& self) {
        for (int turn = 0; turn < 20; ++turn) {
            CHECK(self.step("large",
                            [&] {
                                executed.next();
                                return std::string(1000, static_cast<char>('a' + turn));
                            })
                      .front() == static_cast<char>('a' + turn));
        }
        self.sleep("nap", 0s);
        self.start_child("child", f.workflow, 1, {.delay = 1h});
        CHECK(self.start_children("children", f.workflow, std::vector<int>{}).empty());
        CHECK_THROWS_AS(self.step(
                            "bad", []() -> int { throw std::runtime_error("bad"); }, kOnce),
                        StepFailed);
        CHECK(self.wait_signal<int>("signal", "go") == 5);
        if (std::exchange(first, false)) {
            self.sleep("later", 1h);
        }
    };
    f.signal(run, "go", "5");
    const pgqrs::WorkRunsOptions options{.step_bytes = 3000};
    CHECK(f.work(handler, options).suspended == 1);
    f.pass_time(run);
    CHECK(f.work(handler, options).succeeded == 1);
    CHECK(executed.value == 20);
    CHECK(test::value(f.connection, "SELECT count(*) FROM pgqrs.runs WHERE parent_id = $1::bigint",
                      {std::to_string(run)}) == "1");
}

TEST_CASE("a run that the worker does not know is parked", "[server][workflow]") {
    Runs f;
    const auto unknown = f.start("null", "version => 'v9'");
    const auto plain = f.start();
    const auto first = f.start("null", "version => 'v1'");
    WorkflowSet flows;
    flows.on<json>(f.workflow, [](const json&, Run&) { return "v1 or v2"; }, {"v1", "v2"});
    flows.on<json>(f.workflow, [](const json&, Run&) { return "none"; }, {""});
    const auto summary = f.work(flows);
    CHECK(summary.no_handler == 1);
    CHECK(summary.succeeded == 2);
    CHECK(f.output(plain) == "\"none\"");
    CHECK(f.output(first) == "\"v1 or v2\"");
    CHECK(f.state(unknown) == "waiting");
    CHECK(f.column(unknown, "reason") == "no_handler");
    WorkflowSet other;
    other.on<json>("another", [](const json&, Run&) {});
    f.start();
    CHECK(f.work(other).no_handler == 1);
    f.connection.execute("SELECT pgqrs.alter_workflow($1)", {f.workflow});
    flows.on<json>(f.workflow, [](const json&, Run&) { return "all others"; });
    CHECK(f.work(flows).succeeded == 2);
    CHECK(f.output(unknown) == "\"all others\"");
}

TEST_CASE("bad options and handlers are refused", "[server][workflow]") {
    Runs f;
    WorkflowSet none;
    CHECK(test::argument_error([&] { f.work(none); }) == "PQ010");
    auto flows = f.set([](Run&) {});
    CHECK(test::argument_error(
              [&] { flows.on_run(f.workflow, [](Run&) { return std::nullopt; }); }) == "PQ010");
    CHECK(test::argument_error([&] { flows.on_run("other", {}); }) == "PQ010");
    flows.on_run("other", [](Run&) { return std::nullopt; }, {"a"});
    CHECK(test::argument_error([&] {
              flows.on_run("other", [](Run&) { return std::nullopt; }, {"b", "a"});
          }) == "PQ010");
    CHECK(test::argument_error([&] { f.work(flows, {.concurrency = 0}); }) == "PQ010");
    CHECK(test::argument_error([&] { f.work(flows, {.max_deliveries = -1}); }) == "PQ010");
    CHECK(test::argument_error([&] { f.work(flows, {.parallel_steps = 0}); }) == "PQ010");
    CHECK(test::server_error([&] { f.work(flows, {.step_bytes = -1}); }) == "PQ010");
    CHECK(test::server_error([&] { pgqrs::work_runs(test::config(), "no.such", flows); }) ==
          "PQ002");
    CHECK(test::server_error([&] { pgqrs::work_runs(test::config(), test::new_queue(), flows); }) ==
          "PQ023");
}

TEST_CASE("max_deliveries ends the worker", "[server][workflow]") {
    Runs f;
    for (int run = 0; run < 5; ++run) {
        f.start();
    }
    const auto summary = pgqrs::work_runs(test::config(), f.workflow, f.set([](Run&) {}),
                                          {.concurrency = 2, .max_deliveries = 3});
    CHECK(summary.succeeded == 3);
    CHECK(summary.released == 0);
}

TEST_CASE("the last delivery comes to its end, though other threads are idle",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    const int without = test::threads();
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        self.step("first", [&] {
            // The other one has noticed that nothing more is to be taken. work_runs() and this one are left.
            return test::eventually([&] { return test::threads() == without + 2; });
        });
        CHECK_FALSE(self.stopping());
        self.step("second", [] { return 2; });
    }),
                          {.concurrency = 2, .extend_leases = false, .max_deliveries = 1});
    working.join();
    CHECK(working.summary.succeeded == 1);
    CHECK(working.summary.released == 0);
    CHECK(f.steps(run) == "first 0 succeeded true; second 0 succeeded 2");
}

TEST_CASE("the caller's stop counts, too, after the last delivery was taken",
          "[server][workflow]") {
    Runs f;
    const auto run = f.start();
    std::atomic<bool> alone{false};
    const int without = test::threads();
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        self.step("first", [&] {
            alone = test::eventually([&] { return test::threads() == without + 2; });
            return test::eventually([&] { return self.stopping(); });
        });
        self.step("second", [] { return 2; });
    }),
                          {.concurrency = 2, .extend_leases = false, .max_deliveries = 1});
    REQUIRE(test::eventually([&] { return alone.load(); }));
    working.stop.request();
    working.join();
    CHECK(working.summary.released == 1);
    CHECK(f.steps(run) == "first 0 succeeded true");
}

TEST_CASE("several threads share the runs, and a worker has a name", "[server][workflow]") {
    Runs f;
    std::vector<std::int64_t> ids;
    for (int run = 0; run < 20; ++run) {
        ids.push_back(f.start());
    }
    std::mutex mutex;
    std::set<std::string> workers;
    WorkingOnRuns working(f.workflow, f.set([&](Run& self) {
        self.step("work", [&] {
            const auto worker =
                test::value("SELECT worker_id IS NOT NULL FROM pgqrs.get_run($1::bigint)",
                            {std::to_string(self.id())});
            const std::lock_guard lock(mutex);
            workers.insert(worker);
            return 1;
        });
    }),
                          {.concurrency = 3, .worker_name = "runner"});
    for (const auto id : ids) {
        REQUIRE(test::eventually([&] { return f.state(id) == "succeeded"; }));
    }
    working.stop.request();
    working.join();
    CHECK(working.what.empty());
    CHECK(working.summary.succeeded == 20);
    CHECK(workers == std::set<std::string>{"t"});
    CHECK(test::value(f.connection, "SELECT count(*) FROM pgqrs.list_workers($1)", {f.workflow}) ==
          "0");
}
