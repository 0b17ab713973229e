// What the engine must know of a table of messages. Delivery and finishing are written for any such
// table; pgqrs.messages is the one that exists.
#pragma once

#include <string>
#include <string_view>

#include "engine/claim.hpp"
#include "pg/spi.hpp"
#include "engine/table_writer.hpp"

namespace pgqrs::engine {

// Places of a message table's columns.
struct MessageColumn {
    enum Place : std::size_t {
        id,
        available_at,
        enqueued_at,
        queue_id,
        read_ct,
        priority,
        vt,
        delivered_at,
        worker_id,
        headers,
        payload,
        count
    };
};

struct MessageTable {
    // In the order of MessageColumn.
    TableColumns table;
    // The index on (queue_id, priority, available_at, id).
    const char* order_index;
    ClaimColumns columns;
    // The columns of pgqrs.message in SQL, of the row m and with the queue's name as $2.
    const char* row;
};

extern const MessageTable kMessages;

// A statement for one table: {table}, {id}, {row} and {<column>} in the SQL stand for its names.
class TableStatement {
public:
    TableStatement(std::string_view sql, const MessageTable& table,
                   pg::Planning planning = pg::Planning::index_order);
    pg::Statement* operator->() { return &statement_; }
    pg::Statement& operator*() { return statement_; }

private:
    std::string sql_;
    pg::Statement statement_;
};

// The statements of a kind for pgqrs.messages, made at the first use and kept for ever.
template <class Statements>
Statements& statements_of() {
    static constinit Statements* all = nullptr;
    if (all == nullptr) {
        all = new Statements(kMessages);
    }
    return *all;
}

}  // namespace pgqrs::engine
