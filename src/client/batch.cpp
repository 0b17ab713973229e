#include "batch.hpp"

#include <algorithm>
#include <span>

#include "rows.hpp"

namespace pgqrs {
namespace {

using Part = std::span<const NewMessage>;

template <typename Of>
std::string array_of_each(Part part, Of of) {
    std::vector<Parameter> values;
    values.reserve(part.size());
    for (const auto& message : part) {
        values.push_back(of(message));
    }
    return array_of(values);
}

std::string payloads_of(Part part) {
    return array_of_each(part, [](const NewMessage& one) { return Parameter(one.payload); });
}

Parameter headers_of(Part part) {
    if (std::none_of(part.begin(), part.end(), [](const auto& one) { return one.headers; })) {
        return std::nullopt;
    }
    return array_of_each(part, [](const NewMessage& one) { return one.headers; });
}

bool is_job(const NewMessage& message) { return message.max_attempts || message.expires_after; }

bool differs(const NewMessage& message) {
    return message.priority || message.delay || message.available_at || is_job(message);
}

Statement uniform(const std::string& queue, Part part, const EnqueueOptions& options) {
    return {"SELECT pgqrs.enqueue_batch($1, $2::jsonb[], $3::interval, $4::integer, $5::jsonb[])",
            {queue, payloads_of(part), to_interval(options.delay), std::to_string(options.priority),
             headers_of(part)}};
}

Parameter delay_of(const NewMessage& message, const EnqueueOptions& options) {
    return to_interval(message.available_at ? Duration() : message.delay.value_or(options.delay));
}

Parameter priority_of(const NewMessage& message, const EnqueueOptions& options) {
    return std::to_string(message.priority.value_or(options.priority));
}

Parameter time_of(const NewMessage& message) {
    return message.available_at ? Parameter(to_interval(message.available_at->time_since_epoch()))
                                : Parameter();
}

// Row by row. What lies behind the server's clock also lies behind the start of the transaction, as enqueue_at wants it.
Statement mixed(const std::string& queue, Part part, const EnqueueOptions& options) {
    return {
        "SELECT CASE WHEN 'epoch'::timestamptz + m.since_epoch > clock_timestamp() "
        "THEN pgqrs.enqueue_at($1, m.payload, 'epoch'::timestamptz + m.since_epoch, "
        "m.priority, m.headers) "
        "ELSE pgqrs.enqueue($1, m.payload, m.delay, m.priority, m.headers) END "
        "FROM unnest($2::jsonb[], $3::interval[], $4::interval[], $5::integer[], $6::jsonb[]) "
        "AS m (payload, delay, since_epoch, priority, headers)",
        {queue, payloads_of(part),
         array_of_each(part, [&](const NewMessage& one) { return delay_of(one, options); }),
         array_of_each(part, time_of),
         array_of_each(part, [&](const NewMessage& one) { return priority_of(one, options); }),
         headers_of(part)}};
}

// As mixed(), where some have settings of their own. enqueue_job takes no time, so a time becomes a delay: until then by a
// clock that is read before the one that the delay counts from. It is in seconds, as days would be those of a calendar.
Statement with_jobs(const std::string& queue, Part part, const EnqueueOptions& options) {
    Statement statement = mixed(queue, part, options);
    statement.sql =
        "SELECT CASE WHEN m.max_attempts IS NOT NULL OR m.expires_after IS NOT NULL "
        "THEN (SELECT j.id FROM pgqrs.enqueue_job($1, m.payload, "
        "greatest(make_interval(secs => extract(epoch FROM "
        "'epoch'::timestamptz + m.since_epoch - clock_timestamp())::double precision), m.delay), "
        "m.priority, m.headers, m.max_attempts, m.expires_after) AS j) "
        "WHEN 'epoch'::timestamptz + m.since_epoch > clock_timestamp() "
        "THEN pgqrs.enqueue_at($1, m.payload, 'epoch'::timestamptz + m.since_epoch, "
        "m.priority, m.headers) "
        "ELSE pgqrs.enqueue($1, m.payload, m.delay, m.priority, m.headers) END "
        "FROM unnest($2::jsonb[], $3::interval[], $4::interval[], $5::integer[], $6::jsonb[], "
        "$7::integer[], $8::interval[]) "
        "AS m (payload, delay, since_epoch, priority, headers, max_attempts, expires_after)";
    statement.parameters.push_back(array_of_each(
        part, [](const NewMessage& one) { return number_or_null(one.max_attempts); }));
    statement.parameters.push_back(array_of_each(
        part, [](const NewMessage& one) { return interval_or_null(one.expires_after); }));
    return statement;
}

Statement statement_of(const std::string& queue, Part part, const EnqueueOptions& options) {
    if (std::any_of(part.begin(), part.end(), is_job)) {
        return with_jobs(queue, part, options);
    }
    return std::any_of(part.begin(), part.end(), differs) ? mixed(queue, part, options)
                                                          : uniform(queue, part, options);
}

}  // namespace

std::vector<Statement> batch_statements(const std::string& queue,
                                        const std::vector<NewMessage>& messages,
                                        const EnqueueOptions& options, std::size_t size) {
    std::vector<Statement> statements;
    for (std::size_t start = 0; start < messages.size(); start += size) {
        const Part part = Part(messages).subspan(start, std::min(size, messages.size() - start));
        statements.push_back(statement_of(queue, part, options));
    }
    return statements;
}

}  // namespace pgqrs
