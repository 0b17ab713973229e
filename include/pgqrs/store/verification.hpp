// Checking that the installed extension is complete.
#pragma once

#include "pgqrs/pg/spi.hpp"

namespace pgqrs::store {

// Puts a row (kind, object, fault) into the sink for every fault found.
void verify(pg::RowSink& sink);

}  // namespace pgqrs::store
