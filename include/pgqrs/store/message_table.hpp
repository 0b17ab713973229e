// What the engine must know of a table of messages. The statements of delivery and finishing are
// written for any such table; pgqrs.messages is the one that exists.
#pragma once

#include <string>
#include <string_view>

#include "pgqrs/pg/spi.hpp"

namespace pgqrs::store {

struct MessageTable {
    std::string_view name;  // qualified
    std::string_view id;
    std::string_view queue_id;
    std::string_view priority;
    std::string_view available_at;
    std::string_view vt;
    std::string_view read_ct;
    std::string_view worker_id;
    std::string_view delivered_at;
    // The columns of pgqrs.message, of the row m and with the queue's name as $2.
    std::string_view row;
};

extern const MessageTable kMessages;

// A statement for one table: {table} and {<column>} in the SQL stand for its names.
class TableStatement {
public:
    TableStatement(std::string_view sql, const MessageTable& table);
    pg::Statement* operator->() { return &statement_; }

private:
    std::string sql_;
    pg::Statement statement_;
};

}  // namespace pgqrs::store
