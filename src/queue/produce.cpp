#include "queue/produce.hpp"

#include <span>
#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/append.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/calendar.hpp"
#include "pg/catalog.hpp"
#include "pg/transaction.hpp"
#include "queue/held.hpp"

namespace pgqrs::queue {
namespace {

// The subject of an error: "payload", or "payload 3" in a batch.
std::string subject(const char* what, std::size_t place) {
    return place == 0 ? what : what + (" " + std::to_string(place));
}

void check_size(const pg::Json& json, const char* what, std::size_t place) {
    if (json.bytes > engine::max_payload_bytes()) {
        core::check_payload_size(json.bytes, engine::max_payload_bytes(), subject(what, place));
    }
}

// place: in a batch, from 1.
void check_payload(const std::optional<pg::Json>& payload, std::size_t place = 0) {
    if (!payload) {
        throw core::Error(core::SqlState::payload_rejected,
                          subject("payload", place) + " must not be null", "",
                          "JSON null is a payload: 'null'::jsonb.");
    }
    check_size(*payload, "payload", place);
}

void check_headers(const std::optional<pg::Json>& headers, std::size_t place = 0) {
    if (!headers) {
        return;
    }
    if (!pg::is_object(*headers)) {
        throw core::Error(core::SqlState::payload_rejected,
                          subject("headers", place) + " must be a JSON object");
    }
    check_size(*headers, "headers", place);
}

void check_common(const NewMessages& common) {
    core::check_priority(common.priority);
    engine::check_delay(common.delay);
    if (common.max_attempts) {
        core::check_max_attempts(*common.max_attempts);
    }
    if (common.expires_after) {
        engine::check_time_to_live(*common.expires_after);
    }
    if (!common.at) {
        return;
    }
    if (!engine::is_finite(*common.at)) {
        throw core::Error(core::SqlState::invalid_argument, "at must be finite");
    }
    // Not the clock: at => now() is the start of the transaction, and means now.
    if (*common.at < engine::transaction_start()) {
        throw core::Error(core::SqlState::invalid_argument, "at must not lie in the past", "",
                          "Use enqueue() for delivery at once, or greatest(at, now()).");
    }
    engine::check_due(*common.at);
}

using Column = engine::MessageColumn;

// The message's own time to live goes before that of the queue, which is not for runs.
pg::Value expiry_of(const NewMessages& common, const engine::Queue& queue, core::Instant now) {
    if (common.runs) {
        return common.expires_at ? pg::timestamptz(*common.expires_at)
                                 : pg::null_of(TIMESTAMPTZOID);
    }
    if (common.expires_after) {
        return pg::timestamptz(pg::after(now, *common.expires_after));
    }
    return queue.expires_after > 0 ? pg::timestamptz(now + queue.expires_after)
                                   : pg::null_of(TIMESTAMPTZOID);
}

engine::Table messages_of(const engine::Queue& queue, const NewMessages& common) {
    return engine::hold_table(engine::kMessages, engine::Purpose::write,
                              {queue.id, common.queue, common.rights});
}

// Adds messages with these ids.
void add(const NewMessages& common, const engine::Queue& queue, const engine::Table& messages,
         std::span<const std::int64_t> ids, std::span<const pg::Value> payloads,
         std::span<const std::optional<pg::Json>> headers) {
    const core::Instant now = engine::clock_now();
    const pg::Value available_at =
        pg::timestamptz(common.at ? *common.at : pg::after(now, common.delay));
    const pg::Value expires_at = expiry_of(common, queue, now);
    const pg::Value max_attempts = common.max_attempts
                                       ? pg::int2(static_cast<std::int16_t>(*common.max_attempts))
                                       : pg::null_of(INT2OID);
    const pg::Value waiting_for = common.runs
                                      ? pg::enum_value(engine::kSchema, "run_reason", "start")
                                      : pg::null_of(ANYENUMOID);
    const auto put = [&](std::size_t row, pg::Value* cells) {
        cells[Column::id] = pg::int8(ids[row]);
        cells[Column::queue_id] = pg::int4(queue.id);
        cells[Column::priority] = pg::int2(static_cast<std::int16_t>(common.priority));
        cells[Column::enqueued_at] = pg::timestamptz(now);
        cells[Column::available_at] = available_at;
        cells[Column::read_ct] = pg::int4(common.read_ct);
        cells[Column::flags] = pg::int2(0);
        cells[Column::attempt] = pg::int2(0);
        cells[Column::given_back] = pg::int4(common.read_ct);
        cells[Column::expires_at] = expires_at;
        cells[Column::max_attempts] = max_attempts;
        cells[Column::waiting_for] = waiting_for;
        cells[Column::payload] = payloads[payloads.size() == 1 ? 0 : row];
        if (!headers.empty() && headers[headers.size() == 1 ? 0 : row]) {
            cells[Column::headers] = headers[headers.size() == 1 ? 0 : row]->value();
        }
    };
    engine::append_messages(messages, engine::row_source(ids.size(), put));
    if (queue.notify) {
        engine::want_notice(engine::marks_of(messages.relation, queue.id), common.queue);
    }
}

// Adds a message for each payload, and answers their ids.
std::vector<std::int64_t> add(const NewMessages& common,
                              std::span<const std::optional<pg::Json>> payloads,
                              std::span<const std::optional<pg::Json>> headers) {
    const engine::Queue queue = engine::hold_queue(common.queue);
    require_messages(queue, common.queue, "start_workflow");
    const engine::Table messages = messages_of(queue, common);
    std::vector<std::int64_t> ids(payloads.size());
    engine::take_ids(messages, ids);
    std::vector<pg::Value> values;
    values.reserve(payloads.size());
    for (const auto& payload : payloads) {
        values.push_back(payload->value());
    }
    add(common, queue, messages, ids, values, headers);
    return ids;
}

}  // namespace

std::int64_t enqueue(const NewMessages& common, const std::optional<pg::Json>& payload,
                     const std::optional<pg::Json>& headers) {
    check_common(common);
    check_payload(payload);
    check_headers(headers);
    pg::require_writable("INSERT");

    return add(common, {&payload, 1}, {&headers, 1}).front();
}

std::vector<std::int64_t> enqueue_batch(const NewMessages& common, const JsonList& payloads,
                                        const std::optional<JsonList>& headers) {
    check_common(common);
    core::check_batch_size(static_cast<std::int64_t>(payloads.size()), engine::max_batch_size());
    if (headers && headers->size() != payloads.size()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "headers has " + std::to_string(headers->size()) + " elements for " +
                              std::to_string(payloads.size()) + " payloads");
    }
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        check_payload(payloads[i], i + 1);
        if (headers) {
            check_headers((*headers)[i], i + 1);
        }
    }
    pg::require_writable("INSERT");

    return add(common, payloads, headers ? std::span(*headers) : std::span<JsonList::value_type>());
}

std::vector<std::int64_t> take_message_ids(const NewMessages& common, std::size_t count) {
    const engine::Queue queue = engine::hold_queue(common.queue);
    std::vector<std::int64_t> ids(count);
    engine::take_ids(messages_of(queue, common), ids);
    return ids;
}

void enqueue_runs(const NewMessages& common, std::span<const std::int64_t> ids,
                  std::span<const std::optional<pg::Json>> headers) {
    check_common(common);
    for (std::size_t i = 0; i < headers.size(); ++i) {
        check_headers(headers[i], headers.size() == 1 ? 0 : i + 1);
    }
    const engine::Queue queue = engine::hold_queue(common.queue);
    const pg::Value nothing = pg::empty_object();
    add(common, queue, messages_of(queue, common), ids, {&nothing, 1}, headers);
}

}  // namespace pgqrs::queue
