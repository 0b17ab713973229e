#include "workflow/cascade.hpp"

#include <optional>
#include <string>
#include <vector>

#include "pg/spi.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "workflow/cancel.hpp"

namespace pgqrs::workflow {
namespace {

// Children that a batch looks at.
constexpr std::int64_t kPage = 200;
constexpr int kLockPatience = 50;  // ms

// The next run that has ended, and left children that are to be cancelled.
constinit pg::Statement next_request(R"sql(
    SELECT min(run_id)
    FROM pgqrs.run_requests
    WHERE kind = 'cascade'
        AND run_id > $1
)sql",
                                     pg::Planning::indexed);

// One that was opened again by retry_run() keeps its children.
#define PGQRS_ORPHANS                                 \
    "FROM pgqrs.runs AS c"                            \
    " WHERE c.parent_id = $1"                         \
    "  AND c.final IS NULL"                           \
    "  AND c.cancel_with_parent"                      \
    "  AND NOT EXISTS ("                              \
    "   SELECT FROM pgqrs.run_requests AS q"          \
    "   WHERE q.run_id = c.id AND q.kind = 'cancel')" \
    "  AND NOT EXISTS ("                              \
    "   SELECT FROM pgqrs.runs AS p WHERE p.id = $1 AND p.final IS NULL)"

constinit pg::Statement select_orphans("SELECT c.id " PGQRS_ORPHANS " ORDER BY c.id LIMIT $2",
                                       pg::Planning::indexed);
constinit pg::Statement end_request(
    "DELETE FROM pgqrs.run_requests AS r WHERE r.run_id = $1 AND r.kind = 'cascade'"
    " AND NOT EXISTS (SELECT " PGQRS_ORPHANS ")",
    pg::Planning::indexed);

std::optional<std::int64_t> request_after(std::int64_t position) {
    const pg::Rows rows = next_request.run_latest({pg::int8(position)});
    const pg::Value run = rows.at(0, 1);
    return run.null ? std::nullopt : std::optional<std::int64_t>(DatumGetInt64(run.datum));
}

std::vector<std::int64_t> orphans_of(std::int64_t parent) {
    return select_orphans.run_latest({pg::int8(parent), pg::int8(kPage)}).int8s(1);
}

// False for one that has ended, that somebody else has locked, or that is not ours to cancel.
bool try_cancel(std::int64_t child, const std::string& reason) {
    auto run = LiveRun::find(child, core::rights_for("cancel_run"), true);
    if (run && !run->lock(engine::RowLock::key_share, engine::OnLocked::skip)) {
        return false;
    }
    return cancel_run({.run = child, .reason = reason, .is_consequence = true}) != Cancelled::ended;
}

// What goes wrong with a child is undone, and does not keep the others alive.
bool cancel(std::int64_t child, const std::string& reason) {
    const pg::LockPatience patience(kLockPatience);
    return pg::try_besides([&] { return try_cancel(child, reason); });
}

}  // namespace

queue::Batch cancel_orphans(queue::Bookmark& bookmark) {
    if (pg::has_transaction_snapshot()) {
        return {};
    }
    std::vector<std::int64_t> orphans;
    const auto parent = pg::with_spi([&] {
        const auto found = request_after(bookmark.position);
        if (found) {
            orphans = orphans_of(*found);
        }
        return found;
    });
    if (!parent) {
        bookmark = {};
        return {};
    }
    const std::string reason = "its parent, run " + std::to_string(*parent) + ", has ended";
    std::int64_t cancelled = 0;
    for (const std::int64_t orphan : orphans) {
        cancelled += cancel(orphan, reason) ? 1 : 0;
    }
    const bool all =
        pg::with_spi([&] { return end_request.run_latest({pg::int8(*parent)}).count() > 0; });
    if (all || cancelled == 0) {
        bookmark.position = *parent;
    }
    return {cancelled, true};
}

}  // namespace pgqrs::workflow
