// See message_table.hpp.
#include "pgqrs/store/message_table.hpp"

#include "pgqrs/core/template.hpp"

namespace pgqrs::store {

const MessageTable kMessages = {
    .name = "pgqrs.messages",
    .id = "id",
    .queue_id = "queue_id",
    .priority = "priority",
    .available_at = "available_at",
    .vt = "vt",
    .read_ct = "read_ct",
    .worker_id = "worker_id",
    .delivered_at = "delivered_at",
    .row =
        "m.id, $2, m.payload, m.headers::jsonb, m.priority::smallint, m.read_ct::integer,"
        " m.enqueued_at::timestamptz, m.available_at::timestamptz, m.vt::timestamptz,"
        " m.worker_id",
};

TableStatement::TableStatement(std::string_view sql, const MessageTable& table)
    : sql_(core::expand(sql, {{"table", table.name},
                              {"id", table.id},
                              {"queue_id", table.queue_id},
                              {"priority", table.priority},
                              {"available_at", table.available_at},
                              {"vt", table.vt},
                              {"read_ct", table.read_ct},
                              {"worker_id", table.worker_id},
                              {"delivered_at", table.delivered_at},
                              {"row", table.row}})),
      statement_(sql_.c_str(), pg::Planning::index_order) {}

}  // namespace pgqrs::store
