#include "pgqrs/client/admin.hpp"

#include "pgqrs/client/tables.hpp"
#include "rows.hpp"

namespace pgqrs {
namespace {

Parameter boolean_or_null(std::optional<bool> value) {
    if (!value) {
        return std::nullopt;
    }
    return *value ? "true" : "false";
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
    return queue_of(
        connection_.execute(select(kQueueColumns,
                                   "pgqrs.create_queue($1, coalesce($2::interval, '30 "
                                   "s'), $3::integer, $4, $5::boolean, "
                                   "coalesce($6::boolean, false))"),
                            {queue, interval_or_null(options.visibility_timeout),
                             number_or_null(options.max_deliveries), options.description,
                             boolean_or_null(if_not_exists), boolean_or_null(options.notify)}),
        0);
}

Queue Admin::alter_queue(const std::string& queue, const QueueOptions& options) {
    return queue_of(connection_.execute(
                        select(kQueueColumns,
                               "pgqrs.alter_queue($1, $2::interval, $3::integer, $4, $5::boolean)"),
                        {queue, interval_or_null(options.visibility_timeout),
                         number_or_null(options.max_deliveries), options.description,
                         boolean_or_null(options.notify)}),
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

}  // namespace pgqrs
