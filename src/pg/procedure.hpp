// A procedure that ends its caller's transaction and goes on in new ones.
#pragma once

#include <span>

#include "pg/call.hpp"

namespace pgqrs::pg {

// Raises 25001 unless the procedure may end the transaction: it was called inside a transaction block, a
// function, a block with an EXCEPTION clause, or behind other statements in a pipeline.
void require_own_transactions(FunctionCallInfo info, const char* name);

// The result of a procedure: its INOUT arguments, in their order. Call last.
Datum procedure_result(FunctionCallInfo info, std::span<const Value> values);

class Procedure {
public:
    // Raises as require_own_transactions() does.
    Procedure(FunctionCallInfo info, const char* name);

    // Commits; the next transaction has begun, without a snapshot.
    void commit();

    // Call last. Values may lie in memory that was allocated since the construction.
    Datum result(std::span<const Value> values);
    Datum result(const Value& value) { return result({&value, 1}); }
    // Of a procedure without INOUT arguments.
    Datum done();

private:
    FunctionCallInfo info_;
};

}  // namespace pgqrs::pg
