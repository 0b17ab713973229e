#include "queue/redrive.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/change.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/held.hpp"
#include "queue/removed_runs.hpp"
#include "queue/totals.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::MessageColumn;

// So many messages are looked up at a time, so that memory stays bounded however many there are.
constexpr std::int64_t kPage = 1000;

// $1 the queue, $2 its dead letter queue. Messages of both that died: their ids rise with m.id.
#define PGQRS_BURIED                                                              \
    "(SELECT * FROM pgqrs.messages WHERE queue_id = $1 AND origin_id IS NOT NULL" \
    " UNION ALL"                                                                  \
    " SELECT * FROM pgqrs.messages WHERE queue_id = $2 AND origin_id = $1) AS m "

// $1 the queue. Its dead messages in the archive.
#define PGQRS_ARCHIVED_DEAD                                                                 \
    "pgqrs.archive AS a WHERE a.queue_id = $1 AND a.outcome = 'dead'"                       \
    " AND a.id IN (SELECT f.message_id FROM pgqrs.failures AS f WHERE f.queue_id = $1 AND " \
    "f.died) "

#define PGQRS_LAST_FAILURE(id)                                                           \
    "LEFT JOIN LATERAL (SELECT f.failed_at, f.attempt, f.error FROM pgqrs.failures AS f" \
    " WHERE f.message_id = " id " AND f.died ORDER BY f.id DESC LIMIT 1) AS l ON true "

constinit pg::Statement page_of_dead(
    "SELECT * FROM ("
    " SELECT m.id, b.name, o.name, m.payload, m.headers::pg_catalog.jsonb, m.priority::smallint,"
    "  m.read_ct::integer, l.attempt, m.enqueued_at::pg_catalog.timestamptz, l.failed_at, l.error"
    " FROM " PGQRS_BURIED
    " JOIN pgqrs.queues AS b ON b.id = m.queue_id"
    " LEFT JOIN pgqrs.queues AS o ON o.id = m.origin_id " PGQRS_LAST_FAILURE("m.id")
    " WHERE m.id > $3"
    " UNION ALL"
    " SELECT a.id, NULL, $5, a.payload, a.headers, a.priority, a.read_ct, a.attempt,"
    "  a.enqueued_at, a.archived_at, l.error"
    " FROM (SELECT * FROM " PGQRS_ARCHIVED_DEAD " AND a.id > $3) AS a " PGQRS_LAST_FAILURE("a.id")
    ") AS d (id, queue, origin, payload, headers, priority, read_ct, attempt, enqueued_at, died_at, error)"
    " ORDER BY id LIMIT $4",
    pg::Planning::indexed);

// $3 start after this id, $4 how many.
constinit pg::Statement page_of_buried(
    "SELECT m.id, b.name, o.name FROM " PGQRS_BURIED
    "JOIN pgqrs.queues AS b ON b.id = m.queue_id LEFT JOIN pgqrs.queues AS o ON o.id = m.origin_id "
    "WHERE m.id > $3 ORDER BY m.id LIMIT $4",
    pg::Planning::indexed);
constinit pg::Statement page_of_archived("SELECT a.id FROM " PGQRS_ARCHIVED_DEAD
                                         "AND a.id > $2 ORDER BY a.id LIMIT $3",
                                         pg::Planning::indexed);
// $3 and $2 the ids.
constinit pg::Statement buried_of_ids(
    "SELECT m.id, b.name, o.name FROM unnest($3) AS k (id) JOIN pgqrs.messages AS m ON m.id = k.id "
    "JOIN pgqrs.queues AS b ON b.id = m.queue_id LEFT JOIN pgqrs.queues AS o ON o.id = m.origin_id "
    "WHERE m.queue_id = $1 AND m.origin_id IS NOT NULL OR m.queue_id = $2 AND m.origin_id = $1 "
    "ORDER BY m.id",
    pg::Planning::indexed);
constinit pg::Statement archived_of_ids(
    "SELECT a.id FROM unnest($2) AS k (id) JOIN pgqrs.archive AS a ON a.id = k.id "
    "WHERE a.queue_id = $1 AND a.outcome = 'dead' ORDER BY a.id",
    pg::Planning::indexed);

constinit pg::Statement move_back(R"sql(
    WITH back AS (
        DELETE FROM pgqrs.archive
        WHERE id = ANY ($1)
            AND queue_id = $2
            AND outcome = 'dead'
        RETURNING *)
    INSERT INTO pgqrs.messages (
        id, queue_id, available_at, enqueued_at, read_ct, given_back, priority, flags, delivered_at,
        headers, payload)
    OVERRIDING SYSTEM VALUE
    SELECT
        id, $3, $4, enqueued_at, read_ct, read_ct, priority, $5, delivered_at, headers, payload
    FROM back
)sql",
                                  pg::Planning::indexed);

constinit pg::Statement delete_archived(R"sql(
    DELETE FROM pgqrs.archive
    WHERE id = ANY ($1)
        AND queue_id = $2
        AND outcome = 'dead'
)sql",
                                        pg::Planning::indexed);

// $1 the queue, $2 start after this id, $3 how many. Runs of workflows that have failed.
#define PGQRS_FAILED_RUNS                                                             \
    "FROM pgqrs.workflows AS w CROSS JOIN LATERAL ("                                  \
    " SELECT * FROM pgqrs.runs AS f WHERE f.workflow_id = w.id AND f.id > $2"         \
    "  AND f.final = 'failed' AND f.final > 'succeeded' ORDER BY f.id LIMIT $3) AS r" \
    " WHERE w.queue_id = $1 ORDER BY r.id LIMIT $3"

constinit pg::Statement page_of_failed_runs(
    "SELECT r.id, NULL::text, $4, r.input, r.headers, r.priority, r.read_ct,"
    " (SELECT max(f.attempt) FROM pgqrs.failures AS f WHERE f.message_id = r.id), r.created_at,"
    " r.finished_at, r.error " PGQRS_FAILED_RUNS,
    pg::Planning::indexed);
constinit pg::Statement ids_of_failed_runs("SELECT r.id " PGQRS_FAILED_RUNS, pg::Planning::indexed);
constinit pg::Statement failed_runs_of_ids(
    "SELECT r.id FROM unnest($2) AS k (id) JOIN pgqrs.runs AS r ON r.id = k.id "
    "WHERE r.queue_id = $1 AND r.final = 'failed' ORDER BY r.id",
    pg::Planning::indexed);

// A message in a dead letter queue, with the names of that queue and of the one it comes from.
struct Buried {
    std::int64_t id;
    std::string queue;
    std::string origin;  // empty when it is gone
};

constexpr engine::Need kReadMessages{&engine::kMessages, ACL_SELECT};
constexpr engine::Need kReadArchive{&engine::kArchive, ACL_SELECT};
constexpr engine::Need kReadFailures{&engine::kFailures, ACL_SELECT};
constexpr engine::Need kReadQueues{&engine::kQueues, ACL_SELECT};
constexpr engine::Need kReadRuns{&engine::kRuns, ACL_SELECT};
constexpr engine::Need kReadWorkflows{&engine::kWorkflows, ACL_SELECT};
constexpr engine::Need kDeleteArchived{&engine::kArchive, ACL_SELECT | ACL_DELETE};

// The dead messages of a queue, page by page: all of them, or those with certain ids. A right to the queue
// that they died in is one to them in its dead letter queue, too.
class DeadMessages {
public:
    DeadMessages(std::string_view name, core::Rights rights,
                 std::optional<std::vector<std::int64_t>> ids, std::optional<std::int64_t> quantity)
        : queue_(engine::hold_queue(name)),
          access_{queue_.id, name, rights},
          ids_(std::move(ids)),
          left_(quantity.value_or(INT64_MAX)) {
        const auto target = engine::hold_queue_if_any(queue_.dead_letter_queue);
        dead_letter_queue_ = target ? target->id : queue_.id;
        if (ids_) {
            std::sort(ids_->begin(), ids_->end());
        }
    }

    const engine::Queue& queue() const { return queue_; }
    const engine::Access& access() const { return access_; }

    // Gives each page to `use`, which answers how many of it count, until all have been seen, or as many
    // count as are wanted. Answers how many.
    template <class Use>
    std::int64_t buried(Use use) {
        const pg::Value own = pg::int4(queue_.id);
        const pg::Value target = pg::int4(dead_letter_queue_);
        return walk<Buried>(
            {kReadMessages, kReadQueues},
            [&](std::int64_t after, std::int64_t limit) {
                return page_of_buried.run({own, target, pg::int8(after), pg::int8(limit)});
            },
            [&](const pg::Value& ids) {
                return buried_of_ids.run({own, target, ids});
            },
            [](const pg::Rows& rows, std::uint64_t row) {
                const pg::Value origin = rows.at(row, 3);
                return Buried{rows.int8(row, 1), std::string(pg::text_of(rows.at(row, 2))),
                              origin.null ? "" : std::string(pg::text_of(origin))};
            },
            use);
    }

    template <class Use>
    std::int64_t archived(Use use) {
        const pg::Value own = pg::int4(queue_.id);
        return walk<std::int64_t>(
            {kReadArchive, kReadFailures},
            [&](std::int64_t after, std::int64_t limit) {
                return page_of_archived.run({own, pg::int8(after), pg::int8(limit)});
            },
            [&](const pg::Value& ids) {
                return archived_of_ids.run({own, ids});
            },
            [](const pg::Rows& rows, std::uint64_t row) { return rows.int8(row, 1); }, use);
    }

private:
    template <class Item, class PageAfter, class PageOfIds, class Read, class Use>
    std::int64_t walk(std::initializer_list<engine::Need> needs, PageAfter page_after,
                      PageOfIds page_of_ids, Read read, Use use) {
        std::int64_t used = 0;
        std::int64_t after = INT64_MIN;
        std::size_t given = 0;
        while (left_ > 0 && (!ids_ || given < ids_->size())) {
            const std::int64_t limit = std::min(kPage, left_);
            std::vector<Item> page;
            pg::with_spi([&] {
                const engine::StatementRights rights(access_, needs);
                const pg::Rows rows = ids_ ? page_of_ids(pg::int8_array(next_ids(given, limit)))
                                           : page_after(after, limit);
                for (std::uint64_t row = 0; row < rows.count(); ++row) {
                    page.push_back(read(rows, row));
                    after = rows.int8(row, 1);
                }
            });
            if (page.empty() && !ids_) {
                break;
            }
            const std::int64_t count = page.empty() ? 0 : use(page);
            used += count;
            left_ -= count;
        }
        return used;
    }

    std::span<const std::int64_t> next_ids(std::size_t& given, std::int64_t limit) const {
        const auto ids = std::span(*ids_).subspan(
            given, std::min(static_cast<std::size_t>(limit), ids_->size() - given));
        given += ids.size();
        return ids;
    }

    const engine::Queue queue_;
    const engine::Access access_;
    std::int32_t dead_letter_queue_ = 0;
    std::optional<std::vector<std::int64_t>> ids_;
    std::int64_t left_;
};

// Messages that go from one queue to another, or are deleted from one.
struct Way {
    std::string from;
    std::string to;
    auto operator<=>(const Way&) const = default;
};
using Groups = std::map<Way, std::vector<engine::RowKey>>;

template <class To>
Groups grouped(const std::vector<Buried>& page, To to) {
    Groups groups;
    for (const Buried& message : page) {
        groups[{message.queue, to(message)}].push_back({message.id, std::nullopt});
    }
    return groups;
}

// Who redrives a queue by a grant may send its dead messages back to it, and to others where he may send any.
void require_right_to_send(const engine::Access& access, std::int32_t target, std::string_view name,
                           std::initializer_list<engine::Need> needs) {
    if (target != access.queue) {
        engine::require_access_too({target, name, core::rights_for("enqueue")}, access, needs);
    }
}

std::int64_t send_back(const engine::Access& access, const Way& way,
                       const std::vector<engine::RowKey>& keys) {
    const Held source(way.from, access);
    const auto target = engine::hold_queue_if_any(way.to);
    if (!target) {
        return 0;
    }
    require_right_to_send(access, target->id, way.to,
                          {{&engine::kMessages, ACL_SELECT | ACL_UPDATE}});
    const core::Instant now = engine::clock_now();
    const core::DeliveryRule rule = source.queue.rule();
    const auto edit = [&](const core::Message& row, pg::Value* cells) {
        if (core::is_leased(row, rule, now) || cells[Column::origin_id].null) {
            return false;
        }
        cells[Column::queue_id] = pg::int4(target->id);
        cells[Column::available_at] = pg::timestamptz(now);
        cells[Column::attempt] = pg::int2(0);
        cells[Column::expires_at] = pg::null_of(TIMESTAMPTZOID);
        cells[Column::origin_id] = pg::null_of(INT4OID);
        give_back(row, core::kMadeAvailable, cells);
        cells[Column::given_back] = pg::int4(row.read_ct);
        return true;
    };
    engine::QueueMarks& marks = engine::marks_of(source.messages.relation, target->id);
    const engine::Places written =
        kGivenBack | engine::places(Column::queue_id, Column::available_at, Column::attempt,
                                    Column::expires_at, Column::origin_id);
    const auto sent =
        static_cast<std::int64_t>(engine::change_rows({source.messages, source.marks, keys, true},
                                                      engine::row_edit(written, edit, &marks))
                                      .size());
    if (sent > 0) {
        record_departures(source.marks, access, {.discarded = sent});
    }
    if (target->notify) {
        engine::want_notice(marks, way.to);
    }
    return sent;
}

// Inside with_spi().
std::int64_t send_archived(const engine::Access& access, const std::vector<std::int64_t>& ids,
                           std::int32_t target, std::string_view name) {
    const std::initializer_list<engine::Need> needs = {{&engine::kMessages, ACL_INSERT},
                                                       kDeleteArchived};
    require_right_to_send(access, target, name, needs);
    const engine::StatementRights rights(access, needs);
    return static_cast<std::int64_t>(
        move_back
            .run({pg::int8_array(ids), pg::int4(access.queue), pg::int4(target),
                  pg::timestamptz(engine::clock_now()), pg::int2(core::kMadeAvailable)})
            .count());
}

// The next failed runs of a queue that are meant.
std::vector<std::int64_t> failed_runs(const engine::Access& access, const RedriveTerms& terms,
                                      std::int64_t after, std::int64_t limit) {
    return pg::with_spi([&] {
        const engine::StatementRights rights(access, {kReadRuns, kReadWorkflows});
        const pg::Value queue = pg::int4(access.queue);
        const pg::Rows rows =
            terms.ids ? failed_runs_of_ids.run_latest({queue, pg::int8_array(*terms.ids)})
                      : ids_of_failed_runs.run_latest({queue, pg::int8(after), pg::int8(limit)});
        return rows.int8s(1);
    });
}

std::int64_t redrive_runs(const engine::Access& access, const RedriveTerms& terms) {
    if (terms.to) {
        throw core::Error(core::SqlState::invalid_argument, "a run stays in its queue", "",
                          "Leave the target out.");
    }
    const std::int64_t wanted = terms.quantity.value_or(INT64_MAX);
    std::int64_t retried = 0;
    std::int64_t after = INT64_MIN;
    for (bool more = true; more && retried < wanted;) {
        const auto ids = failed_runs(access, terms, after, kPage);
        for (const std::int64_t id : ids) {
            retried += retried < wanted && retry_of_failed_runs()(id, access.rights) ? 1 : 0;
            after = id;
        }
        more = !terms.ids && static_cast<std::int64_t>(ids.size()) == kPage;
    }
    return retried;
}

}  // namespace

void list_dead(std::string_view name, std::int64_t after_id, std::int64_t quantity,
               pg::RowSink& sink) {
    core::check_quantity(quantity, engine::max_batch_size());
    pg::with_spi([&] {
        const engine::Queue queue = engine::find_queue(name);
        const engine::Access access{queue.id, name, core::rights_for("list_dead")};
        if (queue.holds_runs) {
            const engine::StatementRights rights(access,
                                                 {kReadRuns, kReadWorkflows, kReadFailures});
            page_of_failed_runs.look_into(
                sink, {pg::int4(queue.id), pg::int8(after_id), pg::int8(quantity), pg::text(name)});
            return;
        }
        const auto target = engine::find_queue_if_any(queue.dead_letter_queue);
        const engine::StatementRights rights(
            access, {kReadMessages, kReadArchive, kReadFailures, kReadQueues});
        page_of_dead.look_into(sink, {pg::int4(queue.id), pg::int4(target ? target->id : queue.id),
                                      pg::int8(after_id), pg::int8(quantity), pg::text(name)});
    });
}

std::int64_t redrive(std::string_view name, const RedriveTerms& terms) {
    if (terms.quantity) {
        core::check_quantity(*terms.quantity, INT64_MAX);
    }
    if (terms.ids) {
        core::check_batch_size(static_cast<std::int64_t>(terms.ids->size()),
                               engine::max_batch_size());
    }
    pg::require_writable("UPDATE");
    if (const engine::Queue queue = engine::hold_queue(name); queue.holds_runs) {
        return redrive_runs({queue.id, name, core::rights_for("redrive")}, terms);
    }
    const auto to = terms.to ? std::optional(engine::hold_queue(*terms.to)) : std::nullopt;
    if (to) {
        require_messages(*to, *terms.to, "start_workflow");
    }
    DeadMessages dead(name, core::rights_for("redrive"), terms.ids, terms.quantity);
    const auto target_of = [&](const Buried& message) {
        return terms.to ? std::string(*terms.to) : message.origin;
    };
    std::int64_t sent = dead.buried([&](const std::vector<Buried>& page) {
        std::int64_t count = 0;
        for (const auto& [way, keys] : grouped(page, target_of)) {
            count += way.to.empty() ? 0 : send_back(dead.access(), way, keys);
        }
        return count;
    });
    sent += dead.archived([&](const std::vector<std::int64_t>& ids) {
        const engine::Queue target = to.value_or(dead.queue());
        const std::string_view target_name = terms.to.value_or(name);
        return pg::with_spi([&] {
            const std::int64_t moved = send_archived(dead.access(), ids, target.id, target_name);
            const Oid messages = engine::find_table(engine::kMessages);
            if (moved > 0) {
                record_departures(engine::marks_of(messages, dead.queue().id), dead.access(),
                                  {.finished = moved});
            }
            if (target.notify) {
                engine::want_notice(engine::marks_of(messages, target.id), target_name);
            }
            return moved;
        });
    });
    return sent;
}

std::int64_t discard(std::string_view name, const std::vector<std::int64_t>& ids) {
    core::check_batch_size(static_cast<std::int64_t>(ids.size()), engine::max_batch_size());
    pg::require_writable("DELETE");
    require_messages(engine::hold_queue(name), name, "purge_runs");
    DeadMessages dead(name, core::rights_for("discard"), ids, std::nullopt);
    std::int64_t discarded = dead.buried([&](const std::vector<Buried>& page) {
        std::int64_t count = 0;
        for (const auto& [way, keys] : grouped(page, [](const Buried&) { return ""; })) {
            const Held source(way.from, dead.access());
            const core::Instant now = engine::clock_now();
            const core::DeliveryRule rule = source.queue.rule();
            const auto is_idle = [&](const core::Message& row, pg::Value* cells) {
                return !core::is_leased(row, rule, now) && !cells[Column::origin_id].null;
            };
            const auto removed = static_cast<std::int64_t>(
                engine::remove_rows({source.messages, source.marks, keys, true}, false,
                                    engine::row_edit(0, is_idle))
                    .count());
            if (removed > 0) {
                record_departures(source.marks, dead.access(), {.discarded = removed});
            }
            count += removed;
        }
        return count;
    });
    discarded += dead.archived([&](const std::vector<std::int64_t>& page) {
        const auto deleted = pg::with_spi([&] {
            const engine::StatementRights rights(dead.access(), {kDeleteArchived});
            return static_cast<std::int64_t>(
                delete_archived.run({pg::int8_array(page), pg::int4(dead.queue().id)}).count());
        });
        if (deleted > 0) {
            record_departures(
                engine::marks_of(engine::find_table(engine::kMessages), dead.queue().id),
                dead.access(), {.finished = deleted});
        }
        return deleted;
    });
    return discarded;
}

}  // namespace pgqrs::queue
