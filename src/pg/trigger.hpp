// What a trigger function is called with.
#pragma once

#include "pg/value.hpp"

namespace pgqrs::pg {

// A trigger of a row or a statement.
class Trigger {
public:
    // Raises when the function was not called as a trigger.
    explicit Trigger(FunctionCallInfo info);

    Oid relation() const;
    bool is_row() const;
    bool is_before() const;
    bool is_insert() const;
    bool is_update() const;
    bool is_delete() const;

    // The row before an UPDATE or DELETE.
    Value old_value(const char* column) const;
    // The row after an INSERT or UPDATE.
    Value new_value(const char* column) const;

    // The rows themselves, and what they are made of.
    HeapTuple old_row() const;
    HeapTuple new_row() const;
    TupleDesc shape() const;

    // What the function returns: go on with the row as it is.
    Datum result() const;
    // Go on with another value in a column of the new row.
    Datum result_with(const char* column, const Value& value) const;

private:
    TriggerData* data_;
};

}  // namespace pgqrs::pg
