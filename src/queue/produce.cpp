// See production.hpp.
#include "queue/produce.hpp"

#include <span>
#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "pg/catalog.hpp"
#include "engine/settings.hpp"
#include "pg/transaction.hpp"
#include "engine/table.hpp"
#include "engine/queue_cache.hpp"
#include "engine/journal.hpp"

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

// What all messages of one call share.
class Placement {
public:
    explicit Placement(const NewMessages& common)
        : name_(common.queue),
          queue_(engine::hold_queue(common.queue)),
          priority_(common.priority),
          now_(engine::clock_now()),
          available_at_(common.at.value_or(now_ + common.delay)) {}

    // That so many messages were placed, with ids from the first on, directly or not.
    void note(std::int64_t first_id, std::size_t messages, bool directly) const {
        const auto count = static_cast<std::int64_t>(messages);
        const bool is_due = available_at_ <= now_;
        const Oid relation = pg::relation_oid(engine::kMessages.table.relation);
        core::Touched& touches = engine::touched(relation, queue_.id);
        touches.enqueued(priority_, {available_at_, first_id}, is_due ? count : 0);
        if (directly) {
            touches.change.add({.messages = count, .delayed = is_due ? 0 : count, .newest = now_});
        }
        if (queue_.notify) {
            engine::want_notice(relation, queue_.id, name_);
        }
    }
    pg::Value queue() const { return pg::int4(queue_.id); }
    pg::Value priority() const { return pg::int2(static_cast<std::int16_t>(priority_)); }
    pg::Value enqueued_at() const { return pg::timestamptz(now_); }
    pg::Value available_at() const { return pg::timestamptz(available_at_); }

private:
    std::string_view name_;
    engine::Queue queue_;
    std::int32_t priority_;
    engine::Timestamp now_;
    engine::Timestamp available_at_;
};

void check_common(const NewMessages& common) {
    core::check_priority(common.priority);
    core::check_delay(common.delay, "delay");
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
    core::check_delay(*common.at - engine::transaction_start(), "at");
}

// The values of a row, in the order of engine::kMessages.table.columns.
void put_row(std::int64_t id, const Placement& placement, const pg::Json& payload,
             const std::optional<pg::Json>& headers, pg::Value* cells) {
    *cells++ = pg::int8(id);
    *cells++ = placement.available_at();
    *cells++ = placement.enqueued_at();
    *cells++ = placement.queue();
    *cells++ = pg::int4(0);
    *cells++ = placement.priority();
    *cells++ = pg::null_of(TIMESTAMPTZOID);
    *cells++ = pg::null_of(TIMESTAMPTZOID);
    *cells++ = pg::null_of(INT8OID);
    *cells++ = headers ? headers->value() : pg::null_of(JSONBOID);
    *cells++ = payload.value();
}

// Adds a message for each id, and notes it.
void add(std::span<const std::int64_t> ids, const Placement& placement,
         std::span<const std::optional<pg::Json>> payloads,
         std::span<const std::optional<pg::Json>> headers) {
    const auto put = [&](std::size_t row, pg::Value* cells) {
        put_row(ids[row], placement, *payloads[row], headers.empty() ? std::nullopt : headers[row],
                cells);
    };
    const bool directly = engine::insert_rows(
        engine::kMessages.table,
        engine::row_source(ids.size(), engine::kMessages.table.columns.size(), put));
    if (!ids.empty()) {
        placement.note(*std::min_element(ids.begin(), ids.end()), ids.size(), directly);
    }
}

}  // namespace

std::int64_t enqueue(const NewMessages& common, const std::optional<pg::Json>& payload,
                     const std::optional<pg::Json>& headers) {
    check_common(common);
    check_payload(payload);
    check_headers(headers);
    pg::require_writable("INSERT");

    const Placement placement(common);
    std::int64_t id;
    pg::next_values("messages_id_seq", {&id, 1});
    add({&id, 1}, placement, {&payload, 1}, {&headers, 1});
    return id;
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

    const Placement placement(common);
    std::vector<std::int64_t> ids(payloads.size());
    pg::next_values("messages_id_seq", ids);
    add(ids, placement, payloads,
        headers ? std::span(*headers) : std::span<JsonList::value_type>());
    return ids;
}

}  // namespace pgqrs::queue
