// Trigger functions of sql/parts/25_triggers.sql.
#include "engine/access.hpp"
#include "engine/grant_cache.hpp"
#include "engine/journal.hpp"
#include "engine/queue_alone.hpp"
#include "engine/queue_cache.hpp"
#include "engine/row_trigger.hpp"
#include "engine/tables.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/transaction.hpp"
#include "pg/user.hpp"
#include "queue/drop.hpp"
#include "queue/totals.hpp"

using namespace pgqrs;

namespace {

Oid messages() { return engine::find_table(engine::kMessages); }

engine::QueueMarks& queue_with(const pg::Value& id) {
    return engine::marks_of(messages(), DatumGetInt32(id.datum));
}

}  // namespace

PGQRS_FUNCTION(pgqrs_queues_changed) {
    const pg::Trigger trigger = call.trigger();
    engine::announce_queues_changed();
    if (!trigger.is_row()) {
        return trigger.result();
    }
    if (trigger.is_delete()) {
        engine::note_queue_dropped(queue_with(trigger.old_value("id")));
    } else if (trigger.is_update()) {
        if (trigger.old_value("max_deliveries").datum !=
            trigger.new_value("max_deliveries").datum) {
            // A dequeue that still knows the old limit must not pass messages for good.
            engine::hold_name_alone(pg::text_of(trigger.old_value("name")));
        }
        engine::note_queue_changed(queue_with(trigger.old_value("id")));
    } else {
        engine::note_queue_created(queue_with(trigger.new_value("id")));
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_workflows_changed) {
    const pg::Trigger trigger = call.trigger();
    engine::announce_queues_changed();
    return trigger.result();
}

// A privilege to write the table must not be one to have the server execute something as somebody else.
PGQRS_FUNCTION(pgqrs_workflows_checked) {
    const pg::Trigger trigger = call.trigger();
    const pg::Value owner = trigger.new_value("owner");
    // Functions that act as another user have looked themselves.
    if (!pg::is_another_user() && !owner.null && !trigger.new_value("handler").null) {
        pg::require_role(pg::text_of(owner),
                         "must be a member of the owner of the workflow to have a handler");
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_grants_changed) {
    const pg::Trigger trigger = call.trigger();
    engine::announce_grants_changed();
    if (trigger.is_row() && !trigger.is_delete()) {
        // A privilege to write all tables must not be one to get every right.
        engine::require_ownership();
    }
    // A dump can come from where roles have other numbers.
    if (trigger.is_row() && trigger.is_insert() && pg::is_restoring_dump()) {
        const Oid role = pg::find_role(pg::text_of(trigger.new_value("role")));
        return trigger.result_with("role_oid", pg::of(OIDOID, ObjectIdGetDatum(role)));
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_workers_changed) {
    const pg::Trigger trigger = call.trigger();
    if (!trigger.is_row()) {
        engine::announce_queues_changed();
        return trigger.result();
    }
    const pg::Value dead = pg::enum_value(engine::kSchema, "worker_state", "dead");
    const bool was_dead = !trigger.is_insert() && trigger.old_value("state").datum == dead.datum;
    const bool is_dead = !trigger.is_delete() && trigger.new_value("state").datum == dead.datum;
    if (!was_dead && !is_dead) {
        return trigger.result();
    }
    engine::announce_queues_changed();
    const Oid queues = engine::find_table(engine::kQueues);
    if (was_dead) {
        engine::note_worker_died(queue_with(trigger.old_value("queue_id")), queues);
    }
    if (is_dead) {
        engine::note_worker_died(queue_with(trigger.new_value("queue_id")), queues);
    }
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_messages_changed) {
    const pg::Trigger trigger = call.trigger();
    engine::note_message_row(engine::kMessages, trigger);
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_archive_changed) {
    const pg::Trigger trigger = call.trigger();
    engine::note_counted_row(engine::kArchive, engine::ArchiveColumn::queue_id, engine::kMessages,
                             trigger, [](const engine::CountedRow&) {
                                 core::QueueCounts counts;
                                 counts.archived = 1;
                                 return counts;
                             });
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_departures_changed) {
    const pg::Trigger trigger = call.trigger();
    if (queue::is_summing_up()) {
        return trigger.result();
    }
    engine::note_counted_row(engine::kDepartures, engine::DepartureColumn::queue_id,
                             engine::kMessages, trigger, [](const engine::CountedRow& row) {
                                 core::QueueCounts counts;
                                 counts.finished = row.int8_at(engine::DepartureColumn::finished);
                                 counts.discarded = row.int8_at(engine::DepartureColumn::discarded);
                                 return counts;
                             });
    return trigger.result();
}

PGQRS_FUNCTION(pgqrs_rows_truncated) {
    const pg::Trigger trigger = call.trigger();
    engine::note_uncounted(engine::marks_of(messages(), engine::kAllQueues));
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
