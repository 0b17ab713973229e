// See table_writer.hpp.
#include "engine/table_writer.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "pg/spi.hpp"

namespace pgqrs::engine {
namespace {

std::string insert_statement(const TableColumns& table) {
    std::string columns;
    std::string parameters;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const char* separator = i == 0 ? "" : ", ";
        columns += separator + std::string(table.columns[i].name);
        parameters += separator + ("$" + std::to_string(i + 1));
    }
    return "INSERT INTO pgqrs." + std::string(table.relation) + " (" + columns +
           ") OVERRIDING SYSTEM VALUE VALUES (" + parameters + ")";
}

void insert_by_statement(const TableColumns& table, const RowSource& source) {
    const std::string sql = insert_statement(table);
    pg::with_spi([&] {
        for (std::size_t row = 0; row < source.rows; ++row) {
            pg::Value cells[pg::kMaxValues];
            source.put(source.state, row, cells);
            if (pg::execute_once(sql, {cells, source.columns}) == 0) {
                throw core::Error(
                    core::SqlState::payload_rejected,
                    "a trigger on pgqrs." + std::string(table.relation) + " suppressed the row");
            }
        }
    });
}

}  // namespace

bool insert_rows(const TableColumns& table, const RowSource& source) {
    const auto plain = pg::plain_table(pg::relation_oid(table.relation), table.columns);
    if (plain) {
        insert_rows(*plain, source);
    } else {
        insert_by_statement(table, source);
    }
    return plain.has_value();
}

bool insert_rows(const TableColumns& table, std::span<const pg::Value> cells) {
    const std::size_t columns = table.columns.size();
    const auto put = [&](std::size_t row, pg::Value* to) {
        std::copy_n(&cells[row * columns], columns, to);
    };
    return insert_rows(table, row_source(cells.size() / columns, columns, put));
}

}  // namespace pgqrs::engine
