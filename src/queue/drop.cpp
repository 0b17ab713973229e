#include "queue/drop.hpp"

#include <string>
#include <vector>

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "engine/clock.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/grants.hpp"
#include "queue/held.hpp"
#include "queue/totals.hpp"
#include "engine/queue_alone.hpp"
#include "engine/queue_cache.hpp"
#include "engine/row_holders.hpp"
#include "engine/delay.hpp"
#include "engine/journal.hpp"

namespace pgqrs::queue {
namespace {

constinit pg::Statement find_workflow(
    "SELECT quote_literal(name) FROM pgqrs.workflows WHERE queue_id = $1 ORDER BY id LIMIT 1");

constinit pg::Statement count_in_queue("SELECT count(*) FROM pgqrs.messages WHERE queue_id = $1");

// What others can have locked without holding the queue.
constinit pg::Statement lock_queue("SELECT 1 FROM pgqrs.queues WHERE id = $1 FOR UPDATE");
constinit pg::Statement lock_workers(
    "SELECT 1 FROM pgqrs.workers WHERE queue_id = $1 ORDER BY id FOR UPDATE");

constinit pg::Statement delete_messages("DELETE FROM pgqrs.messages WHERE queue_id = $1");

constinit pg::Statement delete_messages_up_to(
    "DELETE FROM pgqrs.messages WHERE queue_id = $1 AND id <= $2");

// The sum keeps it from the primary key, in which all queues are mixed.
constinit pg::Statement find_last_message(
    "SELECT max(id + 0) FROM pgqrs.messages WHERE queue_id = $1");
// Nobody waits for these: who dequeues passes locked rows, and nobody has a lease of them.
constinit pg::Statement delete_free_messages(R"sql(
    DELETE FROM pgqrs.messages AS m
    USING (
        SELECT id FROM pgqrs.messages
        WHERE queue_id = $1 AND id <= $2 AND vt IS NULL
        FOR UPDATE SKIP LOCKED) AS free
    WHERE m.id = free.id
)sql",
                                             pg::Planning::indexed);

constinit pg::Statement delete_archive("DELETE FROM pgqrs.archive WHERE queue_id = $1");

constinit pg::Statement delete_old_archive(
    "DELETE FROM pgqrs.archive WHERE queue_id = $1 AND archived_at <= $2");

constinit pg::Statement delete_workers("DELETE FROM pgqrs.workers WHERE queue_id = $1");

constinit pg::Statement delete_departures("DELETE FROM pgqrs.departures WHERE queue_id = $1");

// Those of messages that died here and lie in a dead letter queue stay with them.
constinit pg::Statement delete_failures(R"sql(
    DELETE FROM pgqrs.failures
    WHERE message_id IN (
        SELECT id FROM pgqrs.messages WHERE queue_id = $1
        UNION ALL
        SELECT id FROM pgqrs.archive WHERE queue_id = $1)
)sql");

constinit pg::Statement delete_retention("DELETE FROM pgqrs.retention WHERE queue_id = $1");

constinit pg::Statement delete_queue("DELETE FROM pgqrs.queues WHERE id = $1");

constinit pg::Statement find_leftovers(R"sql(
    SELECT 1 FROM pgqrs.messages WHERE queue_id = $1
    UNION ALL
    SELECT 1 FROM pgqrs.archive WHERE queue_id = $1
    UNION ALL
    SELECT 1 FROM pgqrs.workers WHERE queue_id = $1
    UNION ALL
    SELECT 1 FROM pgqrs.departures WHERE queue_id = $1
    LIMIT 1
)sql");

constinit pg::Statement find_any_row(R"sql(
    SELECT 1 FROM pgqrs.messages
    UNION ALL
    SELECT 1 FROM pgqrs.archive
    UNION ALL
    SELECT 1 FROM pgqrs.workers
    UNION ALL
    SELECT 1 FROM pgqrs.departures
    LIMIT 1
)sql");

constinit pg::Statement all_names("SELECT name FROM pgqrs.queues ORDER BY name");

void refuse_unless_empty(std::string_view name, std::int64_t messages) {
    if (messages > 0) {
        throw core::Error(core::SqlState::queue_not_empty,
                          "queue \"" + std::string(name) + "\" holds " + std::to_string(messages) +
                              (messages == 1 ? " message" : " messages"),
                          "", "Use force => true to drop it with its messages.");
    }
}

[[noreturn]] void still_used(std::string_view name) {
    throw core::Error(
        core::SqlState::queue_not_empty, "queue \"" + std::string(name) + "\" is still in use",
        "It has messages, archived messages, workers or counts.", "Use pgqrs.drop_queue().");
}

constexpr AclMode kReadAndDelete = ACL_SELECT | ACL_DELETE;
constexpr std::initializer_list<engine::Need> kDropped = {
    {&engine::kMessages, kReadAndDelete}, {&engine::kArchive, kReadAndDelete},
    {&engine::kWorkers, kReadAndDelete},  {&engine::kDepartures, kReadAndDelete},
    {&engine::kFailures, kReadAndDelete}, {&engine::kRetention, kReadAndDelete},
    {&engine::kQueues, kReadAndDelete}};

engine::Access access_to(const engine::Queue& queue, std::string_view name) {
    return {queue.id, name, core::rights_for("drop_queue")};
}

pg::Rows remove(pg::Statement& statement, const engine::TableSpec& table,
                const engine::Access& access) {
    const engine::StatementRights rights(access, {{&table, kReadAndDelete}});
    return statement.run({pg::int4(access.queue)});
}

std::int64_t remove_old(const engine::Access& access, core::Instant before) {
    const engine::StatementRights rights(access, {{&engine::kArchive, kReadAndDelete}});
    return static_cast<std::int64_t>(
        delete_old_archive.run({pg::int4(access.queue), pg::timestamptz(before)}).count());
}

// Whoever may delete rows but not lock them waits for them when it deletes them.
void lock_rows_of(std::string_view name) {
    const engine::Access access = access_to(engine::find_queue(name), name);
    const auto lock = [&](pg::Statement& statement, const engine::TableSpec& table) {
        if (engine::may_lock_rows(access, table)) {
            const engine::StatementRights rights(access, {{&table, ACL_SELECT | ACL_UPDATE}});
            statement.run_latest({pg::int4(access.queue)});
        }
    };
    lock(lock_queue, engine::kQueues);
    lock(lock_workers, engine::kWorkers);
}

bool has_leftovers(const engine::Access& access) {
    const engine::StatementRights rights(access, {{&engine::kMessages, ACL_SELECT},
                                                  {&engine::kArchive, ACL_SELECT},
                                                  {&engine::kWorkers, ACL_SELECT},
                                                  {&engine::kDepartures, ACL_SELECT}});
    return !find_leftovers.run_latest({pg::int4(access.queue)}).empty();
}

// All that a queue has; called for each wait anew, for a name can come to mean another queue.
std::vector<TransactionId> holders_of_rows(std::string_view name) {
    return engine::row_holders(access_to(engine::find_queue(name), name),
                               {&engine::kMessages, &engine::kArchive, &engine::kDepartures});
}

// Deleting all messages, while others hold some of them.
//
// It begins with those that nobody has: consumers find no more of them to take, so those who hold one come to an end and
// begin no other. Then it waits for these, and takes the rest at last, with the messages in flight: who wants to finish one
// waits from then on. Messages that are enqueued after it has begun to wait stay.
class Purge {
public:
    explicit Purge(const engine::Access& access) : access_(access) {}

    // Answers whom to wait for; when there is somebody, it has deleted what nobody has.
    std::vector<TransactionId> begin() {
        auto holders = engine::row_holders(access_, {&engine::kMessages}, last_id_);
        if (!holders.empty() && engine::may_lock_rows(access_, engine::kMessages)) {
            if (last_id_ == INT64_MAX) {
                last_id_ = last_message();
            }
            begun_ += run(delete_free_messages, kReadAndDelete | ACL_UPDATE);
        }
        return holders;
    }
    // Deletes what is left, and answers how many those were.
    std::int64_t end() { return run(delete_messages_up_to, kReadAndDelete); }
    std::int64_t begun() const { return begun_; }

private:
    std::int64_t last_message() const {
        const engine::StatementRights rights(access_, {{&engine::kMessages, ACL_SELECT}});
        return find_last_message.run_latest({pg::int4(access_.queue)}).int8(0, 1);
    }

    std::int64_t run(pg::Statement& deletion, AclMode mode) const {
        // What has changed during the wait counts.
        engine::accept_queue_changes();
        engine::QueueMarks& marks =
            engine::marks_of(engine::find_table(engine::kMessages), access_.queue);
        engine::note_many_before(marks);
        const std::int64_t deleted = count_deleted(deletion, mode);
        if (deleted > 0) {
            record_departures(marks, access_, {.discarded = deleted});
        }
        return deleted;
    }

    std::int64_t count_deleted(pg::Statement& deletion, AclMode mode) const {
        const engine::StatementRights rights(access_, {{&engine::kMessages, mode}});
        return static_cast<std::int64_t>(
            deletion.run({pg::int4(access_.queue), pg::int8(last_id_)}).count());
    }

    const engine::Access access_;
    std::int64_t last_id_ = INT64_MAX;
    std::int64_t begun_ = 0;
};

void remove_failures(const engine::Access& access) {
    const engine::StatementRights rights(access, {{&engine::kFailures, kReadAndDelete},
                                                  {&engine::kMessages, ACL_SELECT},
                                                  {&engine::kArchive, ACL_SELECT}});
    delete_failures.run({pg::int4(access.queue)});
}

// Deletes the queue, which the caller holds alone, with all it has; answers how many messages it had.
std::int64_t delete_all(std::string_view name) {
    const engine::Access access = access_to(engine::hold_queue_alone(name), name);
    remove_failures(access);
    const auto dropped =
        static_cast<std::int64_t>(remove(delete_messages, engine::kMessages, access).count());
    remove(delete_archive, engine::kArchive, access);
    remove(delete_workers, engine::kWorkers, access);
    remove(delete_departures, engine::kDepartures, access);
    remove(delete_retention, engine::kRetention, access);
    if (has_leftovers(access)) {
        // A snapshot taken before the lock cannot see, or delete, what was committed in between.
        if (pg::has_transaction_snapshot()) {
            pg::raise_serialization_failure();
        }
        // A user's trigger kept rows.
        still_used(name);
    }
    if (remove(delete_queue, engine::kQueues, access).empty()) {
        engine::raise_vanished(name);
    }
    return dropped;
}

// The runs of a queue go with their workflow.
void refuse_workflows(const engine::Access& queue) {
    const engine::StatementRights rights({{&engine::kWorkflows, ACL_SELECT}});
    const pg::Rows workflows = find_workflow.run_latest({pg::int4(queue.queue)});
    if (!workflows.empty()) {
        throw core::Error(
            core::SqlState::wrong_queue, "queue \"" + std::string(queue.name) + "\" has workflows",
            "", "Use pgqrs.drop_workflow(" + std::string(pg::text_of(workflows.at(0, 1))) + ").");
    }
}

void refuse_leftovers(std::int32_t id, std::string_view name) {
    if (!find_leftovers.run_latest({pg::int4(id)}).empty()) {
        still_used(name);
    }
}

}  // namespace

std::int64_t drop_queue(std::string_view name, bool force) {
    pg::require_writable("DELETE");
    return pg::with_spi([&] {
        const auto decide = [&] {
            const engine::Access access = access_to(engine::find_queue(name), name);
            engine::require_access(access, kDropped);
            refuse_workflows(access);
            if (!force) {
                const engine::StatementRights rights(access, {{&engine::kMessages, ACL_SELECT}});
                refuse_unless_empty(name,
                                    count_in_queue.run_latest({pg::int4(access.queue)}).int8(0, 1));
            }
        };
        std::int64_t dropped = 0;
        engine::hold_name_alone(name, {.decide = decide,
                                       .lock_rows = [&] { lock_rows_of(name); },
                                       .row_holders = [&] { return holders_of_rows(name); },
                                       .work =
                                           [&] {
                                               decide();
                                               dropped = delete_all(name);
                                           }});
        return dropped;
    });
}

std::int64_t purge_queue(std::string_view name) {
    pg::require_writable("DELETE");
    return pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(name);
        require_messages(queue, name, "cancel_run");
        const engine::Access access = access_to(queue, name);
        engine::require_access(access, {{&engine::kMessages, kReadAndDelete}});
        Purge purge(access);
        std::int64_t rest = 0;
        engine::change_rows_alone(name, {.row_holders = [&] { return purge.begin(); },
                                         .work = [&] { rest = purge.end(); }});
        return purge.begun() + rest;
    });
}

std::int64_t purge_archive(std::string_view name, const core::Span& older_than) {
    const core::Instant before = engine::time_of_age(older_than, "older_than");
    return pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(name);
        const engine::Access access = access_to(queue, name);
        const std::int64_t purged = remove_old(access, before);
        if (purged > 0) {
            record_departures(engine::marks_of(engine::find_table(engine::kMessages), queue.id),
                              access, {.finished = purged});
        }
        return purged;
    });
}

void check_removal(std::int32_t id, std::string_view name) {
    pg::with_spi([&] {
        const auto decide = [&] { refuse_leftovers(id, name); };
        engine::hold_name_alone(name, {.decide = decide});
        decide();
        forget_grants(id);
    });
}

void check_renaming(std::int32_t old_id, std::int32_t new_id, std::string_view old_name) {
    if (old_id != new_id) {
        throw core::Error(core::SqlState::invalid_argument, "id of a queue cannot be changed");
    }
    engine::hold_name_alone(old_name);
}

void hold_all_queues() {
    pg::with_spi([&] {
        const pg::Rows found = all_names.run({});
        std::vector<std::string_view> names;
        for (std::uint64_t i = 0; i < found.count(); ++i) {
            names.push_back(pg::text_of(found.at(i, 1)));
        }
        if (!names.empty()) {
            engine::hold_names_alone(names);
        }
    });
}

void check_truncation() {
    pg::with_spi([&] {
        if (!find_any_row.run_latest({}).empty()) {
            throw core::Error(
                core::SqlState::queue_not_empty, "queues are still in use",
                "There are messages, archived messages, workers or counts.",
                "Truncate pgqrs.messages, archive, workers and departures with them.");
        }
        forget_all_grants();
    });
}

}  // namespace pgqrs::queue
