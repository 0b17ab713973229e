#include "workflow/wake_rounds.hpp"

#include <string>
#include <vector>

#include "pg/spi.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "queue/held.hpp"
#include "workflow/wakes.hpp"

namespace pgqrs::workflow {
namespace {

// Queues that a batch goes through.
constexpr std::int64_t kPage = 50;
constexpr int kLockPatience = 50;  // ms

constinit pg::Statement select_queues(R"sql(
    SELECT id, name
    FROM pgqrs.queues
    WHERE holds_runs
        AND id > $1
    ORDER BY id
    LIMIT $2
)sql");

struct Place {
    std::int32_t id;
    std::string name;
};

std::vector<Place> queues_after(std::int32_t id) {
    return pg::with_spi([&] {
        std::vector<Place> queues;
        const pg::Rows rows = select_queues.run_latest({pg::int4(id), pg::int8(kPage)});
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            queues.push_back({rows.int4(row, 1), std::string(pg::text_of(rows.at(row, 2)))});
        }
        return queues;
    });
}

// Whatever goes wrong is undone: the others are to be woken all the same.
std::int64_t drain(const Place& queue) {
    const pg::LockPatience patience(kLockPatience);
    std::int64_t done = 0;
    pg::try_besides([&] {
        const queue::Held held(
            queue.name,
            engine::Access{.queue = queue.id, .name = queue.name, .is_consequence = true});
        done = drain_wakes(held);
        return true;
    });
    return done;
}

}  // namespace

queue::Batch drain_all_wakes(queue::Bookmark& bookmark) {
    const std::vector<Place> queues = queues_after(bookmark.queue);
    queue::Batch batch;
    for (const Place& queue : queues) {
        batch.done = drain(queue);
        if (batch.done > 0) {
            batch.more = true;
            return batch;
        }
        bookmark.queue = queue.id;
    }
    batch.more = static_cast<std::int64_t>(queues.size()) == kPage;
    if (!batch.more) {
        bookmark = {};
    }
    return batch;
}

}  // namespace pgqrs::workflow
