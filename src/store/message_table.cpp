// See message_table.hpp.
#include "pgqrs/store/message_table.hpp"

#include <array>

#include "pgqrs/core/template.hpp"

namespace pgqrs::store {
namespace {

constexpr std::array<const char*, 11> kMessageColumns = {
    "id", "available_at", "enqueued_at", "queue_id", "read_ct", "priority",
    "vt", "delivered_at", "worker_id",   "headers",  "payload"};

constexpr std::array<const char*, 10> kMessageRow = {
    "id",      nullptr,       "payload",      "headers", "priority",
    "read_ct", "enqueued_at", "available_at", "vt",      "worker_id"};

}  // namespace

constinit const MessageTable kMessages = {
    .table = {"messages", kMessageColumns},
    .order_index = "messages_delivery_order",
    .id = "id",
    .columns = {.queue_id = "queue_id",
                .priority = "priority",
                .available_at = "available_at",
                .vt = "vt",
                .read_ct = "read_ct",
                .worker_id = "worker_id",
                .delivered_at = "delivered_at",
                .result = kMessageRow},
    // The casts take the domains off.
    .row =
        "m.id, $2, m.payload, m.headers::pg_catalog.jsonb, m.priority::smallint, "
        "m.read_ct::integer,"
        " m.enqueued_at::pg_catalog.timestamptz, m.available_at::pg_catalog.timestamptz, "
        "m.vt::pg_catalog.timestamptz,"
        " m.worker_id",
};

TableStatement::TableStatement(std::string_view sql, const MessageTable& table,
                               pg::Planning planning)
    : sql_(core::expand(sql, {{"table", std::string("pgqrs.") + table.table.relation},
                              {"id", table.id},
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
