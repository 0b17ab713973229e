// Checking that the installed extension is complete.
#pragma once

#include "pg/spi.hpp"

namespace pgqrs::queue {

// Puts a row (kind, object, fault) into the sink for every fault found.
void verify(pg::RowSink& sink);

}  // namespace pgqrs::queue
