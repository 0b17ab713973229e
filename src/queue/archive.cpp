#include "queue/archive.hpp"

#include <array>
#include <utility>
#include <vector>

#include "engine/append.hpp"
#include "engine/journal.hpp"
#include "engine/tables.hpp"
#include "pg/catalog.hpp"

namespace pgqrs::queue {
namespace {

using From = engine::MessageColumn;
using To = engine::ArchiveColumn;

// What the archive keeps of a message as it was.
constexpr std::array<std::pair<To::Place, From::Place>, 11> kKept = {
    {{To::id, From::id},
     {To::available_at, From::available_at},
     {To::enqueued_at, From::enqueued_at},
     {To::queue_id, From::queue_id},
     {To::read_ct, From::read_ct},
     {To::priority, From::priority},
     {To::vt, From::vt},
     {To::delivered_at, From::delivered_at},
     {To::worker_id, From::worker_id},
     {To::headers, From::headers},
     {To::payload, From::payload}}};

}  // namespace

void add_to_archive(engine::QueueMarks& queue, const engine::Access& access,
                    const engine::RemovedRows& messages, core::Instant now) {
    if (messages.count() == 0) {
        return;
    }
    const pg::Value archived_at = pg::timestamptz(now);
    const pg::Value outcome = pg::enum_value(engine::kSchema, "outcome", "done");
    std::vector<pg::Value> durations;
    durations.reserve(messages.count());
    for (std::size_t row = 0; row < messages.count(); ++row) {
        durations.push_back(
            pg::interval_between(messages.at(row, From::delivered_at), archived_at));
    }
    const auto put = [&](std::size_t row, pg::Value* cells) {
        for (const auto& [to, from] : kKept) {
            cells[to] = messages.at(row, from);
        }
        cells[To::archived_at] = archived_at;
        cells[To::processing_duration] = durations[row];
        cells[To::outcome] = outcome;
    };
    engine::append_rows(engine::hold_table(engine::kArchive, engine::Purpose::write, access),
                        engine::row_source(messages.count(), put));
    engine::effects_on(queue).change.archived += static_cast<std::int64_t>(messages.count());
}

}  // namespace pgqrs::queue
