// See table_writer.hpp.
#include "pgqrs/store/table_writer.hpp"

#include <string>

#include "pgqrs/core/error.hpp"
#include "pgqrs/pg/catalog.hpp"
#include "pgqrs/pg/insert.hpp"
#include "pgqrs/pg/spi.hpp"

namespace pgqrs::store {
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

void insert_by_statement(const TableColumns& table, std::span<const pg::Value> cells) {
    const std::string sql = insert_statement(table);
    pg::with_spi([&] {
        for (std::size_t first = 0; first < cells.size(); first += table.columns.size()) {
            if (pg::execute_once(sql, cells.subspan(first, table.columns.size())) == 0) {
                throw core::Error(
                    core::SqlState::payload_rejected,
                    "a trigger on pgqrs." + std::string(table.relation) + " suppressed the row");
            }
        }
    });
}

}  // namespace

void insert_rows(const TableColumns& table, std::span<const pg::Value> cells) {
    const Oid relation = pg::relation_oid(table.relation);
    if (pg::is_plain_table(relation, table.columns)) {
        pg::insert_rows(relation, table.columns, cells);
    } else {
        insert_by_statement(table, cells);
    }
}

}  // namespace pgqrs::store
