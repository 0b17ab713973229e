// See message_table.hpp.
#include "engine/table.hpp"

#include <array>

#include "core/template.hpp"

namespace pgqrs::engine {
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

// pgqrs.message.
constexpr std::array<ResultColumn, 10> kMessageRow = {
    {{MessageColumn::id, INT8OID},
     {kQueueName, TEXTOID},
     {MessageColumn::payload, JSONBOID},
     {MessageColumn::headers, JSONBOID},
     {MessageColumn::priority, INT2OID},
     {MessageColumn::read_ct, INT4OID},
     {MessageColumn::enqueued_at, TIMESTAMPTZOID},
     {MessageColumn::available_at, TIMESTAMPTZOID},
     {MessageColumn::vt, TIMESTAMPTZOID},
     {MessageColumn::worker_id, INT8OID}}};

const char* name_of(const MessageTable& table, MessageColumn::Place place) {
    return table.table.columns[place].name;
}

}  // namespace

constinit const MessageTable kMessages = {
    .table = {"messages", kMessageColumns},
    .order_index = "messages_delivery_order",
    .columns = {.id = MessageColumn::id,
                .queue_id = MessageColumn::queue_id,
                .priority = MessageColumn::priority,
                .available_at = MessageColumn::available_at,
                .vt = MessageColumn::vt,
                .read_ct = MessageColumn::read_ct,
                .worker_id = MessageColumn::worker_id,
                .delivered_at = MessageColumn::delivered_at,
                .enqueued_at = MessageColumn::enqueued_at,
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
                              {"id", name_of(table, MessageColumn::id)},
                              {"queue_id", name_of(table, MessageColumn::queue_id)},
                              {"priority", name_of(table, MessageColumn::priority)},
                              {"available_at", name_of(table, MessageColumn::available_at)},
                              {"vt", name_of(table, MessageColumn::vt)},
                              {"read_ct", name_of(table, MessageColumn::read_ct)},
                              {"worker_id", name_of(table, MessageColumn::worker_id)},
                              {"delivered_at", name_of(table, MessageColumn::delivered_at)},
                              {"row", table.row}})),
      statement_(sql_.c_str(), planning) {}

}  // namespace pgqrs::engine
