#include "pg/rows.hpp"

#include <stdexcept>

#include "pg/guard.hpp"

namespace pgqrs::pg {

namespace {

// Somebody can have changed a row type. Raises: below a guard.
void require_types(TupleDesc shape, std::span<const Value> row) {
    bool same = shape->natts == static_cast<int>(row.size());
    for (int i = 0; same && i < shape->natts; ++i) {
        same = TupleDescAttr(shape, i)->atttypid == row[i].type;
    }
    if (!same) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("the type of the result is not what it should be"),
                        errhint("Select from pgqrs.verify() to see what it should be.")));
    }
}

}  // namespace

void RowSink::put(std::span<const Value> row) {
    guard([&] {
        require_types(shape_, row);
        auto* datums = static_cast<Datum*>(palloc(row.size() * sizeof(Datum)));
        auto* nulls = static_cast<bool*>(palloc(row.size() * sizeof(bool)));
        for (std::size_t i = 0; i < row.size(); ++i) {
            datums[i] = row[i].datum;
            nulls[i] = row[i].null;
        }
        tuplestore_putvalues(store_, shape_, datums, nulls);
        pfree(datums);
        pfree(nulls);
    });
}

void RowSink::put_each(std::span<const std::int64_t> values) {
    if (shape_->natts != 1) {
        throw std::logic_error("row and function differ in their columns");
    }
    guard([&] {
        for (const std::int64_t value : values) {
            Datum datum = Int64GetDatum(value);
            bool null = false;
            tuplestore_putvalues(store_, shape_, &datum, &null);
        }
    });
}

HeapTuple Rows::tuple(std::uint64_t row) const {
    if (table_ == nullptr || row >= table_->numvals) {
        throw std::out_of_range("a statement answered no such row");
    }
    return table_->vals[row];
}

Value Rows::at(std::uint64_t row, int column) const {
    const HeapTuple tuple = this->tuple(row);
    return guard([&] {
        bool null;
        const Datum datum = SPI_getbinval(tuple, table_->tupdesc, column, &null);
        return Value{SPI_gettypeid(table_->tupdesc, column), datum, null};
    });
}

Value Rows::keep(std::uint64_t row, int column) const {
    Value value = at(row, column);
    if (!value.null) {
        value.datum = guard([&] {
            const Form_pg_attribute attribute = TupleDescAttr(table_->tupdesc, column - 1);
            return SPI_datumTransfer(value.datum, attribute->attbyval, attribute->attlen);
        });
    }
    return value;
}

std::int64_t Rows::int8(std::uint64_t row, int column) const {
    return DatumGetInt64(at(row, column).datum);
}

std::vector<std::int64_t> Rows::int8s(int column) const {
    std::vector<std::int64_t> values;
    for (std::uint64_t row = 0; row < count_; ++row) {
        values.push_back(int8(row, column));
    }
    return values;
}

std::int32_t Rows::int4(std::uint64_t row, int column) const {
    return DatumGetInt32(at(row, column).datum);
}

std::optional<std::int32_t> Rows::optional_int4(std::uint64_t row, int column) const {
    const Value value = at(row, column);
    return value.null ? std::nullopt : std::optional(DatumGetInt32(value.datum));
}

bool Rows::boolean(std::uint64_t row, int column) const {
    return DatumGetBool(at(row, column).datum);
}

double Rows::float8(std::uint64_t row, int column) const {
    return DatumGetFloat8(at(row, column).datum);
}

core::Duration Rows::interval(std::uint64_t row, int column) const {
    return duration_of(at(row, column).datum);
}

}  // namespace pgqrs::pg
