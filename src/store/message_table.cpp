// See message_table.hpp.
#include "pgqrs/store/message_table.hpp"

#include <array>

#include "pgqrs/core/template.hpp"

namespace pgqrs::store {
namespace {

constexpr std::array<pg::Column, MessageColumn::count> kMessageColumns = {
    {{"id", INT8OID},
     {"available_at", TIMESTAMPTZOID},
     {"enqueued_at", TIMESTAMPTZOID},
     {"queue_id", INT4OID},
     {"read_ct", INT4OID},
     {"priority", INT2OID},
     {"vt", TIMESTAMPTZOID},
     {"delivered_at", TIMESTAMPTZOID},
     {"worker_id", INT8OID},
     {"headers", JSONBOID},
     {"payload", JSONBOID}}};

// pgqrs.message; the one without a name is the queue's.
constexpr std::array<pg::Column, 10> kMessageRow = {{{"id", INT8OID},
                                                     {nullptr, TEXTOID},
                                                     {"payload", JSONBOID},
                                                     {"headers", JSONBOID},
                                                     {"priority", INT2OID},
                                                     {"read_ct", INT4OID},
                                                     {"enqueued_at", TIMESTAMPTZOID},
                                                     {"available_at", TIMESTAMPTZOID},
                                                     {"vt", TIMESTAMPTZOID},
                                                     {"worker_id", INT8OID}}};

}  // namespace

constinit const MessageTable kMessages = {
    .table = {"messages", kMessageColumns},
    .order_index = "messages_delivery_order",
    .columns = {.id = "id",
                .queue_id = "queue_id",
                .priority = "priority",
                .available_at = "available_at",
                .vt = "vt",
                .read_ct = "read_ct",
                .worker_id = "worker_id",
                .delivered_at = "delivered_at",
                .enqueued_at = "enqueued_at",
                .result = kMessageRow},
    // The casts take the domains off.
    .row = R"sql(
        m.id, $2, m.payload, m.headers::pg_catalog.jsonb, m.priority::smallint,
        m.read_ct::integer, m.enqueued_at::pg_catalog.timestamptz,
        m.available_at::pg_catalog.timestamptz, m.vt::pg_catalog.timestamptz, m.worker_id
    )sql",
};

TableStatement::TableStatement(std::string_view sql, const MessageTable& table,
                               pg::Planning planning)
    : sql_(core::expand(sql, {{"table", std::string("pgqrs.") + table.table.relation},
                              {"id", table.columns.id},
                              {"queue_id", table.columns.queue_id},
                              {"priority", table.columns.priority},
                              {"available_at", table.columns.available_at},
                              {"vt", table.columns.vt},
                              {"read_ct", table.columns.read_ct},
                              {"worker_id", table.columns.worker_id},
                              {"delivered_at", table.columns.delivered_at},
                              {"row", table.row}})),
      statement_(sql_.c_str(), planning) {}

}  // namespace pgqrs::store
