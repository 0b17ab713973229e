// See batch.hpp.
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

bool differs(const NewMessage& message) {
    return message.priority || message.delay || message.available_at;
}

Statement uniform(const std::string& queue, Part part, const EnqueueOptions& options) {
    return {"SELECT pgqrs.enqueue_batch($1, $2::jsonb[], $3::interval, $4::integer, $5::jsonb[])",
            {queue, payloads_of(part), to_interval(options.delay), std::to_string(options.priority),
             headers_of(part)}};
}

// Row by row. A time becomes a delay by the server's clock, so that one that passes meanwhile is no error.
Statement mixed(const std::string& queue, Part part, const EnqueueOptions& options) {
    return {
        "SELECT pgqrs.enqueue($1, m.payload, "
        "CASE WHEN m.since_epoch IS NULL THEN m.delay ELSE "
        "greatest('epoch'::timestamptz + m.since_epoch - clock_timestamp(), '0') END, "
        "m.priority, m.headers) "
        "FROM unnest($2::jsonb[], $3::interval[], $4::interval[], $5::integer[], $6::jsonb[]) "
        "AS m (payload, delay, since_epoch, priority, headers)",
        {queue, payloads_of(part), array_of_each(part,
                                                 [&](const NewMessage& one) {
                                                     return Parameter(to_interval(
                                                         one.delay.value_or(options.delay)));
                                                 }),
         array_of_each(part,
                       [](const NewMessage& one) {
                           return one.available_at
                                      ? Parameter(to_interval(one.available_at->time_since_epoch()))
                                      : Parameter();
                       }),
         array_of_each(part,
                       [&](const NewMessage& one) {
                           return Parameter(
                               std::to_string(one.priority.value_or(options.priority)));
                       }),
         headers_of(part)}};
}

}  // namespace

std::vector<Statement> batch_statements(const std::string& queue,
                                        const std::vector<NewMessage>& messages,
                                        const EnqueueOptions& options, std::size_t size) {
    std::vector<Statement> statements;
    for (std::size_t start = 0; start < messages.size(); start += size) {
        const Part part = Part(messages).subspan(start, std::min(size, messages.size() - start));
        const bool all_alike = std::none_of(part.begin(), part.end(), differs);
        statements.push_back(all_alike ? uniform(queue, part, options)
                                       : mixed(queue, part, options));
    }
    return statements;
}

}  // namespace pgqrs
