#include "queue/look.hpp"

#include "core/limits.hpp"
#include "engine/settings.hpp"
#include "engine/queue_cache.hpp"

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

constinit pg::Statement count_messages_of(
    "SELECT count(*) FROM pgqrs.messages WHERE queue_id = $1");
constinit pg::Statement count_all_messages("SELECT count(*) FROM pgqrs.messages");

// pgqrs.message. The casts take the domains off.
#define PGQRS_MESSAGE                                                                           \
    "SELECT id, $2, payload, headers::pg_catalog.jsonb, priority::smallint, read_ct::integer, " \
    "attempt,"                                                                                  \
    " enqueued_at::pg_catalog.timestamptz, available_at::pg_catalog.timestamptz,"               \
    " vt::pg_catalog.timestamptz, worker_id FROM pgqrs.messages WHERE queue_id = $1 "

constinit pg::Statement one_message(PGQRS_MESSAGE "AND id = $3", pg::Planning::indexed);
constinit pg::Statement page_of_messages(PGQRS_MESSAGE "AND id > $3 ORDER BY id LIMIT $4",
                                         pg::Planning::indexed);

void one(pg::Statement& statement, std::string_view queue, std::int64_t id, pg::RowSink& sink) {
    pg::with_spi([&] {
        statement.look_into(
            sink, {pg::int4(engine::find_queue(queue).id), pg::text(queue), pg::int8(id)});
    });
}

void page(pg::Statement& statement, std::string_view queue, const Page& page, pg::RowSink& sink) {
    core::check_quantity(page.quantity, engine::max_batch_size());
    pg::with_spi([&] {
        statement.look_into(sink, {pg::int4(engine::find_queue(queue).id), pg::text(queue),
                                   pg::int8(page.after_id), pg::int8(page.quantity)});
    });
}

std::int64_t count(pg::Statement& of_queue, pg::Statement& of_all,
                   std::optional<std::string_view> queue) {
    return pg::with_spi([&] {
        return queue ? of_queue.look({pg::int4(engine::find_queue(*queue).id)}).int8(0, 1)
                     : of_all.look({}).int8(0, 1);
    });
}

}  // namespace

void get_message(std::string_view queue, std::int64_t id, pg::RowSink& sink) {
    one(one_message, queue, id, sink);
}

void list_messages(std::string_view queue, const Page& wanted, pg::RowSink& sink) {
    page(page_of_messages, queue, wanted, sink);
}

std::int64_t count_messages(std::optional<std::string_view> queue) {
    return count(count_messages_of, count_all_messages, queue);
}

void get_archived(std::string_view queue, std::int64_t id, pg::RowSink& sink) {
    one(one_archived, queue, id, sink);
}

void list_archive(std::string_view queue, const Page& wanted, pg::RowSink& sink) {
    page(page_of_archive, queue, wanted, sink);
}

std::int64_t count_archive(std::optional<std::string_view> queue) {
    return count(count_archive_of, count_all_archived, queue);
}

}  // namespace pgqrs::queue
