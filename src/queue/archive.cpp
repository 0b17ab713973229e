#include "queue/archive.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/limits.hpp"
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

constexpr std::array<const char*, 4> kOutcomes = {"done", "dead", "cancelled", "expired"};

// Looks labels up as they are needed.
class OutcomeValues {
public:
    pg::Value of(core::Outcome outcome) {
        std::optional<pg::Value>& value = values_[static_cast<std::size_t>(outcome)];
        if (!value) {
            value = pg::enum_value(engine::kSchema, "outcome",
                                   kOutcomes[static_cast<std::size_t>(outcome)]);
        }
        return *value;
    }

private:
    std::array<std::optional<pg::Value>, kOutcomes.size()> values_;
};

// What has to be computed for a row before the rows are written.
struct Computed {
    pg::Value duration;
    pg::Value outcome;
    pg::Value attempt;
};

}  // namespace

void add_to_archive(engine::QueueMarks& queue, const engine::Access& access,
                    const engine::RemovedRows& messages, core::Instant now,
                    const OutcomeOf& outcome_of, std::int16_t failures) {
    if (messages.count() == 0) {
        return;
    }
    const pg::Value archived_at = pg::timestamptz(now);
    OutcomeValues outcomes;
    std::vector<Computed> computed;
    computed.reserve(messages.count());
    for (std::size_t row = 0; row < messages.count(); ++row) {
        computed.push_back(
            {.duration = pg::interval_between(messages.at(row, From::delivered_at), archived_at),
             .outcome = outcomes.of(outcome_of(messages.message(row))),
             .attempt = pg::int2(static_cast<std::int16_t>(
                 std::min<int>(messages.message(row).attempt + failures, core::kMostAttempts)))});
    }
    const auto put = [&](std::size_t row, pg::Value* cells) {
        for (const auto& [to, from] : kKept) {
            cells[to] = messages.at(row, from);
        }
        cells[To::attempt] = computed[row].attempt;
        cells[To::archived_at] = archived_at;
        cells[To::processing_duration] = computed[row].duration;
        cells[To::outcome] = computed[row].outcome;
    };
    engine::append_rows(engine::hold_table(engine::kArchive, engine::Purpose::write, access),
                        engine::row_source(messages.count(), put));
    engine::effects_on(queue).change.archived += static_cast<std::int64_t>(messages.count());
}

}  // namespace pgqrs::queue
