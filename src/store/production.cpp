// See production.hpp.
#include "pgqrs/store/production.hpp"

#include <array>
#include <string>

#include "pgqrs/core/error.hpp"
#include "pgqrs/core/limits.hpp"
#include "pgqrs/pg/catalog.hpp"
#include "pgqrs/pg/settings.hpp"
#include "pgqrs/pg/transaction.hpp"
#include "pgqrs/store/message_table.hpp"
#include "pgqrs/store/queue_registry.hpp"
#include "pgqrs/store/touches.hpp"

namespace pgqrs::store {
namespace {

void check_payload(const std::optional<pg::Json>& payload, const std::string& subject) {
    if (!payload) {
        throw core::Error(core::SqlState::payload_rejected, subject + " must not be null", "",
                          "JSON null is a payload: 'null'::jsonb.");
    }
    core::check_payload_size(payload->bytes, pg::max_payload_bytes(), subject);
}

void check_headers(const std::optional<pg::Json>& headers, const std::string& subject) {
    if (!headers) {
        return;
    }
    if (!pg::is_object(*headers)) {
        throw core::Error(core::SqlState::payload_rejected, subject + " must be a JSON object");
    }
    core::check_payload_size(headers->bytes, pg::max_payload_bytes(), subject);
}

// What all messages of one call share.
class Placement {
public:
    explicit Placement(const NewMessages& common)
        : name_(common.queue),
          queue_(hold_queue(common.queue)),
          priority_(common.priority),
          now_(pg::clock_now()),
          available_at_(common.at.value_or(now_ + common.delay)) {}

    // That so many messages were placed.
    void note(std::size_t messages) const {
        const auto due = available_at_ <= now_ ? static_cast<std::int64_t>(messages) : 0;
        const Oid relation = pg::relation_oid(kMessages.table.relation);
        touched(relation, queue_.id).enqueued(priority_, available_at_, due);
        if (queue_.notify) {
            want_notice(relation, queue_.id, name_);
        }
    }
    pg::Value queue() const { return pg::int4(queue_.id); }
    pg::Value priority() const { return pg::int2(static_cast<std::int16_t>(priority_)); }
    pg::Value enqueued_at() const { return pg::timestamptz(now_); }
    pg::Value available_at() const { return pg::timestamptz(available_at_); }

private:
    std::string_view name_;
    Queue queue_;
    std::int32_t priority_;
    pg::Timestamp now_;
    pg::Timestamp available_at_;
};

void check_common(const NewMessages& common) {
    core::check_priority(common.priority);
    core::check_delay(common.delay, "delay");
    if (!common.at) {
        return;
    }
    if (!pg::is_finite(*common.at)) {
        throw core::Error(core::SqlState::invalid_argument, "at must be finite");
    }
    // Not the clock: at => now() is the start of the transaction, and means now.
    if (*common.at < pg::transaction_start()) {
        throw core::Error(core::SqlState::invalid_argument, "at must not lie in the past", "",
                          "Use enqueue() for delivery at once, or greatest(at, now()).");
    }
    core::check_delay(*common.at - pg::transaction_start(), "at");
}

// In the order of kMessages.table.columns.
std::array<pg::Value, 11> row(std::int64_t id, const Placement& placement, const pg::Json& payload,
                              const std::optional<pg::Json>& headers) {
    return {pg::int8(id),
            placement.available_at(),
            placement.enqueued_at(),
            placement.queue(),
            pg::int4(0),
            placement.priority(),
            pg::null_of(TIMESTAMPTZOID),
            pg::null_of(TIMESTAMPTZOID),
            pg::null_of(INT8OID),
            headers ? headers->value() : pg::null_of(JSONBOID),
            payload.value()};
}

}  // namespace

std::int64_t enqueue(const NewMessages& common, const std::optional<pg::Json>& payload,
                     const std::optional<pg::Json>& headers) {
    check_common(common);
    check_payload(payload, "payload");
    check_headers(headers, "headers");
    pg::require_writable("INSERT");

    const Placement placement(common);
    const std::int64_t id = pg::next_value("messages_id_seq");
    insert_rows(kMessages.table, row(id, placement, *payload, headers));
    placement.note(1);
    return id;
}

std::vector<std::int64_t> enqueue_batch(const NewMessages& common, const JsonList& payloads,
                                        const std::optional<JsonList>& headers) {
    check_common(common);
    core::check_batch_size(static_cast<std::int64_t>(payloads.size()), pg::max_batch_size());
    if (headers && headers->size() != payloads.size()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "headers has " + std::to_string(headers->size()) + " elements for " +
                              std::to_string(payloads.size()) + " payloads");
    }
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        check_payload(payloads[i], "payload " + std::to_string(i + 1));
        if (headers) {
            check_headers((*headers)[i], "headers " + std::to_string(i + 1));
        }
    }
    pg::require_writable("INSERT");

    const Placement placement(common);
    std::vector<std::int64_t> ids;
    ids.reserve(payloads.size());
    std::vector<pg::Value> cells;
    cells.reserve(payloads.size() * kMessages.table.columns.size());
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        ids.push_back(pg::next_value("messages_id_seq"));
        const auto cells_of_row =
            row(ids.back(), placement, *payloads[i], headers ? (*headers)[i] : std::nullopt);
        cells.insert(cells.end(), cells_of_row.begin(), cells_of_row.end());
    }
    insert_rows(kMessages.table, cells);
    placement.note(ids.size());
    return ids;
}

}  // namespace pgqrs::store
