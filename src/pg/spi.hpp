// SQL through SPI with kept plans.
//
// Statements run only inside with_spi(). A Statement is a global that prepares itself at its first
// run and keeps its plan for the life of the backend. PostgreSQL plans it anew when a table changes,
// also after DROP and CREATE EXTENSION, for the text is analysed again then. Nothing here has a
// destructor that calls PostgreSQL: after an error the transaction cleans SPI up.
#pragma once

#include <initializer_list>
#include <span>
#include <string>

#include "pg/guard.hpp"
#include "pg/rows.hpp"
#include "pg/snapshot.hpp"
#include "pg/value.hpp"

namespace pgqrs::pg {

void spi_connect();
void spi_finish();

// Connects to SPI around `body` and returns what it returns. Memory allocated inside is gone after
// it, except in Rows results taken by Call::row_result and rows sent to a RowSink.
template <class Body>
auto with_spi(Body&& body) {
    spi_connect();
    if constexpr (std::is_void_v<decltype(body())>) {
        body();
        spi_finish();
    } else {
        auto result = body();
        spi_finish();
        return result;
    }
}

// Runs a command that takes no values, such as GRANT. Names in it must have their schema.
void run_command(const std::string& sql);

enum class Planning {
    free,         // PostgreSQL chooses
    indexed,      // not by sequential scan: for tables whose statistics may be of an emptier time
    index_order,  // generic plan from the start, made of index scans in index order
};

class Statement {
public:
    // `sql` must live as long as the backend.
    constexpr explicit Statement(const char* sql, Planning planning = Planning::free)
        : sql_(sql), planning_(planning) {}
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    // Runs the statement. The types of the first run's values are those of its parameters.
    Rows run(std::initializer_list<Value> values);
    // Sees what the snapshot of the calling query sees: for STABLE functions.
    Rows look(std::initializer_list<Value> values);
    // Sees everything committed by now, also in REPEATABLE READ and SERIALIZABLE transactions.
    Rows run_latest(std::initializer_list<Value> values);
    // Sees what the snapshot sees; for statements that change nothing.
    Rows look_at(const HeldSnapshot& snapshot, std::initializer_list<Value> values);
    // Sends the rows to a result set whose columns must have the same types; answers their number.
    std::uint64_t run_into(RowSink& sink, std::initializer_list<Value> values);
    std::uint64_t look_into(RowSink& sink, std::initializer_list<Value> values);

private:
    // Makes sure of a valid plan; below a guard.
    void prepare(std::initializer_list<Value> values);
    // The same under the search path the statement is written for, which stays until
    // leave_own_path() is given the answer.
    int begin(std::initializer_list<Value> values);
    Rows execute(std::initializer_list<Value> values, bool read_only, RowSink* sink);

    const char* sql_;
    Planning planning_;
    SPIPlanPtr plan_ = nullptr;
};

}  // namespace pgqrs::pg
