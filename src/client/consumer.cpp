#include "pgqrs/client/consumer.hpp"

#include <algorithm>

#include "pgqrs/client/stop.hpp"
#include "core/duration.hpp"
#include "core/names.hpp"
#include "rows.hpp"
#include "rules.hpp"
#include "lease_lost.hpp"

namespace pgqrs {
namespace {

// Where pgqrs.next's column lost is: behind kMessageColumns.
constexpr int kLost = 11;

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
        const auto from = static_cast<std::ptrdiff_t>(start);
        const auto to = static_cast<std::ptrdiff_t>(std::min(start + size, ids.size()));
        const auto part = [&](const std::vector<std::int64_t>& all) {
            return array_of(std::vector<std::int64_t>(all.begin() + from, all.begin() + to));
        };
        Statement statement{sql,
                            {queue_, part(ids), read_cts.empty() ? Parameter() : part(read_cts)}};
        if (delay) {
            statement.parameters.push_back(to_interval(*delay));
        }
        statements.push_back(std::move(statement));
    }
    std::vector<Finished> finished;
    if (statements.empty()) {
        return finished;
    }
    for (const auto& result : connection_.pipeline(statements)) {
        for (int row = 0; row < result.rows(); ++row) {
            finished.push_back({result.integer(row, 0), result.boolean(row, 1)});
        }
    }
    return finished;
}

}  // namespace pgqrs
