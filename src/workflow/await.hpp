// Waiting for the end of a run.
#pragma once

#include <cstdint>
#include <functional>

#include "core/duration.hpp"
#include "pg/rows.hpp"

namespace pgqrs::workflow {

// Waits until the run, or the one that continues it, has ended, at the longest so long; then sends that one as
// pgqrs.run. Raises PQ017 when there is no such run, PQ009 for a longer time than pgqrs.max_wait, PQ010 where the
// end could not be seen.
void await_run(std::int64_t run, core::Duration timeout, pg::RowSink& sink);

// The same for a procedure: ends the transaction before each pause. Answers whether the run has ended.
bool wait_run(std::int64_t run, core::Duration timeout,
              const std::function<void()>& end_transaction);

}  // namespace pgqrs::workflow
