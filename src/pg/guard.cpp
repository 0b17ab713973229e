#include "pg/guard.hpp"

namespace pgqrs::pg {

ErrorData* take_current_error(MemoryContext context) noexcept {
    const ErrorHandlerScope scope;
    ErrorData* volatile copy = nullptr;
    sigjmp_buf here;

    // The copy itself can run out of memory; then there is nothing left to say but that.
    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        MemoryContextSwitchTo(context);
        copy = CopyErrorData();
    }
    MemoryContextSwitchTo(context);
    FlushErrorState();
    return copy;
}

}  // namespace pgqrs::pg
