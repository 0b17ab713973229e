#include "engine/row_trigger.hpp"

#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

pg::Value value_of(const CountedRow& row, std::size_t place) {
    return pg::guard([&] {
        pg::Value value = pg::null_of(row.table->spec->columns[place].type);
        if (row.table->has(place)) {
            value.datum =
                heap_getattr(row.row, row.table->numbers[place], row.trigger->shape(), &value.null);
        }
        return value;
    });
}

core::Message message_of(HeapTuple row, const pg::Trigger& trigger, const Table& table) {
    return pg::guard([&] { return read_message(row, trigger.shape(), table); });
}

void distrust_all(Oid messages) {
    QueueMarks& all = marks_of(messages, kAllQueues);
    note_queue_changed(all);
    note_uncounted(all);
}

}  // namespace

std::int64_t CountedRow::int8_at(std::size_t place) const {
    const pg::Value value = value_of(*this, place);
    return value.null ? 0 : DatumGetInt64(value.datum);
}

void note_message_row(const TableSpec& spec, const pg::Trigger& trigger) {
    Table table;
    if (!look_at_table(spec, trigger.relation(), &table)) {
        distrust_all(trigger.relation());
        return;
    }
    const core::Instant now = clock_now();
    const auto effects = [&](const core::Message& message) -> core::Effects& {
        return effects_by_hand(marks_of(table.relation, message.queue_id));
    };
    if (!trigger.is_insert()) {
        const core::Message before = message_of(trigger.old_row(), trigger, table);
        effects(before).locked(before);
        effects(before).removed(before);
    }
    if (!trigger.is_delete()) {
        const core::Message after = message_of(trigger.new_row(), trigger, table);
        effects(after).added(after, now);
    }
}

void note_counted_row(const TableSpec& spec, std::size_t queue_id, const TableSpec& messages,
                      const pg::Trigger& trigger, core::QueueCounts (*count)(const CountedRow&)) {
    const Oid relation = find_table(messages);
    Table table;
    if (!look_at_table(spec, trigger.relation(), &table)) {
        note_uncounted(marks_of(relation, kAllQueues));
        return;
    }
    const auto add = [&](HeapTuple tuple, std::int64_t sign) {
        const CountedRow row{&trigger, tuple, &table};
        const pg::Value queue = value_of(row, queue_id);
        if (queue.null) {
            note_uncounted(marks_of(relation, kAllQueues));
        } else {
            effects_by_hand(marks_of(relation, DatumGetInt32(queue.datum)))
                .change.add(core::times(count(row), sign));
        }
    };
    if (!trigger.is_insert()) {
        add(trigger.old_row(), -1);
    }
    if (!trigger.is_delete()) {
        add(trigger.new_row(), 1);
    }
}

}  // namespace pgqrs::engine
