// What the SQL functions offer by queue goes through them; rows by their id alone, and rows of all
// queues, are read from the tables.
#include "pgqrs/client/tables.hpp"

#include "json_values.hpp"
#include "rows.hpp"

namespace pgqrs {
namespace {

static_assert(Table<Queues> && Table<Workers> && Table<Messages> && Table<Archive>);

// A table of messages as rows of the type its functions answer with.
constexpr std::string_view kMessagesOfAllQueues =
    "(SELECT m.id, q.name AS queue, m.payload, m.headers, m.priority, m.read_ct, m.attempt, "
    "m.enqueued_at, "
    "m.available_at, m.vt, "
    "m.worker_id FROM pgqrs.messages AS m JOIN pgqrs.queues AS q ON q.id = m.queue_id) AS m";
constexpr std::string_view kArchiveOfAllQueues =
    "(SELECT a.id, q.name AS queue, a.payload, a.headers, a.priority, a.read_ct, a.attempt, "
    "a.enqueued_at, "
    "a.available_at, a.vt, "
    "a.worker_id, a.archived_at, a.processing_duration, a.outcome "
    "FROM pgqrs.archive AS a JOIN pgqrs.queues AS q ON q.id = a.queue_id) AS a";

std::string page_of(std::string_view columns, std::string_view source) {
    return select(columns, source) + " WHERE id > $1::bigint ORDER BY id LIMIT $2::integer";
}

std::int64_t count_of(Connection& connection, const std::string& sql,
                      const std::vector<Parameter>& parameters = {}) {
    return connection.execute(sql, parameters).integer(0, 0);
}

// Rows of a function (queue, after_id, quantity), one at a time.
template <typename Row>
int visit_rows(Connection& connection, const std::string& sql, const std::string& queue,
               std::int64_t after_id, int quantity, Row (*row_of)(const Result&, int),
               const std::function<void(const Row&)>& visit) {
    int rows = 0;
    connection.for_each_row(sql, {queue, std::to_string(after_id), std::to_string(quantity)},
                            [&](const Result& row) {
                                visit(row_of(row, 0));
                                ++rows;
                            });
    return rows;
}

const std::string kMessagesOfQueue =
    select(kMessageColumns, "pgqrs.list_messages($1, $2::bigint, $3::integer)");
const std::string kArchiveOfQueue =
    select(kArchivedColumns, "pgqrs.list_archive($1, $2::bigint, $3::integer)");

}  // namespace

Queue Queues::insert(const NewQueue& row) {
    return Admin(connection_).create_queue(row.name, row.options);
}

std::optional<Queue> Queues::get(std::int64_t id) {
    // A bigint that is no integer is no queue's id.
    return first_row(
        connection_.execute(select(kQueueColumns, "pgqrs.queues") + " WHERE id = $1::bigint",
                            {std::to_string(id)}),
        queue_of);
}

std::vector<Queue> Queues::list(std::int64_t after_id, int quantity) {
    return all_rows(connection_.execute(page_of(kQueueColumns, "pgqrs.queues"),
                                        {std::to_string(after_id), std::to_string(quantity)}),
                    queue_of);
}

std::vector<Queue> Queues::filter_by_queue(const std::string& queue, std::int64_t after_id,
                                           int quantity) {
    return all_rows(
        connection_.execute(select(kQueueColumns, "pgqrs.queues") +
                                " WHERE name = $1 AND id > $2::bigint LIMIT $3::integer",
                            {queue, std::to_string(after_id), std::to_string(quantity)}),
        queue_of);
}

bool Queues::remove(std::int64_t id) {
    return connection_
               .execute("SELECT pgqrs.drop_queue(name) FROM pgqrs.queues WHERE id = $1::bigint",
                        {std::to_string(id)})
               .rows() > 0;
}

std::int64_t Queues::count() { return count_of(connection_, "SELECT pgqrs.count_queues()"); }

std::int64_t Queues::count_by_queue(const std::string& queue) {
    return count_of(connection_, "SELECT count(*) FROM pgqrs.queues WHERE name = $1", {queue});
}

Worker Workers::insert(const NewWorker& row) {
    const auto metadata =
        row.metadata ? Parameter(json_text(*row.metadata, "metadata")) : Parameter();
    // NULL means the default.
    const auto id = connection_.execute(
        "SELECT pgqrs.register_worker($1, $2, $3, $4::integer, $5::jsonb, $6::interval)",
        {row.queue, row.name, row.hostname, number_or_null(row.pid), metadata,
         interval_or_null(row.lease)});
    return get(id.integer(0, 0)).value();
}

std::optional<Worker> Workers::get(std::int64_t id) {
    return first_row(connection_.execute(select(kWorkerColumns, "pgqrs.get_worker($1::bigint)"),
                                         {std::to_string(id)}),
                     worker_of);
}

std::vector<Worker> Workers::list(std::int64_t after_id, int quantity) {
    return all_rows(connection_.execute(
                        select(kWorkerColumns, "pgqrs.list_workers(NULL, $1::bigint, $2::integer)"),
                        {std::to_string(after_id), std::to_string(quantity)}),
                    worker_of);
}

std::vector<Worker> Workers::filter_by_queue(const std::string& queue, std::int64_t after_id,
                                             int quantity) {
    return all_rows(connection_.execute(
                        select(kWorkerColumns, "pgqrs.list_workers($1, $2::bigint, $3::integer)"),
                        {queue, std::to_string(after_id), std::to_string(quantity)}),
                    worker_of);
}

bool Workers::remove(std::int64_t id) {
    return connection_.execute("SELECT pgqrs.delete_worker($1::bigint)", {std::to_string(id)})
        .boolean(0, 0);
}

std::int64_t Workers::count() { return count_of(connection_, "SELECT pgqrs.count_workers()"); }

std::int64_t Workers::count_by_queue(const std::string& queue) {
    return count_of(connection_, "SELECT pgqrs.count_workers($1)", {queue});
}

Message Messages::insert(const NewQueueMessage& row) {
    const auto id = Producer(connection_, row.queue).enqueue(row.payload, row.options);
    return first_row(
               connection_.execute(select(kMessageColumns, "pgqrs.get_message($1, $2::bigint)"),
                                   {row.queue, std::to_string(id)}),
               message_of)
        .value();
}

std::optional<Message> Messages::get(std::int64_t id) {
    return first_row(connection_.execute(
                         select(kMessageColumns, kMessagesOfAllQueues) + " WHERE id = $1::bigint",
                         {std::to_string(id)}),
                     message_of);
}

std::vector<Message> Messages::list(std::int64_t after_id, int quantity) {
    return all_rows(connection_.execute(page_of(kMessageColumns, kMessagesOfAllQueues),
                                        {std::to_string(after_id), std::to_string(quantity)}),
                    message_of);
}

std::vector<Message> Messages::filter_by_queue(const std::string& queue, std::int64_t after_id,
                                               int quantity) {
    return all_rows(connection_.execute(kMessagesOfQueue, {queue, std::to_string(after_id),
                                                           std::to_string(quantity)}),
                    message_of);
}

int Messages::for_each(const std::string& queue, std::int64_t after_id, int quantity,
                       const std::function<void(const Message&)>& visit) {
    return visit_rows<Message>(connection_, kMessagesOfQueue, queue, after_id, quantity, message_of,
                               visit);
}

bool Messages::remove(std::int64_t id) {
    const auto result = connection_.execute(
        "SELECT pgqrs.delete(q.name, m.id) FROM pgqrs.messages AS m JOIN pgqrs.queues AS q ON q.id "
        "= m.queue_id "
        "WHERE m.id = $1::bigint",
        {std::to_string(id)});
    return result.rows() > 0 && result.boolean(0, 0);
}

std::int64_t Messages::count() { return count_of(connection_, "SELECT pgqrs.count_messages()"); }

std::int64_t Messages::count_by_queue(const std::string& queue) {
    return count_of(connection_, "SELECT pgqrs.count_messages($1)", {queue});
}

ArchivedMessage Archive::insert(const ArchivedMessage& row) {
    // get_queue() raises the error when there is none.
    connection_.execute(
        "INSERT INTO pgqrs.archive (id, queue_id, payload, headers, priority, read_ct, "
        "enqueued_at, available_at, vt, "
        "worker_id, archived_at, processing_duration, outcome, attempt) "
        "SELECT $1::bigint, q.id, $3::jsonb, $4::jsonb, $5::smallint, $6::integer, "
        "'epoch'::timestamptz + "
        "$7::interval, 'epoch'::timestamptz + $8::interval, 'epoch'::timestamptz + $9::interval, "
        "$10::bigint, "
        "'epoch'::timestamptz + $11::interval, $12::interval, $13::pgqrs.outcome, $14::smallint "
        "FROM "
        "pgqrs.get_queue($2) AS q",
        {std::to_string(row.id), row.queue, row.payload, row.headers, std::to_string(row.priority),
         std::to_string(row.read_ct), since_epoch(row.enqueued_at), since_epoch(row.available_at),
         since_epoch(row.vt), number_or_null(row.worker_id), since_epoch(row.archived_at),
         interval_or_null(row.processing_duration), std::string(to_string(row.outcome)),
         std::to_string(row.attempt)});
    return get(row.id).value();
}

std::optional<ArchivedMessage> Archive::get(std::int64_t id) {
    return first_row(connection_.execute(
                         select(kArchivedColumns, kArchiveOfAllQueues) + " WHERE id = $1::bigint",
                         {std::to_string(id)}),
                     archived_of);
}

std::vector<ArchivedMessage> Archive::list(std::int64_t after_id, int quantity) {
    return all_rows(connection_.execute(page_of(kArchivedColumns, kArchiveOfAllQueues),
                                        {std::to_string(after_id), std::to_string(quantity)}),
                    archived_of);
}

std::vector<ArchivedMessage> Archive::filter_by_queue(const std::string& queue,
                                                      std::int64_t after_id, int quantity) {
    return all_rows(connection_.execute(kArchiveOfQueue, {queue, std::to_string(after_id),
                                                          std::to_string(quantity)}),
                    archived_of);
}

int Archive::for_each(const std::string& queue, std::int64_t after_id, int quantity,
                      const std::function<void(const ArchivedMessage&)>& visit) {
    return visit_rows<ArchivedMessage>(connection_, kArchiveOfQueue, queue, after_id, quantity,
                                       archived_of, visit);
}

bool Archive::remove(std::int64_t id) {
    return connection_
               .execute("DELETE FROM pgqrs.archive WHERE id = $1::bigint", {std::to_string(id)})
               .affected() > 0;
}

std::int64_t Archive::count() { return count_of(connection_, "SELECT pgqrs.count_archive()"); }

std::int64_t Archive::count_by_queue(const std::string& queue) {
    return count_of(connection_, "SELECT pgqrs.count_archive($1)", {queue});
}

}  // namespace pgqrs
