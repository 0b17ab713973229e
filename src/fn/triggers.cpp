// Trigger functions of sql/parts/25_triggers.sql.
#include "pgqrs/pg/catalog.hpp"
#include "pgqrs/pg/function.hpp"
#include "pgqrs/pg/transaction.hpp"
#include "pgqrs/pg/trigger.hpp"
#include "pgqrs/store/queue_registry.hpp"
#include "pgqrs/store/queue_removal.hpp"
#include "pgqrs/store/touches.hpp"

using namespace pgqrs;

namespace {

using ColumnValue = pg::Value (pg::Trigger::*)(const pg::Column&) const;

// Notes one version of a row of messages, whose columns can have been altered.
void note(const pg::Trigger& trigger, ColumnValue value,
          void (*note_place)(Oid, const store::MessagePlace&)) {
    const pg::Value queue = (trigger.*value)({"queue_id", INT4OID});
    const pg::Value id = (trigger.*value)({"id", INT8OID});
    const pg::Value priority = (trigger.*value)({"priority", INT2OID});
    const pg::Value available_at = (trigger.*value)({"available_at", TIMESTAMPTZOID});
    const pg::Value vt = (trigger.*value)({"vt", TIMESTAMPTZOID});
    if (queue.null) {
        return;
    }
    const auto queue_id = DatumGetInt32(queue.datum);
    if (id.null || priority.null || available_at.null) {
        store::note_queue_changed(trigger.relation(), queue_id);
        return;
    }
    note_place(trigger.relation(),
               {.queue_id = queue_id,
                .priority = DatumGetInt16(priority.datum),
                .position = {DatumGetTimestampTz(available_at.datum), DatumGetInt64(id.datum)},
                .lease_end = vt.null ? core::kBeginning : DatumGetTimestampTz(vt.datum)});
}

}  // namespace

PGQRS_FUNCTION(pgqrs_queues_changed) {
    const pg::Trigger trigger = call.trigger();
    store::announce_queues_changed();
    if (trigger.is_update() || trigger.is_delete()) {
        const auto note =
            trigger.is_delete() ? store::note_queue_dropped : store::note_queue_changed;
        note(pg::relation_oid("messages"), DatumGetInt32(trigger.old_value("id").datum));
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_messages_changed) {
    const pg::Trigger trigger = call.trigger();
    if (trigger.is_update() || trigger.is_delete()) {
        note(trigger, &pg::Trigger::old_value, store::note_row_before);
    }
    if (!trigger.is_delete()) {
        note(trigger, &pg::Trigger::new_value, store::note_row_after);
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_check_queue) {
    const pg::Trigger trigger = call.trigger();
    if (!pg::is_restoring_dump()) {
        store::hold_queue_of_row(DatumGetInt32(trigger.new_value("queue_id").datum));
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_protect_queue) {
    const pg::Trigger trigger = call.trigger();
    const auto old_id = DatumGetInt32(trigger.old_value("id").datum);
    const auto old_name = pg::text_of(trigger.old_value("name"));
    if (trigger.is_delete()) {
        store::check_removal(old_id, old_name);
    } else {
        store::check_renaming(old_id, DatumGetInt32(trigger.new_value("id").datum), old_name);
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_protect_queues) {
    const pg::Trigger trigger = call.trigger();
    if (trigger.is_before()) {
        store::hold_all_queues();
    } else {
        store::check_truncation();
    }
    return trigger.result();
}
