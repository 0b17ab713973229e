// The rows of a run: its own, and those that belong to it in other tables.
//
// Its message is not among them, for a run that has ended has none, and neither is its key, which can outlive it.
#pragma once

#include <cstdint>
#include <span>

#include "engine/table.hpp"

namespace pgqrs::workflow {

// Raises 42501 unless the caller may delete them.
void require_rows_of_runs(const engine::Access& access);

// Inside with_spi().
void delete_rows_of_runs(const engine::Access& access, std::span<const std::int64_t> runs);

}  // namespace pgqrs::workflow
