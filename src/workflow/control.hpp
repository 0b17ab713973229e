// What others than its worker do with a run: retry, cancel, pause it.
#pragma once

#include <cstdint>

#include "core/rights.hpp"

namespace pgqrs::workflow {

// Has a run that has failed delivered again, with the same id and the steps it has recorded. Its failures and
// deliveries count anew; read_ct goes on. Answers whether it had failed. Raises PQ017 when there is no such
// run.
bool retry_if_failed(std::int64_t run, core::Rights rights);

}  // namespace pgqrs::workflow
