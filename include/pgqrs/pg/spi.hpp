// SQL through SPI with kept plans.
//
// Session brackets a piece of work: statements run only inside with_spi(). A Statement is a global
// that prepares itself at its first run and keeps its plan for the life of the backend; PostgreSQL
// re-plans it when a table changes, also after DROP and CREATE EXTENSION, since plans hold names
// until analysed and are analysed anew. Nothing here has a destructor that calls PostgreSQL: after
// an error the transaction cleans SPI up.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pgqrs/core/duration.hpp"
#include "pgqrs/pg/guard.hpp"
#include "pgqrs/pg/value.hpp"

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

// Collects the result set of an SQL function (a tuplestore in the caller's per-query memory).
class RowSink {
public:
    RowSink(Tuplestorestate* store, TupleDesc shape) : store_(store), shape_(shape) {}

    void put(std::initializer_list<Value> row);
    Datum done() const { return Datum{0}; }
    Tuplestorestate* store() const { return store_; }
    TupleDesc shape() const { return shape_; }

private:
    Tuplestorestate* store_;
    TupleDesc shape_;
};

// The rows a statement returned; valid until with_spi() ends.
class Rows {
public:
    Rows(SPITupleTable* table, std::uint64_t count) : table_(table), count_(count) {}

    // Rows returned, or changed when the statement returns none.
    std::uint64_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    Value at(std::uint64_t row, int column) const;
    std::int64_t int8(std::uint64_t row, int column) const;
    std::int32_t int4(std::uint64_t row, int column) const;
    std::optional<std::int32_t> optional_int4(std::uint64_t row, int column) const;
    bool boolean(std::uint64_t row, int column) const;
    // Microseconds.
    core::Duration interval(std::uint64_t row, int column) const;
    HeapTuple tuple(std::uint64_t row) const { return table_->vals[row]; }
    TupleDesc shape() const { return table_->tupdesc; }

private:
    SPITupleTable* table_;
    std::uint64_t count_;
};

// Runs a statement that is too rare to keep a plan of; answers the number of rows changed. Call
// inside with_spi().
std::uint64_t execute_once(const std::string& sql, std::span<const Value> values);

enum class Planning {
    free,         // PostgreSQL chooses
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
    // Sends the rows to a result set whose columns must have the same types; answers their number.
    std::uint64_t run_into(RowSink& sink, std::initializer_list<Value> values);
    std::uint64_t look_into(RowSink& sink, std::initializer_list<Value> values);

private:
    void prepare(std::initializer_list<Value> values);
    Rows execute(std::initializer_list<Value> values, bool read_only, RowSink* sink);

    const char* sql_;
    Planning planning_;
    SPIPlanPtr plan_ = nullptr;
};

}  // namespace pgqrs::pg
