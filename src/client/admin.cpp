#include "pgqrs/client/admin.hpp"

#include "pgqrs/client/tables.hpp"
#include "rows.hpp"

namespace pgqrs {
namespace {

Parameter label_or_null(std::optional<Outcome> outcome) {
    return outcome ? Parameter(to_string(*outcome)) : Parameter();
}

Parameter label_or_null(std::optional<Backoff> backoff) {
    return backoff ? Parameter(to_string(*backoff)) : Parameter();
}

Parameter list_or_null(const std::optional<std::vector<std::string>>& texts) {
    return texts ? Parameter(array_of(std::vector<Parameter>(texts->begin(), texts->end())))
                 : Parameter();
}

// What create_queue and alter_queue take behind notify.
std::vector<Parameter> other_settings(const QueueOptions& options) {
    return {number_or_null(options.max_attempts),      label_or_null(options.backoff),
            interval_or_null(options.backoff_base),    interval_or_null(options.backoff_cap),
            real_or_null(options.backoff_jitter),      options.dead_letter_queue,
            interval_or_null(options.expires_after),   number_or_null(options.max_messages),
            real_or_null(options.enqueue_rate),        number_or_null(options.enqueue_burst),
            number_or_null(options.max_payload_bytes), number_or_null(options.max_depth),
            list_or_null(options.required_keys),       list_or_null(options.forbidden_keys)};
}

std::vector<Parameter> joined(std::vector<Parameter> parameters,
                              const std::vector<Parameter>& more) {
    parameters.insert(parameters.end(), more.begin(), more.end());
    return parameters;
}

// A statement for each part of the ids, in one transaction.
std::vector<Result> for_parts(Connection& connection, const std::string& sql,
                              const std::string& queue, const std::vector<std::int64_t>& ids) {
    const auto size = static_cast<std::size_t>(connection.config().default_batch_size);
    std::vector<Statement> statements;
    for (std::size_t start = 0; start < ids.size(); start += size) {
        statements.push_back({sql, {queue, array_of(part_of(ids, start, size))}});
    }
    return statements.empty() ? std::vector<Result>() : connection.pipeline(statements);
}

// The schema stays behind when it was named in the control file. Others may have put something there: then it stays.
void drop_empty_schema(Connection& connection) {
    connection.execute("SAVEPOINT pgqrs_schema");
    try {
        connection.execute("DROP SCHEMA IF EXISTS pgqrs RESTRICT");
    } catch (const ServerError&) {
        connection.execute("ROLLBACK TO SAVEPOINT pgqrs_schema");
    }
}

}  // namespace

bool Admin::installed() { return !extension_version().empty(); }

std::string Admin::extension_version() {
    const auto result = connection_.execute(
        "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'pgqrs'");
    return result.rows() == 0 ? std::string() : result.text(0, 0);
}

std::string Admin::library_version() {
    return connection_.execute("SELECT pgqrs.version()").text(0, 0);
}

bool Admin::preloaded() {
    // The setting exists only then; the library must be loaded before that can be told.
    library_version();
    return connection_
        .execute("SELECT pg_catalog.current_setting('pgqrs.max_shared_queues', true) IS NOT NULL")
        .boolean(0, 0);
}

bool Admin::install() {
    const bool existed = installed();
    connection_.execute("CREATE EXTENSION IF NOT EXISTS pgqrs");
    return !existed;
}

bool Admin::uninstall(bool force) {
    Transaction transaction(connection_);
    if (!installed()) {
        return false;
    }
    if (!force) {
        // Nobody adds any between the count and the end.
        connection_.execute("LOCK TABLE pgqrs.messages IN ACCESS EXCLUSIVE MODE");
        if (const auto messages = Messages(connection_).count(); messages > 0) {
            throw ServerError(
                Error::Parts{"PQ011", "there are still messages: " + std::to_string(messages), "",
                             "Force it to remove the extension with all queues and messages."});
        }
    }
    connection_.execute("DROP EXTENSION pgqrs");
    drop_empty_schema(connection_);
    transaction.commit();
    return true;
}

std::vector<Fault> Admin::verify() {
    if (!installed()) {
        return {{"extension", "pgqrs", "is not installed in this database"}};
    }
    const auto result = connection_.execute("SELECT kind, object, fault FROM pgqrs.verify()");
    std::vector<Fault> faults;
    for (int row = 0; row < result.rows(); ++row) {
        faults.push_back({result.text(row, 0), result.text(row, 1), result.text(row, 2)});
    }
    return faults;
}

Queue Admin::create_queue(const std::string& queue, const QueueOptions& options,
                          bool if_not_exists) {
    // NULL means the default.
    static const std::string sql =
        select(kQueueColumns,
               "pgqrs.create_queue($1, $2::interval, $3::integer, $4, $5::boolean, $6::boolean, "
               "$7::integer, $8, $9::interval, $10::interval, $11::double precision, $12, "
               "$13::interval, $14::bigint, $15::double precision, $16::integer, $17::integer, "
               "$18::integer, $19::text[], $20::text[])");
    return queue_of(
        connection_.execute(
            sql, joined({queue, interval_or_null(options.visibility_timeout),
                         number_or_null(options.max_deliveries), options.description,
                         boolean_or_null(if_not_exists), boolean_or_null(options.notify)},
                        other_settings(options))),
        0);
}

Queue Admin::alter_queue(const std::string& queue, const QueueOptions& options) {
    static const std::string sql =
        select(kQueueColumns,
               "pgqrs.alter_queue($1, $2::interval, $3::integer, $4, $5::boolean, $6::integer, $7, "
               "$8::interval, $9::interval, $10::double precision, $11, $12::interval, "
               "$13::bigint, $14::double precision, $15::integer, $16::integer, $17::integer, "
               "$18::text[], $19::text[])");
    return queue_of(
        connection_.execute(sql, joined({queue, interval_or_null(options.visibility_timeout),
                                         number_or_null(options.max_deliveries),
                                         options.description, boolean_or_null(options.notify)},
                                        other_settings(options))),
        0);
}

Queue Admin::get_queue(const std::string& queue) {
    return queue_of(connection_.execute(select(kQueueColumns, "pgqrs.get_queue($1)"), {queue}), 0);
}

std::vector<Queue> Admin::list_queues() {
    return all_rows(connection_.execute(select(kQueueColumns, "pgqrs.list_queues()")), queue_of);
}

std::int64_t Admin::drop_queue(const std::string& queue, bool force) {
    return connection_
        .execute("SELECT pgqrs.drop_queue($1, $2::boolean)", {queue, boolean_or_null(force)})
        .integer(0, 0);
}

bool Admin::pause_queue(const std::string& queue) {
    return connection_.execute("SELECT pgqrs.pause_queue($1)", {queue}).boolean(0, 0);
}

bool Admin::resume_queue(const std::string& queue) {
    return connection_.execute("SELECT pgqrs.resume_queue($1)", {queue}).boolean(0, 0);
}

std::int64_t Admin::purge_queue(const std::string& queue) {
    return connection_.execute("SELECT pgqrs.purge_queue($1)", {queue}).integer(0, 0);
}

std::int64_t Admin::purge_archive(const std::string& queue, Duration older_than) {
    return connection_
        .execute("SELECT pgqrs.purge_archive($1, $2::interval)", {queue, to_interval(older_than)})
        .integer(0, 0);
}

std::int64_t Admin::purge(const std::string& queue, const PurgeOptions& options) {
    return connection_
        .execute("CALL pgqrs.purge($1, $2::boolean, $3::interval)",
                 {queue, boolean_or_null(options.archive), to_interval(options.older_than)})
        .integer(0, 0);
}

Metrics Admin::queue_metrics(const std::string& queue, bool exact) {
    return metrics_of(
        connection_.execute(select(kMetricsColumns, "pgqrs.queue_metrics($1, $2::boolean)"),
                            {queue, boolean_or_null(exact)}),
        0);
}

std::vector<Metrics> Admin::all_queues_metrics(bool exact) {
    return all_rows(
        connection_.execute(select(kMetricsColumns, "pgqrs.all_queues_metrics($1::boolean)"),
                            {boolean_or_null(exact)}),
        metrics_of);
}

std::vector<Cancelled> Admin::cancel(const std::string& queue,
                                     const std::vector<std::int64_t>& ids) {
    return all_rows(
        for_parts(connection_, "SELECT id, result FROM pgqrs.cancel($1, $2::bigint[])", queue, ids),
        cancelled_of);
}

std::vector<Failure> Admin::list_failures(const std::string& queue, std::int64_t id) {
    return all_rows(
        connection_.execute(select(kFailureColumns, "pgqrs.list_failures($1, $2::bigint)"),
                            {queue, std::to_string(id)}),
        failure_of);
}

std::vector<DeadLetter> Admin::list_dead(const std::string& queue, std::int64_t after_id,
                                         int quantity) {
    return all_rows(connection_.execute(
                        select(kDeadLetterColumns, "pgqrs.list_dead($1, $2::bigint, $3::integer)"),
                        {queue, std::to_string(after_id), std::to_string(quantity)}),
                    dead_letter_of);
}

std::int64_t Admin::redrive(const std::string& queue, const RedriveOptions& options) {
    return connection_
        .execute("SELECT pgqrs.redrive($1, $2::bigint[], $3, $4::bigint)",
                 {queue, options.ids ? Parameter(array_of(*options.ids)) : Parameter(),
                  options.target, number_or_null(options.quantity)})
        .integer(0, 0);
}

std::int64_t Admin::discard(const std::string& queue, const std::vector<std::int64_t>& ids) {
    std::int64_t discarded = 0;
    for (const auto& result :
         for_parts(connection_, "SELECT pgqrs.discard($1, $2::bigint[])", queue, ids)) {
        discarded += result.integer(0, 0);
    }
    return discarded;
}

Worker Admin::suspend_worker(std::int64_t worker) {
    return worker_of(connection_.execute(select(kWorkerColumns, "pgqrs.suspend_worker($1::bigint)"),
                                         {std::to_string(worker)}),
                     0);
}

Worker Admin::resume_worker(std::int64_t worker) {
    return worker_of(connection_.execute(select(kWorkerColumns, "pgqrs.resume_worker($1::bigint)"),
                                         {std::to_string(worker)}),
                     0);
}

Worker Admin::stop_worker(std::int64_t worker) {
    return worker_of(connection_.execute(select(kWorkerColumns, "pgqrs.stop_worker($1::bigint)"),
                                         {std::to_string(worker)}),
                     0);
}

std::int64_t Admin::release_worker_messages(std::int64_t worker) {
    return connection_
        .execute("SELECT pgqrs.release_worker_messages($1::bigint)", {std::to_string(worker)})
        .integer(0, 0);
}

std::int64_t Admin::reap_workers() {
    return connection_.execute("SELECT pgqrs.reap_workers()").integer(0, 0);
}

std::int64_t Admin::purge_workers(const std::optional<std::string>& queue,
                                  const std::optional<Duration>& older_than) {
    // NULL means the default.
    return connection_
        .execute("SELECT pgqrs.purge_workers($1, $2::interval)",
                 {queue, interval_or_null(older_than)})
        .integer(0, 0);
}

std::vector<WorkerHealth> Admin::worker_health(const std::optional<std::string>& queue) {
    return all_rows(
        connection_.execute(select(kWorkerHealthColumns, "pgqrs.worker_health($1)"), {queue}),
        worker_health_of);
}

std::vector<WorkerMetrics> Admin::worker_metrics(const std::string& queue) {
    return all_rows(
        connection_.execute(select(kWorkerMetricsColumns, "pgqrs.worker_metrics($1)"), {queue}),
        worker_metrics_of);
}

bool Admin::grant_queue(const std::string& queue, const std::string& role, Privilege privilege) {
    return connection_
        .execute("SELECT pgqrs.grant_queue($1, $2, $3)", {queue, role, to_string(privilege)})
        .boolean(0, 0);
}

bool Admin::revoke_queue(const std::string& queue, const std::string& role, Privilege privilege) {
    return connection_
        .execute("SELECT pgqrs.revoke_queue($1, $2, $3)", {queue, role, to_string(privilege)})
        .boolean(0, 0);
}

std::vector<QueueGrant> Admin::list_grants(const std::optional<std::string>& queue) {
    return all_rows(
        connection_.execute(select(kQueueGrantColumns, "pgqrs.list_grants($1)"), {queue}),
        queue_grant_of);
}

std::vector<RetentionRule> Admin::set_retention(const std::string& queue,
                                                const RetentionOptions& options) {
    return all_rows(
        connection_.execute(
            select(kRetentionColumns, "pgqrs.set_retention($1, $2, $3::interval, $4::bigint)"),
            {queue, label_or_null(options.outcome), interval_or_null(options.max_age),
             number_or_null(options.max_count)}),
        retention_of);
}

std::vector<RetentionRule> Admin::list_retention(const std::optional<std::string>& queue) {
    return all_rows(
        connection_.execute(select(kRetentionColumns, "pgqrs.list_retention($1)"), {queue}),
        retention_of);
}

std::int64_t Admin::maintain(Duration budget) {
    return connection_.execute("CALL pgqrs.maintain($1::interval)", {to_interval(budget)})
        .integer(0, 0);
}

}  // namespace pgqrs
