#include "queue/retention.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "queue/totals.hpp"

namespace pgqrs::queue {
namespace {

constexpr std::int64_t kPage = 10'000;
constexpr core::Duration kLongestAge = 36'525 * core::kDay;
constexpr std::array<std::string_view, 4> kOutcomes = {"done", "dead", "cancelled", "expired"};

constinit pg::Statement put_rule(R"sql(
    INSERT INTO pgqrs.retention AS r (queue_id, outcome, max_age, max_count)
    SELECT $1, o::pgqrs.outcome, $3, $4
    FROM unnest($2) AS o
    ON CONFLICT (queue_id, outcome) DO UPDATE
    SET max_age = excluded.max_age,
        max_count = excluded.max_count
)sql");

constinit pg::Statement delete_rule(
    "DELETE FROM pgqrs.retention WHERE queue_id = $1 AND outcome = ANY ($2::pgqrs.outcome[])");

constinit pg::Statement select_rules(R"sql(
    SELECT q.name, r.outcome, r.max_age, r.max_count
    FROM pgqrs.retention AS r
    JOIN pgqrs.queues AS q ON q.id = r.queue_id
    WHERE $1 IS NULL OR r.queue_id = ANY ($1)
    ORDER BY q.name, r.outcome
)sql");

constinit pg::Statement next_queue(R"sql(
    SELECT q.id, q.name
    FROM pgqrs.queues AS q
    WHERE q.id >= $1
        AND EXISTS (SELECT FROM pgqrs.retention AS r WHERE r.queue_id = q.id)
    ORDER BY q.id
    LIMIT 1
)sql");

constinit pg::Statement end_of_page(R"sql(
    SELECT max(id), count(*)
    FROM (
        SELECT id FROM pgqrs.archive WHERE queue_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS page
)sql",
                                    pg::Planning::indexed);

constinit pg::Statement delete_old(R"sql(
    DELETE FROM pgqrs.archive AS a
    USING pgqrs.retention AS r
    WHERE r.queue_id = $1
        AND a.queue_id = $1
        AND a.outcome = r.outcome
        AND a.id > $2
        AND a.id <= $3
        AND a.archived_at < $4 - r.max_age
)sql",
                                   pg::Planning::indexed);

constinit pg::Statement delete_surplus(R"sql(
    DELETE FROM pgqrs.archive
    WHERE id IN (
        SELECT s.id
        FROM pgqrs.retention AS r
        CROSS JOIN LATERAL (
            SELECT a.id
            FROM pgqrs.archive AS a
            WHERE a.queue_id = $1
                AND a.outcome = r.outcome
            ORDER BY a.id DESC
            OFFSET r.max_count
            LIMIT 1) AS newest
        CROSS JOIN LATERAL (
            SELECT a.id
            FROM pgqrs.archive AS a
            WHERE a.queue_id = $1
                AND a.outcome = r.outcome
                AND a.id <= newest.id
            ORDER BY a.id
            LIMIT $2) AS s
        WHERE r.queue_id = $1
            AND r.max_count IS NOT NULL)
)sql",
                                       pg::Planning::indexed);

pg::Value outcomes_of(const RetentionRule& rule) {
    if (rule.outcome &&
        std::find(kOutcomes.begin(), kOutcomes.end(), *rule.outcome) == kOutcomes.end()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "unknown outcome: \"" + std::string(*rule.outcome) + "\"",
                          "It must be done, dead, cancelled or expired.");
    }
    std::array<Datum, kOutcomes.size()> labels;
    int count = 0;
    for (const std::string_view outcome : kOutcomes) {
        if (!rule.outcome || *rule.outcome == outcome) {
            labels[count++] = pg::text(outcome).datum;
        }
    }
    return pg::array_of(TEXTOID, labels.data(), nullptr, count);
}

void check(const RetentionRule& rule) {
    if (rule.max_age && (*rule.max_age < 0 || *rule.max_age > kLongestAge)) {
        throw core::Error(core::SqlState::invalid_argument,
                          "max_age is out of range: " + core::describe(*rule.max_age),
                          "It must be from 0 to 36525 days.");
    }
    if (rule.max_count && *rule.max_count < 0) {
        throw core::Error(core::SqlState::invalid_argument,
                          "max_count must not be negative: " + std::to_string(*rule.max_count));
    }
}

constexpr engine::Need kReadRules{&engine::kRetention, ACL_SELECT};
constexpr engine::Need kReadQueues{&engine::kQueues, ACL_SELECT};

// The rules of a queue.
void change_rules(const engine::Access& access, const RetentionRule& rule) {
    const pg::Value queue = pg::int4(access.queue);
    const pg::Value outcomes = outcomes_of(rule);
    if (rule.max_age || rule.max_count) {
        const engine::StatementRights rights(
            access, {{&engine::kRetention, ACL_SELECT | ACL_INSERT | ACL_UPDATE}});
        put_rule.run({queue, outcomes,
                      rule.max_age ? pg::interval(*rule.max_age) : pg::null_of(INTERVALOID),
                      pg::int8(rule.max_count)});
    } else {
        const engine::StatementRights rights(access,
                                             {{&engine::kRetention, ACL_SELECT | ACL_DELETE}});
        delete_rule.run({queue, outcomes});
    }
}

// Those that are gone count among the finished.
void record(std::int32_t queue, std::int64_t deleted) {
    if (deleted > 0) {
        record_departures(engine::marks_of(engine::find_table(engine::kMessages), queue), {},
                          {.finished = deleted});
    }
}

}  // namespace

void set_retention(std::string_view name, const RetentionRule& rule, pg::RowSink& sink) {
    check(rule);
    pg::with_spi([&] {
        const engine::Access access{engine::hold_queue(name).id, name,
                                    core::rights_for("set_retention")};
        change_rules(access, rule);
        const engine::StatementRights rights(access, {kReadRules, kReadQueues});
        select_rules.run_into(sink, {pg::int4_array({&access.queue, 1})});
    });
}

void list_retention(std::optional<std::string_view> name, pg::RowSink& sink) {
    pg::with_spi([&] {
        constexpr core::Rights kRights = core::rights_for("list_retention");
        if (name) {
            const engine::Access access{engine::find_queue(*name).id, *name, kRights};
            const engine::StatementRights rights(access, {kReadRules, kReadQueues});
            select_rules.look_into(sink, {pg::int4_array({&access.queue, 1})});
        } else if (const auto some = engine::queues_in_reach(kRights, {kReadRules, kReadQueues})) {
            const pg::Value queues = pg::int4_array(*some);
            const engine::StatementRights rights({kReadRules, kReadQueues});
            select_rules.look_into(sink, {queues});
        } else {
            select_rules.look_into(sink, {pg::null_of(INT4ARRAYOID)});
        }
    });
}

Batch enforce_retention(Bookmark& bookmark) {
    std::int64_t deleted = 0;
    std::int32_t queue = 0;
    pg::with_spi([&] {
        const pg::Rows next = next_queue.run({pg::int4(bookmark.queue)});
        if (next.empty()) {
            bookmark = {};
            return;
        }
        queue = next.int4(0, 1);
        const std::int64_t from = queue == bookmark.queue ? bookmark.position : INT64_MIN;
        engine::hold_queue(pg::text_of(next.at(0, 2)));
        if (from == INT64_MIN) {
            deleted = static_cast<std::int64_t>(
                delete_surplus.run({pg::int4(queue), pg::int8(kPage)}).count());
            if (deleted >= kPage) {
                bookmark = {queue, INT64_MIN};
                return;
            }
        }
        const pg::Rows page = end_of_page.run({pg::int4(queue), pg::int8(from), pg::int8(kPage)});
        const std::int64_t count = page.int8(0, 2);
        if (count > 0) {
            deleted += static_cast<std::int64_t>(
                delete_old
                    .run({pg::int4(queue), pg::int8(from), pg::int8(page.int8(0, 1)),
                          pg::timestamptz(engine::clock_now())})
                    .count());
        }
        bookmark =
            count == kPage ? Bookmark{queue, page.int8(0, 1)} : Bookmark{queue + 1, INT64_MIN};
    });
    if (queue != 0) {
        record(queue, deleted);
    }
    return {deleted, queue != 0};
}

}  // namespace pgqrs::queue
