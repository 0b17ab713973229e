#include "queue/look.hpp"

#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"

namespace pgqrs::queue {
namespace {

// $1 queue id, $2 queue name, $3 id.
#define PGQRS_ARCHIVED                                                                             \
    "SELECT id, $2, payload, headers, priority, read_ct, attempt, enqueued_at, available_at, vt, " \
    "worker_id, archived_at, processing_duration, outcome "                                        \
    "FROM pgqrs.archive WHERE queue_id = $1 "

constinit pg::Statement one_archived(PGQRS_ARCHIVED "AND id = $3", pg::Planning::indexed);
constinit pg::Statement page_of_archive(PGQRS_ARCHIVED "AND id > $3 ORDER BY id LIMIT $4",
                                        pg::Planning::indexed);
constinit pg::Statement count_archive_of("SELECT count(*) FROM pgqrs.archive WHERE queue_id = $1");
constinit pg::Statement count_all_archived("SELECT count(*) FROM pgqrs.archive");
constinit pg::Statement count_some_archived(
    "SELECT count(*) FROM pgqrs.archive WHERE queue_id = ANY ($1)");

constinit pg::Statement count_messages_of(
    "SELECT count(*) FROM pgqrs.messages WHERE queue_id = $1");
constinit pg::Statement count_all_messages("SELECT count(*) FROM pgqrs.messages");
constinit pg::Statement count_some_messages(
    "SELECT count(*) FROM pgqrs.messages WHERE queue_id = ANY ($1)");

// pgqrs.message. The casts take the domains off.
#define PGQRS_MESSAGE                                                                           \
    "SELECT id, $2, payload, headers::pg_catalog.jsonb, priority::smallint, read_ct::integer, " \
    "attempt,"                                                                                  \
    " enqueued_at::pg_catalog.timestamptz, available_at::pg_catalog.timestamptz,"               \
    " vt::pg_catalog.timestamptz, worker_id FROM pgqrs.messages WHERE queue_id = $1 "

constinit pg::Statement one_message(PGQRS_MESSAGE "AND id = $3", pg::Planning::indexed);
constinit pg::Statement page_of_messages(PGQRS_MESSAGE "AND id > $3 ORDER BY id LIMIT $4",
                                         pg::Planning::indexed);

// To show messages, and to count them.
constexpr core::Rights kShow = core::rights_for("list_messages");
constexpr core::Rights kCount = core::rights_for("count_messages");

engine::Need reading(const engine::TableSpec& table) { return {&table, ACL_SELECT}; }

void one(pg::Statement& statement, const engine::TableSpec& table, std::string_view queue,
         std::int64_t id, pg::RowSink& sink) {
    pg::with_spi([&] {
        const engine::Access access{engine::find_queue(queue).id, queue, kShow};
        const engine::StatementRights rights(access, {reading(table)});
        statement.look_into(sink, {pg::int4(access.queue), pg::text(queue), pg::int8(id)});
    });
}

void page(pg::Statement& statement, const engine::TableSpec& table, std::string_view queue,
          const Page& page, pg::RowSink& sink) {
    core::check_quantity(page.quantity, engine::max_batch_size());
    pg::with_spi([&] {
        const engine::Access access{engine::find_queue(queue).id, queue, kShow};
        const engine::StatementRights rights(access, {reading(table)});
        statement.look_into(sink, {pg::int4(access.queue), pg::text(queue), pg::int8(page.after_id),
                                   pg::int8(page.quantity)});
    });
}

struct Counting {
    pg::Statement& of_queue;
    pg::Statement& of_some;
    pg::Statement& of_all;
};

std::int64_t count(const Counting& counting, const engine::TableSpec& table,
                   std::optional<std::string_view> queue) {
    return pg::with_spi([&] {
        if (queue) {
            const engine::Access access{engine::find_queue(*queue).id, *queue, kCount};
            const engine::StatementRights rights(access, {reading(table)});
            return counting.of_queue.look({pg::int4(access.queue)}).int8(0, 1);
        }
        if (const auto some = engine::queues_in_reach(kCount, {reading(table)})) {
            const pg::Value queues = pg::int4_array(*some);
            const engine::StatementRights rights({reading(table)});
            return counting.of_some.look({queues}).int8(0, 1);
        }
        return counting.of_all.look({}).int8(0, 1);
    });
}

}  // namespace

void get_message(std::string_view queue, std::int64_t id, pg::RowSink& sink) {
    one(one_message, engine::kMessages, queue, id, sink);
}

void list_messages(std::string_view queue, const Page& wanted, pg::RowSink& sink) {
    page(page_of_messages, engine::kMessages, queue, wanted, sink);
}

std::int64_t count_messages(std::optional<std::string_view> queue) {
    return count({count_messages_of, count_some_messages, count_all_messages}, engine::kMessages,
                 queue);
}

void get_archived(std::string_view queue, std::int64_t id, pg::RowSink& sink) {
    one(one_archived, engine::kArchive, queue, id, sink);
}

void list_archive(std::string_view queue, const Page& wanted, pg::RowSink& sink) {
    page(page_of_archive, engine::kArchive, queue, wanted, sink);
}

std::int64_t count_archive(std::optional<std::string_view> queue) {
    return count({count_archive_of, count_some_archived, count_all_archived}, engine::kArchive,
                 queue);
}

}  // namespace pgqrs::queue
