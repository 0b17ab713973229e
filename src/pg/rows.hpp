// Rows on their way: what a statement returned, and what an SQL function returns.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "core/duration.hpp"
#include "pg/value.hpp"

namespace pgqrs::pg {

// Collects the result set of an SQL function (a tuplestore in the caller's per-query memory).
class RowSink {
public:
    RowSink(Tuplestorestate* store, TupleDesc shape) : store_(store), shape_(shape) {}

    // One row. Raises 42804 when the result has other columns.
    void put(std::span<const Value> row);
    void put(std::initializer_list<Value> row) { put(std::span(row.begin(), row.size())); }
    // A row of one bigint for each value. Throws std::logic_error when the result has another number of columns.
    void put_each(std::span<const std::int64_t> values);
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
    // The same in memory that outlives with_spi().
    Value keep(std::uint64_t row, int column) const;
    std::int64_t int8(std::uint64_t row, int column) const;
    // The column of all rows.
    std::vector<std::int64_t> int8s(int column) const;
    std::int32_t int4(std::uint64_t row, int column) const;
    std::optional<std::int32_t> optional_int4(std::uint64_t row, int column) const;
    bool boolean(std::uint64_t row, int column) const;
    double float8(std::uint64_t row, int column) const;
    // Microseconds.
    core::Duration interval(std::uint64_t row, int column) const;
    // Throws std::out_of_range, as all of the above, when there is no such row.
    HeapTuple tuple(std::uint64_t row) const;
    TupleDesc shape() const { return table_->tupdesc; }

private:
    SPITupleTable* table_;
    std::uint64_t count_;
};

}  // namespace pgqrs::pg
