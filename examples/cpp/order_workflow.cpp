// An order: reserve, ask for approval, charge, wait for the payment, ship; and undo it all when that comes to nothing. See
// examples/README.md.
//
//   DATABASE_URL=postgresql://... order_workflow work
//   DATABASE_URL=postgresql://... order_workflow start ITEM AMOUNT [SECONDS_TO_PAY]     prints the id of the run
//   psql -c "SELECT pgqrs.signal_run(RUN, 'approved', '{\"ok\": true}'), pgqrs.signal_run(RUN, 'paid')"
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include <pgqrs/client.hpp>

namespace {

using nlohmann::json;
using pgqrs::Connection;
using pgqrs::Run;
using pgqrs::StepCall;

constexpr auto kThreeDays = std::chrono::hours(72);
// For what must be undone, however often that fails.
const pgqrs::StepOptions kUntilDone{.max_attempts = 0};

struct Order {
    std::string item;
    int amount;
    double seconds_to_pay;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Order, item, amount, seconds_to_pay)

struct Approval {
    bool ok;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Approval, ok)

std::string setting(const char* name, const std::string& otherwise) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : otherwise;
}

std::chrono::milliseconds seconds(double number) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(number * 1000));
}

// A step pretends to take that long before it is recorded.
void work() { std::this_thread::sleep_for(seconds(std::stod(setting("WORK_SECONDS", "0")))); }

// Another attempt would meet the same: nothing left on the shelf, nobody who carries a piano.
template <typename Statements>
void unless_refused(const Statements& statements) {
    try {
        statements();
    } catch (const pgqrs::ServerError& error) {
        if (error.sqlstate() == "23514") {
            throw pgqrs::PermanentFailure(error.message());
        }
        throw;
    }
}

void note(Connection& db, const std::string& run, const char* effect) {
    db.execute("INSERT INTO effects (run, effect) VALUES ($1, $2)", {run, effect});
    work();
}

// What is done in the database, each in one transaction with its record.

void reserve(Connection& db, const std::string& run, const std::string& item) {
    unless_refused([&] {
        db.execute("UPDATE shelf SET remaining = remaining - 1 WHERE item = $1", {item});
        db.execute("INSERT INTO reservations VALUES ($1, $2)", {run, item});
        note(db, run, "reserve");
    });
}

void ship(Connection& db, const std::string& run, const std::string& item) {
    unless_refused([&] {
        db.execute("INSERT INTO shipments VALUES ($1, $2)", {run, item});
        note(db, run, "ship");
    });
}

void release(Connection& db, const std::string& run, const std::string& item) {
    db.execute("UPDATE shelf SET remaining = remaining + 1 WHERE item = $1", {item});
    db.execute("DELETE FROM reservations WHERE run = $1", {run});
    note(db, run, "release");
}

// These stand for calls to somebody outside, who does nothing when he gets the same key again.

std::string charge(const std::string& key, int amount) {
    Connection provider(pgqrs::Config::load());
    provider.execute("INSERT INTO charges VALUES ($1, $2) ON CONFLICT DO NOTHING",
                     {key, std::to_string(amount)});
    work();
    return key;
}

std::string refund(const std::string& key, const std::string& charged, int amount) {
    Connection provider(pgqrs::Config::load());
    provider.execute("INSERT INTO refunds VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                     {key, charged, std::to_string(amount)});
    work();
    return key;
}

json order(const Order& given, Run& run) {
    const auto id = std::to_string(run.id());
    // When nothing is left, the run fails by this, and there is nothing to undo.
    run.step_in_transaction(
        "reserve", [&](const StepCall& call) { reserve(call.connection, id, given.item); });
    std::optional<std::string> charged;
    std::string because = "approval";
    try {
        const auto approval = run.wait_signal<Approval>("approval", "approved", kThreeDays);
        if (approval && approval->ok) {
            charged = run.step(
                "charge", [&](const StepCall& call) { return charge(call.key, given.amount); });
            because = "payment";
            if (run.wait_signal("payment", "paid", seconds(given.seconds_to_pay))) {
                run.step_in_transaction(
                    "ship", [&](const StepCall& call) { ship(call.connection, id, given.item); });
                return {{"shipped", true}};
            }
        }
    } catch (const pgqrs::StepFailed& error) {
        because = error.message();
    }
    if (charged) {
        run.step(
            "refund",
            [&](const StepCall& call) { return refund(call.key, *charged, given.amount); },
            kUntilDone);
    }
    run.step_in_transaction(
        "release", [&](const StepCall& call) { release(call.connection, id, given.item); },
        kUntilDone);
    return {{"shipped", false}, {"because", because}};
}

void report(const pgqrs::RunEvent& event) {
    if (!event.error.empty()) {
        std::cerr << "cpp: " << (event.run ? "run " + std::to_string(event.run->id) + ": " : "")
                  << event.error << std::endl;
    }
}

void work_on_orders() {
    pgqrs::Stop stop;
    pgqrs::StopOnSignals signals(stop);
    pgqrs::WorkflowSet flows;
    flows.on<Order>("order", order);
    pgqrs::work_runs(
        pgqrs::Config::load(), "order", flows,
        {.lock_time = seconds(std::stod(setting("LEASE_SECONDS", "30"))), .on_event = report},
        stop);
}

void start(const std::string& item, const std::string& amount, const std::string& seconds_to_pay) {
    const json given = Order{item, std::stoi(amount), std::stod(seconds_to_pay)};
    Connection db(pgqrs::Config::load());
    const auto started =
        db.execute("SELECT run FROM pgqrs.start_workflow('order', $1)", {given.dump()});
    std::cout << started.text(0, 0) << std::endl;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        if (count >= 4 && std::string(arguments[1]) == "start") {
            start(arguments[2], arguments[3], count > 4 ? arguments[4] : "259200");
        } else {
            work_on_orders();
        }
    } catch (const std::exception& error) {
        std::cerr << "cpp: " << error.what() << '\n';
        return 1;
    }
}
