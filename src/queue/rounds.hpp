// Rounds of maintenance by sessions: when somebody asks for one, and when one is due while a consumer waits.
#pragma once

#include <cstdint>
#include <functional>

#include "core/duration.hpp"

namespace pgqrs::queue {

// One round of all duties, each batch in a transaction that ends with `commit`, as long as the budget lasts.
// Answers how many rows were dealt with.
std::int64_t maintain(core::Duration budget, const std::function<void()>& commit);

// For a consumer that waits without background workers: every pgqrs.maintenance_interval one round, of which
// it spends little time. An error ends the round, and is nobody's.
void maintain_if_due(const std::function<void()>& commit);

}  // namespace pgqrs::queue
