// Installing, queues, rights, metrics, dead messages, workers, cleaning up.
//
// Threads: an Admin is used by the thread that uses its Connection.
// ABI: Admin stays one reference within a major version. The structs get members with minor
// versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/failure.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs {

struct QueueOptions {
    std::optional<Duration> visibility_timeout = {};  // 30 s when it is created
    std::optional<int> max_deliveries = {};           // alter: 0 takes the limit away
    std::optional<std::string> description = {};
    std::optional<bool> notify = {};
    std::optional<int> max_attempts = {};               // 25 when it is created; 0: no limit
    std::optional<Backoff> backoff = {};                // exponential when it is created
    std::optional<Duration> backoff_base = {};          // 1 s when it is created
    std::optional<Duration> backoff_cap = {};           // 1 h when it is created
    std::optional<double> backoff_jitter = {};          // 0.1 when it is created
    std::optional<std::string> dead_letter_queue = {};  // alter: the empty text takes it away
    std::optional<Duration> expires_after = {};         // alter: 0 takes it away
    // What the queue takes from producers; alter: 0, and the empty list, take one away.
    std::optional<std::int64_t> max_messages = {};
    std::optional<double> enqueue_rate = {};  // messages a second; needs a preloaded server (0A000)
    std::optional<int> enqueue_burst =
        {};  // those of a second, and at least one, when it is not given
    std::optional<int> max_payload_bytes = {};  // of the jsonb value
    std::optional<int> max_depth = {};          // these three as in Validation
    std::optional<std::vector<std::string>> required_keys = {};
    std::optional<std::vector<std::string>> forbidden_keys = {};
};

struct RedriveOptions {
    std::optional<std::vector<std::int64_t>> ids = {};  // without: all
    std::optional<std::string> target =
        {};  // the queue they all go to; without, where each one died
    std::optional<std::int64_t> quantity = {};  // at most so many, those with the lowest ids
};

struct PurgeOptions {
    bool archive = false;  // the archived messages instead
    Duration older_than{};
};

// How long archived messages of a queue are kept.
struct RetentionRule {
    std::string queue = {};
    Outcome outcome = Outcome::done;
    std::optional<Duration> max_age = {};
    std::optional<std::int64_t> max_count = {};
};

struct RetentionOptions {
    std::optional<Outcome> outcome = {};  // without: each of them
    // Without both, the rule is taken away.
    std::optional<Duration> max_age = {};
    std::optional<std::int64_t> max_count = {};
};

class Admin {
public:
    explicit Admin(Connection& connection) : connection_(connection) {}

    // CREATE EXTENSION; false when it was there already.
    bool install();
    // DROP EXTENSION with all queues and messages, and the schema it leaves behind; false when there was none. Raises
    // PQ011 while there are messages, unless `force`.
    bool uninstall(bool force = false);
    bool installed();
    std::string extension_version();  // of the installed extension; empty when there is none
    std::string library_version();    // of the loaded library
    bool preloaded();                 // whether the server has pgqrs in shared_preload_libraries
    // Empty: all is well.
    std::vector<Fault> verify();

    Queue create_queue(const std::string& queue, const QueueOptions& options = {},
                       bool if_not_exists = false);
    Queue alter_queue(const std::string& queue, const QueueOptions& options);
    Queue get_queue(const std::string& queue);
    std::vector<Queue> list_queues();
    std::int64_t drop_queue(const std::string& queue, bool force = false);
    bool pause_queue(const std::string& queue);
    bool resume_queue(const std::string& queue);
    std::int64_t purge_queue(const std::string& queue);
    std::int64_t purge_archive(const std::string& queue, Duration older_than);
    // In small transactions, however many there are, and without waiting for those that somebody has locked, which stay.
    // What is deleted stays deleted when it is cancelled. Outside of transactions only (25001).
    std::int64_t purge(const std::string& queue, const PurgeOptions& options = {});

    Metrics queue_metrics(const std::string& queue, bool exact = false);
    std::vector<Metrics> all_queues_metrics(bool exact = false);

    // One answer for each message, in their order; all in one transaction, however many.
    std::vector<Cancelled> cancel(const std::string& queue, const std::vector<std::int64_t>& ids);
    // The failures of a message that are kept, the oldest first.
    std::vector<Failure> list_failures(const std::string& queue, std::int64_t id);
    // Dead messages of the queue, or in it if it is a dead letter queue: up to `quantity` by id, after `after_id`.
    std::vector<DeadLetter> list_dead(const std::string& queue, std::int64_t after_id = 0,
                                      int quantity = 100);
    // Sends dead messages back, and answers how many it sent. More ids than pgqrs.max_batch_size raise PQ009.
    std::int64_t redrive(const std::string& queue, const RedriveOptions& options = {});
    // Deletes dead messages for good, and answers how many; all in one transaction, however many.
    std::int64_t discard(const std::string& queue, const std::vector<std::int64_t>& ids);

    // The life of workers; Workers (tables.hpp) lists and removes them. The first three raise PQ008 when there is no such
    // worker, PQ014 when its state does not allow it, and answer its row.
    //
    // Ready or polling: it gets no more messages until it is resumed. It keeps those it has.
    Worker suspend_worker(std::int64_t worker);
    Worker resume_worker(std::int64_t worker);
    // Ends its work for good and gives its messages back; its dequeues raise PQ008 from then on.
    Worker stop_worker(std::int64_t worker);
    // Gives back all messages that it has, but for those that somebody has locked, and answers how many. These deliveries
    // do not count against max_deliveries. PQ008 when there is no such worker.
    std::int64_t release_worker_messages(std::int64_t worker);
    // Makes each worker dead that was silent for longer than its lease, so that others get its messages; how many.
    std::int64_t reap_workers();
    // Removes workers that have been dead or stopped for this long (without: a day), of one queue or of all; how many.
    std::int64_t purge_workers(const std::optional<std::string>& queue = {},
                               const std::optional<Duration>& older_than = {});
    // A row for each queue.
    std::vector<WorkerHealth> worker_health(const std::optional<std::string>& queue = {});
    // A row for each worker of the queue. It reads all messages of the queue.
    std::vector<WorkerMetrics> worker_metrics(const std::string& queue);

    // Rights on single queues. Only the owner of the extension and superusers may give and take them (42501). Both answer
    // whether this call changed something, and raise PQ002, and PQ010 for an unknown role or privilege.
    bool grant_queue(const std::string& queue, const std::string& role, Privilege privilege);
    // Also of a role that was dropped since, by the name it had.
    bool revoke_queue(const std::string& queue, const std::string& role, Privilege privilege);
    // By queue, role and privilege; those of the queues that the caller may manage.
    std::vector<QueueGrant> list_grants(const std::optional<std::string>& queue = {});

    // Answers the rules of the queue.
    std::vector<RetentionRule> set_retention(const std::string& queue,
                                             const RetentionOptions& options);
    std::vector<RetentionRule> list_retention(const std::optional<std::string>& queue = {});
    // One round of maintenance, which begins no further step after `budget`; answers how many rows it dealt with.
    // Outside of transactions only (25001).
    std::int64_t maintain(Duration budget = std::chrono::seconds(1));

private:
    Connection& connection_;
};

}  // namespace pgqrs
