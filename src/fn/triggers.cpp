// Trigger functions of sql/parts/25_triggers.sql.
#include <optional>

#include "pg/catalog.hpp"
#include "pg/boundary.hpp"
#include "pg/transaction.hpp"
#include "pg/trigger.hpp"
#include "queue/totals.hpp"
#include "engine/queue_cache.hpp"
#include "queue/drop.hpp"
#include "engine/journal.hpp"

using namespace pgqrs;

namespace {

using ColumnValue = pg::Value (pg::Trigger::*)(const pg::Column&) const;

core::Instant instant(const pg::Value& value) {
    return value.null ? core::kBeginning : pg::timestamp_of(value);
}

std::int64_t number(const pg::Trigger& trigger, ColumnValue value, const char* column) {
    const pg::Value v = (trigger.*value)({column, INT8OID});
    return v.null ? 0 : DatumGetInt64(v.datum);
}

// Notes one version of a row of messages, whose columns can have been altered.
void note(const pg::Trigger& trigger, ColumnValue value,
          void (*note_place)(Oid, const engine::MessagePlace&)) {
    const pg::Value queue = (trigger.*value)({"queue_id", INT4OID});
    const pg::Value id = (trigger.*value)({"id", INT8OID});
    const pg::Value priority = (trigger.*value)({"priority", INT2OID});
    const pg::Value available_at = (trigger.*value)({"available_at", TIMESTAMPTZOID});
    const pg::Value vt = (trigger.*value)({"vt", TIMESTAMPTZOID});
    const pg::Value enqueued_at = (trigger.*value)({"enqueued_at", TIMESTAMPTZOID});
    const pg::Value delivered_at = (trigger.*value)({"delivered_at", TIMESTAMPTZOID});
    if (queue.null) {
        return;
    }
    const auto queue_id = DatumGetInt32(queue.datum);
    if (id.null || priority.null || available_at.null || enqueued_at.null) {
        engine::note_queue_changed(trigger.relation(), queue_id);
        engine::note_uncounted(trigger.relation(), queue_id);
        return;
    }
    note_place(trigger.relation(), {.queue_id = queue_id,
                                    .priority = DatumGetInt16(priority.datum),
                                    .id = DatumGetInt64(id.datum),
                                    .times = {.enqueued_at = pg::timestamp_of(enqueued_at),
                                              .available_at = pg::timestamp_of(available_at),
                                              .lease_end = instant(vt),
                                              .delivered_at = instant(delivered_at)}});
}

// The queue of one version of a row of another table; none when the column is not what it was.
std::optional<std::int32_t> queue_of(const pg::Trigger& trigger, ColumnValue value) {
    const pg::Value queue = (trigger.*value)({"queue_id", INT4OID});
    return queue.null ? std::nullopt : std::optional(DatumGetInt32(queue.datum));
}

// Notes by how much one version of a row counts, where `count` says for what.
void note_counts(const pg::Trigger& trigger, ColumnValue value, std::int64_t sign,
                 core::QueueCounts (*count)(const pg::Trigger&, ColumnValue)) {
    const Oid messages = pg::relation_oid("messages");
    if (const auto queue_id = queue_of(trigger, value)) {
        engine::note_counts(messages, *queue_id, core::times(count(trigger, value), sign));
    } else {
        engine::note_uncounted(messages, engine::kAllQueues);
    }
}

Datum note_changed_counts(const pg::Trigger& trigger,
                          core::QueueCounts (*count)(const pg::Trigger&, ColumnValue)) {
    if (trigger.is_update() || trigger.is_delete()) {
        note_counts(trigger, &pg::Trigger::old_value, -1, count);
    }
    if (!trigger.is_delete()) {
        note_counts(trigger, &pg::Trigger::new_value, 1, count);
    }
    return trigger.result();
}

}  // namespace

PGQRS_FUNCTION(pgqrs_queues_changed) {
    const pg::Trigger trigger = call.trigger();
    engine::announce_queues_changed();
    if (!trigger.is_row()) {
        return trigger.result();
    }
    const Oid messages = pg::relation_oid("messages");
    if (trigger.is_delete()) {
        engine::note_queue_dropped(messages, DatumGetInt32(trigger.old_value("id").datum));
    } else if (trigger.is_update()) {
        if (trigger.old_value("max_deliveries").datum !=
            trigger.new_value("max_deliveries").datum) {
            // A dequeue that still knows the old limit must not pass messages for good.
            pg::lock_name(pg::relation_oid("queues"), pg::text_of(trigger.old_value("name")),
                          pg::LockMode::exclusive);
        }
        engine::note_queue_changed(messages, DatumGetInt32(trigger.old_value("id").datum));
    } else {
        engine::note_queue_created(messages, DatumGetInt32(trigger.new_value("id").datum));
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_messages_changed) {
    const pg::Trigger trigger = call.trigger();
    if (trigger.is_update() || trigger.is_delete()) {
        note(trigger, &pg::Trigger::old_value, engine::note_row_before);
    }
    if (!trigger.is_delete()) {
        note(trigger, &pg::Trigger::new_value, engine::note_row_after);
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_archive_changed) {
    return note_changed_counts(call.trigger(), [](const pg::Trigger&, ColumnValue) {
        return core::QueueCounts{.archived = 1};
    });
}

PGQRS_FUNCTION(pgqrs_departures_changed) {
    if (queue::is_summing_up()) {
        return call.trigger().result();
    }
    return note_changed_counts(call.trigger(), [](const pg::Trigger& trigger, ColumnValue value) {
        return core::QueueCounts{.finished = number(trigger, value, "finished"),
                                 .discarded = number(trigger, value, "discarded")};
    });
}

PGQRS_FUNCTION(pgqrs_rows_truncated) {
    const pg::Trigger trigger = call.trigger();
    engine::note_uncounted(pg::relation_oid("messages"), engine::kAllQueues);
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_check_queue) {
    const pg::Trigger trigger = call.trigger();
    if (!pg::is_restoring_dump()) {
        engine::hold_queue_of_row(DatumGetInt32(trigger.new_value("queue_id").datum));
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_protect_queue) {
    const pg::Trigger trigger = call.trigger();
    const auto old_id = DatumGetInt32(trigger.old_value("id").datum);
    const auto old_name = pg::text_of(trigger.old_value("name"));
    if (trigger.is_delete()) {
        queue::check_removal(old_id, old_name);
    } else {
        queue::check_renaming(old_id, DatumGetInt32(trigger.new_value("id").datum), old_name);
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_protect_queues) {
    const pg::Trigger trigger = call.trigger();
    if (trigger.is_before()) {
        queue::hold_all_queues();
    } else {
        queue::check_truncation();
    }
    return trigger.result();
}
