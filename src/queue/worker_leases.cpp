#include "queue/worker_leases.hpp"

#include <algorithm>

#include "engine/access.hpp"
#include "engine/change.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "queue/held.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::MessageColumn;

// In the order of delivery, from a place on.
constinit pg::Statement page_of_messages(R"sql(
    SELECT id, priority::smallint, available_at::timestamptz, vt IS NOT NULL, worker_id
    FROM pgqrs.messages
    WHERE queue_id = $1
        AND (priority, available_at, id) > ($2, $3, $4)
    ORDER BY priority, available_at, id
    LIMIT $5
)sql",
                                         pg::Planning::index_order);

constexpr std::int64_t kPage = 1000;
// A queue can hold millions of messages behind those that somebody has.
constexpr std::int64_t kFreeInARow = 10'000;

bool is_one_of(std::span<const std::int64_t> workers, std::int64_t worker) {
    return std::binary_search(workers.begin(), workers.end(), worker);
}

// Goes through the messages of a queue, and finds those that the workers have.
class LeasesOf {
public:
    LeasesOf(const engine::Access& queue, std::span<const std::int64_t> workers, Walked walked)
        : queue_(queue), workers_(workers), walked_(walked) {}

    // Those of the next page, in the order of their ids; false when there is none.
    bool next(std::vector<engine::RowKey>& found) {
        found.clear();
        return pg::with_spi([&] {
            const engine::StatementRights rights(queue_, {{&engine::kMessages, ACL_SELECT}});
            const pg::Rows rows = page_of_messages.run({pg::int4(queue_.queue), pg::int2(priority_),
                                                        pg::timestamptz(available_at_),
                                                        pg::int8(id_), pg::int8(kPage)});
            for (std::uint64_t row = 0; row < rows.count(); ++row) {
                look_at(rows, row, found);
            }
            if (walked_ == Walked::bounded && free_in_a_row_ >= kFreeInARow) {
                available_at_ = core::kNever;  // to the next priority
                id_ = INT64_MAX;
                free_in_a_row_ = 0;
            }
            std::sort(found.begin(), found.end(),
                      [](const engine::RowKey& a, const engine::RowKey& b) { return a.id < b.id; });
            return !rows.empty();
        });
    }

private:
    void look_at(const pg::Rows& rows, std::uint64_t row, std::vector<engine::RowKey>& found) {
        id_ = rows.int8(row, 1);
        const std::int16_t priority = DatumGetInt16(rows.at(row, 2).datum);
        free_in_a_row_ = priority == priority_ ? free_in_a_row_ : 0;
        priority_ = priority;
        available_at_ = pg::timestamp_of(rows.at(row, 3));
        if (!rows.boolean(row, 4)) {
            ++free_in_a_row_;
            return;
        }
        free_in_a_row_ = 0;
        const pg::Value worker = rows.at(row, 5);
        if (!worker.null && is_one_of(workers_, DatumGetInt64(worker.datum))) {
            found.push_back({id_, std::nullopt});
        }
    }

    const engine::Access queue_;
    const std::span<const std::int64_t> workers_;
    const Walked walked_;
    std::int16_t priority_ = INT16_MIN;
    core::Instant available_at_ = core::kBeginning;
    std::int64_t id_ = INT64_MIN;
    std::int64_t free_in_a_row_ = 0;
};

// Ends those leases that are still the workers'; answers how many.
std::int64_t end_page(const Held& held, std::span<const std::int64_t> workers,
                      std::span<const engine::RowKey> page, Counted counted, bool skip_locked) {
    const core::Instant now = engine::clock_now();
    const auto edit = [&](const core::Message& row, pg::Value* cells) {
        if (row.lease_end == core::kBeginning || !is_one_of(workers, row.worker_id)) {
            return false;
        }
        pg::Value& at = cells[Column::available_at];
        at = pg::timestamptz(std::min(pg::timestamp_of(at), now));
        give_back(row, core::kMadeAvailable, cells);
        if (counted == Counted::yes) {
            cells[Column::given_back] = pg::int4(row.given_back);
        }
        return true;
    };
    const engine::Places written = kGivenBack | engine::places(Column::available_at);
    return static_cast<std::int64_t>(
        engine::change_rows({held.messages, held.marks, page, skip_locked},
                            engine::row_edit(written, edit))
            .size());
}

void tell_listeners(const Held& held) {
    if (held.queue.notify) {
        engine::want_notice(held.marks, held.access.name);
    }
}

}  // namespace

EndedLeases end_leases(const engine::Access& queue, std::span<const std::int64_t> workers,
                       const LeaseTerms& terms) {
    const Held held(queue.name, queue);
    LeasesOf leases(held.access, workers, terms.walked);
    EndedLeases ended;
    for (std::vector<engine::RowKey> page; leases.next(page);) {
        const std::int64_t done = end_page(held, workers, page, terms.counted, terms.skip_locked);
        ended.done += done;
        ended.left += static_cast<std::int64_t>(page.size()) - done;
    }
    tell_listeners(held);
    return ended;
}

std::int64_t end_leases_of_dead(const engine::Access& queue, std::span<const std::int64_t> workers,
                                std::span<const engine::RowKey> messages) {
    const Held held(queue.name, queue);
    const std::int64_t done = end_page(held, workers, messages, Counted::yes, true);
    tell_listeners(held);
    return done;
}

}  // namespace pgqrs::queue
