// A procedure that ends its caller's transaction and goes on in new ones.
#pragma once

#include "pg/call.hpp"

namespace pgqrs::pg {

class Procedure {
public:
    // Raises 25001 when it was called inside a transaction block or a function, and behind other statements in a
    // pipeline.
    Procedure(FunctionCallInfo info, const char* name);

    // Commits; the next transaction has begun, without a snapshot.
    void commit();

    // The one INOUT argument. Call last.
    Datum result(const Value& value);

private:
    FunctionCallInfo info_;
};

}  // namespace pgqrs::pg
