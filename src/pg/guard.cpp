// See guard.hpp.
#include "pgqrs/pg/guard.hpp"

namespace pgqrs::pg {

ErrorData* take_current_error(MemoryContext context) noexcept {
    sigjmp_buf* const outer_stack = PG_exception_stack;
    ErrorContextCallback* const outer_callbacks = error_context_stack;
    ErrorData* volatile copy = nullptr;
    sigjmp_buf here;

    // The copy itself can run out of memory; then there is nothing left to say but that.
    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        MemoryContextSwitchTo(context);
        copy = CopyErrorData();
    }
    PG_exception_stack = outer_stack;
    error_context_stack = outer_callbacks;
    MemoryContextSwitchTo(context);
    FlushErrorState();
    return copy;
}

}  // namespace pgqrs::pg
