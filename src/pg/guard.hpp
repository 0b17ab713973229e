// The way from C++ into PostgreSQL and back: guard() runs code that may raise a PostgreSQL error
// and turns the error into the exception pg::Error.
//
// PostgreSQL raises by longjmp, which runs no destructor. So the code given to guard() must not own
// anything with a destructor, and everything that has one lives above the guard, where the
// exception unwinds it. Code that catches pg::Error must throw it again, or roll a subtransaction
// back: the transaction is broken. Its ErrorData lies in the memory context that was current.
#pragma once

#include <type_traits>
#include <utility>

#include "pg/compat.hpp"

namespace pgqrs::pg {

class Error : public std::exception {
public:
    explicit Error(ErrorData* data) noexcept : data_(data) {}

    const char* what() const noexcept override {
        return data_ != nullptr && data_->message != nullptr ? data_->message : "out of memory";
    }
    // Null when there was no memory left to copy the error to.
    ErrorData* data() const noexcept { return data_; }

private:
    ErrorData* data_;
};

// Copies the current PostgreSQL error and clears it; null when out of memory. Never raises.
ErrorData* take_current_error(MemoryContext context) noexcept;

// Gives PostgreSQL back, on every way out, the error handler and error context it had.
class ErrorHandlerScope {
public:
    ErrorHandlerScope() = default;
    ~ErrorHandlerScope() {
        PG_exception_stack = stack_;
        error_context_stack = callbacks_;
    }
    ErrorHandlerScope(const ErrorHandlerScope&) = delete;
    ErrorHandlerScope& operator=(const ErrorHandlerScope&) = delete;

private:
    sigjmp_buf* const stack_ = PG_exception_stack;
    ErrorContextCallback* const callbacks_ = error_context_stack;
};

// Runs `code`, which may raise a PostgreSQL error; throws pg::Error then.
template <class Code>
auto guard(Code&& code) -> decltype(code()) {
    using Result = decltype(code());
    static_assert(std::is_void_v<Result> || std::is_trivially_copyable_v<Result>,
                  "a longjmp would skip the destructor of the result");
    const ErrorHandlerScope scope;
    const MemoryContext context = CurrentMemoryContext;
    sigjmp_buf here;

    // Without saving the signal mask, as PG_TRY: that takes a system call.
    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        return code();
    }
    throw Error(take_current_error(context));
}

}  // namespace pgqrs::pg
