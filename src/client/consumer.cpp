#include "pgqrs/client/consumer.hpp"

#include <algorithm>

#include "pgqrs/client/stop.hpp"
#include "core/duration.hpp"
#include "core/names.hpp"
#include "error_text.hpp"
#include "rows.hpp"
#include "rules.hpp"
#include "lease_lost.hpp"

namespace pgqrs {
namespace {

// Where pgqrs.next's column lost is: behind kMessageColumns.
constexpr int kLost = 12;

struct Deliveries {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> read_cts;
};

Deliveries deliveries_of(const std::vector<Message>& messages) {
    Deliveries all;
    for (const auto& message : messages) {
        all.ids.push_back(message.id);
        all.read_cts.push_back(message.read_ct);
    }
    return all;
}

Finished finished_of(const Result& result, int row) {
    return {result.integer(row, 0), result.boolean(row, 1)};
}

Heartbeat heartbeat_of(const Result& result, int row) {
    return {result.integer(row, 0), result.boolean(row, 1), result.boolean(row, 2)};
}

}  // namespace

Consumer::Consumer(Connection& connection, std::string queue, DequeueOptions options)
    : connection_(connection), queue_(std::move(queue)), options_(std::move(options)) {
    check_by([&] { core::check_queue_name(queue_); });
    if (!options_.lock_time) {
        options_.lock_time = connection.config().default_lock_time;
    }
    if (options_.lock_time) {
        check_by([&] { core::check_visibility(options_.lock_time->count(), "lock time"); });
    }
}

std::optional<Message> Consumer::dequeue(Duration wait) {
    static const std::string sql =
        select(kMessageColumns, "pgqrs.dequeue($1, $2::interval, $3::interval, $4::bigint)");
    return first_row(connection_.execute(sql, {queue_, interval_or_null(options_.lock_time),
                                               to_interval(wait), number_or_null(options_.worker)}),
                     message_of);
}

std::vector<Message> Consumer::dequeue_batch(int quantity, Duration wait) {
    static const std::string sql =
        select(kMessageColumns,
               "pgqrs.dequeue_batch($1, $2::integer, $3::interval, $4::interval, $5::bigint)");
    const int wanted = quantity == 0 ? connection_.config().default_batch_size : quantity;
    return all_rows(connection_.execute(
                        sql, {queue_, std::to_string(wanted), interval_or_null(options_.lock_time),
                              to_interval(wait), number_or_null(options_.worker)}),
                    message_of);
}

Next Consumer::next(const std::vector<Message>& done, int quantity, Duration wait) {
    static const std::string sql =
        select(std::string(kMessageColumns) + ", lost",
               "pgqrs.next($1, $2::bigint[], $3::bigint[], $4::bigint, $5::interval, $6::interval, "
               "$7::bigint)");
    const Deliveries finished = deliveries_of(done);
    const int wanted = quantity == 0 ? connection_.config().default_batch_size : quantity;
    const Result result =
        connection_.execute(sql, {queue_, array_of(finished.ids), array_of(finished.read_cts),
                                  std::to_string(wanted), interval_or_null(options_.lock_time),
                                  to_interval(wait), number_or_null(options_.worker)});
    Next next;
    for (int row = 0; row < result.rows(); ++row) {
        if (result.boolean(row, kLost)) {
            next.lost.push_back(result.integer(row, 0));
        } else {
            next.messages.push_back(message_of(result, row));
        }
    }
    return next;
}

bool Consumer::wait(Duration timeout, const Stop* stop) {
    return connection_
        .execute("CALL pgqrs.wait($1, $2::interval)", {queue_, to_interval(timeout)}, stop)
        .boolean(0, 0);
}

std::vector<Message> Consumer::pop(int quantity) {
    return all_rows(connection_.execute(select(kMessageColumns, "pgqrs.pop($1, $2::integer)"),
                                        {queue_, std::to_string(quantity)}),
                    message_of);
}

std::vector<Message> Consumer::peek(int quantity) {
    return all_rows(connection_.execute(select(kMessageColumns, "pgqrs.peek($1, $2::integer)"),
                                        {queue_, std::to_string(quantity)}),
                    message_of);
}

bool Consumer::archive(const Message& message) { return archive(message.id, message.read_ct); }
bool Consumer::remove(const Message& message) { return remove(message.id, message.read_ct); }
bool Consumer::release(const Message& message, Duration delay) {
    return release(message.id, delay, message.read_ct);
}
bool Consumer::extend(const Message& message, Duration by) {
    return extend(message.id, by, message.read_ct);
}

bool Consumer::archive(std::int64_t id, std::optional<int> read_ct) {
    return connection_
        .execute("SELECT pgqrs.archive($1, $2::bigint, $3::integer)",
                 {queue_, std::to_string(id), number_or_null(read_ct)})
        .boolean(0, 0);
}

bool Consumer::remove(std::int64_t id, std::optional<int> read_ct) {
    return connection_
        .execute("SELECT pgqrs.delete($1, $2::bigint, $3::integer)",
                 {queue_, std::to_string(id), number_or_null(read_ct)})
        .boolean(0, 0);
}

bool Consumer::release(std::int64_t id, Duration delay, std::optional<int> read_ct) {
    return connection_
        .execute("SELECT pgqrs.release($1, $2::bigint, $3::interval, $4::integer)",
                 {queue_, std::to_string(id), to_interval(delay), number_or_null(read_ct)})
        .boolean(0, 0);
}

bool Consumer::extend(std::int64_t id, Duration by, std::optional<int> read_ct) {
    return connection_
        .execute("SELECT pgqrs.extend_visibility($1, $2::bigint, $3::interval, $4::integer)",
                 {queue_, std::to_string(id), to_interval(by), number_or_null(read_ct)})
        .boolean(0, 0);
}

bool Consumer::extend_without_waiting(std::int64_t id, Duration by, int read_ct,
                                      Duration lock_wait) {
    const auto milliseconds =
        std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(lock_wait).count());
    // In one pipeline, so in one transaction, to whose end the setting is limited.
    const auto results = connection_.pipeline(
        {{"SELECT pg_catalog.set_config('lock_timeout', $1, true)", {std::to_string(milliseconds)}},
         {"SELECT pgqrs.extend_visibility($1, $2::bigint, $3::interval, $4::integer)",
          {queue_, std::to_string(id), to_interval(by), std::to_string(read_ct)}}});
    return results.at(1).boolean(0, 0);
}

void Consumer::archive_or_throw(const Message& message) {
    if (!archive(message)) {
        throw_lease_lost(message);
    }
}

std::vector<Finished> Consumer::archive_batch(const std::vector<Message>& messages) {
    return finish_batch("SELECT id, done FROM pgqrs.archive_batch($1, $2::bigint[], $3::integer[])",
                        messages);
}
std::vector<Finished> Consumer::remove_batch(const std::vector<Message>& messages) {
    return finish_batch("SELECT id, done FROM pgqrs.delete_batch($1, $2::bigint[], $3::integer[])",
                        messages);
}
std::vector<Finished> Consumer::release_batch(const std::vector<Message>& messages,
                                              Duration delay) {
    return finish_batch(
        "SELECT id, done FROM pgqrs.release_batch($1, $2::bigint[], $4::interval, $3::integer[])",
        messages, delay);
}
std::vector<Finished> Consumer::archive_batch(const std::vector<std::int64_t>& ids) {
    return finish_batch("SELECT id, done FROM pgqrs.archive_batch($1, $2::bigint[], $3::integer[])",
                        ids, {});
}
std::vector<Finished> Consumer::remove_batch(const std::vector<std::int64_t>& ids) {
    return finish_batch("SELECT id, done FROM pgqrs.delete_batch($1, $2::bigint[], $3::integer[])",
                        ids, {});
}
std::vector<Finished> Consumer::release_batch(const std::vector<std::int64_t>& ids,
                                              Duration delay) {
    return finish_batch(
        "SELECT id, done FROM pgqrs.release_batch($1, $2::bigint[], $4::interval, $3::integer[])",
        ids, {}, delay);
}

std::vector<Finished> Consumer::finish_batch(const std::string& sql,
                                             const std::vector<Message>& messages,
                                             std::optional<Duration> delay) {
    const Deliveries all = deliveries_of(messages);
    return finish_batch(sql, all.ids, all.read_cts, delay);
}

std::vector<Finished> Consumer::finish_batch(const std::string& sql,
                                             const std::vector<std::int64_t>& ids,
                                             const std::vector<std::int64_t>& read_cts,
                                             std::optional<Duration> delay) {
    const auto size = static_cast<std::size_t>(connection_.config().default_batch_size);
    std::vector<Statement> statements;
    for (std::size_t start = 0; start < ids.size(); start += size) {
        const auto part = [&](const std::vector<std::int64_t>& all) {
            return array_of(part_of(all, start, size));
        };
        Statement statement{sql,
                            {queue_, part(ids), read_cts.empty() ? Parameter() : part(read_cts)}};
        if (delay) {
            statement.parameters.push_back(to_interval(*delay));
        }
        statements.push_back(std::move(statement));
    }
    if (statements.empty()) {
        return {};
    }
    return all_rows(connection_.pipeline(statements), finished_of);
}

Failed Consumer::fail(const Message& message, const std::string& error,
                      const FailOptions& options) {
    return fail(message.id, error, message.read_ct, options);
}

Failed Consumer::fail(std::int64_t id, const std::string& error, std::optional<int> read_ct,
                      const FailOptions& options) {
    static const std::string sql = select(
        kFailedColumns, "pgqrs.fail($1, $2::bigint, $3, $4::integer, $5::boolean, $6::interval)");
    return failed_of(
        connection_.execute(sql,
                            {queue_, std::to_string(id), error_text(error), number_or_null(read_ct),
                             boolean_or_null(options.retry), interval_or_null(options.delay)}),
        0);
}

std::vector<Failed> Consumer::fail_batch(const std::vector<Message>& messages,
                                         const std::vector<std::string>& errors,
                                         const FailOptions& options) {
    const Deliveries all = deliveries_of(messages);
    return fail_all(all.ids, all.read_cts, errors, options);
}

std::vector<Failed> Consumer::fail_batch(const std::vector<std::int64_t>& ids,
                                         const std::vector<std::string>& errors,
                                         const FailOptions& options) {
    return fail_all(ids, {}, errors, options);
}

std::vector<Failed> Consumer::fail_all(const std::vector<std::int64_t>& ids,
                                       const std::vector<std::int64_t>& read_cts,
                                       const std::vector<std::string>& errors,
                                       const FailOptions& options) {
    static const std::string sql = select(
        kFailedColumns,
        "pgqrs.fail_batch($1, $2::bigint[], $3::text[], $4::bigint[], $5::boolean, $6::interval)");
    if (errors.size() != 1 && errors.size() != ids.size()) {
        throw InvalidArgument(
            Error::Parts{"PQ010", "fail_batch takes one error for all messages, or one for each"});
    }
    std::vector<Parameter> texts;
    for (const auto& error : errors) {
        texts.emplace_back(error_text(error));
    }
    const auto size = static_cast<std::size_t>(connection_.config().default_batch_size);
    std::vector<Statement> statements;
    for (std::size_t start = 0; start < ids.size(); start += size) {
        statements.push_back(
            {sql,
             {queue_, array_of(part_of(ids, start, size)),
              array_of(texts.size() == 1 ? texts : part_of(texts, start, size)),
              read_cts.empty() ? Parameter() : array_of(part_of(read_cts, start, size)),
              boolean_or_null(options.retry), interval_or_null(options.delay)}});
    }
    if (statements.empty()) {
        return {};
    }
    return all_rows(connection_.pipeline(statements), failed_of);
}

std::vector<Heartbeat> Consumer::heartbeat(const std::vector<Message>& messages) {
    const Deliveries all = deliveries_of(messages);
    return heartbeat(all.ids, all.read_cts);
}

std::vector<Heartbeat> Consumer::heartbeat(const std::vector<std::int64_t>& ids) {
    return heartbeat(ids, {});
}

std::vector<Heartbeat> Consumer::heartbeat(const std::vector<std::int64_t>& ids,
                                           const std::vector<std::int64_t>& read_cts) {
    if (!options_.worker) {
        throw InvalidArgument(
            Error::Parts{"PQ010", "a heartbeat is that of a worker, and the consumer has none"});
    }
    const auto size = static_cast<std::size_t>(connection_.config().default_batch_size);
    std::vector<Statement> statements;
    std::size_t start = 0;
    // One at least: without messages it is a sign of life.
    do {
        statements.push_back(
            {"SELECT id, lost, cancelled FROM pgqrs.heartbeat($1::bigint, $2::bigint[], "
             "$3::bigint[])",
             {std::to_string(*options_.worker), array_of(part_of(ids, start, size)),
              read_cts.empty() ? Parameter() : array_of(part_of(read_cts, start, size))}});
        start += size;
    } while (start < ids.size());
    return all_rows(connection_.pipeline(statements), heartbeat_of);
}

}  // namespace pgqrs
