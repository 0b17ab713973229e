// Commands of PostgreSQL that concern the shared marks of queues: the end of a prepared transaction,
// and the removal of tables and databases.
#pragma once

namespace pgqrs::engine {

// Has those commands watched. Call while preloading.
void watch_other_commands();

// Call when a transaction ends. Neither raises.
void other_commands_committed() noexcept;
void other_commands_aborted() noexcept;

}  // namespace pgqrs::engine
