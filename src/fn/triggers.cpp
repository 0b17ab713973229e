// Trigger functions of sql/parts/25_triggers.sql.
#include "pgqrs/pg/function.hpp"
#include "pgqrs/pg/transaction.hpp"
#include "pgqrs/pg/trigger.hpp"
#include "pgqrs/store/queue_registry.hpp"
#include "pgqrs/store/queue_removal.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_queues_changed) {
    const pg::Trigger trigger = call.trigger();
    store::announce_queues_changed();
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
