// See archive_table.hpp.
#include "queue/archive.hpp"

#include <array>
#include <vector>

#include "engine/table_writer.hpp"
#include "engine/journal.hpp"

namespace pgqrs::queue {
namespace {

constexpr std::array<pg::Column, 14> kArchiveColumns = {{{"id", INT8OID},
                                                         {"available_at", TIMESTAMPTZOID},
                                                         {"enqueued_at", TIMESTAMPTZOID},
                                                         {"queue_id", INT4OID},
                                                         {"read_ct", INT4OID},
                                                         {"priority", INT2OID},
                                                         {"vt", TIMESTAMPTZOID},
                                                         {"delivered_at", TIMESTAMPTZOID},
                                                         {"worker_id", INT8OID},
                                                         {"archived_at", TIMESTAMPTZOID},
                                                         {"processing_duration", INTERVALOID},
                                                         {"outcome", ANYENUMOID},
                                                         {"headers", JSONBOID},
                                                         {"payload", JSONBOID}}};

}  // namespace

void add_to_archive(std::int32_t queue_id, const engine::RemovedMessages& messages,
                    engine::Timestamp now) {
    if (messages.count() == 0) {
        return;
    }
    using Column = engine::MessageColumn;
    const pg::Value archived_at = pg::timestamptz(now);
    const pg::Value outcome = pg::enum_value("outcome", "done");
    std::vector<pg::Value> durations;
    durations.reserve(messages.count());
    for (std::size_t row = 0; row < messages.count(); ++row) {
        durations.push_back(
            pg::interval_between(messages.at(row, Column::delivered_at), archived_at));
    }
    const auto put = [&](std::size_t row, pg::Value* cells) {
        for (const auto column : {Column::id, Column::available_at, Column::enqueued_at,
                                  Column::queue_id, Column::read_ct, Column::priority, Column::vt,
                                  Column::delivered_at, Column::worker_id}) {
            *cells++ = messages.at(row, column);
        }
        *cells++ = archived_at;
        *cells++ = durations[row];
        *cells++ = outcome;
        *cells++ = messages.at(row, Column::headers);
        *cells++ = messages.at(row, Column::payload);
    };
    if (engine::insert_rows({"archive", kArchiveColumns},
                            engine::row_source(messages.count(), kArchiveColumns.size(), put))) {
        engine::touched(pg::relation_oid("messages"), queue_id).change.archived +=
            static_cast<std::int64_t>(messages.count());
    }
}

}  // namespace pgqrs::queue
