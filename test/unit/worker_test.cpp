// The life of a worker: which states follow each other, when a sign of life is due, and how a death ends leases.
#include "core/worker.hpp"

#include <vector>

#include "catch.hpp"
#include "core/error.hpp"
#include "core/message.hpp"
#include "messages.hpp"

namespace core = pgqrs::core;
using core::WorkerState;

namespace {

constexpr WorkerState kAll[] = {WorkerState::ready, WorkerState::polling, WorkerState::suspended,
                                WorkerState::stopped, WorkerState::dead};

std::vector<std::string_view> from(WorkerState state) {
    std::vector<std::string_view> next;
    for (const WorkerState to : kAll) {
        if (core::can_become(state, to)) {
            next.push_back(core::label_of(to));
        }
    }
    return next;
}

}  // namespace

TEST_CASE("a worker goes from state to state as drawn") {
    using Names = std::vector<std::string_view>;
    CHECK(from(WorkerState::ready) == Names{"polling", "suspended", "stopped", "dead"});
    CHECK(from(WorkerState::polling) == Names{"suspended", "stopped", "dead"});
    CHECK(from(WorkerState::suspended) == Names{"ready", "stopped", "dead"});
    CHECK(from(WorkerState::stopped).empty());
    CHECK(from(WorkerState::dead).empty());
}

TEST_CASE("a change that cannot be names both states") {
    CHECK_NOTHROW(core::check_change(7, WorkerState::ready, WorkerState::suspended));
    try {
        core::check_change(7, WorkerState::stopped, WorkerState::ready);
        FAIL("no error");
    } catch (const core::Error& error) {
        CHECK(error.state() == core::SqlState::worker_state);
        CHECK(error.message() == "worker 7 cannot go from state \"stopped\" to \"ready\"");
    }
}

TEST_CASE("labels are those of the SQL type") {
    for (const WorkerState state : kAll) {
        CHECK(core::worker_state(core::label_of(state)) == state);
    }
    CHECK(core::worker_state("something else") == WorkerState::dead);
}

TEST_CASE("a sign of life is due after a third of the lease, in either direction") {
    const core::Instant last = 1'000 * core::kSecond;
    CHECK_FALSE(core::is_heartbeat_due(last, 9 * core::kSecond, last));
    CHECK_FALSE(core::is_heartbeat_due(last, 9 * core::kSecond, last + 3 * core::kSecond - 1));
    CHECK(core::is_heartbeat_due(last, 9 * core::kSecond, last + 3 * core::kSecond));
    CHECK(core::is_heartbeat_due(last, 9 * core::kSecond, last - 3 * core::kSecond));
    CHECK_FALSE(core::is_heartbeat_due(last, 9 * core::kSecond, last - core::kSecond));
}

TEST_CASE("a worker's lease is one second to 366 days") {
    CHECK_NOTHROW(core::check_worker_lease(core::kSecond));
    CHECK_NOTHROW(core::check_worker_lease(366 * core::kDay));
    CHECK_THROWS_AS(core::check_worker_lease(core::kSecond - 1), core::Error);
    CHECK_THROWS_AS(core::check_worker_lease(366 * core::kDay + 1), core::Error);
}

TEST_CASE("the lease of a dead worker has ended, whatever its end") {
    const std::vector<std::int64_t> dead = {3, 5, 8};
    const core::DeliveryRule rule{2, dead.data(), dead.size()};
    core::Message message = message_at(10, 1'000);
    message.read_ct = 1;
    for (const std::int64_t worker : {3, 5, 8}) {
        message.worker_id = worker;
        CHECK_FALSE(core::is_leased(message, rule, 100));
        CHECK(core::classify(message, rule, 100).state == core::State::pending);
    }
    for (const std::int64_t worker : {0, 4, 9}) {
        message.worker_id = worker;
        CHECK(core::is_leased(message, rule, 100));
        CHECK(core::classify(message, rule, 100) == core::Verdict{core::State::in_flight, 1'000});
    }
    message.worker_id = 5;
    message.read_ct = 2;
    CHECK(core::classify(message, rule, 100).state == core::State::exhausted);
}
