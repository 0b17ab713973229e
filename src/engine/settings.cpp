// The variables are PostgreSQL's to write; the rest of the code reads them through
// the functions.
#include "engine/settings.hpp"

#include "core/duration.hpp"
#include "core/limits.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

int max_payload_bytes_setting = core::kDefaultMaxPayloadBytes;
int max_batch_size_setting = core::kDefaultMaxBatch;
int poll_interval_setting = 250;
int max_wait_setting = 60'000;
// Minutes: a number of milliseconds would not go beyond 24 days.
int max_delay_setting = core::kDefaultMaxDelayMinutes;
int rescan_interval_setting = 30'000;
int failures_kept_setting = 10;
int workers_kept_setting = 86'400;
int maintenance_interval_setting = 10'000;
int max_shared_queues_setting = 10'000;
int workflow_runners_setting = 2;
int clock_offset_setting = 0;

// The size PostgreSQL itself allows for one jsonb object or array.
constexpr int kLargestPayload = 0x0FFFFFFF;

}  // namespace

void define_settings() {
    pg::guard([] {
        DefineCustomIntVariable("pgqrs.max_payload_size",
                                "Sets the largest payload, and the largest headers, of a message.",
                                "The size is that of the jsonb value before compression.",
                                &max_payload_bytes_setting, core::kDefaultMaxPayloadBytes, 1,
                                kLargestPayload, PGC_SUSET, GUC_UNIT_BYTE, nullptr, nullptr,
                                nullptr);
        DefineCustomIntVariable("pgqrs.max_batch_size",
                                "Sets the largest number of messages in one call.", nullptr,
                                &max_batch_size_setting, core::kDefaultMaxBatch, 1, 1'000'000,
                                PGC_SUSET, 0, nullptr, nullptr, nullptr);
        DefineCustomIntVariable(
            "pgqrs.rescan_interval",
            "Sets how long a dequeue goes without looking at a queue from the beginning.",
            "A look from the beginning finds messages that became available behind the place "
            "where dequeues start. Without pgqrs in shared_preload_libraries it comes after this "
            "time, and sooner while it is cheap. With pgqrs in it hardly any message has to be "
            "found that way, and the look comes after this time or later.",
            &rescan_interval_setting, 30'000, 1, 86'400'000, PGC_SUSET, GUC_UNIT_MS, nullptr,
            nullptr, nullptr);
        DefineCustomIntVariable(
            "pgqrs.poll_interval",
            "Sets the longest pause between two looks into a queue while waiting for a message.",
            "The first pause is 1 ms, and each further one is twice as long. With pgqrs in "
            "shared_preload_libraries waiting consumers are woken instead.",
            &poll_interval_setting, 250, 1, 60'000, PGC_USERSET, GUC_UNIT_MS, nullptr, nullptr,
            nullptr);
        DefineCustomIntVariable(
            "pgqrs.max_wait", "Sets the longest time that a dequeue may wait for a message.",
            "While it waits, its statement keeps vacuum from removing dead rows. The procedure "
            "pgqrs.wait has no such effect and no such limit.",
            &max_wait_setting, 60'000, 0, 86'400'000, PGC_SUSET, GUC_UNIT_MS, nullptr, nullptr,
            nullptr);
        DefineCustomIntVariable("pgqrs.max_delay", "Sets the longest delay of a message.",
                                "It keeps a driver that sends nanoseconds where seconds are meant "
                                "from delaying messages by years.",
                                &max_delay_setting, core::kDefaultMaxDelayMinutes, 1,
                                36'525 * 24 * 60, PGC_SUSET, GUC_UNIT_MIN, nullptr, nullptr,
                                nullptr);
        DefineCustomIntVariable(
            "pgqrs.failures_kept", "Sets how many failures of a message are kept.",
            "Older ones are removed when the message fails again.", &failures_kept_setting, 10, 1,
            1000, PGC_SUSET, 0, nullptr, nullptr, nullptr);
        DefineCustomIntVariable(
            "pgqrs.workers_kept", "Sets how long workers that are dead or stopped are kept.",
            "Maintenance removes them then. 0 keeps them for ever.", &workers_kept_setting, 86'400,
            0, INT_MAX, PGC_SUSET, GUC_UNIT_S, nullptr, nullptr, nullptr);
        DefineCustomIntVariable(
            "pgqrs.maintenance_interval", "Sets how often the queues are maintained.",
            "With pgqrs in shared_preload_libraries background workers do that. "
            "Without, consumers that wait do. 0 turns both off.",
            &maintenance_interval_setting, 10'000, 0, 86'400'000, PGC_SIGHUP, GUC_UNIT_MS, nullptr,
            nullptr, nullptr);
        DefineCustomIntVariable(
            "pgqrs.workflow_runners",
            "Sets how many background workers of a database execute runs of workflows.",
            "They need pgqrs in shared_preload_libraries. 0 turns them off.",
            &workflow_runners_setting, 2, 0, kMostRunners, PGC_SIGHUP, 0, nullptr, nullptr,
            nullptr);
        if (process_shared_preload_libraries_in_progress) {
            DefineCustomIntVariable("pgqrs.max_shared_queues",
                                    "Sets the number of queues that shared memory has room for.",
                                    "Each takes about 700 bytes. Queues beyond it work as without "
                                    "shared_preload_libraries.",
                                    &max_shared_queues_setting, 10'000, 0, 10'000'000,
                                    PGC_POSTMASTER, 0, nullptr, nullptr, nullptr);
        }
        DefineCustomIntVariable(
            "pgqrs.clock_offset", "Shifts the clock of the queue; for tests only.", nullptr,
            &clock_offset_setting, 0, INT_MIN, INT_MAX, PGC_SUSET,
            GUC_UNIT_MS | GUC_NOT_IN_SAMPLE | GUC_NO_SHOW_ALL, nullptr, nullptr, nullptr);
        MarkGUCPrefixReserved("pgqrs");
    });
}

std::int64_t max_payload_bytes() { return max_payload_bytes_setting; }
std::int64_t max_batch_size() { return max_batch_size_setting; }
std::int64_t rescan_interval() { return std::int64_t{rescan_interval_setting} * 1000; }
std::int64_t poll_interval() { return std::int64_t{poll_interval_setting} * 1000; }
std::int64_t max_wait() { return std::int64_t{max_wait_setting} * 1000; }
std::int64_t max_delay() { return std::int64_t{max_delay_setting} * 60 * core::kSecond; }
int failures_kept() { return failures_kept_setting; }
std::int64_t workers_kept() { return workers_kept_setting * core::kSecond; }
std::int64_t maintenance_interval() { return std::int64_t{maintenance_interval_setting} * 1000; }
int max_shared_queues() { return max_shared_queues_setting; }
int workflow_runners() { return workflow_runners_setting; }
std::int64_t clock_offset() { return std::int64_t{clock_offset_setting} * 1000; }

}  // namespace pgqrs::engine
