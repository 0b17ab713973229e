// Looking up objects by name. Nothing remembers an OID across statements: an object can be dropped and
// made anew.
#pragma once

#include "pg/value.hpp"

namespace pgqrs::pg {

// The OID of a relation; raises 42P01 when it is not there.
Oid relation_oid(const char* schema, const char* relation);

// A value of an enum; raises 42704 when the type is not there.
Value enum_value(const char* schema, const char* type, const char* label);

}  // namespace pgqrs::pg
