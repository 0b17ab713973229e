// Rows that were written by hand, as triggers see them: decodes a trigger's rows and notes them in the
// journal.
#pragma once

#include "core/queue_counts.hpp"
#include "engine/table.hpp"
#include "pg/trigger.hpp"

namespace pgqrs::engine {

// Notes the rows of a trigger AFTER INSERT, UPDATE or DELETE FOR EACH ROW of a claimable table. When
// the table is not as the spec says, everything in it may have become deliverable, and nothing is
// known of its counts.
void note_message_row(const TableSpec& spec, const pg::Trigger& trigger);

// Notes the rows of a trigger of another table whose rows count for queues of the claimable table
// `messages`. `queue_id` is the place of their queue, and count(row) says what a row counts.
struct CountedRow {
    const pg::Trigger* trigger;
    HeapTuple row;
    const Table* table;

    std::int64_t int8_at(std::size_t place) const;
};
void note_counted_row(const TableSpec& spec, std::size_t queue_id, const TableSpec& messages,
                      const pg::Trigger& trigger, core::QueueCounts (*count)(const CountedRow&));

}  // namespace pgqrs::engine
