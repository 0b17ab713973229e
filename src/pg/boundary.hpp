// The boundary: how PostgreSQL calls C++. PGQRS_FUNCTION defines a V1 function whose body may throw;
// whatever it throws becomes an SQL error only after every C++ object is gone.
#pragma once

#include "core/error.hpp"
#include "pg/call.hpp"
#include "pg/guard.hpp"

namespace pgqrs::pg {

// An error as plain data, so that it can be raised outside of the handler that caught it.
struct PlainError {
    bool raised = false;
    ErrorData* postgres = nullptr;  // raise this again when set
    char code[6] = "XX000";
    char message[512] = "";
    char detail[512] = "";
    char hint[512] = "";

    // Call inside a catch block: describes the exception in flight. Never throws or raises.
    void describe_current() noexcept;
};

// Raises the error (longjmp): the caller must not have live objects with destructors.
[[noreturn]] void raise(const PlainError& error);

// Runs `body`, which may throw, for PostgreSQL, which may not see that.
template <class Body>
void enter_without_arguments(Body body) {
    PlainError error;
    try {
        body();
    } catch (...) {
        error.describe_current();
    }
    if (error.raised) {
        raise(error);
    }
}

template <class Body>
Datum enter(FunctionCallInfo info, Body body) {
    Datum result = 0;
    enter_without_arguments([&] {
        Call call(info);
        result = body(call);
    });
    return result;
}

}  // namespace pgqrs::pg

// PGQRS_FUNCTION(pgqrs_name) { ... return call.boolean(true); }
#define PGQRS_FUNCTION(name)                                                                       \
    static Datum name##_body(pgqrs::pg::Call& call);                                               \
    extern "C" {                                                                                   \
    PG_FUNCTION_INFO_V1(name);                                                                     \
    PGDLLEXPORT Datum name(FunctionCallInfo info) {                                                \
        return pgqrs::pg::enter(info,                                                              \
                                [](pgqrs::pg::Call& call) -> Datum { return name##_body(call); }); \
    }                                                                                              \
    }                                                                                              \
    static Datum name##_body([[maybe_unused]] pgqrs::pg::Call& call)
