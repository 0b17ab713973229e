#include "bgw/notifier.hpp"

#include "bgw/worker.hpp"
#include "engine/notifier.hpp"
#include "pg/background_worker.hpp"
#include "pg/boundary.hpp"

namespace pgqrs::bgw {
namespace {

// What is noticed meanwhile goes out at once with the next batch.
constexpr core::Duration kPause = 10 * core::kMillisecond;
// DROP DATABASE waits five seconds for others to leave.
constexpr core::Duration kIdleTime = 2 * core::kSecond;

constexpr pg::WorkerProgram kProgram = {.name = "pgqrs notifier", .function = "pgqrs_notifier"};

Arrival arrive(Oid database) {
    const std::optional<int> failed_starts = engine::take_post(database);
    return {failed_starts.has_value(), failed_starts.value_or(0)};
}

Turn send() {
    const bool any = engine::send_notices();
    return {any, any ? kPause : core::kSecond};
}

constexpr Duty kSending = {.activity = "sending notifications",
                           .run = send,
                           .ended = engine::notices_sent,
                           .longest_pause = core::kSecond};

// What it tells of has been committed before.
constexpr Worker kNotifier = {.duties = {&kSending, 1},
                              .arrive = arrive,
                              .may_end = engine::give_up_post,
                              .idle_time = kIdleTime,
                              .commits_may_be_lost = true};

}  // namespace

bool start_notifier(Oid database) { return pg::start_background_worker(kProgram, database); }

}  // namespace pgqrs::bgw

extern "C" {
PGDLLEXPORT void pgqrs_notifier(Datum database);

void pgqrs_notifier(Datum database) {
    pgqrs::pg::enter_without_arguments(
        [&] { pgqrs::bgw::run_worker(DatumGetObjectId(database), pgqrs::bgw::kNotifier); });
}
}
